"""What the person does with her code after lodging: write to her desk, and act in her case."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.access_code import AccessCode
from chassis.desk_keys import DeskPublicKey, desk_key
from chassis.keystore import Wrap
from chassis.outbox import add_event
from chassis.sealing import ROUTE, desk_label, is_for
from contracts.intake.v1.reports_pb2 import MessageReceived, PartiesAdded, PersonActed
from contracts.topics import reports_to
from lifecycle.model import STOP_CONTACT
from services.intake.bodies import Act, AddParties, SendMessage
from services.intake.intake import AlreadyErased, Intake, NothingHere, audit_object, desk_of_case, lock_report
from services.intake.items import SealedItem, add_items, seal_item
from services.intake.parties import Parties, keep_out
from services.intake.route_list import routes_of
from services.intake.tables import Direction, ItemKind, PersonAction, Report
from services.intake.use_cases.choose_mails import take_mails_back
from services.intake.use_cases.prove_consent import keep_consent

# A code word, an id, a date or a time; nothing in which something could be told.
_FACT: Final = re.compile(
    r"[a-z][a-z0-9_.]{0,63}"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?"
)


class NotAFact(ValueError):
    """A fact of an action that could hold words of the person; `name` is the fact's."""

    def __init__(self, name: str) -> None:
        super().__init__("a fact is a code word, a number, a date, an id, or yes or no")
        self.name = name


class PassedOnMeanwhile(Exception):
    """The report went to another desk, or she has another code, while this was being sealed to the old one: to be sent
    again.
    """


async def send_message(
    intake: Intake, code: AccessCode, message: SendMessage, now: datetime, *, once: UUID | None = None
) -> UUID:
    """Seal a message to her desk; the item's id. Sent again with the same `once`, nothing follows: the id is nobody's.

    Raises NothingHere, AlreadyErased, DeskKeyUnknown, PassedOnMeanwhile.
    """
    contents = [(ItemKind.MESSAGE, {"text": message.text})]
    (item,) = items = await _sealed(intake, code, message.report_id, contents)
    async with intake.database.transaction() as session:
        report = await _report_of(session, message.report_id, items)
        if once is not None and not await first_time(session, report, once):
            return item.item_id
        await add_items(session, report.report_id, items, now, Direction.PERSON)
        news = MessageReceived(report_id=str(report.report_id), item_id=str(item.item_id))
        await add_event(session, reports_to(report.service), str(report.report_id), news)
        await audit_trail.record(session, "message_received", object_ref=audit_object(report), actor=None)
    return item.item_id


async def act(intake: Intake, code: AccessCode, action: Act, now: datetime) -> None:
    """Pass an action of hers to the desk, whose rules decide; sent again with the same id, nothing follows.

    Raises NothingHere, AlreadyErased, NotAFact, DeskKeyUnknown, PassedOnMeanwhile.
    """
    check_facts(action.facts)
    contents = [(ItemKind.ANSWERS, {"name": name, "text": text}) for name, text in action.texts.items()]
    items = await _sealed(intake, code, action.report_id, contents)
    async with intake.database.transaction() as session:
        report = await _report_of(session, action.report_id, items)
        if not await first_time(session, report, action.action_id):
            return
        await add_items(session, report.report_id, items, now, Direction.PERSON)
        news = PersonActed(
            report_id=str(report.report_id),
            lifecycle=action.lifecycle,
            number=action.number,
            action_id=str(action.action_id),
            action=action.action,
            facts_json=json.dumps(action.facts, sort_keys=True),
            item_ids=[str(item.item_id) for item in items],
            at=now,
        )
        desk = desk_of_case(report, action.lifecycle)
        await add_event(session, reports_to(desk), str(report.report_id), news)
        await keep_consent(session, report, action, now)
        if action.facts.get(STOP_CONTACT) is True:
            # In her own transaction: what is under way finds no address any more (invariant 16).
            await take_mails_back(session, report.report_id, now)
        await audit_trail.record(session, "person_acted", object_ref=audit_object(report), actor=None)


async def add_parties(intake: Intake, code: AccessCode, added: AddParties, now: datetime) -> None:
    """Keep more people from a report: at once from what lies here, and from its cases as soon as the desk has read who
    they are. Sent again with the same id, nothing follows.

    Raises NothingHere, AlreadyErased, DeskKeyUnknown, PassedOnMeanwhile.
    """
    named = Parties(refused=added.not_these_people)
    (item,) = items = await _sealed(intake, code, added.report_id, [(ItemKind.PARTIES, named.content())])
    async with intake.database.transaction() as session:
        report = await _report_of(session, added.report_id, items)
        if not await first_time(session, report, added.action_id):
            return
        await add_items(session, report.report_id, items, now, Direction.PERSON)
        await keep_out(session, intake, report.report_id, named)
        news = PartiesAdded(report_id=str(report.report_id), item_id=str(item.item_id))
        await add_event(session, reports_to(report.service), str(report.report_id), news)
        await audit_trail.record(session, "parties_added", object_ref=audit_object(report), actor=None)


def check_facts(facts: Mapping[str, bool | int | str]) -> None:
    """Raises NotAFact: words belong into `texts`, which are sealed."""
    for name, fact in facts.items():
        if isinstance(fact, str) and not _FACT.fullmatch(fact):
            raise NotAFact(name)


async def first_time(session: AsyncSession, report: Report, action_id: UUID) -> bool:
    """Whether this action of hers has not come before."""
    row = insert(PersonAction).values(report_id=report.report_id, action_id=action_id).on_conflict_do_nothing()
    return (await session.execute(row.returning(col(PersonAction.action_id)))).first() is not None


async def _report_of(session: AsyncSession, report_id: UUID, items: Sequence[SealedItem]) -> Report:
    """The report, locked, which still has the desk and the code that the items are sealed to. Else nothing of them is
    kept: a sweep destroys their wraps.
    """
    return await report_lying_with(session, report_id, [wrap for item in items for wrap in item.wraps])


async def report_lying_with(session: AsyncSession, report_id: UUID, wraps: Collection[Wrap]) -> Report:
    """The report, locked, where these wraps are for its desk and for its code. Raises NothingHere, AlreadyErased,
    PassedOnMeanwhile.
    """
    report = await lock_report(session, report_id)
    desk, hers = desk_label(report.service, report.office), report.route_public_key or b""
    if any(not is_for(hers, one.wrapped) if one.recipient == ROUTE else one.recipient != desk for one in wraps):
        raise PassedOnMeanwhile
    return report


async def _sealed(
    intake: Intake, code: AccessCode, report_id: UUID, contents: Sequence[tuple[ItemKind, Mapping[str, Any]]]
) -> list[SealedItem]:
    """Sealed for one of her own routes, the wraps kept ahead of the contents."""
    async with intake.database.transaction() as session:
        desk, route_public = await keys_of_route(session, intake, code, report_id)
    items = [seal_item(report_id, kind, content, desk, route_public) for kind, content in contents]
    await intake.keystore.put_wraps([wrap for item in items for wrap in item.wraps], ahead=True)
    return items


async def keys_of_route(
    session: AsyncSession, intake: Intake, code: AccessCode, report_id: UUID
) -> tuple[DeskPublicKey, bytes]:
    """To which what she adds to one of her own routes is sealed: the desk's key, and the route's. Raises NothingHere,
    AlreadyErased, DeskKeyUnknown.
    """
    if report_id not in await routes_of(session, intake, code):
        raise NothingHere
    report = await session.get(Report, report_id)
    if report is None:
        raise NothingHere
    if report.route_public_key is None:
        raise AlreadyErased
    return await desk_key(session, report.service, report.office), report.route_public_key
