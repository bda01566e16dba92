"""Sealed things open for whom and for what they were sealed, and for nobody and nothing else."""

import os
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.sealing import (
    DeskPrivateKey,
    Sealed,
    SealNotOpened,
    TooLargeToSeal,
    item_context,
    open_from,
    open_sealed,
    open_with,
    seal,
    seal_to,
    seal_with,
    tag,
    unwrap,
    wrap,
    wrap_context,
)

ITEM, REPORT = uuid4(), uuid4()
DESK, OTHER = DeskPrivateKey.from_seed(os.urandom(96)), DeskPrivateKey.from_seed(os.urandom(96))
CONTEXT = item_context(REPORT)


def changed_at_every_part(blob: bytes) -> list[bytes]:
    """The blob with one bit turned in its version, key id, first, middle and last bytes, and cut short."""
    places = (0, 4, 9, 20, len(blob) // 2, len(blob) - 1)
    turned = [blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :] for place in places]
    return [*turned, blob[:-1], blob[:9], b""]


def test_what_was_sealed_opens_with_its_key_and_context() -> None:
    sealed, data_key = seal("he said: ça suffit".encode(), item_id=ITEM, context=CONTEXT)
    assert open_sealed(sealed, data_key, context=CONTEXT) == "he said: ça suffit".encode()
    assert b"suffit" not in sealed.ciphertext


def test_the_same_words_sealed_twice_share_neither_key_nor_bytes() -> None:
    first, first_key = seal(b"words", item_id=ITEM, context=CONTEXT)
    second, second_key = seal(b"words", item_id=ITEM, context=CONTEXT)
    assert first_key != second_key
    assert first.ciphertext[1:9] != second.ciphertext[1:9]
    assert first.ciphertext[9:] != second.ciphertext[9:]


def test_another_context_item_or_key_opens_nothing() -> None:
    sealed, data_key = seal(b"words", item_id=ITEM, context=CONTEXT)
    _, other_key = seal(b"words", item_id=ITEM, context=CONTEXT)
    for item, key, context in (
        (ITEM, data_key, item_context(uuid4())),
        (uuid4(), data_key, CONTEXT),
        (ITEM, other_key, CONTEXT),
    ):
        with pytest.raises(SealNotOpened):
            open_sealed(Sealed(item, sealed.ciphertext), key, context=context)


def test_a_changed_byte_closes_the_contents() -> None:
    sealed, data_key = seal(b"words", item_id=ITEM, context=CONTEXT)
    for blob in changed_at_every_part(sealed.ciphertext):
        with pytest.raises(SealNotOpened):
            open_sealed(Sealed(ITEM, blob), data_key, context=CONTEXT)


@pytest.mark.parametrize(
    ("shorter", "longer", "same"),
    [(0, 252, True), (252, 253, False), (253, 1020, True), (1021, 4092, True), (4092, 4093, False),
     (65_533, 262_140, True), (262_140, 262_141, False), (262_141, 524_284, True)],
)  # fmt: skip
def test_only_a_bucket_shows_of_a_length(shorter: int, longer: int, same: bool) -> None:
    one, one_key = seal(b"x" * shorter, item_id=ITEM, context=CONTEXT)
    two, two_key = seal(b"\0" * longer, item_id=ITEM, context=CONTEXT)
    assert (len(one.ciphertext) == len(two.ciphertext)) is same
    assert open_sealed(one, one_key, context=CONTEXT) == b"x" * shorter
    assert open_sealed(two, two_key, context=CONTEXT) == b"\0" * longer


def test_a_wrapped_key_comes_back_for_its_recipient_alone() -> None:
    context = wrap_context(REPORT, ITEM, "workflow/oio")
    wrapped = wrap(b"k" * 32, DESK.public, context=context)
    assert unwrap(wrapped, DESK, context=context) == b"k" * 32
    with pytest.raises(SealNotOpened):
        unwrap(wrapped, OTHER, context=context)
    # Also when the other's key id is written over the recipient's.
    forged = wrapped[:1] + bytes.fromhex(OTHER.key_id) + wrapped[9:]
    with pytest.raises(SealNotOpened):
        unwrap(forged, OTHER, context=context)


def test_a_wrap_cannot_be_moved_to_another_report_item_or_recipient() -> None:
    wrapped = wrap(b"k" * 32, DESK.public, context=wrap_context(REPORT, ITEM, "workflow/oio"))
    for context in (
        wrap_context(uuid4(), ITEM, "workflow/oio"),
        wrap_context(REPORT, uuid4(), "workflow/oio"),
        wrap_context(REPORT, ITEM, "workflow/leg"),
    ):
        with pytest.raises(SealNotOpened):
            unwrap(wrapped, DESK, context=context)


def test_a_changed_byte_closes_a_wrap() -> None:
    wrapped = wrap(b"k" * 32, DESK.public, context=b"c")
    for blob in changed_at_every_part(wrapped):
        with pytest.raises(SealNotOpened):
            unwrap(blob, DESK, context=b"c")


def test_sealed_in_one_piece_opens_for_its_recipient_and_context() -> None:
    blob = seal_to(DESK.public, b"S0018", context=b"measure|1", size=256)
    assert open_from(DESK, blob, context=b"measure|1") == b"S0018"
    assert b"S0018" not in blob
    for private, context in ((OTHER, b"measure|1"), (DESK, b"measure|2")):
        with pytest.raises(SealNotOpened):
            open_from(private, blob, context=context)
    for changed in changed_at_every_part(blob):
        with pytest.raises(SealNotOpened):
            open_from(DESK, changed, context=b"measure|1")


def test_a_fixed_size_hides_who_was_sealed() -> None:
    short, long = (seal_to(DESK.public, text, context=b"c", size=256) for text in (b"S1", b"S" * 252))
    assert len(short) == len(long)
    with pytest.raises(TooLargeToSeal):
        seal_to(DESK.public, b"S" * 253, context=b"c", size=256)


def test_a_wrap_is_no_sealed_text_and_the_other_way_round() -> None:
    with pytest.raises(SealNotOpened):
        open_from(DESK, wrap(b"\0\0\0\x01" + b"k" * 28, DESK.public, context=b"c"), context=b"c")
    with pytest.raises(SealNotOpened):
        unwrap(seal_to(DESK.public, b"k" * 28, context=b"c", size=32), DESK, context=b"c")


def test_contents_shorter_than_any_padding_do_not_open() -> None:
    """Whoever holds a key may seal with it what none of our code would."""
    key, nonce = AESGCM.generate_key(bit_length=256), os.urandom(12)
    header = seal_with(key, b"", context=b"c")[:9]
    with pytest.raises(SealNotOpened):
        open_with(key, header + nonce + AESGCM(key).encrypt(nonce, b"abc", header + b"c"), context=b"c")


def test_a_key_pair_is_that_of_its_seed() -> None:
    seed = os.urandom(96)
    assert DeskPrivateKey.from_seed(seed).public == DeskPrivateKey.from_seed(seed).public
    assert DeskPrivateKey.from_seed(seed).key_id != DESK.key_id
    with pytest.raises(ValueError, match="96 bytes"):
        DeskPrivateKey.from_seed(seed[:-1])


def test_a_public_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="long"):
        wrap(b"k" * 32, DESK.public[:-1], context=b"c")


def test_tags_keep_the_bounds_of_their_parts() -> None:
    cell = os.urandom(32)
    assert tag(cell, "ab", "c") == tag(cell, b"ab", b"c")
    assert len({tag(cell, "ab", "c"), tag(cell, "a", "bc"), tag(cell, "abc"), tag(os.urandom(32), "ab", "c")}) == 4


def test_a_private_key_shows_only_its_id() -> None:
    assert repr(DESK) == f"DeskPrivateKey({DESK.key_id})"
