"""How a service reaches Temporal: everything it stores there is sealed, and nothing in clear is taken back."""

import copy
import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, Interceptor
from temporalio.converter import (
    ActivitySerializationContext,
    BinaryNullPayloadConverter,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from chassis.keys import ServiceKeys
from chassis.settings import Settings

ENCODING: Final = b"binary/recourse-sealed-v1"
_NONCE_BYTES: Final = 12


class PayloadRefused(Exception):
    """A payload that is not sealed, or not sealed for this namespace and workflow with this service's key."""


class SealingCodec(PayloadCodec, WithSerializationContext):
    """AES-256-GCM with the namespace and workflow id as associated data: a payload copied to another workflow, or
    written there by somebody without the key, does not open.
    """

    def __init__(self, key: bytes, bound_to: tuple[str, str] | None = None) -> None:
        self._aead = AESGCM(key)
        self._key_id = hashlib.sha256(b"recourse codec key id\x00" + key).hexdigest()[:16].encode()
        self._bound_to = bound_to

    def with_context(self, context: SerializationContext) -> Self:
        bound = copy.copy(self)  # with the key as it is: this is asked for several times in every step of a workflow
        bound._bound_to = None  # noqa: SLF001
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext) and context.workflow_id:
            bound._bound_to = context.namespace, context.workflow_id  # noqa: SLF001
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises PayloadRefused when it is not known for which workflow."""
        bound = self._associated_data()
        return [self._seal(payload, bound) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises PayloadRefused for plaintext, another key, another workflow or changed bytes."""
        bound = self._associated_data()
        return [self._open(payload, bound) for payload in payloads]

    def _associated_data(self) -> bytes:
        if self._bound_to is None:
            raise PayloadRefused("a payload outside any workflow")
        return b"".join(len(part).to_bytes(4, "big") + part for part in (text.encode() for text in self._bound_to))

    def _seal(self, payload: Payload, bound: bytes) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._aead.encrypt(nonce, payload.SerializeToString(), bound)
        return Payload(metadata={"encoding": ENCODING, "key": self._key_id}, data=sealed)

    def _open(self, payload: Payload, bound: bytes) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            raise PayloadRefused("a payload that is not sealed")
        if payload.metadata.get("key") != self._key_id:
            raise PayloadRefused("a payload sealed with another service's key")
        nonce, ciphertext = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(self._aead.decrypt(nonce, ciphertext, bound))
        except (InvalidTag, ValueError):
            raise PayloadRefused("a payload that was sealed for another workflow or changed") from None


class _Json(EncodingPayloadConverter):
    """JSON as the SDK's own converter writes and reads it, in a tenth of its time: each action is written and read four
    times on its way.
    """

    encoding = "json/plain"

    def to_payload(self, value: Any) -> Payload:
        return Payload(metadata={"encoding": self.encoding.encode()}, data=msgspec.json.encode(value))

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return msgspec.json.decode(payload.data, type=type_hint or Any)


class _Converters(CompositePayloadConverter):
    def __init__(self) -> None:
        super().__init__(BinaryNullPayloadConverter(), _Json())


def sealing_converter(key: bytes) -> DataConverter:
    """JSON, sealed; messages and stack traces of failures too. `key`: the service's 32 bytes for Temporal."""
    return dataclasses.replace(
        DataConverter.default,
        payload_converter_class=_Converters,
        payload_codec=SealingCodec(key),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(
    settings: Settings, keys: ServiceKeys, *, lazy: bool = False, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """`lazy` waits with connecting until the first call, so that a web process starts while Temporal is away; a worker
    needs a client that is not. Raises RuntimeError when Temporal does not answer.
    """
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=sealing_converter(keys.codec),
        interceptors=interceptors,
        lazy=lazy,
    )


def worker(
    client: Client, task_queue: str, *, workflows: Sequence[type], activities: Sequence[Callable[..., Any]]
) -> Worker:
    """A worker sized for a small machine; it finishes what it has in hand when it is asked to stop. Without the SDK's
    sandbox, which loads a workflow's module anew for every case (ADR 49): tests hold what it would guard.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=workflows,
        activities=activities,
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=20,
        max_concurrent_activities=20,
        max_concurrent_local_activities=20,
        max_cached_workflows=1000,
        graceful_shutdown_timeout=timedelta(seconds=20),
    )
