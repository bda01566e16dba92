"""Looks for words that must not be where they are: in files and byte streams, decompressed, in several encodings.

A scan that finds nothing proves little by itself, so every caller also plants a control in each kind of store and each
encoding and checks that it is found.
"""

import base64
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import cramjam  # what aiokafka decompresses with

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
LARGEST_BATCH = 1 << 19  # four times what a producer of ours fills


@dataclass(frozen=True)
class Finding:
    secret: str  # its label, never the secret itself
    encoding: str
    where: str


def base64_alignments(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The part of a text's base64 form that does not depend on its neighbours, for all three alignments."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        start = {0: 0, 1: 2, 2: 3}[shift]
        end = (8 * (len(raw) + shift)) // 6
        stable = encoded[start:end]
        yield f"base64+{shift}", stable
        yield f"base64url+{shift}", stable.replace(b"+", b"-").replace(b"/", b"_")


def encodings(text: str) -> dict[str, bytes]:
    """Every form of `text` that is looked for, by the name of the encoding."""
    raw = text.encode()
    forms = {
        "utf-8": raw,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "percent": quote(text, safe="").encode(),
        "json": text.encode("ascii", "backslashreplace"),
    }
    forms.update(base64_alignments(raw))
    return forms


class Scanner:
    """Finds the given secrets (label → text) in byte streams: form after form, which is several times as fast as one
    pattern of them all.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._by_form: dict[bytes, tuple[str, str]] = {}
        for label, text in secrets.items():
            for encoding, form in encodings(text).items():
                self._by_form.setdefault(form, (label, encoding))

    def scan(self, data: bytes, where: str) -> set[Finding]:
        """All findings in `data` and in whatever gzip, zlib or zstd streams lie inside it."""
        return {
            Finding(*named, f"{where}{layer}")
            for layer, layer_data in layers(data)
            for form, named in self._by_form.items()
            if form in layer_data
        }

    def scan_files(self, paths: Iterable[Path]) -> set[Finding]:
        findings: set[Finding] = set()
        for path in paths:
            try:
                findings |= self.scan(path.read_bytes(), str(path))
            except FileNotFoundError:  # a server at work removes files of its own
                continue
        return findings


def layers(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The data itself, then every compressed stream found inside it, opened."""
    yield "", data
    for match in re.finditer(re.escape(ZSTD_MAGIC), data):
        opened = _open_zstd(data[match.start() :])
        if opened:
            yield f" (zstd at {match.start()})", opened
    for match in re.finditer(re.escape(GZIP_MAGIC), data):
        opened = _inflate(data[match.start() :], 31)
        if opened:
            yield f" (gzip at {match.start()})", opened
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        opened = _inflate(data[match.start() :], 15)
        if len(opened) > 16:
            yield f" (zlib at {match.start()})", opened


def _inflate(data: bytes, wbits: int) -> bytes:
    try:
        return zlib.decompressobj(wbits).decompress(data, 1 << 24)
    except zlib.error:
        return b""


def _open_zstd(data: bytes) -> bytes:
    # What follows the frame (the next Kafka batch) makes the decompressor complain after it has written the frame.
    opened = bytearray(LARGEST_BATCH)
    try:
        return bytes(opened[: cramjam.zstd.decompress_into(data[:LARGEST_BATCH], opened)])
    except cramjam.DecompressionError:
        return bytes(opened).rstrip(b"\0")


def controls(text: str) -> dict[str, bytes]:
    """One planted control per encoding and per compression, by name."""
    planted = {name: b"before " + form + b" after" for name, form in encodings(text).items()}
    for shift in range(3):
        planted[f"base64 inside, {shift}"] = base64.b64encode(b"x" * shift + text.encode() + b"yz")
    body = b"head " + text.encode() + b" tail"
    planted["gzip"] = b"junk" + gzip.compress(body) + b"more"
    planted["zlib"] = b"junk" + zlib.compress(body) + b"more"
    planted["zstd"] = b"junk" + bytes(cramjam.zstd.compress(body)) + b"the next batch"
    return planted
