"""Sealing what is too long to be in memory at once, chunk by chunk (ADR 61).

The format. A stream is a sequence of chunks; each chunk holds up to `PART` bytes, and only the last may hold fewer.

- The first chunk begins with a header of 25 bytes: version (1), id of the data key (8, as in `sealing`: AES-GCM alone
  does not commit to its key), random salt (16).
- The key of the stream is HKDF-SHA256(data key, salt, info = "recourse stream v1|" ‖ header ‖ context), so that the
  same data key may also seal something in one piece, and no two streams share a key.
- Each chunk is AES-256-GCM under that key, without associated data. Its nonce is its number, from 0, in 11 bytes, and a
  last byte that is 1 for the last chunk and 0 for any other. So a chunk that is left out, doubled, exchanged or from
  another stream does not open, and neither does a stream that breaks off, nor one that goes on after its end.
- What is sealed is the length of the part (4 bytes), the part, and zeros up to a bucket's size: the number of chunks
  tells a file's length in steps of 256 KiB, and no more.
"""

import os
from collections.abc import AsyncIterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.sealing import BUCKETS, HEADER, KEY_BYTES, LENGTH, SealNotOpened, header_of, padded, unpadded

PART: Final = BUCKETS[-1] - LENGTH.size
"""Bytes of plaintext in each chunk but the last."""

_SALT_BYTES: Final = 16
_HEADER_BYTES: Final = HEADER.size + _SALT_BYTES


class StreamSealer:
    """Seals one stream, part by part, in order."""

    def __init__(self, data_key: bytes, *, context: bytes) -> None:
        self._header = header_of(data_key) + os.urandom(_SALT_BYTES)
        self._aead = _aead(data_key, self._header, context)
        self._number = 0

    def seal(self, part: bytes, *, last: bool) -> bytes:
        """Raises ValueError for a part that is not `PART` bytes long and not the last."""
        if len(part) > PART or (len(part) < PART and not last):
            raise ValueError(f"every part but the last is {PART} bytes long")
        chunk = self._aead.encrypt(_nonce(self._number, last=last), padded(part), None)
        head = b"" if self._number else self._header
        self._number += 1
        return head + chunk


async def open_stream(chunks: AsyncIterator[bytes], data_key: bytes, *, context: bytes) -> AsyncIterator[bytes]:
    """The parts, each as soon as the chunk after it has come. That nothing is missing is known at the end alone: who
    hands parts on before has to make the break visible. Raises SealNotOpened for another key, context or order, for a
    changed byte and for a missing end.
    """
    first = await anext(chunks, b"")
    header, held = first[:_HEADER_BYTES], first[_HEADER_BYTES:]
    if header[: HEADER.size] != header_of(data_key):
        raise SealNotOpened
    aead, number = _aead(data_key, header, context), 0
    async for chunk in chunks:
        yield _opened(aead, held, number, last=False)
        held, number = chunk, number + 1
    yield _opened(aead, held, number, last=True)


def _opened(aead: AESGCM, chunk: bytes, number: int, *, last: bool) -> bytes:
    try:
        return unpadded(aead.decrypt(_nonce(number, last=last), chunk, None))
    except (InvalidTag, ValueError):
        raise SealNotOpened from None


def _aead(data_key: bytes, header: bytes, context: bytes) -> AESGCM:
    info = b"recourse stream v1|" + header + context
    return AESGCM(HKDF(SHA256(), KEY_BYTES, header[HEADER.size :], info).derive(data_key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
