"""The cleaned copy of each kind of file: what is seen in it stays, and what was planted around that is gone."""

import io
import zipfile
from collections.abc import Callable

import pikepdf
import pytest
from lxml import etree
from PIL import Image, ImageCms

from services.intake.files import office_parts, segments
from services.intake.files.clean import clean
from services.intake.files.kinds import Kind, Removed
from tests import planted_files as planted

OF_PICTURES = {
    Removed.AUTHOR, Removed.PLACE, Removed.TIMES, Removed.DEVICE, Removed.SOFTWARE, Removed.EDIT_HISTORY, Removed.NOTES,
}  # fmt: skip
OF_OFFICE = {Removed.AUTHOR, Removed.SOFTWARE, Removed.THUMBNAIL, Removed.LINKS, Removed.HIDDEN_DATA}
PLANTED: list[tuple[Callable[[], bytes], Kind, set[Removed]]] = [
    (planted.jpeg, Kind.JPEG, OF_PICTURES | {Removed.HIDDEN_DATA}),
    (planted.jpeg_with_thumbnail, Kind.JPEG, {Removed.THUMBNAIL}),
    (planted.png, Kind.PNG, OF_PICTURES | {Removed.HIDDEN_DATA}),
    (planted.webp, Kind.WEBP, OF_PICTURES),
    (planted.gif, Kind.GIF, {Removed.NOTES, Removed.HIDDEN_DATA}),
    (
        planted.pdf,
        Kind.PDF,
        set(Removed) - {Removed.DEVICE, Removed.THUMBNAIL},
    ),
    (planted.docx, Kind.DOCX, set(Removed) - {Removed.SCRIPTS}),
    (planted.xlsx, Kind.XLSX, OF_OFFICE),
    (planted.pptx, Kind.PPTX, OF_OFFICE | {Removed.TIMES, Removed.ATTACHMENTS}),
]


@pytest.mark.parametrize(("make", "kind", "removed"), PLANTED, ids=[one[0].__name__ for one in PLANTED])
def test_s21_what_a_file_tells_of_its_maker_is_gone_and_listed(
    make: Callable[[], bytes], kind: Kind, removed: set[Removed]
) -> None:
    data = make()
    assert planted.told(data), "planted, and found by this way of looking"
    cleaned = clean(data)
    assert cleaned.kind is kind
    assert planted.told(cleaned.content) == set()
    assert cleaned.removed == removed
    again = clean(cleaned.content)
    assert again.removed == set(), "there is nothing left to remove"


@pytest.mark.parametrize("make", [planted.jpeg, planted.png, planted.webp])
def test_a_photograph_is_upright_and_shows_what_it_showed(make: Callable[[], bytes]) -> None:
    with Image.open(io.BytesIO(clean(make()).content)) as image:
        assert image.size == (20, 40)
        assert not image.getexif()
        assert set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "loop",
            "background",
            "timestamp",
        }
        above, below = image.convert("RGB").getpixel((10, 5)), image.convert("RGB").getpixel((10, 35))
    for found, shown in ((above, planted.RED), (below, planted.BLUE)):
        assert isinstance(found, tuple)
        assert all(abs(one - other) < 12 for one, other in zip(found, shown, strict=True))


def test_what_moves_still_moves() -> None:
    with Image.open(io.BytesIO(clean(planted.gif()).content)) as image:
        assert (image.n_frames, image.info["loop"]) == (2, 0)  # type: ignore[attr-defined]
        lengths = []
        for frame in range(2):
            image.seek(frame)
            lengths.append(image.info["duration"])
        assert lengths == [100, 200]
        assert image.convert("RGB").getpixel((5, 5)) == planted.BLUE


def test_transparency_stays_and_colours_of_print_become_those_of_screens() -> None:
    seen_through, printed = io.BytesIO(), io.BytesIO()
    Image.new("LA", (3, 3), (7, 0)).save(seen_through, "PNG")
    Image.new("CMYK", (3, 3), (0, 255, 255, 0)).save(printed, "JPEG")
    with Image.open(io.BytesIO(clean(seen_through.getvalue()).content)) as image:
        assert (image.mode, image.getpixel((1, 1))) == ("LA", (7, 0))
    with Image.open(io.BytesIO(clean(printed.getvalue()).content)) as image:
        assert image.mode == "RGB"
        red, green, blue = image.getpixel((1, 1))  # type: ignore[misc]
        assert red > 240
        assert max(green, blue) < 15


def test_a_pdf_shows_its_page_its_photograph_and_its_remark() -> None:
    with pikepdf.open(io.BytesIO(clean(planted.pdf()).content)) as pdf:
        (page,) = pdf.pages
        assert planted.SEEN.encode() in page.Contents.read_bytes()
        assert set(page.Resources.Font.keys()) == {"/AA"}, "a name is a name, whichever"
        with pikepdf.PdfImage(page.Resources.XObject.Metadata).as_pil_image() as image:
            assert image.size == (40, 20)
            red, _, _ = image.convert("RGB").getpixel((5, 10))  # type: ignore[misc]
            assert abs(red - planted.RED[0]) < 12
        (remark,) = page.Annots
        assert (str(remark.Contents), "/T" in remark, "/M" in remark) == ("A remark that is seen", False, False)
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert "/Info" not in pdf.trailer


def test_colours_are_reckoned_as_before_without_what_else_a_profile_tells() -> None:
    told = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    alone = segments.colours_alone(told)
    assert segments.colours_alone(alone) == alone
    assert not {b"desc", b"cprt"} & {alone[at : at + 4] for at in range(132, len(alone), 12)}
    lab, one = ImageCms.createProfile("LAB"), Image.new("RGB", (1, 1), planted.RED)
    seen = [
        ImageCms.profileToProfile(one, ImageCms.ImageCmsProfile(io.BytesIO(profile)), lab, outputMode="LAB")
        for profile in (told, alone)
    ]
    assert [image and image.getpixel((0, 0)) for image in seen] == [(112, 192, 175)] * 2
    assert segments.is_profile(segments.colours_alone(told[:140])), "broken off"


def test_what_was_typed_into_a_form_is_on_the_page() -> None:
    made = pikepdf.new()
    made.add_blank_page(page_size=(200, 200))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    field = made.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="who", V=planted.SEEN,
            Rect=[10, 10, 190, 30], DA="/Helv 12 Tf 0 g",
        )
    )  # fmt: skip
    made.pages[0].Annots = pikepdf.Array([field])
    made.Root.AcroForm = pikepdf.Dictionary(
        Fields=pikepdf.Array([field]), NeedAppearances=True, DA="/Helv 12 Tf 0 g",
        DR=pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=made.make_indirect(font))), XFA=planted.HISTORY,
    )  # fmt: skip
    out = io.BytesIO()
    made.save(out)
    cleaned = clean(out.getvalue()).content
    with pikepdf.open(io.BytesIO(cleaned)) as pdf:
        (shown,) = pdf.pages[0].Annots
        assert planted.SEEN.encode() in shown.AP.N.read_bytes()
        assert "/AcroForm" not in pdf.Root
    assert planted.told(cleaned) == set()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: archive.read(name) for name in archive.namelist()}


def texts(part: bytes) -> str:
    return "|".join(text for one in etree.fromstring(part).iter() if (text := one.text))


def test_a_document_reads_as_if_every_change_had_been_accepted() -> None:
    parts = parts_of(clean(planted.docx()).content)
    assert set(parts) == {
        "[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels", "word/settings.xml",
        "word/comments.xml", "word/media/image1.jpeg",
    }  # fmt: skip
    said = texts(parts["word/document.xml"])
    assert said == f"{planted.SEEN}|and what came later|a link's words|last shown"
    assert texts(parts["word/comments.xml"]) == "A remark that is seen"
    document = parts["word/document.xml"]
    for mark in (b"rsid", b"paraId", b"w:ins ", b"w:del", b"rPrChange", b"INCLUDEPICTURE", b"r:link", b"w:tbl"):
        assert mark not in document
    assert b'r:embed="rId4"' in document
    with Image.open(io.BytesIO(parts["word/media/image1.jpeg"])) as image:
        assert image.size == (40, 20), "the document says how it lies"


def test_a_sheet_keeps_its_numbers_and_a_slide_its_words() -> None:
    sheets, slides = parts_of(clean(planted.xlsx()).content), parts_of(clean(planted.pptx()).content)
    assert texts(sheets["xl/worksheets/sheet1.xml"]) == f"42|43|{planted.SEEN}"
    assert texts(sheets["xl/comments1.xml"]) == "Author|A remark that is seen|Another"
    assert b"fileSharing" not in sheets["xl/workbook.xml"]
    assert texts(slides["ppt/slides/slide1.xml"]) == planted.SEEN
    assert texts(slides["ppt/comments/comment1.xml"]) == "A remark that is seen"
    assert not [name for name in (*sheets, *slides) if "docProps" in name or "film" in name or "external" in name]


_CALLS = (f'_xlfn.WEBSERVICE("{planted.ADDRESS}")', f'HYPERLINK("{planted.PATH}","x")', f'IMAGE("{planted.ADDRESS}")')
OF_PARTS: dict[str, tuple[str, Removed]] = {
    "whose view of a shared book": (
        f"<customWorkbookViews><customWorkbookView name='{planted.AUTHOR} - Personal View'/></customWorkbookViews>",
        Removed.AUTHOR,
    ),
    "who made a scenario": (f"<scenarios><scenario name='a' user='{planted.AUTHOR}'/></scenarios>", Removed.AUTHOR),
    "who protected it": (f"<workbookProtection workbookUserName='{planted.AUTHOR}'/>", Removed.AUTHOR),
    "who may change a range": (
        f"<protectedRanges><protectedRange securityDescriptor='{planted.AUTHOR}'/></protectedRanges>",
        Removed.AUTHOR,
    ),
    "where it was published": (
        f"<webPublishItems><webPublishItem destinationFile='{planted.PATH}'/></webPublishItems>",
        Removed.AUTHOR,
    ),
    "formulas that fetch": (f"<c>{''.join(f'<f>{one}</f><v>1</v>' for one in _CALLS)}</c>", Removed.LINKS),
    "who may edit a paragraph": (f"<p><permStart ed='{planted.AUTHOR}'/><permEnd/></p>", Removed.AUTHOR),
    "when something was moved": (f"<customXmlMoveFromRangeStart date='{planted.TIME}'/>", Removed.EDIT_HISTORY),
    "where an old drawing came from": (
        f"<v:shape href='{planted.ADDRESS}'><v:imagedata src='{planted.PATH}' o:href='{planted.ADDRESS}'/></v:shape>",
        Removed.LINKS,
    ),
    "when a remark was answered": (f"<cm><replyLst><reply created='{planted.TIME}'/></replyLst></cm>", Removed.TIMES),
    "what the file of a chart was called": (
        f"<pivotSource><name>[{planted.AUTHOR}.xlsx]A!B</name></pivotSource>",
        Removed.HIDDEN_DATA,
    ),
}


@pytest.mark.parametrize(("part", "removed"), OF_PARTS.values(), ids=OF_PARTS.keys())
def test_s21_what_a_part_of_an_office_file_tells_is_gone_and_listed(part: str, removed: Removed) -> None:
    assert planted.told(part.encode()), "planted, and found by this way of looking"
    root = etree.fromstring(
        f"<x xmlns:v='urn:schemas-microsoft-com:vml' xmlns:o='urn:schemas-microsoft-com:office:office'>{part}</x>"
    )
    assert office_parts.clean(root, ()) == {removed}
    assert planted.told(etree.tostring(root)) == set()


def test_a_link_leaves_its_words_and_not_where_it_led() -> None:
    root = etree.fromstring(
        f"<w:p xmlns:w='{planted.W}' xmlns:r='{planted.R}'>"
        f"<w:hyperlink r:id='rId1' w:tooltip='{planted.PATH}' w:docLocation='{planted.PATH}'>"
        "<w:r><w:t>a link's words</w:t></w:r></w:hyperlink></w:p>"
    )
    office_parts.clean(root, {"rId1"})
    assert planted.told(etree.tostring(root)) == set()
    assert texts(etree.tostring(root)) == "a link's words"


def test_text_stays_as_it_is_without_its_byte_order_mark() -> None:
    words = "Er schrie: «نعم»\r\n\tund ging."
    cleaned = clean(b"\xef\xbb\xbf" + words.encode())
    assert (cleaned.kind, cleaned.content.decode(), cleaned.removed) == (Kind.TEXT, words, set())
