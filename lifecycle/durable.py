"""The one workflow behind every case. It waits, rings and passes actions on; what a case is, it does not know.

The type name that Temporal shows is `Procedure` for every lifecycle: a name would tell what the case is about.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from lifecycle.signed import SignedAction

EVENTS_PER_RUN: Final = 200
"""A run this long goes on as a new one, so that a worker that has forgotten the case knows it again quickly. Another
number would leave running cases without a way on: histories hold it.
"""
REFUSED: Final = "Refused"
"""The type of the ApplicationError that a refused action raises; its details are a `RefusedAction`."""

# Recording is one short transaction: at once, or the caller is told that it is not known and asks again.
_DECIDE_WITHIN: Final = timedelta(seconds=20)
_RECORDING: Final = timedelta(seconds=10)
_QUICKLY: Final = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5))
# Ringing goes on until the database is back. Pauses beyond the threshold are timers of the server: a local wait would
# add to the history every few seconds.
_UNTIL_IT_WORKS: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(minutes=1)
)
_LOCAL_PAUSE: Final = timedelta(seconds=5)
_ERRAND_TAKES: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Decided:
    """All that a workflow remembers of its case. `next_due_at`: when to ring next; `errands`: what is to be done
    outside the house and is not done yet; `over`: the case is erased and nothing will come any more; `answer`: what
    the sender of the action at hand is told, the same each time it is sent.
    """

    case_id: str
    version: int
    next_due_at: datetime | None = None
    errands: tuple[str, ...] = ()
    over: bool = False
    answer: dict[str, Any] | None = None


@dataclass(frozen=True)
class RefusedAction:
    """Why an action was refused, in types that JSON has: code, the rule it comes from, parameters for the wording."""

    code: str
    rule: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """What a run starts with. Without a standing it asks for it by ringing."""

    case_id: str
    standing: Decided | None = None


@dataclass(frozen=True)
class Act:
    case_id: str
    signed: SignedAction
    now: datetime


@dataclass(frozen=True)
class Verdict:
    decided: Decided | None = None
    refused: RefusedAction | None = None


@dataclass(frozen=True)
class Ring:
    case_id: str
    now: datetime


@dataclass(frozen=True)
class Errand:
    case_id: str
    errand: str


@workflow.defn(name="Procedure")
class Procedure:
    """One case from opening to erasure."""

    @workflow.init
    def __init__(self, start: Running) -> None:
        self._case_id = start.case_id
        self._standing = start.standing
        self._changed = start.standing is None
        self._ask = start.standing is None
        self._mailbox = asyncio.Lock()
        self._errands: dict[str, asyncio.Task[None]] = {}
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = workflow.now()

    @workflow.run
    async def run(self, start: Running) -> None:  # noqa: ARG002  the arguments of __init__, as @workflow.init asks
        while True:
            if self._ask or self._is_due():
                await self._ring()
            self._send_out()
            if self._standing is not None and self._standing.over:
                await workflow.wait_condition(workflow.all_handlers_finished)
                return
            if self._is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                # Errands in hand are asked for again by the next run: each bears being done twice.
                running = [name for name, task in self._errands.items() if not task.done()]
                workflow.continue_as_new(Running(self._case_id, None if running or self._ask else self._standing))
            await self._wait()

    @workflow.update
    async def act(self, signed: SignedAction) -> Decided:
        """Decide an action of the staff. Raises ApplicationError of type `Refused` when a rule says no."""
        async with self._mailbox:
            verdict: Verdict = await workflow.execute_local_activity(
                "decide",
                Act(self._case_id, signed, workflow.now()),
                result_type=Verdict,
                schedule_to_close_timeout=_DECIDE_WITHIN,
                start_to_close_timeout=_RECORDING,
                retry_policy=_QUICKLY,
            )
            if verdict.decided is None:
                raise ApplicationError("refused", verdict.refused, type=REFUSED, non_retryable=True)
            self._stand(replace(verdict.decided, answer=None))
            return verdict.decided

    @workflow.signal
    def wake(self) -> None:
        """The case was changed by somebody else than this workflow, or is overdue: look again."""
        self._ask = True

    async def _ring(self) -> None:
        async with self._mailbox:
            self._ask = False
            self._stand(
                await workflow.execute_local_activity(
                    "ring",
                    Ring(self._case_id, workflow.now()),
                    result_type=Decided,
                    start_to_close_timeout=_RECORDING,
                    retry_policy=_UNTIL_IT_WORKS,
                    local_retry_threshold=_LOCAL_PAUSE,
                )
            )

    def _stand(self, decided: Decided) -> None:
        self._standing = decided
        self._changed = True

    def _is_due(self) -> bool:
        due = self._standing.next_due_at if self._standing else None
        return due is not None and due <= workflow.now()

    def _is_long(self) -> bool:
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.get_current_history_length() >= EVENTS_PER_RUN

    async def _wait(self) -> None:
        """Until an action or a signal came, or the next clock is due."""
        self._changed = False
        if due := self._standing.next_due_at if self._standing else None:
            self._set_alarm(due)
        await workflow.wait_condition(lambda: self._changed or self._ask)

    def _set_alarm(self, due: datetime) -> None:
        """One that rings too early stays: looking once for nothing is two entries in the history, and to set it anew
        with nearly every action would be two for each.
        """
        if self._alarm is not None and not self._alarm.done():
            if self._alarm_at <= due:
                return
            self._alarm.cancel()
        self._alarm, self._alarm_at = asyncio.create_task(self._sleep_until(due)), due

    async def _sleep_until(self, due: datetime) -> None:
        await workflow.sleep(max(due - workflow.now(), timedelta(0)))
        self._changed = True

    def _send_out(self) -> None:
        for name in self._standing.errands if self._standing else ():
            task = self._errands.get(name)
            if task is None or task.done():
                self._errands[name] = asyncio.create_task(self._run_errand(name))

    async def _run_errand(self, name: str) -> None:
        try:
            await workflow.execute_activity(
                "run_errand",
                Errand(self._case_id, name),
                start_to_close_timeout=_ERRAND_TAKES,
                retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
            )
        except ActivityError as error:
            # It stays pending in the case's row: the sweeper wakes us, and it is sent out again.
            workflow.logger.warning("errand failed", extra={"error": type(error.cause).__name__})
            return
        self._ask = True
