"""A desk's key is believed of the service that has the desk, and only if it is one."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from chassis import desk_keys
from chassis.inbox import Event, InvalidMessage
from chassis.sealing import SEED_BYTES, DeskPrivateKey
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.topics import DESK_KEYS

PAIR = DeskPrivateKey.from_seed(bytes(range(SEED_BYTES)))
SHORT = PAIR.public[:-1]


def said(source: str, service: str, office: str, public: bytes, key_id: str) -> Event:
    message = DeskKey(service=service, office=office, public_key=public, key_id=key_id)
    return Event(DESK_KEYS, "k", uuid4(), source, 1, datetime.now(UTC), message)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (said("ombuds", "workflow", "oio", PAIR.public, PAIR.key_id), "desk_key_not_its_own"),
        (said("workflow", "workflow", "ombuds", PAIR.public, PAIR.key_id), "desk_key_not_its_own"),
        (said("workflow", "workflow", "oio\0", PAIR.public, PAIR.key_id), "desk_key_not_its_own"),
        (said("workflow", "workflow", "oio", SHORT, desk_keys.key_id(SHORT)), "not_a_desk_key"),
        (said("workflow", "workflow", "oio", PAIR.public, "0" * 16), "not_a_desk_key"),
    ],
    ids=["another service", "another's desk", "no desk", "no key", "another id"],
)
async def test_what_is_no_key_of_a_desk_of_theirs_is_not_kept(event: Event, code: str) -> None:
    nothing_is_written: Any = None
    with pytest.raises(InvalidMessage) as refused:
        await desk_keys.remember(nothing_is_written, event)
    assert refused.value.code == code
