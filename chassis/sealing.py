"""Sealing: contents under a data key each, data keys wrapped to whoever may open them.

Contents are AES-256-GCM, data keys travel by HPKE with the hybrid KEM ML-KEM-768 + X25519 (RFC 9180 with HKDF-SHA256
and AES-256-GCM), so that a copy taken today stays closed when one of the two falls. Every opening names its context:
what was sealed for one report, item or recipient opens for no other.
"""

import hashlib
import hmac
import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

VERSION: Final = 1
MOST_KEPT: Final = 1024 * 1024
"""Bytes of JSON that are kept in one piece: all of it is opened and read at once, while every other request waits."""
KEY_BYTES: Final = 32
SEED_BYTES: Final = 96
KEY_ID_BYTES: Final = 8
ROUTE: Final = "route"
"""The recipient label of the person's own wraps; a desk's is `desk_label(...)`."""

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
HEADER: Final = struct.Struct(f">B{KEY_ID_BYTES}s")
"""What a sealed thing begins with: version and id of the key."""
LENGTH: Final = struct.Struct(">I")
_NONCE_BYTES: Final = 12
_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
PUBLIC_BYTES: Final = _MLKEM_PUBLIC_BYTES + 32
"""Of a key that data keys are wrapped to."""
# A length tells what kind of thing was said, so only these lengths (and multiples of the last) are ever stored.
BUCKETS: Final[Sequence[int]] = (256, 1024, 4096, 16_384, 65_536, 262_144)


class TooMuchToKeep(Exception):
    """More than `MOST_KEPT`; nothing of it was kept."""


class SealNotOpened(Exception):
    """The key, the context or the bytes are not those it was sealed with; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("the seal does not open with this key and context")


class TooLargeToSeal(ValueError):
    """The plaintext does not fit the fixed size asked for."""


@dataclass(frozen=True)
class Sealed:
    """One item at rest: version, key id, nonce, then padded contents under AES-256-GCM."""

    item_id: UUID
    ciphertext: bytes


class DeskPrivateKey:
    """A key pair that data keys are wrapped to: a desk's, or a route's derived from an access code."""

    def __init__(self, mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> None:
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        self.key_id = key_id(self.public)

    @classmethod
    def from_seed(cls, seed: bytes) -> "DeskPrivateKey":
        """The pair of a seed of 96 bytes: 64 for ML-KEM-768, 32 for X25519. Raises ValueError for another length."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"the seed of a desk key is {SEED_BYTES} bytes long")
        return cls(
            MLKEM768PrivateKey.from_seed_bytes(seed[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(seed[_MLKEM_SEED_BYTES:]),
        )

    def decrypt(self, ciphertext: bytes, info: bytes) -> bytes:
        try:
            return _SUITE.decrypt(ciphertext, self._private, info=info)
        except (InvalidTag, ValueError):
            raise SealNotOpened from None

    def __repr__(self) -> str:
        return f"DeskPrivateKey({self.key_id})"


def key_id(public: bytes) -> str:
    """A short name of a public key, in hexadecimal."""
    return hashlib.sha256(b"recourse public key" + public).digest()[:KEY_ID_BYTES].hex()


def desk_label(service: str, office: str) -> str:
    return f"{service}/{office}"


def handler_label(request_id: UUID) -> str:
    """The recipient label of what is sealed to one handler alone, on one request of theirs."""
    return f"handler/{request_id}"


def item_context(group_id: UUID) -> str:
    """The context of an item's contents: the group (a report) that it belongs to."""
    return f"item|{group_id}"


def file_context(group_id: UUID, item_id: UUID) -> bytes:
    """The context of the stream of an item that is a file (`sealed_streams`)."""
    return b"file|" + group_id.bytes + item_id.bytes


def wrap_context(group_id: UUID, item_id: UUID, recipient: str) -> bytes:
    """The context of the wrap of an item's data key: group, item and recipient label, so that it cannot be moved."""
    return b"item|" + group_id.bytes + item_id.bytes + recipient.encode()


def seal(plaintext: bytes, *, item_id: UUID, context: str) -> tuple[Sealed, bytes]:
    """Seal under a fresh data key and return the key beside it; the length kept is that of a bucket."""
    data_key = AESGCM.generate_key(bit_length=256)
    return Sealed(item_id, seal_with(data_key, plaintext, context=item_id.bytes + context.encode())), data_key


def open_sealed(sealed: Sealed, data_key: bytes, *, context: str) -> bytes:
    """Raises SealNotOpened for another key, item, context or a changed byte."""
    return open_with(data_key, sealed.ciphertext, context=sealed.item_id.bytes + context.encode())


def seal_with(key: bytes, plaintext: bytes, *, context: bytes) -> bytes:
    """Seal under a key that one has already; the length is that of a bucket."""
    header, nonce = header_of(key), os.urandom(_NONCE_BYTES)
    return header + nonce + AESGCM(key).encrypt(nonce, padded(plaintext), header + context)


def seal_json(key: bytes, value: Any, *, context: bytes) -> bytes:
    """Seal what pages keep of one person. Raises TooMuchToKeep, and TypeError for what JSON does not have."""
    plaintext = json.dumps(value, separators=(",", ":")).encode()
    if len(plaintext) > MOST_KEPT:
        raise TooMuchToKeep
    return seal_with(key, plaintext, context=context)


def open_with(key: bytes, blob: bytes, *, context: bytes) -> bytes:
    """Raises SealNotOpened for another key, context or a changed byte."""
    header, rest = blob[: HEADER.size], blob[HEADER.size :]
    # Without the key's id, bytes could be made that open under two.
    if not hmac.compare_digest(header, header_of(key)):
        raise SealNotOpened
    try:
        return unpadded(AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + context))
    except (InvalidTag, ValueError):
        raise SealNotOpened from None


def wrap(data_key: bytes, recipient_public: bytes, *, context: bytes) -> bytes:
    """The data key for one recipient, for one context. Raises ValueError when the public key is none."""
    return _to(recipient_public, data_key, b"recourse wrap v1|" + context)


def unwrap(wrapped: bytes, recipient_private: DeskPrivateKey, *, context: bytes) -> bytes:
    """Raises SealNotOpened for another recipient, context or a changed byte."""
    return _from(recipient_private, wrapped, b"recourse wrap v1|" + context)


TOLD_BYTES: Final = 1_024
"""Room for a few staff ids and facts; what she is told of a case has one size, so that its length tells nothing."""


def told_context(report_id: UUID, lifecycle: str, number: int, version: int) -> bytes:
    """For what only the reporter is told of one version of a case."""
    return b"told|" + report_id.bytes + f"|{lifecycle}|{number}|{version}".encode()


def delivery_context(wish_id: UUID) -> bytes:
    """For the address that a reporter chose to have mails at: sealed by intake, opened by notifications."""
    return b"delivery|" + wish_id.bytes


def seal_to(public: bytes, plaintext: bytes, *, context: bytes, size: int | None = None) -> bytes:
    """Seal in one piece to one key, padded to `size` bytes (or to a bucket), so that two blobs look alike.

    Raises TooLargeToSeal when the plaintext does not fit `size`, ValueError when the public key is none.
    """
    return _to(public, padded(plaintext, size), b"recourse sealed v1|" + context)


def open_from(private: DeskPrivateKey, blob: bytes, *, context: bytes) -> bytes:
    """Raises SealNotOpened for another recipient, context or a changed byte."""
    return unpadded(_from(private, blob, b"recourse sealed v1|" + context))


def is_for(public: bytes, blob: bytes) -> bool:
    """Whether a wrap, or what was sealed in one piece, says that it is for this key; nothing is opened."""
    return blob.startswith(HEADER.pack(VERSION, bytes.fromhex(key_id(public))))


def tag(cell_key: bytes, *parts: str | bytes) -> bytes:
    """HMAC-SHA256 over the parts, each with its length before it: recognises what it was made of, names nobody."""
    mac = hmac.new(cell_key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        mac.update(LENGTH.pack(len(data)) + data)
    return mac.digest()


def _to(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    header = HEADER.pack(VERSION, bytes.fromhex(key_id(public)))
    key = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
    )
    return header + _SUITE.encrypt(plaintext, key, info=header + info)


def _from(private: DeskPrivateKey, blob: bytes, info: bytes) -> bytes:
    header = HEADER.pack(VERSION, bytes.fromhex(private.key_id))
    if not hmac.compare_digest(blob[: HEADER.size], header):
        raise SealNotOpened
    return private.decrypt(blob[HEADER.size :], header + info)


def header_of(data_key: bytes) -> bytes:
    """Of what is sealed under this key: AES-GCM alone does not commit to one."""
    return HEADER.pack(VERSION, hashlib.sha256(b"recourse data key" + data_key).digest()[:KEY_ID_BYTES])


def padded(plaintext: bytes, size: int | None = None) -> bytes:
    """With its length before it and zeros after it, `size` bytes or a bucket in all. Raises TooLargeToSeal."""
    needed = LENGTH.size + len(plaintext)
    if size is None:
        last = BUCKETS[-1]
        size = next((bucket for bucket in BUCKETS if needed <= bucket), -(-needed // last) * last)
    elif needed > size:
        raise TooLargeToSeal(f"at most {size - LENGTH.size} bytes fit")
    return (LENGTH.pack(len(plaintext)) + plaintext).ljust(size, b"\0")


def unpadded(filled: bytes) -> bytes:
    """Raises SealNotOpened for what `padded` has not made."""
    if len(filled) < LENGTH.size:
        raise SealNotOpened
    (length,) = LENGTH.unpack_from(filled)
    return filled[LENGTH.size : LENGTH.size + length]
