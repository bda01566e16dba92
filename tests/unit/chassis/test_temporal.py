"""What goes to Temporal is sealed for one workflow, and nothing else is taken back."""

import os
from datetime import UTC, datetime

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from chassis.temporal import ENCODING, PayloadRefused, SealingCodec, sealing_converter
from lifecycle.durable import Decided, Ring, Verdict

KEY = os.urandom(32)
SECRET = "S0018 is named here"


def bound(workflow_id: str = "w1", namespace: str = "default", key: bytes = KEY) -> DataConverter:
    context = WorkflowSerializationContext(namespace=namespace, workflow_id=workflow_id)
    return sealing_converter(key).with_context(context)


def in_activity(workflow_id: str) -> DataConverter:
    context = ActivitySerializationContext(
        namespace="default", activity_id="1", activity_type="ring", activity_task_queue="q", workflow_id=workflow_id,
        workflow_type="Procedure", is_local=True,
    )  # fmt: skip
    return sealing_converter(KEY).with_context(context)


async def test_what_is_sealed_opens_for_the_same_workflow_alone() -> None:
    (payload,) = await bound().encode([{"staff": SECRET}])

    assert payload.metadata["encoding"] == ENCODING
    assert SECRET.encode() not in payload.SerializeToString()
    assert await bound().decode([payload]) == [{"staff": SECRET}]
    assert await in_activity("w1").decode([payload]) == [{"staff": SECRET}]
    for other in (bound("w2"), bound(namespace="other"), bound(key=os.urandom(32)), in_activity("w2")):
        with pytest.raises(PayloadRefused):
            await other.decode([payload])


def test_json_is_what_the_sdks_own_converter_reads_and_writes() -> None:
    """Histories that were written by either are read by the other."""
    ours, theirs = sealing_converter(KEY).payload_converter, DataConverter.default.payload_converter
    at = datetime(2026, 3, 31, 12, tzinfo=UTC)
    for value in (Verdict(Decided("c", 2, at, ("route:1",), answer={"state": "lent"})), Ring("c", at), "c", None):
        for written, read in ((ours, theirs), (theirs, ours)):
            assert read.from_payloads(written.to_payloads([value]), [type(value)]) == [value]


async def test_parts_of_the_binding_cannot_flow_into_one_another() -> None:
    (payload,) = await bound(namespace="a", workflow_id="bc").encode([1])
    with pytest.raises(PayloadRefused):
        await bound(namespace="ab", workflow_id="c").decode([payload])


async def test_plaintext_is_refused_whatever_it_says_of_itself() -> None:
    (plain,) = await DataConverter.default.encode([SECRET])
    dressed = Payload(metadata={"encoding": ENCODING}, data=plain.data)
    empty = Payload(metadata={"encoding": ENCODING}, data=b"")
    for payload in (plain, Payload(), dressed, empty):
        with pytest.raises(PayloadRefused):
            await bound().decode([payload])


async def test_a_changed_byte_is_refused() -> None:
    (payload,) = await bound().encode([SECRET])
    for place in (0, 20, len(payload.data) - 1):
        changed = bytearray(payload.data)
        changed[place] ^= 1
        with pytest.raises(PayloadRefused):
            await bound().decode([Payload(metadata=payload.metadata, data=bytes(changed))])


async def test_outside_any_workflow_nothing_is_sealed_or_opened() -> None:
    (payload,) = await bound().encode([SECRET])
    unbound = sealing_converter(KEY)
    with pytest.raises(PayloadRefused):
        await unbound.encode([SECRET])
    with pytest.raises(PayloadRefused):
        await unbound.decode([payload])


async def test_two_seals_of_the_same_differ() -> None:
    codec = SealingCodec(KEY, ("default", "w1"))
    plain = Payload(data=b"x")
    first, second = await codec.encode([plain, plain])
    assert first.data != second.data


async def test_messages_and_traces_of_failures_are_sealed() -> None:
    def refuse() -> None:
        raise ApplicationError(SECRET, {"named": SECRET}, type="Refused")

    failure = Failure()
    with pytest.raises(ApplicationError) as raised:
        refuse()
    await bound().encode_failure(raised.value, failure)

    assert SECRET.encode() not in failure.SerializeToString()
    assert b"test_temporal" not in failure.SerializeToString()
    opened = await bound().decode_failure(failure)
    assert isinstance(opened, ApplicationError)
    assert (opened.message, list(opened.details)) == (SECRET, [{"named": SECRET}])
