"""What the workflow has done for it: recording in the database, and errands outside the house."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from temporalio import activity

from chassis import failpoints, telemetry
from contracts.ids import CaseId
from lifecycle import records
from lifecycle.changes import ERASE
from lifecycle.decide import decide, refuse_signed, ring
from lifecycle.desk import Desk, EffectRefused
from lifecycle.durable import Act, Decided, Errand, RefusedAction, Ring, Verdict
from lifecycle.erasing import erase
from lifecycle.model import Refused
from lifecycle.moving import REWRAP, rewrap


class Activities:
    """The activities of one desk. The names are those that `Procedure` calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        return (self.decide, self.ring, self.run_errand)

    @activity.defn(name="decide")
    async def decide(self, act: Act) -> Verdict:
        with telemetry.span("case.decide"):
            return await self._decide(act)

    async def _decide(self, act: Act) -> Verdict:
        try:
            async with self._desk.database.transaction() as session:
                outcome = await decide(session, self._desk, act.signed, act.now)
                failpoints.hit("decide.before_commit")
        except EffectRefused as stopped:
            # Nothing of it was committed; the refusal alone is, in the trail.
            async with self._desk.database.transaction() as session:
                outcome = await refuse_signed(session, self._desk, act.signed, stopped.refused, act.now)
        failpoints.hit("decide.after_commit")
        if isinstance(outcome, Refused):
            return Verdict(refused=RefusedAction(outcome.code, outcome.rule, dict(outcome.params)))
        return Verdict(decided=outcome)

    @activity.defn(name="ring")
    async def ring(self, asked: Ring) -> Decided:
        with telemetry.span("case.ring"):
            async with self._desk.database.transaction() as session:
                standing = await ring(session, self._desk, UUID(asked.case_id), asked.now)
                failpoints.hit("ring.before_commit")
            failpoints.hit("ring.after_commit")
            return standing

    @activity.defn(name="run_errand")
    async def run_errand(self, asked: Errand) -> None:
        """Raises until the errand is done; then it is struck from the case's row."""
        case_id, name = CaseId(UUID(asked.case_id)), asked.errand.partition(":")[0]
        with telemetry.span("case.errand", errand=name):
            if name == ERASE:
                await erase(self._desk, case_id)
            elif name == REWRAP:
                await rewrap(self._desk, case_id)
            else:
                await self._desk.errands[name](case_id)
        async with self._desk.database.transaction() as session:
            await records.finish_errand(session, case_id, asked.errand)
            failpoints.hit("errand.before_commit")
        failpoints.hit("errand.after_commit")
