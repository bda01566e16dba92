"""The saga of one measure as Temporal sees it: wait for the hour, do what is due, until nothing is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

# The HR system may be down for days: the change is tried until it is proven, or until somebody else's change is seen.
_UNTIL_IT_WORKS: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ONE_TRY: Final = timedelta(minutes=2)
# A worker that was killed in the middle of a try is missed after this long, and another one tries.
HEARTBEAT: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Advance:
    measure_id: str
    now: datetime


@dataclass(frozen=True)
class Advanced:
    """`next_at`: when the next task is due; None when nothing is left."""

    next_at: datetime | None = None


@workflow.defn(name="Work")
class Work:
    """Knows one id. What is to be done, for whom and whether it was done stands in the tasks table."""

    @workflow.init
    def __init__(self, measure_id: str) -> None:
        self._measure_id = measure_id
        self._woken = False

    @workflow.run
    async def run(self, measure_id: str) -> None:  # noqa: ARG002  the arguments of __init__, as @workflow.init asks
        while True:
            self._woken = False
            advanced = await workflow.execute_activity(
                "advance",
                Advance(self._measure_id, workflow.now()),
                result_type=Advanced,
                start_to_close_timeout=_ONE_TRY,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=_UNTIL_IT_WORKS,
            )
            if advanced.next_at is not None:
                await self._wait_until(advanced.next_at)
            elif not self._woken:
                return

    @workflow.signal
    def wake(self) -> None:
        """A task was added."""
        self._woken = True

    async def _wait_until(self, due_at: datetime) -> None:
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=max(due_at - workflow.now(), timedelta(0)))
        except TimeoutError:
            return
