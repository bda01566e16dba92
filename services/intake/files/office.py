"""Office files (docx, xlsx, pptx): put together anew from the parts that are seen, each reached from the main one by a
relationship that is on the list. Properties, people, histories, programs and whatever lies elsewhere is on none.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from lxml import etree

from services.intake.files import images, office_parts
from services.intake.files.kinds import Cleaned, FileRefused, Kind, Refusal, Removed, kind_of

LARGEST_UNPACKED: Final = 256 * 1024 * 1024
LARGEST_RATIO: Final = 200
"""Of a part's length to what it takes in the file; text that repeats itself is packed to a hundredth."""
MOST_PARTS: Final = 4_000

_SMALL: Final = 1024 * 1024
_AT_ONCE: Final = 64 * 1024
_ENCRYPTED_BIT: Final = 0x1
_CONTENT_TYPES: Final = "[Content_Types].xml"
_TYPES_NS: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS_NS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATIONS_TYPE: Final = "application/vnd.openxmlformats-package.relationships+xml"
_MAIN: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": Kind.DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": Kind.XLSX,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": Kind.PPTX,
}
_KEPT: Final = frozenset({
    "officeDocument", "styles", "stylesWithEffects", "numbering", "settings", "webSettings", "fontTable", "theme",
    "themeOverride", "header", "footer", "footnotes", "endnotes", "comments", "image", "worksheet", "chartsheet",
    "sharedStrings", "table", "drawing", "vmlDrawing", "chart", "chartStyle", "chartColorStyle", "chartUserShapes",
    "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors", "diagramDrawing", "slide", "slideLayout",
    "slideMaster", "notesSlide", "notesMaster", "handoutMaster", "presProps", "viewProps", "tableStyles",
    "commentAuthors",
})  # fmt: skip
_LEFT_OUT: Final = {
    "core-properties": Removed.AUTHOR,
    "extended-properties": Removed.SOFTWARE,
    "custom-properties": Removed.HIDDEN_DATA,
    "thumbnail": Removed.THUMBNAIL,
    "people": Removed.AUTHOR,
    "person": Removed.AUTHOR,
    "authors": Removed.AUTHOR,
    "revisionHeaders": Removed.EDIT_HISTORY,
    "usernames": Removed.EDIT_HISTORY,
    "vbaProject": Removed.SCRIPTS,
    "package": Removed.ATTACHMENTS,
    "oleObject": Removed.ATTACHMENTS,
    "audio": Removed.ATTACHMENTS,
    "video": Removed.ATTACHMENTS,
    "media": Removed.ATTACHMENTS,
}
_MADE_ANEW: Final = "calcChain"
"""By the program itself, from what is kept."""
_PICTURES: Final = {Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP}
_VML: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Relation:
    """From one part to another; `target` is None for what lies elsewhere."""

    id: str
    type: str
    target: str | None

    @property
    def name(self) -> str:
        return self.type.rpartition("/")[2]


@dataclass
class _Package:
    parts: Mapping[str, bytes]
    types: Mapping[str, str]
    defaults: Mapping[str, str]
    removed: set[Removed] = field(default_factory=set)
    written: dict[str, bytes] = field(default_factory=dict)

    def type_of(self, name: str) -> str:
        return self.types.get(name.lower()) or self.defaults.get(name.rpartition(".")[2].lower(), "")


def clean(data: bytes) -> Cleaned:
    """Raises FileRefused; what a parser raises means unreadable."""
    parts = _unpacked(data)
    package = _Package(parts, *_types(parts))
    main, kind = _main_part(package)
    _take(package, "", [main])
    return Cleaned(kind, _packed(package), frozenset(package.removed))


def parse(raw: bytes) -> etree._Element:
    """XML without entities, a document type or anything fetched. Raises FileRefused, or lxml's XMLSyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(raw, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileRefused(Refusal.UNREADABLE)
    return root


def _unpacked(data: bytes) -> dict[str, bytes]:
    """Every part by its name, counted while it is read: what the list of contents says may be a lie."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [one for one in archive.infolist() if not one.is_dir()]
        if len(entries) > MOST_PARTS:
            raise FileRefused(Refusal.ZIP_BOMB)
        if any(one.flag_bits & _ENCRYPTED_BIT for one in entries):
            raise FileRefused(Refusal.ENCRYPTED)
        if _CONTENT_TYPES not in {one.filename for one in entries}:
            raise FileRefused(Refusal.WRONG_TYPE)
        if len({one.filename.lower() for one in entries}) != len(entries):
            # Two readers would see two files.
            raise FileRefused(Refusal.UNREADABLE)
        parts, left = {}, LARGEST_UNPACKED
        for entry in entries:
            parts[entry.filename] = _read(archive, entry, left)
            left -= len(parts[entry.filename])
    return parts


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    most = min(left, max(_SMALL, entry.compress_size * LARGEST_RATIO))
    out = bytearray()
    with archive.open(entry) as part:
        while piece := part.read(_AT_ONCE):
            out += piece
            if len(out) > most:
                raise FileRefused(Refusal.ZIP_BOMB)
    return bytes(out)


def _types(parts: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, str]]:
    root = parse(parts[_CONTENT_TYPES])
    types = {
        str(one.get("PartName", "")).lstrip("/").lower(): str(one.get("ContentType", ""))
        for one in root.iter(f"{{{_TYPES_NS}}}Override")
    }
    defaults = {
        str(one.get("Extension", "")).lower(): str(one.get("ContentType", ""))
        for one in root.iter(f"{{{_TYPES_NS}}}Default")
    }
    return types, defaults


def _main_part(package: _Package) -> tuple[Relation, Kind]:
    for relation in _relations(package, ""):
        if relation.name == "officeDocument" and relation.target:
            type_ = package.type_of(relation.target)
            if "macroEnabled" in type_:
                raise FileRefused(Refusal.MACROS)
            if type_ in _MAIN:
                for other in _relations(package, ""):
                    _note(package, other)
                return relation, _MAIN[type_]
    raise FileRefused(Refusal.WRONG_TYPE)


def _relations(package: _Package, source: str) -> list[Relation]:
    folder, name = posixpath.split(source)
    raw = package.parts.get(posixpath.join(folder, "_rels", f"{name}.rels"))
    if raw is None:
        return []
    return [
        Relation(
            str(one.get("Id", "")),
            str(one.get("Type", "")),
            None if one.get("TargetMode") == "External" else _resolved(folder, str(one.get("Target", ""))),
        )
        for one in parse(raw).iter(f"{{{_RELATIONS_NS}}}Relationship")
    ]


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, unquote(target.partition("#")[0]))).lstrip("/")


def _note(package: _Package, relation: Relation) -> None:
    if relation.target is None:
        package.removed.add(Removed.LINKS)
    elif relation.name not in _KEPT and relation.name != _MADE_ANEW:
        package.removed.add(_LEFT_OUT.get(relation.name, Removed.HIDDEN_DATA))


def _take(package: _Package, source: str, relations: list[Relation]) -> None:
    """Takes over what these relations of `source` lead to, each part once, and writes them down as taken."""
    kept = []
    for relation in relations:
        target = relation.target or ""
        if target in package.written or (target in package.parts and _take_part(package, target)):
            kept.append(relation)
    if kept:
        folder, name = posixpath.split(source)
        package.written[posixpath.join(folder, "_rels", f"{name}.rels")] = _relations_part(folder, kept)


def _take_part(package: _Package, name: str) -> bool:
    """False for a part that cannot be cleaned and that the file can do without: a picture, or an old drawing."""
    type_, raw = package.type_of(name), package.parts[name]
    if not type_.endswith(("+xml", "/xml")) and type_ != _VML:
        return _take_picture(package, name, raw)
    try:
        root = parse(raw)
    except etree.XMLSyntaxError:
        if type_ != _VML:
            raise
        # Programs have written these as they liked.
        return False
    relations = _relations(package, name)
    for one in relations:
        _note(package, one)
    going = [one for one in relations if one.target is not None and one.name in _KEPT]
    package.written[name] = b""  # its place, for parts that lead back to it
    _take(package, name, going)
    still = {one.id for one in going if one.target in package.written}
    package.removed |= office_parts.clean(root, {one.id for one in relations} - still)
    package.written[name] = _written(root)
    return True


def _take_picture(package: _Package, name: str, raw: bytes) -> bool:
    """By what it is: what the file says of it is often wrong."""
    try:
        kind = kind_of(raw)
        cleaned = images.clean(raw, kind, turn=False) if kind in _PICTURES else None
    except (OSError, SyntaxError, ValueError):
        cleaned = None  # nobody has seen it in the original either
    except FileRefused as refused:
        if refused.code is not Refusal.WRONG_TYPE:
            raise
        cleaned = None
    if cleaned is None:
        package.removed.add(Removed.ATTACHMENTS)
        return False
    package.written[name] = cleaned.content
    package.removed |= cleaned.removed
    return True


def _relations_part(folder: str, relations: list[Relation]) -> bytes:
    root = etree.Element(f"{{{_RELATIONS_NS}}}Relationships", nsmap={None: _RELATIONS_NS})
    for one in relations:
        target = posixpath.relpath("/" + (one.target or ""), "/" + folder)
        etree.SubElement(root, f"{{{_RELATIONS_NS}}}Relationship", Id=one.id, Type=one.type, Target=target)
    return _written(root)


def _packed(package: _Package) -> bytes:
    root = etree.Element(f"{{{_TYPES_NS}}}Types", nsmap={None: _TYPES_NS})
    etree.SubElement(root, f"{{{_TYPES_NS}}}Default", Extension="rels", ContentType=_RELATIONS_TYPE)
    for name in sorted(package.written):
        if not name.endswith(".rels"):
            type_ = package.type_of(name)
            etree.SubElement(root, f"{{{_TYPES_NS}}}Override", PartName=f"/{name}", ContentType=type_)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in ((_CONTENT_TYPES, _written(root)), *sorted(package.written.items())):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, raw)
    return out.getvalue()


def _written(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written
