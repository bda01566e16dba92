"""An event on its way: what is signed, and the CloudEvents (binary mode) headers that carry it over Kafka."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Headers = Sequence[tuple[str, bytes | None]]
"""As Kafka has them: whoever writes a record may give a header no value at all."""

CONTENT_TYPE: Final = "application/protobuf"
SPEC_VERSION: Final = "1.0"
_LABEL: Final = b"recourse event v1"
_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class EnvelopeInvalid(ValueError):
    """A record whose headers are not those of an event; the message names the header and never its value."""


@dataclass(frozen=True)
class Envelope:
    """One event. `type` is the full name of the message in `value`; `sequence` counts from 1 per topic and key."""

    id: UUID
    source: str
    type: str
    topic: str
    key: str
    sequence: int
    time: datetime
    value: bytes

    def signed_bytes(self) -> bytes:
        """What the signature covers: every field, each with its length before it.

        The topic is among them (without a stack's prefix), so that an event cannot be replayed on another one.
        """
        fields = (
            self.topic.encode(),
            self.key.encode(),
            self.id.bytes,
            self.source.encode(),
            self.type.encode(),
            str(self.sequence).encode(),
            _time_text(self.time).encode(),
            self.value,
        )
        return _LABEL + b"".join(len(field).to_bytes(8, "big") + field for field in fields)


def sign(envelope: Envelope, private: Ed25519PrivateKey) -> bytes:
    """The source's signature over the envelope; the same each time, so that sending again changes nothing."""
    return private.sign(envelope.signed_bytes())


def verify(envelope: Envelope, signature: bytes, public: Ed25519PublicKey) -> bool:
    """Whether this very event, on this topic and key, was signed by the holder of the private half."""
    try:
        public.verify(signature, envelope.signed_bytes())
    except InvalidSignature:
        return False
    return True


def to_headers(envelope: Envelope, signature: bytes) -> list[tuple[str, bytes]]:
    """The record headers; the key and the value travel as the record's own. There is no `traceparent`: a trace that
    went over a wall would join the ids of two matters that one hop has written about.
    """
    headers = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": str(envelope.id),
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_subject": envelope.key,
        "ce_time": _time_text(envelope.time),
        "ce_sequence": str(envelope.sequence),
        "ce_signature": base64.b64encode(signature).decode(),
        "content-type": CONTENT_TYPE,
    }
    return [(name, text.encode()) for name, text in headers.items()]


def from_headers(headers: Headers, *, topic: str, key: bytes | None, value: bytes | None) -> tuple[Envelope, bytes]:
    """The envelope and its signature, not yet verified. Raises EnvelopeInvalid, which names the header at fault."""
    texts = _texts(headers)
    if texts.get("ce_specversion") != SPEC_VERSION or texts.get("content-type") != CONTENT_TYPE:
        raise EnvelopeInvalid("ce_specversion or content-type is not what we send")
    if key is None or value is None:
        raise EnvelopeInvalid("the record has no key or no value")
    if _required(texts, "ce_subject").encode() != key:
        raise EnvelopeInvalid("ce_subject is not the record's key")
    envelope = Envelope(
        id=_id(_required(texts, "ce_id")),
        source=_required(texts, "ce_source"),
        type=_required(texts, "ce_type"),
        topic=topic,
        key=texts["ce_subject"],
        sequence=_sequence(_required(texts, "ce_sequence")),
        time=_time(_required(texts, "ce_time")),
        value=value,
    )
    try:
        signature = base64.b64decode(_required(texts, "ce_signature"), validate=True)
    except binascii.Error:
        raise EnvelopeInvalid("ce_signature is not base64") from None
    return envelope, signature


def _texts(headers: Headers) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        if name in texts:
            raise EnvelopeInvalid("a header is there twice")
        if value is None:
            raise EnvelopeInvalid("a header has no value")
        try:
            texts[name] = value.decode()
        except UnicodeDecodeError:
            raise EnvelopeInvalid("a header is not text") from None
    return texts


def _required(texts: dict[str, str], name: str) -> str:
    if name not in texts:
        raise EnvelopeInvalid(f"{name} is missing")
    return texts[name]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise EnvelopeInvalid("ce_id is not a UUID") from None


def _sequence(text: str) -> int:
    # Twenty digits and more would not fit the columns that count; isdecimal alone also takes other scripts' digits.
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) >= 1):
        raise EnvelopeInvalid("ce_sequence is not a positive number")
    return int(text)


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).strftime(_TIME)


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise EnvelopeInvalid("ce_time is not a UTC time") from None
