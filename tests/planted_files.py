"""Files of each kind that is taken, made here, with things in them that their cleaned copies must not have."""

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

AUTHOR, PLACE, DEVICE, SOFTWARE = "Jane Plantedauthor", "Plantedville", "PLANTEDCAM 3000", "PlantedEditor 9"
NOTE, HISTORY, TRAILING, PATH = (
    "plantednote here",
    "plantedold words",
    "plantedtrailing",
    "C:\\Users\\plantedlogin\\x.docx",
)
ADDRESS, TIME = "http://planted.example/beacon", "2019:03:04 05:06:07"
SECRETS = (AUTHOR, PLACE, DEVICE, SOFTWARE, NOTE, HISTORY, TRAILING, "plantedlogin", "planted.example", TIME)
SEEN = "What is seen stays"
RED, BLUE = (200, 30, 30), (20, 40, 220)

XMP = f"""<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''
 xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/'
 xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='{PLACE}'
 xmp:CreatorTool='{SOFTWARE}' xmp:CreateDate='{TIME}' xmpMM:DocumentID='{HISTORY}'>
<dc:creator><rdf:Seq><rdf:li>{AUTHOR}</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"""


def everything_in(data: bytes) -> Iterator[bytes]:
    """The file, and what is packed in it."""
    yield data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive.comment
            for entry in archive.infolist():
                yield entry.filename.encode() + entry.extra + entry.comment
                yield from everything_in(archive.read(entry))
    if b"%PDF-" in data[:1024]:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            out = io.BytesIO()
            pdf.save(
                out, qdf=True, stream_decode_level=pikepdf.StreamDecodeLevel.specialized, compress_streams=False
            )  # fmt: skip
            yield out.getvalue()
            yield from (
                b"".join(bytes(one) for one in found if isinstance(one, pikepdf.String)) for found in pdf.objects
            )


def told(data: bytes) -> set[str]:
    """The planted things that are still in it, in whichever encoding."""
    pieces = list(everything_in(data))
    forms = {one: [one.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")] for one in SECRETS}
    return {one for one, coded in forms.items() if any(form in piece for piece in pieces for form in coded)}


def picture(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """The left half red, the right half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return image


def _exif() -> Image.Exif:
    exif = Image.Exif()
    base, ifd = ExifTags.Base, ExifTags.IFD
    exif[base.Artist], exif[base.Make], exif[base.Software] = AUTHOR, DEVICE, SOFTWARE
    exif[base.ImageDescription], exif[base.DateTime], exif[base.Orientation] = NOTE, TIME, 6
    exif.get_ifd(ifd.Exif)[base.DateTimeOriginal] = TIME
    gps = exif.get_ifd(ifd.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (46.0, 12.0, 1.0)
    gps[ExifTags.GPS.GPSAreaInformation] = PLACE.encode()
    return exif


def _iptc() -> bytes:
    records = b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value.encode()
        for number, value in ((80, AUTHOR), (90, PLACE), (55, TIME))
    )
    resource = b"8BIM" + struct.pack(">HH I", 0x0404, 0, len(records)).replace(b"\0\0\0\0", b"\0\0\0\0") + records
    body = b"Photoshop 3.0\0" + resource + b"\0" * (len(records) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def jpeg() -> bytes:
    """Lies on its side: upright it is 20 by 40, red above."""
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture().save(out, "JPEG", exif=_exif(), xmp=XMP.encode(), comment=NOTE.encode(), icc_profile=profile, quality=95)
    data = out.getvalue()
    return data[:2] + _iptc() + data[2:] + TRAILING.encode()


def jpeg_with_thumbnail() -> bytes:
    """Its EXIF holds a second picture, as it was before something was cut off."""
    small = io.BytesIO()
    picture((16, 8)).save(small, "JPEG", comment=HISTORY.encode())
    thumbnail = small.getvalue()
    after = 8 + 6 + 2 + 2 * 12 + 4
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HI", 0, 14)
    tiff += struct.pack("<H", 2) + struct.pack("<HHII", 0x201, 4, 1, after)
    tiff += struct.pack("<HHII", 0x202, 4, 1, len(thumbnail)) + struct.pack("<I", 0) + thumbnail
    body = b"Exif\0\0" + tiff
    out = io.BytesIO()
    picture().save(out, "JPEG")
    return out.getvalue()[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + out.getvalue()[2:]


def png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", AUTHOR)
    info.add_text("Comment", NOTE, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP)
    out = io.BytesIO()
    picture().save(out, "PNG", pnginfo=info, exif=_exif())
    return out.getvalue() + TRAILING.encode()


def webp() -> bytes:
    out = io.BytesIO()
    picture().save(out, "WEBP", exif=_exif(), xmp=XMP.encode(), quality=95)
    return out.getvalue()


def gif() -> bytes:
    """Two frames of a tenth and two tenths of a second, for ever."""
    out = io.BytesIO()
    picture().save(
        out, "GIF", save_all=True, append_images=[Image.new("RGB", (40, 20), BLUE)], duration=[100, 200], loop=0,
        comment=NOTE.encode(),
    )  # fmt: skip
    return out.getvalue() + TRAILING.encode()


def _profile() -> bytes:
    """Of a screen that says which it is."""
    free = "No copyright, use freely".encode("utf-16-be")
    profile: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert free in profile
    return profile.replace(free, DEVICE.encode("utf-16-be").ljust(len(free), b"\0"))


def pdf() -> bytes:
    """One page with words and a photograph; around them everything that a PDF can carry."""
    made = pikepdf.new()
    made.add_blank_page(page_size=(200, 200))
    page = made.pages[0]
    photograph = made.make_stream(
        jpeg(), Type=Name.XObject, Subtype=Name.Image, Width=40, Height=20,
        ColorSpace=Array([Name.ICCBased, made.make_stream(_profile(), N=3)]),
        BitsPerComponent=8, Filter=Name.DCTDecode, Metadata=_xmp(made),
    )  # fmt: skip
    photograph[Name("/PTEX.FileName")] = pikepdf.String(PATH)
    photograph[Name("/PTEX.InfoDict")] = made.make_indirect(Dictionary(Author=AUTHOR))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(XObject=Dictionary(Metadata=photograph), Font=Dictionary(AA=font))
    page.Contents = made.make_stream(
        f"q 40 0 0 20 10 10 cm /Metadata Do Q BT /AA 12 Tf 10 100 Td ({SEEN}) Tj ET".encode()
    )
    script = Dictionary(S=Name.JavaScript, JS=f"app.launchURL('{ADDRESS}')")
    page.AA = Dictionary(O=made.make_indirect(script))
    page.PieceInfo = Dictionary(Planted=Dictionary(LastModified=TIME, Private=HISTORY))
    page.LastModified, page.Metadata = TIME, _xmp(made)
    page.VP = Array([Dictionary(Type=Name.Viewport, BBox=[0, 0, 200, 200], Name=PLACE)])
    page.Annots = Array([
        made.make_indirect(one)
        for one in (
            Dictionary(
                Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 20, 20], Contents="A remark that is seen", T=AUTHOR,
                M=TIME, CreationDate=TIME, NM=HISTORY, A=script,
            ),
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.URI, URI=ADDRESS)),
            Dictionary(Type=Name.Annot, Subtype=Name.Popup, Rect=[0, 0, 9, 9], T=AUTHOR),
            Dictionary(
                Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9], T=AUTHOR,
                FS=made.make_indirect(Dictionary(Type=Name.Filespec, F=PATH)),
            ),
        )
    ])  # fmt: skip
    made.attachments[f"{AUTHOR}.txt"] = NOTE.encode()
    made.Root.OpenAction, made.Root.Metadata = script, _xmp(made)
    made.Root.Names.JavaScript = Dictionary(Names=Array(["x", script]))
    made.docinfo["/Author"], made.docinfo["/Producer"], made.docinfo["/Title"] = AUTHOR, SOFTWARE, NOTE
    made.docinfo["/CreationDate"], made.docinfo["/Company"] = TIME, PLACE
    made.trailer.ID = Array([pikepdf.String(DEVICE), pikepdf.String(DEVICE)])
    out = io.BytesIO()
    made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, fix_metadata_version=False)
    return _with_history(out.getvalue()) + TRAILING.encode()


def _xmp(made: pikepdf.Pdf) -> Any:
    return made.make_stream(XMP.encode(), Type=Name.Metadata, Subtype=Name.XML)


def _with_history(data: bytes) -> bytes:
    """An object that a later version of the file has replaced, and which is still there."""
    old = data.index(b"%%EOF")
    number = 9000
    at = len(data) + 1
    body = f"\n{number} 0 obj\n({HISTORY})\nendobj\n".encode()
    table = f"xref\n{number} 1\n{at:010d} 00000 n \n".encode()
    before = int(data[data.rindex(b"startxref") + 9 : old].strip())
    trailer = data[data.rindex(b"trailer") : data.rindex(b"startxref")].replace(b">>", f"/Prev {before} >>".encode())
    return data + body + table + trailer + f"startxref\n{at + len(body) - 1}\n%%EOF\n".encode()


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument"
_CORE = (
    f"<cp:coreProperties xmlns:cp='{PACKAGE}/metadata/core-properties' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
    f"<dc:creator>{AUTHOR}</dc:creator><cp:lastModifiedBy>{AUTHOR}</cp:lastModifiedBy></cp:coreProperties>"
)
_APP = f"<Properties xmlns='x'><Application>{SOFTWARE}</Application><Company>{PLACE}</Company></Properties>"
_CUSTOM = f"<Properties xmlns='x'><property name='a'>{HISTORY}</property></Properties>"


def office(main: str, type_: str, parts: Mapping[str, str | bytes], types: Mapping[str, str], **more: str) -> bytes:
    """A package around a main part; `parts` has the relations too."""
    overrides = {
        main: type_,
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "docProps/app.xml": f"{OFFICE}.extended-properties+xml",
        "docProps/custom.xml": f"{OFFICE}.custom-properties+xml",
        **types,
    }
    listed = "".join(f"<Override PartName='/{name}' ContentType='{one}'/>" for name, one in overrides.items())
    defaults = "".join(
        f"<Default Extension='{ending}' ContentType='{one}'/>"
        for ending, one in {
            "rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml",
            "jpeg": "image/jpeg", "emf": "image/x-emf", "bin": f"{OFFICE}.oleObject", "vml": f"{OFFICE}.vmlDrawing",
        }.items()
    )  # fmt: skip
    every = {
        "[Content_Types].xml": f"<Types xmlns='{PACKAGE}/content-types'>{defaults}{listed}</Types>",
        "_rels/.rels": relations(
            ("rId1", f"{R}/officeDocument", main),
            ("rId2", f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            ("rId3", f"{R}/extended-properties", "docProps/app.xml"),
            ("rId4", f"{R}/custom-properties", "docProps/custom.xml"),
            ("rId5", f"{PACKAGE}/relationships/metadata/thumbnail", "docProps/thumbnail.jpeg"),
        ),
        "docProps/core.xml": _CORE,
        "docProps/app.xml": _APP,
        "docProps/custom.xml": _CUSTOM,
        "docProps/thumbnail.jpeg": jpeg(),
        **parts,
        **more,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = TRAILING.encode()
        for name, raw in every.items():
            entry = zipfile.ZipInfo(name, datetime(2019, 3, 4, tzinfo=UTC).timetuple()[:6])
            entry.comment, entry.compress_type = HISTORY.encode(), zipfile.ZIP_DEFLATED
            archive.writestr(entry, raw)
    return out.getvalue()


def relations(*listed: tuple[str, str, str]) -> str:
    """Targets with a scheme lie outside."""
    return f"<Relationships xmlns='{PACKAGE}/relationships'>" + "".join(
        f"<Relationship Id='{id_}' Type='{type_}' Target='{target}'"
        + (" TargetMode='External'/>" if ":" in target else "/>")
        for id_, type_, target in listed
    ) + "</Relationships>"  # fmt: skip


def docx(**more: str) -> bytes:
    """Somebody's draft with tracked changes, a remark, a photograph, a link, a template and a field that calls home."""
    photograph = (
        "<w:drawing><wp:inline xmlns:wp='http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing'>"
        f"<wp:docPr id='1' name='{AUTHOR}' descr='{PATH}'/>"
        "<a:blip xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' r:embed='rId4' r:link='rId9'>"
        f"<a:extLst><a:ext uri='{{{HISTORY}}}'/></a:extLst></a:blip></wp:inline></w:drawing>"
    )
    change = f"w:author='{AUTHOR}' w:date='{TIME}'"
    document = (
        f"<w:document xmlns:w='{W}' xmlns:r='{R}' xmlns:w14='http://schemas.microsoft.com/office/word/2010/wordml'"
        " xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' mc:Ignorable='w14'><w:body>"
        f"<w:p w:rsidR='00AB12CD' w14:paraId='1234ABCD'><w:pPr><w:rPr><w:ins w:id='1' {change}/></w:rPr></w:pPr>"
        f"<w:r w:rsidRPr='00AB12CE'><w:rPr><w:b/><w:rPrChange w:id='2' {change}><w:rPr/></w:rPrChange></w:rPr>"
        f"<w:t>{SEEN}</w:t></w:r><w:del w:id='3' {change}><w:r><w:delText>{HISTORY}</w:delText></w:r></w:del>"
        f"<w:ins w:id='4' {change}><w:r><w:t>and what came later</w:t></w:r></w:ins>"
        "<w:commentRangeStart w:id='0'/><w:hyperlink r:id='rId5'><w:r><w:t>a link's words</w:t></w:r></w:hyperlink>"
        f"<w:r>{photograph}</w:r><w:r><w:fldChar w:fldCharType='begin'/></w:r>"
        f'<w:r><w:instrText> INCLUDEPICTURE "{ADDRESS}" </w:instrText></w:r>'
        "<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>last shown</w:t></w:r>"
        "<w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>"
        f"<w:tbl><w:tr><w:trPr><w:del w:id='5' {change}/></w:trPr><w:tc><w:p><w:r><w:t>{HISTORY}</w:t></w:r></w:p>"
        "</w:tc></w:tr></w:tbl></w:body></w:document>"
    )
    comments = (
        f"<w:comments xmlns:w='{W}'><w:comment w:id='0' w:initials='JPA' {change}>"
        "<w:p><w:r><w:t>A remark that is seen</w:t></w:r></w:p></w:comment></w:comments>"
    )
    settings = (
        f"<w:settings xmlns:w='{W}' xmlns:r='{R}'><w:attachedTemplate r:id='rId1'/><w:trackRevisions/>"
        "<w:rsids><w:rsidRoot w:val='00AB12CD'/></w:rsids>"
        f"<w:docVars><w:docVar w:name='x' w:val='{HISTORY}'/></w:docVars></w:settings>"
    )
    people = f"<w15:people xmlns:w15='x'><w15:person w15:author='{AUTHOR}'/></w15:people>"
    parts: dict[str, str | bytes] = {
        "word/document.xml": document,
        "word/_rels/document.xml.rels": relations(
            ("rId1", f"{R}/settings", "settings.xml"),
            ("rId2", f"{R}/comments", "comments.xml"),
            ("rId3", "http://schemas.microsoft.com/office/2011/relationships/people", "people.xml"),
            ("rId4", f"{R}/image", "media/image1.jpeg"),
            ("rId5", f"{R}/hyperlink", ADDRESS),
            ("rId6", f"{R}/customXml", "../customXml/item1.xml"),
            ("rId7", f"{R}/image", "media/image2.emf"),
            ("rId8", f"{R}/oleObject", "embeddings/oleObject1.bin"),
            ("rId9", f"{R}/image", ADDRESS),
        ),
        "word/settings.xml": settings,
        "word/_rels/settings.xml.rels": relations(
            ("rId1", f"{R}/attachedTemplate", "file:///C:\\Users\\plantedlogin\\x.dotm")
        ),
        "word/comments.xml": comments,
        "word/people.xml": people,
        "word/media/image1.jpeg": jpeg(),
        "word/media/image2.emf": AUTHOR.encode("utf-16-le"),
        "word/embeddings/oleObject1.bin": AUTHOR.encode(),
        "word/orphan.xml": f"<x>{HISTORY}</x>",
        "customXml/item1.xml": f"<x>{AUTHOR}</x>",
    }
    word = f"{OFFICE}.wordprocessingml"
    types = {"word/settings.xml": f"{word}.settings+xml", "word/comments.xml": f"{word}.comments+xml"}
    return office("word/document.xml", f"{word}.document.main+xml", parts, types, **more)


def xlsx() -> bytes:
    """A sheet with a number, a remark, a formula into another book, and where its author kept it."""
    ns = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
    workbook = (
        f"<workbook {ns} xmlns:r='{R}' xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>"
        f"<fileSharing userName='{AUTHOR}'/><mc:AlternateContent><mc:Choice Requires='x15'><x15ac:absPath"
        f" xmlns:x15ac='x' url='{PATH}'/></mc:Choice></mc:AlternateContent>"
        "<sheets><sheet name='Sheet1' sheetId='1' r:id='rId1'/></sheets>"
        "<externalReferences><externalReference r:id='rId2'/></externalReferences>"
        "<definedNames><definedName name='x'>[1]Other!$A$1</definedName></definedNames></workbook>"
    )
    sheet = (
        f"<worksheet {ns} xmlns:r='{R}'><sheetData><row r='1'><c r='A1'><v>42</v></c>"
        f"<c r='B1'><f>[1]Other!$A$1</f><v>43</v></c><c r='C1' t='inlineStr'><is><t>{SEEN}</t></is></c></row>"
        "</sheetData><hyperlinks><hyperlink ref='A1' r:id='rId2'/></hyperlinks><pageSetup r:id='rId3'/></worksheet>"
    )
    comments = (
        f"<comments {ns}><authors><author>{AUTHOR}</author></authors><commentList><comment ref='A1' authorId='0'><text>"
        f"<r><t>{AUTHOR}:</t></r><r><t>A remark that is seen</t></r></text></comment><comment ref='B1' authorId='0'>"
        f"<text><t>{AUTHOR}:\nAnother</t></text></comment></commentList></comments>"
    )
    parts = {
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", f"{R}/worksheet", "worksheets/sheet1.xml"),
            ("rId2", f"{R}/externalLink", "externalLinks/externalLink1.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/worksheets/_rels/sheet1.xml.rels": relations(
            ("rId1", f"{R}/comments", "/xl/comments1.xml"),
            ("rId2", f"{R}/hyperlink", ADDRESS),
            ("rId3", f"{R}/printerSettings", "../printerSettings/printerSettings1.bin"),
        ),
        "xl/comments1.xml": comments,
        "xl/externalLinks/externalLink1.xml": f"<externalLink {ns}>{PATH}</externalLink>",
        "xl/printerSettings/printerSettings1.bin": DEVICE.encode("utf-16-le"),
    }
    sheets = f"{OFFICE}.spreadsheetml"
    types = {"xl/worksheets/sheet1.xml": f"{sheets}.worksheet+xml", "xl/comments1.xml": f"{sheets}.comments+xml"}
    return office("xl/workbook.xml", f"{sheets}.sheet.main+xml", parts, types)


def pptx() -> bytes:
    """A slide with a remark of somebody's and a film."""
    ns = "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main'"
    drawing = "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'"
    presentation = (
        f"<p:presentation {ns} xmlns:r='{R}'><p:sldIdLst><p:sldId id='256' r:id='rId1'/></p:sldIdLst>"
        f"<p:modifyVerifier userId='{AUTHOR}'/><p:extLst><p:ext uri='{HISTORY}'/></p:extLst></p:presentation>"
    )
    slide = (
        f"<p:sld {ns} {drawing} xmlns:r='{R}'><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id='2' name='{AUTHOR}'>"
        f"<a:hlinkClick r:id='rId2'/></p:cNvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{SEEN}</a:t></a:r></a:p></p:txBody>"
        "</p:sp></p:spTree></p:cSld></p:sld>"
    )
    parts: dict[str, str | bytes] = {
        "ppt/presentation.xml": presentation,
        "ppt/_rels/presentation.xml.rels": relations(
            ("rId1", f"{R}/slide", "slides/slide1.xml"), ("rId2", f"{R}/commentAuthors", "commentAuthors.xml")
        ),
        "ppt/slides/slide1.xml": slide,
        "ppt/slides/_rels/slide1.xml.rels": relations(
            ("rId1", f"{R}/comments", "../comments/comment1.xml"),
            ("rId2", f"{R}/hyperlink", ADDRESS),
            ("rId3", f"{R}/video", "../media/film.mp4"),
        ),
        "ppt/commentAuthors.xml": (
            f"<p:cmAuthorLst {ns}><p:cmAuthor id='0' name='{AUTHOR}' initials='JPA'/></p:cmAuthorLst>"
        ),
        "ppt/comments/comment1.xml": (
            f"<p:cmLst {ns}><p:cm authorId='0' dt='{TIME}'><p:text>A remark that is seen</p:text></p:cm></p:cmLst>"
        ),
        "ppt/media/film.mp4": PLACE.encode(),
    }
    slides = f"{OFFICE}.presentationml"
    types = {
        "ppt/slides/slide1.xml": f"{slides}.slide+xml",
        "ppt/commentAuthors.xml": f"{slides}.commentAuthors+xml",
        "ppt/comments/comment1.xml": f"{slides}.comments+xml",
    }
    return office("ppt/presentation.xml", f"{slides}.presentation.main+xml", parts, types)
