"""Pictures that stay as they are encoded, because a document says how their colours are read: only the parts of their
files that draw nothing are left out. So it is with what the document says of colours.
"""

import struct
from collections.abc import Iterator
from typing import Final

_EOI, _SOS, _COM, _ADOBE = 0xD9, 0xDA, 0xFE, 0xEE
_APPLICATION: Final = range(0xE0, 0xF0)
_BOXES: Final = {b"jP  ", b"ftyp", b"jp2h", b"jp2c"}
_LONG: Final = 1

# Of an ICC profile: how colours are reckoned. Others name the screen, its serial number, or who measured it.
_OF_COLOURS: Final = {
    b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"bkpt", b"chad", b"gamt", b"cicp",
    *(b"%s%d" % (way, number) for way in (b"A2B", b"B2A", b"D2B", b"B2D") for number in range(4)),
}  # fmt: skip
_ICC_HEADER, _ICC_MARK, _ICC_TAG = 128, slice(36, 40), struct.Struct(">4sII")
# When and by which program, on what system, for which device; and a checksum of all of it.
_ICC_TOLD: Final = (slice(4, 8), slice(24, 36), slice(40, 44), slice(48, 56), slice(80, 100))


def without_told(data: bytes, form: str) -> bytes:
    """Of a JPEG (`jpeg`) or JPEG 2000 (`jp2`). Raises ValueError for what is none."""
    return b"".join(_of_jpeg(data) if form == "jpeg" else _of_jp2(data))


def is_profile(data: bytes) -> bool:
    """Whether this is an ICC profile."""
    return len(data) >= _ICC_HEADER + 4 and data[_ICC_MARK] == b"acsp"


def colours_alone(data: bytes) -> bytes:
    """An ICC profile that says how colours are reckoned, and nothing else."""
    first = _ICC_HEADER + 4
    # Whatever it says of itself, no more than there is.
    count = min(struct.unpack_from(">I", data, _ICC_HEADER)[0], (len(data) - first) // _ICC_TAG.size, 100)
    listed = _ICC_TAG.iter_unpack(data[first : first + count * _ICC_TAG.size])
    kept = [(name, data[start : start + length]) for name, start, length in listed if name in _OF_COLOURS]
    table, body = [struct.pack(">I", len(kept))], b""
    at = first + len(kept) * _ICC_TAG.size
    for name, value in kept:
        table.append(_ICC_TAG.pack(name, at + len(body), len(value)))
        body += value + bytes(-len(value) % 4)
    header = bytearray(data[:_ICC_HEADER])
    for told in _ICC_TOLD:
        header[told] = bytes(told.stop - told.start)
    whole = bytes(header) + b"".join(table) + body
    return struct.pack(">I", len(whole)) + whole[4:]


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
