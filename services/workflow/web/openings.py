"""Staff open a case that nobody has lodged: people were separated at once, or somebody needs protection."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.problems import Problem, not_found, refused
from chassis.web.sign_in import SignedIn
from lifecycle import bodies, directory, engine, looking, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, RefusalCode, Refused
from lifecycle.views import Name, Taken, Words
from services.workflow import measures
from services.workflow.domain import emergency_separation, interim_measure

FIRST: Final = {emergency_separation.LIFECYCLE.name: "separate", interim_measure.LIFECYCLE.name: measures.NOTE_NEED}
"""What may be opened by staff, and by which action of its table."""
_REPORT: Final = uuid.UUID("d5a0c9c1-4f5a-4a0f-8a5d-2b4f7c1e9a30")

StaffIdText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)")]


class Concerned(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom it is about, by staff id; somebody from outside by whatever they are known by."""

    affected_individual: StaffIdText | None = None
    alleged_offender: Annotated[list[StaffIdText], Meta(min_length=1, max_length=20)]


class OpenCase(Struct, forbid_unknown_fields=True, kw_only=True):
    """`facts` and `texts` are what the first action of the procedure asks for."""

    lifecycle: Name
    action_id: UUID
    parties: Concerned
    facts: Annotated[dict[Name, bool | int | str], Meta(max_length=30)] = {}
    texts: Annotated[dict[Name, Words], Meta(max_length=10)] = {}


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/api/v1/cases", status_code=201, summary="Open a case that nobody has lodged")
    async def open_by_staff(signed_in: NamedDependency[SignedIn], data: JSONBody[OpenCase]) -> Taken:
        return await open_one(desk, data, signed_in.staff_id)

    return [open_by_staff]


async def open_one(desk: Desk, asked: OpenCase, staff_id: str) -> Taken:
    """As `opened`, in a transaction of its own. Raises Problem."""
    async with desk.database.transaction() as session:
        answer = await opened(session, desk, staff_id, asked, datetime.now(UTC))
    if isinstance(answer, Problem):
        # After the commit: the refusal is in the trail.
        raise answer
    await desk.poke(answer["case_id"])()
    return Taken(**answer)


async def opened(
    session: AsyncSession, desk: Desk, staff_id: str, asked: OpenCase, now: datetime
) -> Mapping[str, Any] | Problem:
    """The answer for whoever opens it; the same again for the same `action_id`. Whoever holds no role for it learns of
    nothing that could be opened.
    """
    name = FIRST.get(asked.lifecycle)
    known = await looking.known_action(session, asked.action_id)
    if known and (known.action, known.actor) == (name, staff_id):
        return dict(known.answer)
    roles = desk.policy.roles_of(staff_id, now)
    if known or name is None or not roles & desk.lifecycles[asked.lifecycle].by_action[name]:
        return not_found()
    named = await _spelled(session, asked.parties)
    actor, report_id = Actor(ActorKind.STAFF, staff_id, roles), uuid.uuid5(_REPORT, str(asked.action_id))
    if against := _against(desk, report_id, asked, name, actor, named, now):
        facts = {"code": against.code, "action": name}
        await audit_trail.record(
            session, "opening.refused", object_ref=asked.lifecycle, actor=staff_id, rule=against.rule, facts=facts
        )
        return refused(against.code, against.rule, against.params)
    case_id = await open_case(session, desk, report_id, asked.lifecycle, 1, {}, now)
    row = await records.lock(session, case_id)
    assert row is not None  # opened just now
    await parties.bring(session, desk, row, named)
    texts, _ = await bodies.store(session, desk, row, asked.action_id, asked.texts)
    action = Action(asked.action_id, name, asked.facts, frozenset(asked.texts))
    decided = await decide_as(session, desk, case_id, action, actor, now, texts)
    assert not isinstance(decided, Refused)  # the table has just said yes
    return decided.answer or {}


def _against(
    desk: Desk, report_id: UUID, asked: OpenCase, name: str, actor: Actor, named: Parties, now: datetime
) -> Refused | None:
    """What the table says against it, before anything is opened; a party opens nothing in his own matter."""
    if actor.staff_id in {named.affected_individual, *named.alleged_offender}:
        return Refused(RefusalCode.ACTOR_EXCLUDED, "invariant 32")
    table, policy = desk.lifecycles[asked.lifecycle], desk.policy
    action = Action(asked.action_id, name, asked.facts, frozenset(asked.texts))
    case = engine.open_case(table, report_id, 1, {}, now, policy)
    tried = engine.apply(table, case, action, actor, now, policy)
    return tried if isinstance(tried, Refused) else None


async def _spelled(session: AsyncSession, named: Concerned) -> Parties:
    """As the directory spells them; somebody from outside stays as written."""
    affected, offenders = named.affected_individual, named.alleged_offender
    spelled = await directory.spelled(session, [*offenders, *([affected] if affected else [])])
    return Parties(spelled[affected] if affected else None, tuple(spelled[one] for one in offenders), ())
