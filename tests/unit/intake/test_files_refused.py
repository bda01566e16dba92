"""Files that are not taken: what they are is told by what is in them, and a bomb is seen before it goes off."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image

from services.intake.files import images, office
from services.intake.files.clean import clean
from services.intake.files.kinds import FileRefused, Refusal
from tests import planted_files as planted


def png_of(width: int, height: int) -> bytes:
    """A head that promises so many pixels, and nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def locked_pdf(user: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)
    return out.getvalue()


def encrypted_zip() -> bytes:
    """As zip programs mark it: a bit at each entry, here and in the list of contents."""
    data = bytearray(planted.docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]>"
)
FETCHES = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"


def with_head(head: str, body: str) -> bytes:
    return planted.docx(**{"word/document.xml": f"{head}<w:document xmlns:w='{planted.W}'>{body}</w:document>"})


def macros() -> bytes:
    """A document as it would be, were it not for the kind that it says it is."""
    main = "application/vnd.ms-word.document.macroEnabled.main+xml"
    return planted.office("word/document.xml", main, {"word/document.xml": "<x/>"}, {})


REFUSED = {
    "a program": (b"\x7fELF\x02\x01\x01\0" + bytes(64), Refusal.WRONG_TYPE),
    "another archive": (packed({"a.txt": b"a"}), Refusal.WRONG_TYPE),
    "an old Word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), Refusal.WRONG_TYPE),
    "a page": (b"\n <!DOCTYPE html><script>alert(1)</script>", Refusal.WRONG_TYPE),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.WRONG_TYPE),
    "rich text": (b"{\\rtf1{\\info{\\author x}}}", Refusal.WRONG_TYPE),
    "other characters": ("Grüße".encode("latin-1"), Refusal.WRONG_TYPE),
    "control characters": (b"a\x1b[31mb", Refusal.WRONG_TYPE),
    "macros": (macros(), Refusal.MACROS),
    "a locked Office file": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), Refusal.ENCRYPTED,
    ),
    "a locked zip": (encrypted_zip(), Refusal.ENCRYPTED),
    "a locked PDF": (locked_pdf("user"), Refusal.ENCRYPTED),
    "a PDF that may be read alone": (locked_pdf(""), Refusal.ENCRYPTED),
    "too many pixels": (png_of(50_000, 50_000), Refusal.IMAGE_BOMB),
    "a part that repeats itself": (planted.docx(**{"word/document.xml": "<x>" + " " * 30_000_000}), Refusal.ZIP_BOMB),
    "entities in entities": (with_head(LAUGHS, "&j;"), Refusal.UNREADABLE),
    "an entity from elsewhere": (with_head(FETCHES, "&a;"), Refusal.UNREADABLE),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_not_taken_is_refused_by_its_code(data: bytes, code: Refusal) -> None:
    with pytest.raises(FileRefused) as refused:
        clean(data)
    assert refused.value.code is code


def test_the_pixels_of_all_frames_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "LARGEST", 2 * 40 * 20)
    assert clean(planted.gif())
    monkeypatch.setattr(images, "LARGEST", 2 * 40 * 20 - 1)
    with pytest.raises(FileRefused, match="image_bomb"):
        clean(planted.gif())


def test_a_picture_in_a_document_counts_as_one() -> None:
    raw = planted.docx(**{"word/media/image1.jpeg": png_of(50_000, 50_000)})  # type: ignore[arg-type]
    with pytest.raises(FileRefused, match="image_bomb"):
        clean(raw)


def test_what_all_parts_hold_together_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "LARGEST_UNPACKED", 2_000)
    with pytest.raises(FileRefused, match="zip_bomb"):
        clean(planted.docx())
    monkeypatch.undo()
    monkeypatch.setattr(office, "MOST_PARTS", 3)
    with pytest.raises(FileRefused, match="zip_bomb"):
        clean(planted.docx())


def test_what_the_list_of_contents_says_of_a_part_is_not_believed() -> None:
    """A bomb whose length is given as one byte."""
    data = bytearray(planted.docx(**{"word/document.xml": "<x>" + " " * 30_000_000}))
    entry = data.index(b"word/document.xml", data.index(b"PK\x01\x02")) - 46
    data[entry + 24 : entry + 28] = struct.pack("<I", 1)
    with pytest.raises(FileRefused, match="unreadable"):
        clean(bytes(data))


def test_two_parts_of_one_name_are_refused() -> None:
    out = io.BytesIO(planted.docx())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(FileRefused, match="unreadable"):
        clean(out.getvalue())


@pytest.mark.parametrize("make", [planted.jpeg, planted.png, planted.pdf, planted.docx])
def test_a_part_of_a_file_is_not_taken_for_one(make: Callable[[], bytes]) -> None:
    data = make()
    with pytest.raises(FileRefused, match="unreadable"):
        clean(data[: len(data) // 6])


def test_a_picture_inside_that_nobody_can_see_is_left_out() -> None:
    cleaned = clean(planted.docx(**{"word/media/image1.jpeg": b"\xff\xd8\xff broken"}))  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(cleaned.content)) as archive:
        assert "word/media/image1.jpeg" not in archive.namelist()
        assert b"r:embed" not in archive.read("word/document.xml")


def test_the_limit_of_pixels_is_above_what_telephones_take() -> None:
    assert images.LARGEST > 50_000_000
    assert Image.MAX_IMAGE_PIXELS is None
