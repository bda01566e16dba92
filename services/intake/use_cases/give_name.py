"""A person who wrote without a name gives one, to one of her routes, and whoever has given a name alone her staff
number: sealed as it would have been when she sent it, to whoever has that route, and the number on the organisation's
side to the custodian.

It cannot be taken back: what somebody has read, nobody makes unread. Her other routes stay without a name.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from typing import Any, Final

from chassis import audit_trail
from chassis.access_code import AccessCode
from chassis.outbox import add_event
from contracts.intake.v1.reports_pb2 import NameGiven, PartiesAdded
from contracts.topics import reports_to
from services.intake.bodies import GiveName
from services.intake.domain.codes import NAMED_AT
from services.intake.intake import Intake, audit_object
from services.intake.items import add_items, items_of, open_items, seal_identity, seal_item
from services.intake.parties import NOBODY, Parties, keep_out
from services.intake.tables import Direction, Item, ItemKind, Report
from services.intake.use_cases import protect
from services.intake.use_cases.send_message import first_time, keys_of_route, report_lying_with

CONFIDENTIAL: Final = "confidential"
NAME: Final = "how_to_address_me"
"""The answer that says what she wants to be called."""


class AlreadyNamed(Exception):
    """The route has a name, and keeps it; and her number, where that is what she gives."""


async def give_name(intake: Intake, code: AccessCode, given: GiveName, now: datetime) -> None:
    """Sent again with the same id, nothing follows. Raises NothingHere, AlreadyErased, AlreadyNamed, DeskKeyUnknown,
    PassedOnMeanwhile.
    """
    async with intake.database.transaction() as session:
        desk, route_public = await keys_of_route(session, intake, code, given.report_id)
        report = await session.get_one(Report, given.report_id)
        earlier = [one for one in await items_of(session, [given.report_id]) if one.kind == ItemKind.PARTIES]
    opened = await open_items(intake.keystore, earlier, code.route_key(given.report_id))
    known = all_named(opened.values())
    named = _hers(given, known)
    contents: list[tuple[ItemKind, Mapping[str, Any]]] = []
    if given.name:
        contents.append((ItemKind.ANSWERS, {"name": NAME, "text": given.name}))
    if named != NOBODY:
        contents.append((ItemKind.PARTIES, named.content()))
    items = [seal_item(report.report_id, kind, content, desk, route_public) for kind, content in contents]
    wraps = [wrap for item in items for wrap in item.wraps]
    if given.staff_id and report.service in NAMED_AT:
        items.append(seal_identity(report.report_id, given.staff_id, intake.keys.desk("custodian").public))
    await intake.keystore.put_wraps([wrap for item in items for wrap in item.wraps], ahead=True)
    async with intake.database.transaction() as session:
        report = await report_lying_with(session, given.report_id, wraps)
        if not await first_time(session, report, given.action_id):
            return
        number_alone = given.staff_id is not None and given.name is None
        numbered = is_numbered(report, await items_of(session, [report.report_id]), known)
        if report.mode == CONFIDENTIAL and (numbered or not number_alone):
            raise AlreadyNamed
        report.mode = CONFIDENTIAL
        await add_items(session, report.report_id, items, now, Direction.PERSON)
        await keep_out(session, intake, report.report_id, named)
        topic, key = reports_to(report.service), str(report.report_id)
        for item in items:
            if item.kind == ItemKind.PARTIES:
                await add_event(session, topic, key, PartiesAdded(report_id=key, item_id=str(item.item_id)))
        answers = [str(item.item_id) for item in items if item.kind == ItemKind.ANSWERS]
        await add_event(session, topic, key, NameGiven(report_id=key, item_ids=answers))
        await _protect(session, intake, report, given, named.joined_with(known), now)
        await audit_trail.record(session, "name_given", object_ref=audit_object(report), actor=None)


def all_named(contents: Iterable[dict[str, Any]]) -> Parties:
    """Of a report's items of that kind, oldest first."""
    return reduce(lambda one, content: Parties.read(content).joined_with(one), contents, NOBODY)


def is_numbered(report: Report, items: Iterable[Item], known: Parties) -> bool:
    """Whether her number is with a route that has a name: on the organisation's side with the custodian, on the
    person's among those whom it concerns.
    """
    if report.mode != CONFIDENTIAL:
        return False
    if report.service in NAMED_AT:
        return any(one.kind == ItemKind.IDENTITY for one in items)
    return protect.whoever_writes(known, report.lifecycle, {}) is not None


def _hers(given: GiveName, known: Parties) -> Parties:
    """Her number among those whom it concerns. Where somebody is named already whom it happened to, she wrote for that
    person.
    """
    if given.staff_id is None:
        return NOBODY
    affected = (known.affected_individual or "").casefold()
    if affected != given.staff_id.casefold() and (affected or given.for_somebody_else):
        return Parties(reporter=given.staff_id)
    return Parties(affected_individual=given.staff_id)


async def _protect(
    session: Any, intake: Intake, report: Report, given: GiveName, parties: Parties, now: datetime
) -> None:
    """From the day on which she reported, as everybody who names herself when she sends it. Raises DeskKeyUnknown."""
    known = await protect.answers_of(session, report.report_id)
    protects = intake.policy.routes[report.lifecycle].protects
    if protects and given.staff_id and given.watch_for_retaliation and protect.WATCH not in known:
        contact = known.get(protect.ETHICS_CONTACT, (0, False))[1]
        await protect.start(session, intake, report, given.staff_id, parties, contact=contact, now=now)
