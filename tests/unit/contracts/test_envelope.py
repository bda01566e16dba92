"""What is signed, and that nothing of it can be changed on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp

from contracts.cases.v1.cases_pb2 import CaseChanged, Offer
from contracts.envelope import Envelope, EnvelopeInvalid, from_headers, sign, to_headers, verify

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key()
GOLDEN = Path(__file__).parent / "golden" / "case_changed.v1.txt"

MESSAGE = CaseChanged(
    report_id="5b0f7cb1-3d55-4a0e-9f0c-0d2f8f0f3a11",
    lifecycle="formal_report",
    number=1,
    version=7,
    state="assessing",
    next_date=Timestamp(seconds=1_796_000_000),
    offers=[Offer(action="withdraw", fields_json="[]")],
    wording_key="formal_report.assessing",
    changed_at=Timestamp(seconds=1_795_000_000, nanos=250_000_000),
)
ENVELOPE = Envelope(
    id=UUID("0c9a1a52-5f6e-4d0b-8f6b-6f7a3f6f2b10"),
    source="workflow",
    type=CaseChanged.DESCRIPTOR.full_name,
    topic="workflow.cases.v1",
    key=MESSAGE.report_id,
    sequence=7,
    time=datetime(2026, 11, 22, 8, 30, 15, 250_001, tzinfo=UTC),
    value=MESSAGE.SerializeToString(deterministic=True),
)


def test_an_event_is_on_the_wire_as_it_always_was() -> None:
    headers = to_headers(ENVELOPE, sign(ENVELOPE, PRIVATE))
    lines = [f"{name}: {value.decode()}" for name, value in headers]
    golden = GOLDEN.read_text(encoding="utf-8").splitlines()
    # Once there was a trace; it was never signed.
    as_it_was = [line for line in golden if not line.startswith("traceparent: ")]
    assert [*lines, f"value: {ENVELOPE.value.hex()}"] == as_it_was


def test_an_event_sent_long_ago_is_still_read_and_verified() -> None:
    lines = dict(line.split(": ", 1) for line in GOLDEN.read_text(encoding="utf-8").splitlines())
    value = bytes.fromhex(lines.pop("value"))
    headers = [(name, text.encode()) for name, text in lines.items()]
    envelope, signature = from_headers(headers, topic="workflow.cases.v1", key=ENVELOPE.key.encode(), value=value)
    assert envelope == ENVELOPE
    assert verify(envelope, signature, PUBLIC)
    assert CaseChanged.FromString(envelope.value) == MESSAGE


def test_a_field_of_a_later_version_is_kept() -> None:
    later = ENVELOPE.value + b"\xfa\x07\x03new"
    assert CaseChanged.FromString(later).SerializeToString(deterministic=True) == later


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "ombuds.cases.v1"},
        {"key": "other"},
        {"id": UUID(int=1)},
        {"source": "ombuds"},
        {"type": "contracts.cases.v1.CaseErased"},
        {"sequence": 8},
        {"time": ENVELOPE.time + timedelta(microseconds=1)},
        {"value": ENVELOPE.value + b"\x00"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_field_breaks_the_signature(change: dict[str, object]) -> None:
    assert not verify(replace(ENVELOPE, **change), sign(ENVELOPE, PRIVATE), PUBLIC)


def test_a_field_cannot_lend_its_end_to_the_next() -> None:
    one = replace(ENVELOPE, topic="a", key="bc")
    other = replace(ENVELOPE, topic="ab", key="c")
    assert not verify(other, sign(one, PRIVATE), PUBLIC)


def test_another_service_cannot_sign_for_the_source() -> None:
    assert not verify(ENVELOPE, sign(ENVELOPE, Ed25519PrivateKey.generate()), PUBLIC)


def test_times_of_any_zone_are_signed_as_the_same_moment() -> None:
    elsewhere = replace(ENVELOPE, time=ENVELOPE.time.astimezone(timezone(timedelta(hours=5))))
    assert sign(elsewhere, PRIVATE) == sign(ENVELOPE, PRIVATE)


def headers_with(**changes: str | None) -> list[tuple[str, bytes]]:
    headers = dict(to_headers(ENVELOPE, sign(ENVELOPE, PRIVATE)))
    for keyword, value in changes.items():
        name = keyword.replace("content_type", "content-type")
        if value is None:
            headers.pop(name)
        else:
            headers[name] = value.encode()
    return list(headers.items())


@pytest.mark.parametrize(
    "name", ["ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence", "ce_signature"]
)
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=name):
        from_headers(headers_with(**{name: None}), topic=ENVELOPE.topic, key=ENVELOPE.key.encode(), value=b"")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"ce_specversion": "0.3"}, "ce_specversion"),
        ({"content_type": "application/json"}, "content-type"),
        ({"ce_subject": "another key"}, "ce_subject"),
        ({"ce_id": "secret-looking"}, "ce_id"),
        ({"ce_sequence": "0"}, "ce_sequence"),
        ({"ce_sequence": "-1"}, "ce_sequence"),
        ({"ce_sequence": "\u0663"}, "ce_sequence"),
        ({"ce_sequence": "9" * 19}, "ce_sequence"),
        ({"ce_time": "yesterday"}, "ce_time"),
        ({"ce_signature": "!"}, "ce_signature"),
    ],
)
def test_a_malformed_header_is_named_and_its_value_is_not_repeated(changes: dict[str, str], fault: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=fault) as raised:
        from_headers(headers_with(**changes), topic=ENVELOPE.topic, key=ENVELOPE.key.encode(), value=b"")
    assert "secret-looking" not in str(raised.value)


def test_a_header_twice_or_not_text_or_empty_or_a_record_without_key_is_no_event() -> None:
    headers = headers_with()
    for wrong in ([*headers, headers[0]], [*headers, ("x", b"\xff")], [*headers, ("x", None)]):
        with pytest.raises(EnvelopeInvalid):
            from_headers(wrong, topic=ENVELOPE.topic, key=ENVELOPE.key.encode(), value=b"")
    for key, value in ((None, b""), (ENVELOPE.key.encode(), None)):
        with pytest.raises(EnvelopeInvalid):
            from_headers(headers, topic=ENVELOPE.topic, key=key, value=value)
