"""PDFs: written anew from what its pages show, each thing by a list of what may stay."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from services.intake.files.kinds import Cleaned, FileRefused, Kind, Refusal, Removed
from services.intake.files.segments import colours_alone, is_profile, without_told

_OF_CATALOG: Final = {"/Type", "/Pages", "/OCProperties", "/Lang"}
_OF_TRAILER: Final = {"/Root", "/Size"}
_OF_PAGE: Final = {
    "/Type", "/Parent", "/Kids", "/Count", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox",
    "/Contents", "/Rotate", "/Group", "/UserUnit", "/Annots",
}  # fmt: skip
# What is drawn on a page; the rest of an annotation says who did it when, or does something.
_OF_ANNOTATION: Final = {
    "/Type", "/Subtype", "/Rect", "/Contents", "/F", "/AP", "/AS", "/Border", "/BS", "/BE", "/C", "/CA", "/QuadPoints",
    "/InkList", "/L", "/LE", "/LL", "/LLE", "/IC", "/Vertices", "/DA", "/DS", "/Q", "/Name", "/RD", "/CL", "/IT",
}  # fmt: skip
_SHOWN: Final = {
    "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline",
    "/Squiggly", "/StrikeOut", "/Caret", "/Stamp", "/Ink", "/Widget", "/Redact", "/Watermark",
}  # fmt: skip
_CARRIERS: Final = {"/FileAttachment", "/Sound", "/Movie", "/Screen", "/RichMedia", "/3D"}
# In any stream, font or pattern; not in a dictionary of names, where they could be names of resources.
_NOWHERE: Final = (
    "/Metadata", "/PieceInfo", "/LastModified", "/OPI", "/AF", "/Ref", "/Measure", "/PtData", "/Alternates",
    "/StructParent", "/StructParents", "/AA", "/OpenAction", "/ID",
)  # fmt: skip
# Who made a layer with what; whether it is seen stands beside it.
_OF_LAYER: Final = ("/Usage", *_NOWHERE)
_ELSEWHERE: Final = ("/F", "/FFilter", "/FDecodeParms")
# What programs add under names of their own: pdfTeX says which file was put in here, and who made that.
_OWN_NAME: Final = re.compile(r"/.*[.:]")
_NAMED: Final = ("/Properties", "/Font", "/XObject", "/Pattern", "/ExtGState", "/Shading")
_OF_INFO: Final = {
    Removed.AUTHOR: ("/Author",),
    Removed.TIMES: ("/CreationDate", "/ModDate"),
    Removed.SOFTWARE: ("/Creator", "/Producer"),
    Removed.NOTES: ("/Title", "/Subject", "/Keywords"),
}
_PICTURES: Final = {"/DCTDecode": "jpeg", "/DCT": "jpeg", "/JPXDecode": "jp2"}
_UPDATE: Final = b"startxref"


def clean(data: bytes) -> Cleaned:
    """A new file without history. Raises FileRefused; what the parser raises means unreadable."""
    try:
        pdf = Pdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        raise FileRefused(Refusal.ENCRYPTED) from None
    with pdf:
        if pdf.is_encrypted:
            raise FileRefused(Refusal.ENCRYPTED)
        if not len(pdf.pages):
            raise FileRefused(Refusal.UNREADABLE)
        removed = set(_told_by(pdf, data))
        if "/AcroForm" in pdf.Root:
            pdf.generate_appearance_streams()
        for page in pdf.pages:
            removed |= _clean_page(page.obj)
        _keep(pdf.Root, _OF_CATALOG)
        _keep(pdf.trailer, _OF_TRAILER)
        layers = pdf.Root.get("/OCProperties", Dictionary())
        _keep(layers, {"/OCGs", "/D"})
        _drop(layers.get("/D", Dictionary()), ("/Creator", "/Name"))
        pdf.remove_unreferenced_resources()
        for found in pdf.objects:
            removed |= set(_clean_object(pdf, found))
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, fix_metadata_version=False, preserve_pdfa=False)
    return Cleaned(Kind.PDF, out.getvalue(), frozenset(removed))


def _told_by(pdf: Pdf, data: bytes) -> Iterator[Removed]:
    info, root = pdf.trailer.get("/Info", Dictionary()), pdf.Root
    for what, keys in _OF_INFO.items():
        if any(key in info for key in keys):
            yield what
    known = {key for keys in _OF_INFO.values() for key in keys}
    if "/Metadata" in root or set(info.keys()) - known:
        yield Removed.HIDDEN_DATA
    names = root.get("/Names", Dictionary())
    if "/EmbeddedFiles" in names or "/AF" in root or "/Collection" in root:
        yield Removed.ATTACHMENTS
    if "/JavaScript" in names or "/OpenAction" in root or "/AA" in root:
        yield Removed.SCRIPTS
    if data.count(_UPDATE) > 1:
        yield Removed.EDIT_HISTORY


def _clean_page(page: Dictionary) -> set[Removed]:
    removed = set[Removed]()
    if "/AA" in page:
        removed.add(Removed.SCRIPTS)
    if "/PieceInfo" in page or "/LastModified" in page:
        removed.add(Removed.EDIT_HISTORY)
    if "/Thumb" in page:
        removed.add(Removed.THUMBNAIL)
    if "/VP" in page:
        removed.add(Removed.PLACE)
    _keep(page, _OF_PAGE)
    shown = []
    for annotation in page.get("/Annots", Array()):
        if not isinstance(annotation, Dictionary):
            continue
        kind = str(annotation.get("/Subtype", ""))
        removed |= set(_told_by_annotation(annotation, kind))
        if kind in _SHOWN:
            _keep(annotation, _OF_ANNOTATION)
            if kind == "/Widget":
                # What was typed into a form is on the page; the form is not.
                annotation.Subtype = Name.Stamp
            shown.append(annotation)
    if "/Annots" in page:
        page.Annots = Array(shown)
    return removed


def _told_by_annotation(annotation: Dictionary, kind: str) -> Iterator[Removed]:
    if kind in _CARRIERS:
        yield Removed.ATTACHMENTS
    if kind == "/Link":
        yield Removed.LINKS
    if kind != "/Widget" and "/T" in annotation:
        yield Removed.AUTHOR
    if kind == "/Widget" and annotation.get("/FT") == Name.Sig:
        yield Removed.AUTHOR
    if "/M" in annotation or "/CreationDate" in annotation:
        yield Removed.TIMES
    if kind != "/Link" and ("/A" in annotation or "/AA" in annotation):
        yield Removed.SCRIPTS


def _clean_object(pdf: Pdf, found: Object) -> Iterator[Removed]:
    if isinstance(found, Stream):
        if any(key in found for key in _ELSEWHERE):
            # Its bytes were to come from another file.
            raise FileRefused(Refusal.UNREADABLE)
        _drop(found, _NOWHERE)
        if own := tuple(name for name in found.keys() if _OWN_NAME.match(name)):  # noqa: SIM118  a stream's own
            _drop(found, own)
            yield Removed.HIDDEN_DATA
        if "/N" in found and is_profile(profile := found.read_bytes()):
            plain = colours_alone(profile)
            found.write(plain)
            if plain != profile:
                yield Removed.HIDDEN_DATA
        if found.get("/Subtype") == Name.Image:
            yield from _clean_picture(pdf, found)
    elif isinstance(found, Dictionary) and "/Type" in found:
        _drop(found, _OF_LAYER if found.Type == Name.OCG else _NOWHERE)
        if found.Type == Name.Pages:
            _keep(found, _OF_PAGE)
    holder: Any = found if isinstance(found, Dictionary | Stream) else Dictionary()
    resources = holder.get("/Resources", holder)
    for group in _NAMED:
        named = resources.get(group)
        for _, value in named.items() if isinstance(named, Dictionary) else ():
            if isinstance(value, Dictionary | Stream):
                _drop(value, _NOWHERE)


def _clean_picture(pdf: Pdf, picture: Stream) -> Iterator[Removed]:
    """A photograph is often put in as it came from the camera, with its place and times."""
    filters, parameters = picture.get("/Filter"), picture.get("/DecodeParms")
    names = [Name(str(one)) for one in (filters if isinstance(filters, Array) else [filters] if filters else [])]
    if not names or str(names[-1]) not in _PICTURES:
        return
    raw = picture.read_raw_bytes()
    if len(names) > 1:
        raw = pdf.make_stream(raw, Filter=Array(names[:-1])).read_bytes()
    cleaned = without_told(raw, _PICTURES[str(names[-1])])
    if len(cleaned) != len(raw):
        yield Removed.HIDDEN_DATA
    last = parameters[-1] if isinstance(parameters, Array) else parameters if len(names) == 1 else None
    picture.write(cleaned, filter=names[-1], decode_parms=last if isinstance(last, Dictionary) else None)


def _keep(holder: Any, names: set[str]) -> None:
    _drop(holder, tuple(name for name in list(holder.keys()) if name not in names))


def _drop(holder: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in holder:
            del holder[name]
