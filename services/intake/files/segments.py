"""Pictures that stay as they are encoded, because a document says how their colours are read: only the parts of their
files that draw nothing are left out.
"""

import struct
from collections.abc import Iterator
from typing import Final

_EOI, _SOS, _COM, _ADOBE = 0xD9, 0xDA, 0xFE, 0xEE
_APPLICATION: Final = range(0xE0, 0xF0)
_BOXES: Final = {b"jP  ", b"ftyp", b"jp2h", b"jp2c"}
_LONG: Final = 1


def without_told(data: bytes, form: str) -> bytes:
    """Of a JPEG (`jpeg`) or JPEG 2000 (`jp2`). Raises ValueError for what is none."""
    return b"".join(_of_jpeg(data) if form == "jpeg" else _of_jp2(data))


def _of_jpeg(data: bytes) -> Iterator[bytes]:
    """What decodes the picture, and Adobe's segment: it says how the colours are meant."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    yield data[:2]
    at = 2
    while True:
        while data[at + 1 : at + 2] == b"\xff":
            at += 1
        # One that breaks off is shown as far as it goes.
        marker = data[at + 1] if at + 1 < len(data) else _EOI
        if at < len(data) and data[at] != 0xFF:
            raise ValueError("no marker")
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        segment, at = data[at:end], end
        if (marker not in _APPLICATION or marker == _ADOBE) and marker != _COM:
            yield segment
        if marker == _SOS:
            end = _end_of_scan(data, at)
            yield data[at:end]
            at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at
    return len(data)


def _of_jp2(data: bytes) -> Iterator[bytes]:
    if data[:4] == b"\xff\x4f\xff\x51":
        yield data  # a bare codestream has no boxes
        return
    at = 0
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length == _LONG:
            (length,) = struct.unpack_from(">Q", data, at + 8)
        end = at + length if length else len(data)
        if end <= at:
            raise ValueError("a box without length")
        if kind in _BOXES:
            yield data[at:end]
        at = end
