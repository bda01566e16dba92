"""The web process's side of an action: what somebody of the staff asks for is signed and given to its case."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from chassis import temporal
from chassis.database import Begun
from lifecycle import access, bodies
from lifecycle.desk import Desk
from lifecycle.durable import REFUSED, Decided, Procedure, Running
from lifecycle.model import Action, Refused
from lifecycle.records import CaseRow
from lifecycle.signed import NO_BODIES, SignedAction, expiry

log = logging.getLogger(__name__)

WAITS: Final = 10.0
"""Seconds that a request waits for its case. Shorter than a signature lives."""


class ActionLost(Exception):
    """Nobody answered in time. The action may be taken all the same: sent again under its id, it is taken once."""


class Sender:
    """Of one desk. Connects to Temporal when the first action is sent, so that the pages are there without it."""

    def __init__(self, desk: Desk, client: Client | None = None) -> None:
        self._desk = desk
        self._client = client

    async def sign(
        self, begun: Begun, row: CaseRow, action: Action, texts: Mapping[str, str], staff_id: str
    ) -> SignedAction:
        """Keeps the texts sealed and signs what refers to them, for the version that the sender has seen."""
        stored = await bodies.store(await begun(), self._desk, row, action.id, texts) if texts else ({}, NO_BODIES)
        named, body_hash = stored
        now = datetime.now(UTC)
        roles = access.roles_of(self._desk, row, staff_id, now) | access.parts_of(self._desk, row, staff_id)
        return SignedAction(
            case_id=str(row.case_id),
            seen_version=row.version,
            action_id=str(action.id),
            name=action.name,
            facts=dict(action.facts),
            bodies=named,
            body_hash=body_hash,
            staff_id=staff_id,
            roles=tuple(sorted(roles)),
            expires_at=expiry(now),
        ).sign(self._desk.keys.signing)

    async def send(self, row: CaseRow, signed: SignedAction) -> dict[str, Any] | Refused:
        """The answer for the action's sender, from the case's workflow, which is started when it is gone. Raises
        ActionLost.
        """
        try:
            async with asyncio.timeout(WAITS):
                decided = await self._update(await self._connected(), row, signed)
        except WorkflowUpdateFailedError as failed:
            return _refused(failed)
        except (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            log.warning("action not answered", extra={"case_id": row.case_id, "error": type(error).__name__})
            raise ActionLost from None
        return decided.answer or {}

    async def _update(self, client: Client, row: CaseRow, signed: SignedAction) -> Decided:
        """To the workflow as it runs, which is the quick way and nearly always there; else with a start of it."""
        try:
            return await client.get_workflow_handle_for(Procedure.run, row.workflow_id).execute_update(
                Procedure.act, signed
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        starting = WithStartWorkflowOperation(
            Procedure.run,
            Running(str(row.case_id)),
            id=row.workflow_id,
            task_queue=self._desk.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return await client.execute_update_with_start_workflow(Procedure.act, signed, start_workflow_operation=starting)

    async def _connected(self) -> Client:
        if self._client is None:
            self._client = await temporal.connect(self._desk.settings, self._desk.keys)
        return self._client


def _refused(failed: WorkflowUpdateFailedError) -> Refused:
    """Raises ActionLost when it was not a rule that said no."""
    cause = failed.cause
    if not isinstance(cause, ApplicationError) or cause.type != REFUSED:
        log.warning("action failed", extra={"error": type(cause).__name__})
        raise ActionLost from None
    said: Mapping[str, Any] = cause.details[0]
    return Refused(said["code"], said["rule"], said["params"])
