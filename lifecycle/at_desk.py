"""What the staff do at a desk, whichever way they come: through the interface or through pages.

Unknown, excluded, unrelated and wrong role are one answer, byte for byte; only who may see a case learns why not. All
of it raises Problem.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from msgspec import convert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.problems import Problem, invalid, not_found, refused, unavailable, version_missing, version_stale
from chassis.web.sign_in import SignedIn
from lifecycle import access, bodies, contents, decide, moving, records, recusal, told, unread
from lifecycle.decide import Refusal, refuse
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, Refused
from lifecycle.records import CaseRow
from lifecycle.sender import ActionLost, Sender
from lifecycle.signed import SignedAction
from lifecycle.views import ItemSeen, TakeAction, WriteMessage, as_seen_by, etag, text_of

_FILES: Final = "policy 6"


async def list_cases(
    desk: Desk,
    staff_id: str,
    after: access.Position | None,
    limit: int,
    order: access.Order = access.NEWEST_FIRST,
    kind: str = "",
) -> tuple[Sequence[tuple[CaseRow, Actor]], access.Position | None]:
    """The cases somebody may see, each with them as an actor in it, with `kind` those of one lifecycle alone; and where
    the next page begins. Of a case that is about themselves they have what is theirs to see.
    """
    async with desk.database.transaction() as session:
        found, rest = await access.cases_seen_by(
            session, desk, staff_id, _now(), order=order, after=after, limit=limit, kind=kind
        )
    return [(as_seen_by(desk, row, access.parts_of(desk, row, staff_id)), actor) for row, actor in found], rest


async def unread_in(desk: Desk, cases: Sequence[tuple[CaseRow, Actor]]) -> Counter[UUID]:
    """How many messages of the person wait in each of them, where any do."""
    async with desk.database.transaction() as session:
        return await unread.of_cases(session, desk, cases)


async def show_case(desk: Desk, case_id: UUID, staff_id: str) -> tuple[CaseRow, Actor]:
    """The case and the person as an actor in it; that it was shown stands in the trail."""
    async with desk.database.transaction() as session:
        seen = await _seen(session, desk, case_id, staff_id)
        if seen is not None:
            await audit_trail.record(session, "case.shown", object_ref=str(case_id), actor=seen[1].name)
    if seen is None:
        raise not_found()
    return seen


async def declare_conflict(desk: Desk, case_id: UUID, staff_id: str) -> None:
    """Why is not asked. From here on the case is hidden from whoever says so, and what was theirs in it waits for
    somebody else.
    """
    async with desk.database.transaction() as session:
        seen = await _seen(session, desk, case_id, staff_id)
        if seen is not None:
            await recusal.step_aside(session, desk, case_id, staff_id)
            name = access.hidden_name(desk, case_id, staff_id)
            await audit_trail.record(session, "conflict.declared", object_ref=str(case_id), actor=name)
    if seen is None:
        raise not_found()


async def take_action(
    desk: Desk, sender: Sender, case_id: UUID, data: TakeAction, staff_id: str, if_match: str | None
) -> dict[str, Any]:
    """The answer for whoever acts (`views.Taken`). `if_match` is the ETag of what they have seen."""
    action = Action(data.action_id, data.action, data.facts, frozenset(data.texts))
    row, known, actor = await access.look(desk, case_id, action.id, staff_id, _now())
    senders = {staff_id, access.part_name(desk, staff_id), access.hidden_name(desk, case_id, staff_id)}
    if known and (known.case_id, known.action) == (case_id, action.name) and known.actor in senders:
        return _told(known.actor, known.answer)
    if row is None or not _shows(desk, row, actor):
        async with desk.database.transaction() as session:
            await _note_hidden(session, desk, case_id, staff_id)
        raise not_found()
    if if_match is None or if_match.strip() == "*":
        raise version_missing()
    try:
        signed = await _signed(desk, sender, row, action, actor, data.texts, staff_id, if_match)
    except contents.IntakeUnreachable:
        raise unavailable("What this rests on cannot be looked up now. Nothing was recorded: try again.") from None
    if isinstance(signed, Refused):
        raise _problem(signed.code, signed.rule, signed.params)
    return _told(actor.name, await _send(sender, row, signed))


async def read_contents(desk: Desk, case_id: UUID, reader: SignedIn, purpose: str) -> list[ItemSeen]:
    """What was written in a case, for a purpose that the trail names."""
    row, actor = await note_reading(desk, case_id, reader, purpose, "contents.read")
    return await _contents(desk, row, actor, reader, purpose)


async def read_file(desk: Desk, case_id: UUID, item_id: UUID, reader: SignedIn, purpose: str) -> contents.OpenedFile:
    """A file of the case, for a purpose that the trail names: its cleaned copy, or as evidence what was sent. Only for
    whoever `may_open_files`.
    """
    async with desk.database.transaction() as session:
        row, actor = await _reader(session, desk, case_id, reader.staff_id)
        readable = row is not None and actor is not None and await _reads_her(session, desk, row, actor)
        may_open = row is not None and actor is not None and may_open_files(desk, row, actor)
        if readable and not may_open:
            name = actor.name if actor else None
            await audit_trail.record(session, "file.refused", object_ref=str(case_id), actor=name, rule=_FILES)
    # Only now: that somebody was kept from the case, or from its files, stays in the trail.
    if not readable:
        raise not_found()
    if not may_open:
        raise refused("NOT_ASSIGNED", _FILES, {}, "Files are opened by whoever has a part in this case. Take it up.")
    row, actor = await note_reading(desk, case_id, reader, purpose, "file.read")
    try:
        return await contents.open_file(desk, row, reader, purpose, item_id)
    except contents.NotHandedOut:
        raise not_found() from None
    except contents.IntakeUnreachable:
        raise unavailable() from None


def may_open_files(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """A picture may show a body, a recording somebody who does not know of it: where a matter is handled by people whom
    its steps name, only they open what was sent with it, and a reviewer for as long as a review lasts (policy 6).
    """
    names = any(rule.assigns for rule in desk.lifecycles[row.lifecycle].rules)
    return not names or bool(access.assigned_to(row, actor.name))


def may_read_for(desk: Desk, row: CaseRow, actor: Actor) -> frozenset[str]:
    """For what somebody reads in a case. As evidence, which shows a file as it was sent, only those who have a part in
    it: two people whom its steps name, and a reviewer for as long as a review lasts (policy 6).
    Whoever reads what is said of a matter of their own does so for that alone, and nobody else does.
    """
    purposes = desk.purposes[row.lifecycle]
    if contents.OWN_MATTER in purposes and access.is_party(actor):
        return frozenset({contents.OWN_MATTER})
    has_a_part = bool(access.assigned_to(row, actor.name))
    return purposes - {contents.OWN_MATTER} - (frozenset() if has_a_part else {contents.EVIDENCE})


async def note_reading(desk: Desk, case_id: UUID, reader: SignedIn, purpose: str, act: str) -> tuple[CaseRow, Actor]:
    """The case, once it stands in the trail that somebody reads in it, and for what. Raises Problem: 404, and 400 for a
    purpose that these cases are not read for, 409 for one that they are not read for by this reader.
    """
    async with desk.database.transaction() as session:
        row, actor = await _reader(session, desk, case_id, reader.staff_id)
        if row is not None and actor is not None and purpose in may_read_for(desk, row, actor):
            facts = {"purpose": purpose}
            await audit_trail.record(session, act, object_ref=str(case_id), actor=actor.name, facts=facts)
            return row, actor
    # Only now: that somebody was kept from the case stays in the trail.
    if row is None:
        raise not_found()
    if purpose not in desk.purposes[row.lifecycle]:
        known = ", ".join(sorted(desk.purposes[row.lifecycle]))
        raise invalid("purpose", f"Contents of this case are read for one of these purposes: {known}.")
    known = ", ".join(sorted(may_read_for(desk, row, actor))) if actor else ""
    raise refused("NOT_ASSIGNED", "policy 6", {"purpose": purpose}, f"You read this case for one of these: {known}.")


async def write_message(desk: Desk, case_id: UUID, writer: SignedIn, data: WriteMessage) -> UUID:
    """Writes to the person; the message's id. Only whoever would read her answer does."""
    async with desk.database.transaction() as session:
        row, actor = await _reader(session, desk, case_id, writer.staff_id)
        answered = row is not None and actor is not None and await _reads_her(session, desk, row, actor)
        key = await told.route_key(session, row.report_id) if row and answered else None
        unwanted = row is not None and await records.contact_unwanted(session, row.report_id, row.data["facts"])
        open_to_messages = row is not None and key is not None and row.closed_at is None
        if open_to_messages and not unwanted:
            await audit_trail.record(session, "message.written", object_ref=str(case_id), actor=writer.staff_id)
    if row is None:
        raise not_found()
    if unwanted:
        raise refused("CONTACT_UNWANTED", "invariant 16", {}, "The person has asked not to be written to.")
    if key is None or not open_to_messages:
        raise refused("NO_MESSAGES_NOW", "lifecycle", {"state": row.state})
    try:
        return await contents.place_message(desk, row, writer, data.action_id, data.text, key)
    except contents.NotHandedOut:
        raise not_found() from None
    except contents.IntakeUnreachable:
        raise unavailable("The message may not have arrived. Send it again with the same action_id.") from None


async def _seen(session: AsyncSession, desk: Desk, case_id: UUID, staff_id: str) -> tuple[CaseRow, Actor] | None:
    """The case and the person as an actor in it."""
    row = await records.load(session, case_id)
    # Also for a case that is not there: the answer takes no less time.
    actor = (await access.actors_of(session, desk, {case_id: row}, staff_id, _now()))[case_id]
    if row is not None and _shows(desk, row, actor):
        return row, actor
    await _note_hidden(session, desk, case_id, staff_id)
    return None


def _shows(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    return row.erased_at is None and access.may_see(desk, row, actor)


async def _note_hidden(session: AsyncSession, desk: Desk, case_id: UUID, staff_id: str) -> None:
    """An attempt on what one may not see leaves a trace that does not name who tried beside what was tried."""
    name = access.hidden_name(desk, case_id, staff_id)
    await audit_trail.record(session, "case.hidden", object_ref=str(case_id), actor=name)


async def _reader(
    session: AsyncSession, desk: Desk, case_id: UUID, staff_id: str
) -> tuple[CaseRow, Actor] | tuple[None, None]:
    """The case for somebody who may read what was written in it. For everybody else there is nothing to read."""
    seen = await _seen(session, desk, case_id, staff_id)
    return seen if seen and access.may_read(desk, *seen) else (None, None)


async def _signed(
    desk: Desk,
    sender: Sender,
    row: CaseRow,
    action: Action,
    actor: Actor,
    texts: Mapping[str, str],
    staff_id: str,
    if_match: str,
) -> SignedAction | Refused:
    """The action, signed, when by all that is known now it would be taken: by the same rules as the decision itself, so
    that most refusals never reach the case's workflow. A refusal stands in the trail.
    """
    async with desk.database.transaction_if_needed() as begun:
        if if_match.strip() != f'"{etag(desk, row, actor)}"':
            against: Refused | None = Refused(Refusal.VERSION_STALE, decide.EDGE)
        else:
            outcome = decide.outcome(desk, row, action, actor, _now())
            against = outcome if isinstance(outcome, Refused) else await desk.check(begun, row, action, texts)
        if against is None:
            return await sender.sign(begun, row, action, texts, staff_id)
        return await refuse(await begun(), desk, row, against, actor, action.name)


def _told(name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """A party learns neither how many steps there were nor the dates of time limits that others have."""
    return {**answer, "version": None, "next_date": None} if name.startswith(access.PART) else dict(answer)


async def _send(sender: Sender, row: CaseRow, signed: SignedAction) -> dict[str, Any]:
    try:
        outcome = await sender.send(row, signed)
    except ActionLost:
        raise unavailable("It is not known whether this was recorded. Send it again with the same action_id.") from None
    if isinstance(outcome, dict):
        return outcome
    raise _problem(outcome.code, outcome.rule, outcome.params)


def keeps_reporter(desk: Desk, row: CaseRow) -> bool:
    """Whether nobody reads here who reports, unless the custodian gives it to one handler for one purpose."""
    route = desk.policy_of(row).routes.get(row.lifecycle)
    return route is not None and route.keeps_reporter


def _without_reporter(desk: Desk, row: CaseRow, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whom a report names, but for who reports: for routing alone, or by the custodian (invariant 2). Where somebody
    else is named as the one who writes, or it is said that there is one, the affected individual is not that person.
    One number in both places is hers.
    """
    if item["kind"] != "parties" or not keeps_reporter(desk, row):
        return item
    named = json.loads(item["text"])
    writes, affected = named.get("reporter"), named.get("affected_individual") or ""
    hers = writes is None or writes.casefold() == affected.casefold()
    hidden = {"reporter"} | ({"affected_individual"} if hers else set())
    return {**item, "text": json.dumps({name: who for name, who in named.items() if name not in hidden})}


def _problem(code: str, rule: str, params: Any) -> Problem:
    match code:
        case Refusal.CASE_UNKNOWN | Refusal.CASE_ERASED:
            return not_found()
        case Refusal.VERSION_STALE:
            return version_stale()
        case _:
            return refused(code, rule, params)


def _is_closed(desk: Desk, row: CaseRow) -> bool:
    """Whether there is nothing left to read. Raises Problem 503 while nobody can."""
    if desk.lifecycles[row.lifecycle].is_gone(row.state):
        return True
    if moving.is_on_its_way(desk, row):
        raise unavailable("This case is on its way to another desk. Ask again in a moment.")
    return False


async def _reads_her(session: AsyncSession, desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """Whether what the person wrote is there for this reader. Raises Problem 503 while nobody can tell."""
    if _is_closed(desk, row) or access.outside(desk, row, actor):
        return False
    return await contents.talks(session, desk, row)


def may_write(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """Whether a page offers this reader to write to the person. Raises Problem 503 while the case is on its way."""
    talks = row.lifecycle in desk.talks and row.closed_at is None
    return talks and not _is_closed(desk, row) and access.outside(desk, row, actor) is None


def withheld(desk: Desk, row: CaseRow, actor: Actor) -> frozenset[str]:
    """The names of the texts of this case that this reader is not shown."""
    withholds = desk.withholds.get(row.lifecycle)
    return withholds(row, actor) if withholds else frozenset()


async def _contents(desk: Desk, row: CaseRow, actor: Actor, reader: SignedIn, purpose: str) -> list[ItemSeen]:
    if _is_closed(desk, row):
        return []
    if team := access.outside(desk, row, actor):
        async with desk.database.transaction() as session:
            texts = await bodies.texts_of(session, desk, row)
        return [text_of(one) for one in texts if one.action in team.shares]
    found: list[Mapping[str, Any]] = []
    async with desk.database.transaction() as session:
        readable = await _reads_her(session, desk, row, actor)
        waiting = (await unread.of_cases(session, desk, [(row, actor)]))[row.case_id]
    if readable:
        try:
            found += [_without_reporter(desk, row, one) for one in await contents.read(desk, row, reader, purpose)]
        except contents.NotHandedOut:
            raise not_found() from None
        except contents.IntakeUnreachable:
            raise unavailable() from None
    async with desk.database.transaction() as session:
        await unread.mark_read(session, row, actor, waiting)
        found += await desk.own_contents(session, row, purpose)
        texts = await bodies.texts_of(session, desk, row)
    hidden = withheld(desk, row, actor)
    shown = (text_of(one) for one in texts if one.name not in hidden)
    return [*(convert(one, ItemSeen, strict=False) for one in found), *shown]


def _now() -> datetime:
    return datetime.now(UTC)
