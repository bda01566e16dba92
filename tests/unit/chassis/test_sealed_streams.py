"""A sealed stream opens whole and in order, or not at all."""

import os
from collections.abc import AsyncIterator, Sequence

import pytest

from chassis import sealed_streams
from chassis.sealed_streams import PART, StreamSealer, open_stream
from chassis.sealing import SealNotOpened, header_of, seal_with

KEY, CONTEXT = os.urandom(32), b"file|1"


def sealed(*parts: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> list[bytes]:
    sealer = StreamSealer(key, context=context)
    return [sealer.seal(part, last=number == len(parts)) for number, part in enumerate(parts, 1)]


async def opened(chunks: Sequence[bytes], key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    async def come() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return b"".join([part async for part in open_stream(come(), key, context=context)])


ONE, TWO, END = b"1" * PART, b"2" * PART, b"the end"


@pytest.mark.parametrize("parts", [(b"",), (END,), (ONE,), (ONE, TWO), (ONE, TWO, END)], ids=len)
async def test_what_was_sealed_opens(parts: tuple[bytes, ...]) -> None:
    assert await opened(sealed(*parts)) == b"".join(parts)


async def test_the_length_shows_in_steps_alone() -> None:
    assert [len(chunk) for chunk in sealed(ONE, b"a")] == [len(chunk) for chunk in sealed(TWO, b"a" * 200)]
    assert len(sealed(b"a")[0]) == len(sealed(b"a" * 200)[0])


def changed(chunk: bytes, at: int) -> bytes:
    return chunk[:at] + bytes([chunk[at] ^ 1]) + chunk[at + 1 :]


GOOD, OTHER = sealed(ONE, TWO, END), sealed(TWO, ONE, END)
BROKEN = {
    "nothing": [],
    "cut off at the end": GOOD[:2],
    "cut off after the first": GOOD[:1],
    "without the beginning": GOOD[1:],
    "one left out": [GOOD[0], GOOD[2]],
    "one twice": [GOOD[0], GOOD[1], GOOD[1], GOOD[2]],
    "two exchanged": [GOOD[1], GOOD[0], GOOD[2]],
    "going on after the end": [*GOOD, GOOD[2]],
    "another stream's middle": [GOOD[0], OTHER[1], GOOD[2]],
    "another stream's end": [*GOOD[:2], OTHER[2]],
    "a changed byte": [GOOD[0], changed(GOOD[1], 100), GOOD[2]],
    "a changed salt": [changed(GOOD[0], 20), *GOOD[1:]],
    "a changed version": [changed(GOOD[0], 0), *GOOD[1:]],
    "a chunk cut short": [GOOD[0], GOOD[1][:-1], GOOD[2]],
    "an empty chunk": [GOOD[0], b"", GOOD[2]],
    "what the same key sealed in one piece": [seal_with(KEY, END, context=CONTEXT)],
}


@pytest.mark.parametrize("chunks", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_not_as_it_was_sealed_does_not_open(chunks: list[bytes]) -> None:
    with pytest.raises(SealNotOpened):
        await opened(chunks)


async def test_it_opens_with_its_own_key_and_context_alone() -> None:
    for key, context in ((os.urandom(32), CONTEXT), (KEY, b"file|2")):
        with pytest.raises(SealNotOpened):
            await opened(GOOD, key, context)


async def test_a_stream_that_names_another_key_than_its_own_does_not_open() -> None:
    """AES-GCM alone would let bytes be made that open under two keys."""
    sealer = StreamSealer(KEY, context=CONTEXT)
    header = header_of(os.urandom(32)) + os.urandom(16)
    sealer._header, sealer._aead = header, sealed_streams._aead(KEY, header, CONTEXT)
    with pytest.raises(SealNotOpened):
        await opened([sealer.seal(END, last=True)])


def test_two_streams_under_one_key_share_no_byte_of_ciphertext() -> None:
    assert sealed(END)[0][25:] != sealed(END)[0][25:]


@pytest.mark.parametrize(("part", "last"), [(b"short", False), (b"x" * (PART + 1), True)])
def test_a_part_of_another_length_is_not_sealed(part: bytes, *, last: bool) -> None:
    with pytest.raises(ValueError, match="bytes long"):
        StreamSealer(KEY, context=CONTEXT).seal(part, last=last)
