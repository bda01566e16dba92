"""A manager who has seen something himself begins on his own duty (policy 2.1 b): nobody has told him, so that no route
and no access code belong to it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct, convert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.sealing import tag
from chassis.web.problems import Problem, invalid, refused, unavailable
from chassis.web.sign_in import SignedIn
from lifecycle import bodies, directory, looking, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.views import Taken, Words
from policy.model import Role
from services.workflow import managers
from services.workflow.domain import supervisor_parts, supervisor_rules

_WORDS: Final = "what_was_seen"
_HIMSELF: Final = {"found": "himself"}
_RULE: Final = supervisor_rules.RULE
_NO_DUTY: Final = "NO_DUTY_TOWARDS_A_PARTY"

StaffId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)")]


class Seen(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom he saw: at least one of both sides, by staff id."""

    affected_individual: StaffId | None = None
    alleged_offender: Annotated[list[StaffId], Meta(max_length=20)] = []


class BeginRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    action_id: UUID
    parties: Seen
    what_was_seen: Words


def routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    @post("/api/v1/manager-requests", summary="Begin on what you have seen as a manager of somebody concerned")
    async def begin_request(signed_in: NamedDependency[SignedIn], data: JSONBody[BeginRequest]) -> Taken:
        return await begin(desk, data, signed_in.staff_id)

    return [begin_request]


async def begin(desk: Desk, asked: BeginRequest, staff_id: str) -> Taken:
    """What the manager is told, the first time and every time it is sent again. Raises Problem."""
    async with desk.database.transaction() as session:
        begun = await _begun(session, desk, asked, staff_id, datetime.now(UTC))
    if isinstance(begun, Problem):
        # After the commit: the refusal is in the trail.
        raise begun
    await desk.poke(begun.case_id)()
    return begun


async def _begun(
    session: AsyncSession, desk: Desk, asked: BeginRequest, staff_id: str, now: datetime
) -> Taken | Problem:
    """What the sender is told, the first time and every time it is sent again; or why not. Raises Problem for what
    cannot be judged.
    """
    try:
        await directory.need(session)
    except directory.DirectoryNotHere:
        raise unavailable("Nobody's line is known here yet. Try again in a moment.") from None
    named = await _spelled(session, asked.parties)
    if not await managers.has_duty(session, staff_id, named):
        facts: dict[str, str | int] = {"code": _NO_DUTY}
        await audit_trail.record(
            session, "request.refused", object_ref=str(asked.action_id), actor=staff_id, rule=_RULE, facts=facts
        )
        return refused(_NO_DUTY, _RULE, {})
    # Of the sender and the request alone: sent again, it is the same matter.
    made = tag(desk.keys.cell, "manager request", staff_id, asked.action_id.bytes)
    report_id = UUID(bytes=made[:16], version=4)
    opening = {"lodged_at": now.isoformat(), "begun_by": supervisor_rules.BY_MANAGER}
    case_id = await open_case(session, desk, report_id, managers.REQUEST, 1, opening, now)
    row = await records.lock(session, case_id)
    assert row is not None  # opened just now
    if row.version == 1:
        await parties.bring(session, desk, row, named)
        assigned = Action(UUID(bytes=made[16:], version=4), supervisor_rules.ASSIGN, _HIMSELF | {"manager": staff_id})
        await decide_as(session, desk, case_id, assigned, Actor(ActorKind.SYSTEM), now)
    action = Action(asked.action_id, supervisor_parts.NOTE_SEEN, {}, frozenset({_WORDS}))
    known = await looking.known_action(session, action.id)
    texts = {} if known else (await bodies.store(session, desk, row, action.id, {_WORDS: asked.what_was_seen}))[0]
    actor = Actor(ActorKind.STAFF, staff_id, frozenset({Role.MANAGER}))
    outcome = await decide_as(session, desk, case_id, action, actor, now, texts)
    if isinstance(outcome, Refused):
        return refused(outcome.code, outcome.rule, outcome.params)
    assert outcome.answer is not None  # an action that is taken has one
    return convert(outcome.answer, Taken, strict=False)


async def _spelled(session: AsyncSession, seen: Seen) -> Parties:
    typed = [*seen.alleged_offender, *([seen.affected_individual] if seen.affected_individual else [])]
    if not typed:
        raise invalid("parties", "Say who is concerned, by staff id: one side at least.")
    spelling = await directory.spelled(session, typed)
    affected = spelling[seen.affected_individual] if seen.affected_individual else None
    return Parties(affected, tuple(spelling[one] for one in seen.alleged_offender))
