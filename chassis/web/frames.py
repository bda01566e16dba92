"""Several things in one streamed body: each with its length, in four bytes, before it."""

import struct
from collections.abc import AsyncIterator
from typing import Final

_LENGTH: Final = struct.Struct(">I")
_LONGEST: Final = 1024 * 1024


class FrameBroken(ValueError):
    """The body ends inside a frame, or announces one that nobody here sends."""


async def framed(frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """For a streamed answer."""
    async for frame in frames:
        yield _LENGTH.pack(len(frame)) + frame


async def unframed(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What `framed` was given, however the body is cut on the way. Raises FrameBroken."""
    held = bytearray()
    async for piece in body:
        held += piece
        while len(held) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(held)
            if length > _LONGEST:
                raise FrameBroken
            end = _LENGTH.size + length
            if len(held) < end:
                break
            yield bytes(held[_LENGTH.size : end])
            del held[:end]
    if held:
        raise FrameBroken
