"""Mediations beyond their table: opened from a talk, with its exclusions, and ended with it."""

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.web.problems import invalid
from contracts.ids import new_id
from lifecycle import access, bodies, directory, exclusions, notices, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk, EffectRefused
from lifecycle.exclusions import Conflict
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, Refused
from lifecycle.parties import PartiesNotHere
from lifecycle.records import CaseRow
from services.ombuds.domain import mediation
from services.ombuds.domain.informal_resolution import LISTENERS

NAME = mediation.LIFECYCLE.name
FIELD = f"texts.{mediation.INVITED}"
RUNS = Refused("MEDIATION_RUNS", "policy 2.12")


async def open_one(session: AsyncSession, desk: Desk, talk: CaseRow, case: Case) -> None:
    """Under the talk's report, so that her inbox shows both, and under a number and a key of its own. Raises
    EffectRefused while another one runs.
    """
    there = await records.of_report(session, talk.report_id, NAME)
    if any(one.state in (*mediation.UNDECIDED, *mediation.AFTERWARDS) for one in there):
        raise EffectRefused(RUNS)
    named = await parties.parties_of(session, desk, talk)
    if named is None:
        raise PartiesNotHere("the talk was held without its exclusions")
    now = case.steps[-1].at
    case_id = await open_case(session, desk, talk.report_id, NAME, len(there) + 1, {}, now)
    opened = await records.lock(session, case_id)
    assert opened is not None
    await parties.bring(session, desk, opened, named)
    # Who said of the talk that they have a conflict has it here too.
    for staff_id in {one.staff_id for role in LISTENERS for one in desk.policy_of(talk).appointed(role, now)}:
        if await exclusions.tagged(session, desk.keys.cell, [talk.case_id], staff_id, [Conflict.DECLARED]):
            await exclusions.declare(session, desk.keys.cell, case_id, staff_id)
    desk.wake(session, case_id)


async def end_all(session: AsyncSession, desk: Desk, talk: CaseRow, case: Case) -> None:
    """The talk is over: so is what was opened from it, and both are destroyed on the same day."""
    for one in await records.of_report(session, talk.report_id, NAME):
        if one.closed_at is None:
            action = Action(new_id(), mediation.END)
            await decide_as(session, desk, one.case_id, action, Actor(ActorKind.SYSTEM), case.steps[-1].at)
            desk.wake(session, one.case_id)


async def check_invited(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str) -> None:
    """Nobody is drawn into it whom she has not named: a slip of a digit would tell a stranger. Raises Problem 400."""
    named = await parties.parties_of(session, desk, row)
    person = await directory.person(session, staff_id)
    if person is None or not person.active:
        raise invalid(FIELD, "The people directory knows nobody at work by this staff id.")
    if named is not None and (
        staff_id == named.affected_individual or (named.alleged_offender and staff_id not in named.alleged_offender)
    ):
        raise invalid(FIELD, "The person has not named anybody by this staff id.")


async def let_in(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """From here on the other party sees the mediation, and nothing but it (invariant 14)."""
    part = access.part_name(desk, await _other_party(session, desk, row))
    action = Action(new_id(), mediation.LET_IN, {"part": part})
    await decide_as(session, desk, row.case_id, action, Actor(ActorKind.SYSTEM), case.steps[-1].at)


async def tell_other_party(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """While the mediation is his too."""
    if mediation.OTHER_PARTY in case.assigned:
        await notices.add(session, desk, row, await _other_party(session, desk, row), effect.name)


async def _other_party(session: AsyncSession, desk: Desk, row: CaseRow) -> str:
    return await bodies.words_of(session, desk, row, mediation.INVITED)
