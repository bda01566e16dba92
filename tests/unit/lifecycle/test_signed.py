"""A signed action holds for exactly what was signed, and not for long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.signed import LIFETIME, SignedAction, expiry, hash_bodies

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
ACTION = SignedAction(
    case_id=str(uuid4()),
    seen_version=3,
    action_id=str(uuid4()),
    name="acknowledge",
    facts={"reason": "late", "count": 2, "sure": True},
    bodies={"note": str(uuid4())},
    body_hash="aa",
    staff_id="S0005",
    roles=("investigator", "intake_officer"),
    expires_at=expiry(NOW),
).sign(KEY)


def test_what_was_signed_verifies_until_it_expires() -> None:
    assert ACTION.verify(KEY.public_key(), NOW)
    assert ACTION.verify(KEY.public_key(), NOW + LIFETIME - timedelta(microseconds=1))
    assert not ACTION.verify(KEY.public_key(), NOW + LIFETIME)


def test_what_is_signed_stays_the_same_bytes_so_that_two_versions_of_this_software_understand_each_other() -> None:
    fields = {"case_id": "c", "action_id": "a", "facts": {"why": "später", "count": 2}, "bodies": {"note": "b"}}
    action = replace(ACTION, **fields, expires_at="2026-03-02T09:01:00+00:00")
    assert action.signed_bytes() == (
        b"recourse action v1\x00"
        b'{"action_id":"a","bodies":{"note":"b"},"body_hash":"aa","case_id":"c",'
        b'"expires_at":"2026-03-02T09:01:00+00:00","facts":{"count":2,"why":"sp\xc3\xa4ter"},"name":"acknowledge",'
        b'"roles":["intake_officer","investigator"],"seen_version":3,"staff_id":"S0005"}'
    )


def test_a_signature_holds_for_a_minute_of_the_worlds_time() -> None:
    assert expiry(datetime(2026, 3, 2, 14, 45, tzinfo=ZoneInfo("Asia/Kathmandu"))) == "2026-03-02T09:01:00+00:00"


def test_a_signature_with_anything_beside_it_is_refused() -> None:
    assert not replace(ACTION, signature=f"{ACTION.signature}\n").verify(KEY.public_key(), NOW)


def test_the_order_of_roles_does_not_matter() -> None:
    assert replace(ACTION, roles=("intake_officer", "investigator")).verify(KEY.public_key(), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"case_id": str(uuid4())},
        {"seen_version": 4},
        {"action_id": str(uuid4())},
        {"name": "close_no_action"},
        {"facts": {"reason": "late", "count": 2, "sure": 1}},
        {"facts": {"reason": "late", "count": 3, "sure": True}},
        {"bodies": {}},
        {"body_hash": "ab"},
        {"staff_id": "S0006"},
        {"roles": ("investigator",)},
        {"expires_at": expiry(NOW + timedelta(days=1))},
    ],
)
def test_every_field_is_covered(change: dict[str, object]) -> None:
    assert not replace(ACTION, **change).verify(KEY.public_key(), NOW)


def test_another_key_does_not_verify() -> None:
    assert not ACTION.verify(Ed25519PrivateKey.generate().public_key(), NOW)


def test_a_time_without_zone_never_verifies() -> None:
    local = replace(ACTION, expires_at="2027-01-01T00:00:00").sign(KEY)
    assert not local.verify(KEY.public_key(), NOW)


@given(st.text())
def test_whatever_stands_as_signature_is_refused_and_raises_nothing(signature: str) -> None:
    assert not replace(ACTION, signature=signature).verify(KEY.public_key(), NOW)


def test_staff_and_signature_are_not_printed() -> None:
    assert "S0005" not in repr(ACTION)
    assert ACTION.signature not in repr(ACTION)


def test_the_hash_of_texts_fixes_name_row_and_contents_and_not_their_order() -> None:
    one, two = uuid4(), uuid4()
    whole = hash_bodies({"a": (one, b"x"), "b": (two, b"y")})
    assert whole == hash_bodies({"b": (two, b"y"), "a": (one, b"x")})
    others = [
        {"a": (one, b"x")},
        {"a": (two, b"x"), "b": (one, b"y")},
        {"a": (one, b"y"), "b": (two, b"x")},
        {"b": (one, b"x"), "a": (two, b"y")},
    ]
    assert len({whole, *map(hash_bodies, others)}) == 5


def test_the_hash_of_a_text_is_that_of_its_name_row_and_contents_each_after_its_length() -> None:
    hashed = b"\0\0\0\0\0\0\0\1a" + b"\0\0\0\0\0\0\0\x10" + bytes(15) + b"\7" + b"\0\0\0\0\0\0\0\2xy"
    assert hash_bodies({"a": (UUID(int=7), b"xy")}) == sha256(hashed).hexdigest()
