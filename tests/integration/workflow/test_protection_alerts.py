"""What the ethics office alerts to: who sees the measure, what she is told of it, and that oversight learns nothing."""

import base64
import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.inbox import InvalidMessage
from chassis.sealing import SEED_BYTES, DeskPrivateKey, open_from, seal_to, told_context
from contracts.cases.v1.cases_pb2 import CaseChanged
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import RouteKeyReplaced
from contracts.requests.v1.requests_pb2 import ProtectionAlerted
from contracts.topics import ETHICS_REQUESTS, HR_PEOPLE, INTAKE_REPORTS_WORKFLOW
from lifecycle import access, bodies, parties
from lifecycle.directory import DirectoryNotHere
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Refused
from services.workflow.desk import route
from tests.integration.workflow.house import (
    COLLEAGUE,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    LINES,
    NEXT_MANAGER,
    OTHER_HEAD,
    PERSON,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
    House,
    person,
)
from tests.integration.workflow.test_respondents import SUSPENSION, applied_over_him

ETHICS_OFFICER, ALTERNATE, WELFARE = "S0007", "S0066", "S0014"
PEOPLE = {**LINES, ETHICS_OFFICER: "S0001", ALTERNATE: ""}
OVERSIGHT = {INVESTIGATOR, SECOND_INVESTIGATOR}
WORDS = "Since she reported him her contract is to end early."
HER_KEY = DeskPrivateKey.from_seed(os.urandom(SEED_BYTES))


def alert(house: House, report_id: UUID | str, **changes: Any) -> ProtectionAlerted:
    told: dict[str, Any] = {
        "affected_individual": PERSON,
        "alleged_offender": [SUPERVISOR],
        "not_these_people": [],
        "about_offices": [],
        "writer": "affected",
        "route_key": base64.b64encode(HER_KEY.public).decode(),
        "facts": {"urgency": "green"},
        "risk_facts": WORDS,
        "by": ETHICS_OFFICER,
    } | changes
    public = house.desk.keys.desk("measures").public
    sealed = seal_to(public, json.dumps(told).encode(), context=b"alert|" + str(report_id).encode())
    return ProtectionAlerted(report_id=str(report_id), sealed_alert=sealed)


async def arrives(house: House, report_id: UUID | None = None, **changes: Any) -> CaseId:
    """The measure's case, routed as its errand does."""
    report_id = report_id or uuid4()
    await house.receive(ETHICS_REQUESTS, str(report_id), alert(house, report_id, **changes))
    ((case_id,),) = await measures(house, report_id)
    await route(house.desk, CaseId(case_id))
    return CaseId(case_id)


async def measures(house: House, report_id: UUID) -> list[Any]:
    query = "select case_id from cases where report_id = :id and lifecycle = 'interim_measure' order by number"
    return await house.query(query, id=report_id)


async def seen_by(house: House, case_id: UUID) -> set[str]:
    row, found = await house.row(case_id), set[str]()
    async with house.desk.database.transaction() as session:
        for staff_id in {one.staff_id for one in house.desk.policy.appointments} | set(PEOPLE):
            actor = await access.actor_of(session, house.desk, row, staff_id, datetime.now(UTC))
            found |= {staff_id} if access.may_see(house.desk, row, actor) else set()
    return found


async def test_inv_31_the_ethics_office_and_the_deciders_have_it_and_oversight_never_hears_of_it(house: House) -> None:
    await house.people(PEOPLE)
    case_id = await arrives(house)

    assert await seen_by(house, case_id) == {ETHICS_OFFICER, ALTERNATE, LEGAL_AND_HEAD, OTHER_HEAD, HR_DIRECTOR}
    row = await house.row(case_id)
    assert (row.state, row.data["facts"]["origin"], row.data["facts"]["purpose"]) == (
        "alerted", "ethics", "retaliation_risk",
    )  # fmt: skip
    async with house.desk.database.transaction() as session:
        assert [one.text for one in await bodies.texts_of(session, house.desk, row)] == [WORDS]
    told = {whom for _, whom in await house.notices()}
    assert {OTHER_HEAD, HR_DIRECTOR} <= told
    assert not told & (OVERSIGHT | {SUPERVISOR, PERSON, NEXT_MANAGER, COLLEAGUE})


async def test_whom_it_concerns_is_kept_from_it_and_so_is_whoever_she_names_later(house: House) -> None:
    await house.people(PEOPLE)
    report_id = uuid4()
    case_id = await arrives(house, report_id)
    for party in (PERSON, SUPERVISOR):
        assert await house.excluded(case_id, party, decides=True)
    assert OTHER_HEAD in await seen_by(house, case_id)
    again = alert(house, report_id, not_these_people=[OTHER_HEAD], facts={"urgency": "red"})
    await house.receive(ETHICS_REQUESTS, str(report_id), again)
    assert await measures(house, report_id) == [(case_id,)], "it joins the measure that is there"
    assert OTHER_HEAD not in await seen_by(house, case_id)
    row = await house.row(case_id)
    assert row.data["facts"]["urgency"] == "red"
    async with house.desk.database.transaction() as session:
        found = await parties.parties_of(session, house.desk, row)
    assert found == Parties(PERSON, (SUPERVISOR,), (OTHER_HEAD,))


async def test_what_she_was_told_of_it_opens_to_the_code_that_she_got_meanwhile(house: House) -> None:
    """The news of her newer key was here before anything of her report was, and intake tells the key again."""
    await house.people(PEOPLE)
    report_id, newer = uuid4(), DeskPrivateKey.from_seed(os.urandom(SEED_BYTES))
    news = RouteKeyReplaced(report_id=str(report_id), route_public_key=newer.public)
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(report_id), news)
    case_id = await arrives(house, report_id)
    version = (await house.row(case_id)).version
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(report_id), news)
    first, again = (await told_intake(house, report_id))[-2:]
    assert (first.version, again.version, again.state) == (version, version, "alerted")
    context = told_context(report_id, "interim_measure", 1, version)
    said = open_from(HER_KEY, first.sealed_facts, context=context)
    assert json.loads(said)["measure"] == "any"
    assert open_from(newer, again.sealed_facts, context=context) == said


async def told_intake(house: House, report_id: UUID) -> list[CaseChanged]:
    query = "select value from outbox where type = :type and key = :key order by id"
    rows = await house.query(query, type=CaseChanged.DESCRIPTOR.full_name, key=str(report_id))
    return [CaseChanged.FromString(row.value) for row in rows]


async def test_she_sees_it_under_her_request_and_what_it_means_is_sealed_to_her(house: House) -> None:
    await house.people(PEOPLE)
    report_id = uuid4()
    case_id = await arrives(house, report_id)
    assert isinstance(await house.act(OTHER_HEAD, case_id, "acknowledge_alert"), Decided)
    facts = {"alternative_offered": True, "asked_type": "physical_separation"}
    asked = await house.act(ALTERNATE, case_id, "ask_consent", facts)
    assert isinstance(asked, Decided), "somebody of the office who did not alert"
    shown = [
        CaseChanged.FromString(row.value)
        for row in await house.query("select value from outbox where type like '%CaseChanged' order by id")
    ]
    assert {one.report_id for one in shown} == {str(report_id)}
    last = shown[-1]
    assert (last.lifecycle, last.state) == ("interim_measure", "consent_asked")
    assert {one.action for one in last.offers} >= {"consent_to_measure", "refuse_measure"}
    context = told_context(report_id, "interim_measure", 1, last.version)
    assert json.loads(open_from(HER_KEY, last.sealed_facts, context=context))["measure"] == "physical_separation"


async def test_who_has_told_for_another_is_not_shown_what_is_decided_over_her(house: House) -> None:
    await house.people(PEOPLE)
    await arrives(house, writer="third_party")
    assert await house.query("select 1 from outbox where type like '%CaseChanged'") == []


async def test_an_alert_by_whoever_has_another_part_in_the_measure_is_refused_and_holds_nothing_up(
    house: House,
) -> None:
    await house.people(PEOPLE)
    report_id = uuid4()
    case_id = await arrives(house, report_id)
    await house.act(OTHER_HEAD, case_id, "acknowledge_alert")
    await house.act(ALTERNATE, case_id, "ask_consent", {"alternative_offered": True})
    version = (await house.row(case_id)).version
    await house.receive(ETHICS_REQUESTS, str(report_id), alert(house, report_id, by=ALTERNATE))
    assert (await house.row(case_id)).version == version
    ((entry,),) = await house.query(
        "select convert_from(entry_json, 'UTF8') from audit_readable where convert_from(entry_json, 'UTF8') like :act",
        act="%alert.refused%",
    )
    audited = json.loads(entry)
    assert (audited["rule"], audited["facts"]["code"]) == ("invariant 33", "SAME_PERSON")


async def test_oversight_has_a_measure_of_its_own_under_the_same_report(house: House) -> None:
    """The request was passed on to oversight afterwards: its alert opens another measure, and shows nothing of this."""
    await house.people(PEOPLE)
    report_id = uuid4()
    case_id = await arrives(house, report_id)
    formal = await house.open("formal_report", report_id)
    await house.route(formal)
    await house.act(INVESTIGATOR, formal, "acknowledge")
    facts = {"purpose": "prevent_repetition", "urgency": "green"}
    answer = await house.act(INVESTIGATOR, formal, "alert_interim_measures", facts, {"risk_facts": "r"})
    assert isinstance(answer, Decided)
    ours, theirs = [one for (one,) in await measures(house, report_id)]
    assert ours == case_id
    await route(house.desk, CaseId(theirs))
    assert not await seen_by(house, ours) & OVERSIGHT
    assert await seen_by(house, theirs) >= OVERSIGHT


async def test_inv_31_whom_the_office_tells_of_a_measure_has_a_case_that_oversight_does_not_see(house: House) -> None:
    await house.people({**PEOPLE, WELFARE: "S0001"})
    measure = await arrives(house)
    await applied_over_him(house, measure, **SUSPENSION, redeployment_considered=True)
    assert isinstance(await house.act(INVESTIGATOR, measure, "release_notice", {}, {"letter": "l"}), Refused)
    letter = {"letter": "Your duties rest, with pay."}
    assert isinstance(await house.act(ETHICS_OFFICER, measure, "release_notice", {}, letter), Decided)
    (his,) = await house.query("select case_id from cases where lifecycle = 'respondent'")
    assert await seen_by(house, his.case_id) == {ETHICS_OFFICER, ALTERNATE, SUPERVISOR}
    before = len(await house.notices())
    assert isinstance(await house.act(SUPERVISOR, his.case_id, "respond", {}, {"response": "I need my post."}), Decided)
    assert [whom for _, whom in (await house.notices())[before:]] == [ETHICS_OFFICER]
    asked = await house.act(SUPERVISOR, his.case_id, "ask_review", {"about": "decision"}, {"request": "r"})
    assert isinstance(asked, Decided)
    (review,) = await house.query("select case_id from cases where lifecycle = 'review'")
    await route(house.desk, CaseId(review.case_id))
    assert not await seen_by(house, review.case_id) & OVERSIGHT
    assert not {whom for _, whom in await house.notices()} & OVERSIGHT


async def test_inv_31_a_new_line_over_her_is_noted_for_the_office_that_asked_for_the_measure(house: House) -> None:
    await house.people({**PEOPLE, PERSON: NEXT_MANAGER})
    case_id = await arrives(house)
    await house.act(OTHER_HEAD, case_id, "acknowledge_alert")
    before = len(await house.notices())
    await house.receive(HR_PEOPLE, PERSON, person(PERSON, SUPERVISOR))
    await parties.retag(house.desk)
    told = {whom for _, whom in (await house.notices())[before:]}
    assert ETHICS_OFFICER in told
    assert not told & OVERSIGHT
    assert len(await house.query("select 1 from cases where lifecycle = 'interim_measure'")) == 1


async def test_it_waits_for_the_directory_because_nobody_in_conflict_may_see_it(house: House) -> None:
    report_id = uuid4()
    with pytest.raises(DirectoryNotHere):
        await house.receive(ETHICS_REQUESTS, str(report_id), alert(house, report_id))
    assert await house.query("select 1 from cases") == []


async def test_what_cannot_be_read_is_set_aside(house: House) -> None:
    await house.people(PEOPLE)
    report_id = uuid4()
    moved = alert(house, uuid4())
    moved.report_id = str(report_id)
    for key, message in (
        (str(uuid4()), alert(house, report_id)),
        ("no id", alert(house, "no id")),
        (str(report_id), ProtectionAlerted(report_id=str(report_id), sealed_alert=b"x")),
        (str(report_id), moved),
        (str(report_id), alert(house, report_id, risk_facts=None)),
        (str(report_id), alert(house, report_id, route_key="!")),
    ):
        with pytest.raises(InvalidMessage):
            await house.receive(ETHICS_REQUESTS, key, message)
    assert await house.query("select 1 from cases") == []
