"""The access code: what brings a person back, and what every key of hers is derived from. It is never stored."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.sealing import KEY_BYTES, SEED_BYTES, DeskPrivateKey

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Thirty-two characters without 0, 1, I and O: nothing to mistake when it is read aloud or copied by hand."""
_GROUPS: Final = 6
_GROUP: Final = 4
_BITS: Final = 5
ACCESS_CODE_BYTES: Final = _GROUPS * _GROUP * _BITS // 8
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}


class AccessCodeMalformed(ValueError):
    """The text is no access code, whatever is wrong with it."""

    def __init__(self) -> None:
        super().__init__("this is not an access code")


class AccessCode:
    """120 random bits, written as six groups of four characters."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != ACCESS_CODE_BYTES:
            raise AccessCodeMalformed
        self._secret = secret

    @classmethod
    def parse(cls, text: str) -> "AccessCode":
        """Spaces, hyphens and case do not matter. Raises AccessCodeMalformed, one and the same, for all the rest."""
        if not text.isascii():
            raise AccessCodeMalformed
        characters = text.replace(" ", "").replace("-", "").upper()
        if len(characters) != _GROUPS * _GROUP or not _VALUES.keys() >= set(characters):
            raise AccessCodeMalformed
        value = 0
        for character in characters:
            value = value << _BITS | _VALUES[character]
        return cls(value.to_bytes(ACCESS_CODE_BYTES, "big"))

    @classmethod
    def from_idempotency(cls, secret: bytes, key: str) -> "AccessCode":
        """The code of a request: the same for the same random key, so that a repeated request gets the same answer
        and nothing needs to be kept to give it.
        """
        return cls(hmac.digest(secret, b"access code|" + key.encode(), hashlib.sha256)[:ACCESS_CODE_BYTES])

    def __str__(self) -> str:
        value = int.from_bytes(self._secret, "big")
        length = _GROUPS * _GROUP
        text = "".join(ALPHABET[value >> _BITS * (length - 1 - place) & 31] for place in range(length))
        return "-".join(text[start : start + _GROUP] for start in range(0, length, _GROUP))

    def __repr__(self) -> str:
        return "AccessCode(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccessCode) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self._secret)

    def lookup_digest(self, pepper: bytes) -> bytes:
        """What the code's row is found by; without the pepper, a kept digest cannot be compared with a guess."""
        return hmac.digest(pepper, self._derive(b"look-up", KEY_BYTES), hashlib.sha256)

    def list_key(self) -> bytes:
        """The AES-256 key of the person's sealed list of routes."""
        return self._derive(b"list", KEY_BYTES)

    def route_key(self, report_id: UUID) -> DeskPrivateKey:
        """The person's own key pair on one route; intake keeps its public half."""
        return DeskPrivateKey.from_seed(self._derive(b"route|" + report_id.bytes, SEED_BYTES))

    def _derive(self, label: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=b"recourse access code v1|" + label).derive(self._secret)
