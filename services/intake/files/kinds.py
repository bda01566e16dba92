"""Which files are taken, told by what is in them and never by a name, and what is said when one is not."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """A kind of file that can be cleaned, by its media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    GIF = "image/gif"
    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    TEXT = "text/plain"


ENDINGS: Final[Mapping[Kind, str]] = {
    Kind.JPEG: "jpg",
    Kind.PNG: "png",
    Kind.WEBP: "webp",
    Kind.GIF: "gif",
    Kind.PDF: "pdf",
    Kind.DOCX: "docx",
    Kind.XLSX: "xlsx",
    Kind.PPTX: "pptx",
    Kind.TEXT: "txt",
}


class Removed(StrEnum):
    """What the cleaned copy has no more, for the page to say in words."""

    PLACE = "place"
    AUTHOR = "author"
    TIMES = "times"
    DEVICE = "device"
    SOFTWARE = "software"
    EDIT_HISTORY = "edit_history"
    THUMBNAIL = "thumbnail"
    NOTES = "notes"
    """Descriptions and remarks that are not part of what is seen."""
    SCRIPTS = "scripts"
    LINKS = "links"
    """Links to other places, and what was to be fetched from there."""
    ATTACHMENTS = "attachments"
    """Files and pictures of other kinds inside the file."""
    HIDDEN_DATA = "hidden_data"
    """Whatever else lay in the file and is not seen."""


class Refusal(StrEnum):
    """Why a file is not taken."""

    WRONG_TYPE = "wrong_type"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    EMPTY = "empty"
    IMAGE_BOMB = "image_bomb"
    ZIP_BOMB = "zip_bomb"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    UNREADABLE = "unreadable"


class FileRefused(Exception):
    """A file that is not taken."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True)
class Cleaned:
    """A copy that tells nothing but what is seen in it."""

    kind: Kind
    content: bytes
    removed: frozenset[Removed]


ZIP: Final = b"PK\x03\x04"
"""What an Office file begins with: which one it is stands inside."""

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Under this name, in UTF-16, an Office file lies in its encrypted wrapping.
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_PDF_WITHIN: Final = 1024
# Readable as text, and yet a format with places for an author, links or programs.
_MARKUP: Final = re.compile(r"\s*(<[!?A-Za-z]|\{\\rtf|%!PS)")
_NOT_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def kind_of(data: bytes) -> Kind:
    """Of anything but an Office file. Raises FileRefused."""
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Kind.GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data.startswith(_OLE):
        raise FileRefused(Refusal.ENCRYPTED if _ENCRYPTED_PACKAGE in data else Refusal.WRONG_TYPE)
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return Kind.PDF
    _check_text(data)
    return Kind.TEXT


def clean_text(data: bytes) -> Cleaned:
    """Text has nothing but what is seen in it, apart from the mark of its byte order. Raises FileRefused."""
    _check_text(data)
    return Cleaned(Kind.TEXT, data.removeprefix(codecs.BOM_UTF8), frozenset())


def _check_text(data: bytes) -> None:
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise FileRefused(Refusal.WRONG_TYPE) from None
    if _NOT_IN_TEXT.search(text) or _MARKUP.match(text):
        raise FileRefused(Refusal.WRONG_TYPE)
