"""A desk's action on its way from the web process to the case: signed there, verified where it is decided."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LIFETIME: Final = timedelta(seconds=60)
"""How long a signature holds: a caller has an answer, or has given up, long before."""
_LABEL: Final = b"recourse action v1\x00"


@dataclass(frozen=True)
class SignedAction:
    """What somebody of the staff wants done, in types that JSON has (it travels as a workflow update).

    `bodies` maps the name of each text to the id of the row that holds it sealed; `body_hash` covers those rows.
    """

    case_id: str
    seen_version: int
    action_id: str
    name: str
    facts: Mapping[str, Any]
    bodies: Mapping[str, str]
    body_hash: str
    staff_id: str = field(repr=False)
    roles: tuple[str, ...]
    expires_at: str
    signature: str = field(default="", repr=False)

    def signed_bytes(self) -> bytes:
        """What the signature covers: every field but itself, with the names in order."""
        fields = {**vars(self), "roles": sorted(self.roles)}
        del fields["signature"]
        return _LABEL + json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def sign(self, private: Ed25519PrivateKey) -> "SignedAction":
        return replace(self, signature=base64.b64encode(private.sign(self.signed_bytes())).decode())

    def verify(self, public: Ed25519PublicKey, at: datetime) -> bool:
        """Whether the holder of the private half signed exactly this, and it has not expired `at` that moment."""
        try:
            public.verify(base64.b64decode(self.signature, validate=True), self.signed_bytes())
            expires_at = datetime.fromisoformat(self.expires_at)
        except (InvalidSignature, binascii.Error, ValueError, TypeError):
            return False
        return expires_at.tzinfo is not None and at < expires_at


def expiry(at: datetime) -> str:
    return (at.astimezone(UTC) + LIFETIME).isoformat()


def hash_bodies(ciphertexts: Mapping[str, tuple[UUID, bytes]]) -> str:
    """SHA-256 over name, row id and ciphertext of every sealed text of one action, in order of name, as hex."""
    digest = hashlib.sha256()
    for name, (body_id, ciphertext) in sorted(ciphertexts.items()):
        for part in (name.encode(), body_id.bytes, ciphertext):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


NO_BODIES: Final = hash_bodies({})
