"""How the record is chained: each entry's hash fixes all that it says and every entry before it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

_LABEL: Final = b"recourse record v1"


@dataclass(frozen=True)
class Link:
    """What an entry says."""

    number: int
    kind: str
    source: str
    shard: int
    source_number: int
    previous_hash: bytes
    hash: bytes
    entry_json: bytes
    received_at: datetime


def chain_hash(previous: bytes, link: Link) -> bytes:
    """The entry's place in the chain, from its predecessor's (32 zero bytes before the first)."""
    fields = (
        str(link.number).encode(),
        link.kind.encode(),
        link.source.encode(),
        str(link.shard).encode(),
        str(link.source_number).encode(),
        link.previous_hash,
        link.hash,
        link.entry_json,
        link.received_at.astimezone(UTC).isoformat(timespec="microseconds").encode(),
    )
    content = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    return sha256(_LABEL + previous + content).digest()
