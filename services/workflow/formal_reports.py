"""A formal report beyond its table: sub-files, links between reports, whoever cooperates, and who may be named."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun
from chassis.outbox import add_event
from chassis.web.problems import invalid
from contracts.ids import CaseId, new_id
from contracts.requests.v1.requests_pb2 import CooperationEnded
from contracts.topics import WORKFLOW_REQUESTS
from lifecycle import access, bodies, directory, exclusions, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, ActorKind, Case, Effect
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.table import FieldKind
from policy.model import Role
from services.workflow import beside, cooperation, measures
from services.workflow.domain import formal_report
from services.workflow.domain.formal_person import WRITER_SAID
from services.workflow.domain.formal_rules import CONTACT_WANTED_AGAIN, SUBFILE

REPORT: Final = formal_report.LIFECYCLE.name
RESPONDENT: Final = "respondent"
SYSTEM: Final = Actor(ActorKind.SYSTEM)


async def check(begun: Begun, desk: Desk, row: CaseRow, action: Action, texts: Mapping[str, str]) -> None:
    """Whoever is named has to be there, free of conflicts, and of the matter. Raises Problem 400, which names the
    field and no person.
    """
    if row.lifecycle != REPORT:
        return
    await _check_parts(begun, desk, row, action)
    if RESPONDENT in texts:
        await _check_respondent(await begun(), desk, row, texts[RESPONDENT])
    if "witness" in texts and await directory.person(await begun(), texts["witness"].strip()) is None:
        raise invalid("texts.witness", "The people directory knows nobody by this staff id.")
    if "other_case" in texts and await _other_report(await begun(), row, texts["other_case"]) is None:
        raise invalid("texts.other_case", "There is no other report with this case id.")


async def _check_parts(begun: Begun, desk: Desk, row: CaseRow, action: Action) -> None:
    """A part in the case goes to nobody who must not see it (invariant 32)."""
    for rule in desk.lifecycles[REPORT].rules:
        if rule.action != action.name:
            continue
        named = {field.name for field in rule.fields if field.kind is FieldKind.STAFF} & action.facts.keys()
        for name in named:
            session = await begun()
            now = await records.clock_now(session)
            roles = {role for role, fact in rule.assigns.items() if fact == name}
            actor = await access.actor_of(session, desk, row, str(action.facts[name]), now)
            if actor.excluded or (roles and actor.roles.isdisjoint(roles)):
                raise invalid(f"facts.{name}", "This person cannot take this part here. Name somebody else.")


async def _check_respondent(session: AsyncSession, desk: Desk, row: CaseRow, named: str) -> None:
    of_the_matter = await parties.parties_of(session, desk, row)
    spelled = {one.casefold() for one in of_the_matter.alleged_offender} if of_the_matter else set()
    if named.strip().casefold() not in spelled:
        raise invalid(f"texts.{RESPONDENT}", "The report names nobody by this staff id.")
    if named.strip().casefold() in await _in_subfiles(session, desk, row.report_id):
        raise invalid(f"texts.{RESPONDENT}", "There is a sub-file about this person already.")


async def _in_subfiles(session: AsyncSession, desk: Desk, report_id: UUID) -> set[str]:
    found = set[str]()
    for one in await records.of_report(session, report_id, REPORT):
        subject = await subject_of(session, desk, one)
        found |= {subject.casefold()} if subject else set()
    return found


async def subject_of(session: AsyncSession, desk: Desk, row: CaseRow) -> str | None:
    """The one whom a sub-file is about; None for a report that is about everybody it names, but those."""
    if row.erased_at is not None or from_json(row.data).facts.get(SUBFILE) is not True:
        return None
    found = (await bodies.words_of(session, desk, row, RESPONDENT, "begin_subfile")).strip()
    return (await directory.spelled(session, [found]))[found]


async def subjects_of(session: AsyncSession, desk: Desk, row: CaseRow) -> tuple[str, ...]:
    """By staff id, whom this formal report is about: the one of a sub-file, or all that it names and that have none."""
    if subject := await subject_of(session, desk, row):
        return (subject,)
    of_the_matter = await parties.parties_of(session, desk, row)
    elsewhere = await _in_subfiles(session, desk, row.report_id)
    named = of_the_matter.alleged_offender if of_the_matter else ()
    return tuple(one for one in named if one.casefold() not in elsewhere)


async def open_subfile(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """Under the same report, about the one who was named: that goes along, sealed anew, and nothing else does."""
    now, number = case.steps[-1].at, 1 + len(await beside.case_ids(session, row.report_id, REPORT))
    case_id = await beside.opened(
        session, desk, row, case, REPORT, {"lodged_at": case.facts["lodged_at"]}, number=number
    )
    opened = await records.lock(session, case_id)
    assert opened is not None  # opened just now
    about = await bodies.words_of(session, desk, row, RESPONDENT, "open_subfile")
    action = Action(
        new_id(),
        "begin_subfile",
        {"investigator": case.assigned.get(Role.INVESTIGATOR, case.steps[-1].by)},
        frozenset({RESPONDENT}),
    )
    texts, _ = await bodies.store(session, desk, opened, action.id, {RESPONDENT: about})
    await decide_as(session, desk, case_id, action, SYSTEM, now, texts)


async def record_answer(session: AsyncSession, desk: Desk, report_id: UUID, event_id: UUID) -> list[UUID]:
    """She has written to her desk: the cases that asked her something, which have their answer now."""
    found = []
    for row in await records.of_report(session, report_id, REPORT):
        if (row.state, "record_answer") in desk.lifecycles[REPORT].rule_of:
            action = Action(event_id, "record_answer")
            await decide_as(session, desk, row.case_id, action, SYSTEM, await records.clock_now(session))
            found.append(row.case_id)
    return found


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Raises DeskKeyUnknown until the ethics office has published its key."""
    now = case.steps[-1].at
    match effect.name:
        case "report_linked":
            await _linked(session, desk, row, case, now)
        case "cooperation_started":
            witness = (await bodies.words_of(session, desk, row, "witness", "record_witness")).strip()
            # Who has seen it handles none of it (invariant 32).
            for one in await records.of_report(session, row.report_id):
                await exclusions.declare(session, desk.keys.cell, one.case_id, witness)
            await cooperation.start(session, desk, row, witness, now)
        case "cooperation_ended":
            await _ended(session, desk, row, now)
        case CONTACT_WANTED_AGAIN.name:
            await beside.end_silence(session, desk, row, case)
        case WRITER_SAID.name:
            await measures.note_writer(session, desk, row, case)
        case unknown:
            raise LookupError(unknown)


async def _ended(session: AsyncSession, desk: Desk, row: CaseRow, now: datetime) -> None:
    texts = await bodies.texts_of(session, desk, row)
    for witness in {one.text.strip().casefold() for one in texts if one.name == "witness"}:
        id_ = str(cooperation.protection_id(desk, row.case_id, witness))
        day = Timestamp()
        day.FromDatetime(now.replace(hour=0, minute=0, second=0, microsecond=0))
        # Under a key of its own, as everything on this topic: nobody is to count what belongs together.
        await add_event(session, WORKFLOW_REQUESTS, str(new_id()), CooperationEnded(protection_id=id_, ended_on=day))


async def _linked(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, now: datetime) -> None:
    """A counter-report is somebody else's to handle where there is somebody (invariant 49)."""
    named = await bodies.words_of(session, desk, row, "other_case", "link_report")
    other = await _other_report(session, row, named)
    handler = case.assigned.get(Role.INVESTIGATOR)
    if other is None or case.facts["relation"] != "counter_report" or handler is None:
        return
    if from_json(other.data).assigned.get(Role.INVESTIGATOR) != handler:
        return
    appointed = {one.staff_id for one in desk.policy_of(row).appointed(Role.INVESTIGATOR, now)} - {handler}
    for staff_id in appointed:
        actor = await access.actor_of(session, desk, row, staff_id, now)
        if not actor.excluded and Role.INVESTIGATOR in actor.roles:
            action = Action(new_id(), "want_other_handler")
            await decide_as(session, desk, row.case_id, action, SYSTEM, now)
            return


async def _other_report(session: AsyncSession, row: CaseRow, named: str) -> CaseRow | None:
    try:
        found = await records.load(session, CaseId(UUID(named.strip())))
    except ValueError:
        return None
    there = found is not None and found.lifecycle == REPORT and found.report_id != row.report_id
    return found if there and found is not None and found.erased_at is None else None
