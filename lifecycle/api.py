"""The staff's HTTP interface to the cases of any desk.

Unknown, excluded, unrelated and wrong role are one answer, byte for byte; only who may see a case learns why not.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from msgspec import convert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.problems import Problem, invalid, not_found, refused, unavailable, version_missing, version_stale
from chassis.web.sign_in import SignedIn
from lifecycle import access, bodies, contents, decide, moving, records, recusal, told
from lifecycle.decide import Refusal, refuse
from lifecycle.desk import Desk
from lifecycle.model import STOP_CONTACT, Action, Actor, Refused
from lifecycle.records import CaseRow
from lifecycle.sender import ActionLost, Sender
from lifecycle.serial import from_json
from lifecycle.signed import SignedAction
from lifecycle.views import (
    CasePage,
    CaseSeen,
    ContentsSeen,
    ItemSeen,
    MessageWritten,
    ReadContents,
    TakeAction,
    Taken,
    WriteMessage,
    cursor_of,
    listed,
    position_of,
    shown,
    text_of,
)

_PAGE: Final = 50
_LARGEST_PAGE: Final = 200
_ETAG: Final = re.compile(r'"(\d{1,9})"')


def routes(desk: Desk, sender: Sender) -> list[HTTPRouteHandler]:
    """For `create_app(…, sign_in=…)`."""
    return [*_of_cases(desk), _of_actions(desk, sender), *_of_contents(desk)]


def _of_cases(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/api/v1/cases", summary="The cases you may see, newest first")
    async def list_cases(
        signed_in: NamedDependency[SignedIn],
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=_LARGEST_PAGE)] = _PAGE,
    ) -> CasePage:
        after = position_of(cursor) if cursor else None
        async with desk.database.transaction() as session:
            rows, rest = await access.cases_seen_by(session, desk, signed_in.staff_id, _now(), after=after, limit=limit)
        return CasePage(cases=[listed(row) for row in rows], next_cursor=cursor_of(rest) if rest else None)

    @get("/api/v1/cases/{case_id:uuid}", summary="One case, and what you may do with it")
    async def show_case(case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn]) -> Response[CaseSeen]:
        async with desk.database.transaction() as session:
            seen = await _seen(session, desk, case_id, signed_in.staff_id)
            if seen is not None:
                await audit_trail.record(session, "case.shown", object_ref=str(case_id), actor=seen[1].name)
        if seen is None:
            raise not_found()
        row, actor = seen
        return Response(shown(desk, row, actor, _now()), headers={"ETag": f'"{row.version}"'})

    @post("/api/v1/cases/{case_id:uuid}/conflicts", status_code=202, summary="Say that you have a conflict in a case")
    async def declare_conflict(case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn]) -> None:
        """Why is not asked. From here on the case is hidden from whoever says so, and what was theirs in it waits for
        somebody else.
        """
        async with desk.database.transaction() as session:
            seen = await _seen(session, desk, case_id, signed_in.staff_id)
            if seen is not None:
                await recusal.step_aside(session, desk, case_id, signed_in.staff_id)
                name = access.hidden_name(desk, case_id, signed_in.staff_id)
                await audit_trail.record(session, "conflict.declared", object_ref=str(case_id), actor=name)
        if seen is None:
            raise not_found()

    return [list_cases, show_case, declare_conflict]


def _of_actions(desk: Desk, sender: Sender) -> HTTPRouteHandler:
    @post("/api/v1/cases/{case_id:uuid}/actions", status_code=200, summary="Take an action in a case")
    async def take_action(
        case_id: FromPath[UUID],
        signed_in: NamedDependency[SignedIn],
        data: JSONBody[TakeAction],
        if_match: Annotated[str | None, HeaderParameter(name="If-Match")] = None,
    ) -> Response[Taken]:
        action = Action(data.action_id, data.action, data.facts, frozenset(data.texts))
        try:
            async with desk.database.transaction() as session:
                checked = await _check(session, desk, case_id, action, signed_in.staff_id, if_match)
                if isinstance(checked, CaseRow):
                    against = await desk.check(session, checked, action, data.texts)
                    if against is None:
                        signed = await sender.sign(session, checked, action, data.texts, signed_in.staff_id)
                    else:
                        actor = await access.actor_of(session, desk, checked, signed_in.staff_id, _now())
                        await refuse(session, desk, checked, against, actor, action.name)
                        checked = _problem(against.code, against.rule, against.params)
        except contents.IntakeUnreachable:
            raise unavailable("What this rests on cannot be looked up now. Nothing was recorded: try again.") from None
        if isinstance(checked, Problem):
            # After the commit: the refusal is in the trail.
            raise checked
        answer = await _send(sender, checked, signed) if isinstance(checked, CaseRow) else checked
        return Response(Taken(**answer), headers={"ETag": f'"{answer["version"]}"'})

    return take_action


def _of_contents(desk: Desk) -> list[HTTPRouteHandler]:
    @post(
        "/api/v1/cases/{case_id:uuid}/contents-readings",
        status_code=200,
        summary="Read what was written, for a purpose",
    )
    async def read_contents(
        case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn], data: JSONBody[ReadContents]
    ) -> ContentsSeen:
        async with desk.database.transaction() as session:
            row, actor = await _reader(session, desk, case_id, signed_in.staff_id)
            allowed = row is not None and data.purpose in desk.purposes[row.lifecycle]
            if actor is not None and allowed:
                await audit_trail.record(
                    session, "contents.read", object_ref=str(case_id), actor=actor.name, facts={"purpose": data.purpose}
                )
        if row is None:
            raise not_found()
        if not allowed:
            known = ", ".join(sorted(desk.purposes[row.lifecycle]))
            raise invalid("purpose", f"Contents of this case are read for one of these purposes: {known}.")
        assert actor is not None  # there is a row
        return ContentsSeen(items=await _contents(desk, row, actor, signed_in, data.purpose))

    @post("/api/v1/cases/{case_id:uuid}/messages", status_code=202, summary="Write to the person")
    async def write_message(
        case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn], data: JSONBody[WriteMessage]
    ) -> MessageWritten:
        async with desk.database.transaction() as session:
            row, _ = await _reader(session, desk, case_id, signed_in.staff_id)
            key = (
                await told.route_key(session, row.report_id)
                if row and await contents.talks(session, desk, row)
                else None
            )
            unwanted = row is not None and from_json(row.data).facts.get(STOP_CONTACT) is True
            open_to_messages = row is not None and key is not None and row.closed_at is None
            if open_to_messages and not unwanted:
                await audit_trail.record(session, "message.written", object_ref=str(case_id), actor=signed_in.staff_id)
        if row is None:
            raise not_found()
        if unwanted:
            raise refused("CONTACT_UNWANTED", "invariant 16", {}, "The person has asked not to be written to.")
        if key is None or not open_to_messages:
            raise refused("NO_MESSAGES_NOW", "lifecycle", {"state": row.state})
        try:
            return MessageWritten(
                item_id=await contents.place_message(desk, row, signed_in, data.action_id, data.text, key)
            )
        except contents.NotHandedOut:
            raise not_found() from None
        except contents.IntakeUnreachable:
            raise unavailable("The message may not have arrived. Send it again with the same action_id.") from None

    return [read_contents, write_message]


async def _seen(session: AsyncSession, desk: Desk, case_id: UUID, staff_id: str) -> tuple[CaseRow, Actor] | None:
    """The case and the person as an actor in it. An attempt on what one may not see leaves a trace that does not name
    who tried beside what was tried.
    """
    row = await records.load(session, case_id)
    # Also for a case that is not there: the answer takes no less time.
    actor = (await access.actors_of(session, desk, {case_id: row}, staff_id, _now()))[case_id]
    if row is not None and row.erased_at is None and access.may_see(desk, row, actor):
        return row, actor
    name = access.hidden_name(desk, case_id, staff_id)
    await audit_trail.record(session, "case.hidden", object_ref=str(case_id), actor=name)
    return None


async def _reader(
    session: AsyncSession, desk: Desk, case_id: UUID, staff_id: str
) -> tuple[CaseRow, Actor] | tuple[None, None]:
    """The case for somebody who may read what was written in it. For everybody else there is nothing to read."""
    seen = await _seen(session, desk, case_id, staff_id)
    return seen if seen and access.may_read(desk, *seen) else (None, None)


async def _check(
    session: AsyncSession, desk: Desk, case_id: UUID, action: Action, staff_id: str, if_match: str | None
) -> CaseRow | dict[str, Any] | Problem:
    """The case, when by all that is known now the action would be taken; the answer that was given before; or the
    problem. By the same rules as the decision itself, so that most refusals never reach the case's workflow.
    """
    known = await records.known_action(session, action.id)
    senders = {staff_id, access.part_name(desk, staff_id), access.hidden_name(desk, case_id, staff_id)}
    if known and (known.case_id, known.action) == (case_id, action.name) and known.actor in senders:
        return dict(known.answer)
    seen = await _seen(session, desk, case_id, staff_id)
    if seen is None:
        return not_found()
    row, actor = seen
    if if_match is None or if_match.strip() == "*":
        return version_missing()
    etag = _ETAG.fullmatch(if_match.strip())
    if etag is None or int(etag[1]) != row.version:
        await refuse(session, desk, row, Refused(Refusal.VERSION_STALE, "decide"), actor, action.name)
        return version_stale()
    outcome = decide.outcome(desk, row, action, actor, _now())
    if isinstance(outcome, Refused):
        await refuse(session, desk, row, outcome, actor, action.name)
        return _problem(outcome.code, outcome.rule, outcome.params)
    return row


async def _send(sender: Sender, row: CaseRow, signed: SignedAction) -> dict[str, Any]:
    try:
        outcome = await sender.send(row, signed)
    except ActionLost:
        raise unavailable("It is not known whether this was recorded. Send it again with the same action_id.") from None
    if isinstance(outcome, dict):
        return outcome
    raise _problem(outcome.code, outcome.rule, outcome.params)


def _problem(code: str, rule: str, params: Any) -> Problem:
    match code:
        case Refusal.CASE_UNKNOWN | Refusal.CASE_ERASED:
            return not_found()
        case Refusal.VERSION_STALE:
            return version_stale()
        case _:
            return refused(code, rule, params)


async def _contents(desk: Desk, row: CaseRow, actor: Actor, reader: SignedIn, purpose: str) -> list[ItemSeen]:
    if desk.lifecycles[row.lifecycle].is_gone(row.state):
        return []
    if moving.is_on_its_way(desk, row):
        raise unavailable("This case is on its way to another desk. Ask again in a moment.")
    team = desk.teams.get(row.lifecycle)
    if team and actor.roles.isdisjoint(team.roles):
        async with desk.database.transaction() as session:
            texts = await bodies.texts_of(session, desk, row)
        return [text_of(one) for one in texts if one.action in team.shares]
    found: list[Mapping[str, Any]] = []
    async with desk.database.transaction() as session:
        talks = await contents.talks(session, desk, row)
    if talks:
        try:
            found += await contents.read(desk, row, reader, purpose)
        except contents.NotHandedOut:
            raise not_found() from None
        except contents.IntakeUnreachable:
            raise unavailable() from None
    async with desk.database.transaction() as session:
        found += await desk.own_contents(session, row, purpose)
        texts = await bodies.texts_of(session, desk, row)
    return [*(convert(one, ItemSeen, strict=False) for one in found), *map(text_of, texts)]


def _now() -> datetime:
    return datetime.now(UTC)
