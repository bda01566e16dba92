"""What a request for protection brings about beside itself: in the register, with HR, on the organisation's side."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.sealing import open_from
from contracts.cases.v1.cases_pb2 import CaseErased
from contracts.holds.v1.holds_pb2 import HoldAnswered, HoldAsked, HoldReleased
from contracts.requests.v1.requests_pb2 import ProtectionAlerted
from contracts.topics import ETHICS_CASES, ETHICS_HOLDS, ETHICS_REQUESTS, HR_HOLD_RESULTS
from lifecycle import bodies, erasing, notices, recusal, reports
from lifecycle.decide import ring
from lifecycle.durable import Decided
from lifecycle.model import Actor, ActorKind, Refused
from policy.model import Role
from services.ethics.use_cases.route_case import NoReviewer
from tests.integration.ethics.office import (
    ABOVE,
    ETHICS_OFFICER,
    OFFENDER,
    PROTECTED,
    UNPROTECTED,
    Office,
    personnel_action,
)

pytestmark = pytest.mark.stack
PERSON, SYSTEM = Actor(ActorKind.PERSON), Actor(ActorKind.SYSTEM)
INTAKE_OFFICER, INVESTIGATOR, OTHER_INVESTIGATOR = "S0005", "S0006", "S0005"
HR_DIRECTOR, EXECUTIVE_HEAD, ALTERNATE = "S0002", "S0001", "S0066"
REVIEWER, SECOND_REVIEWER = "S0068", "S0076"
TO_REVIEW = (("acknowledge", ETHICS_OFFICER), ("complete_file", ETHICS_OFFICER), ("start_review", ETHICS_OFFICER))
TO_FINDING = (*TO_REVIEW, ("find_prima_facie", ETHICS_OFFICER))


async def told(office: Office) -> list[str]:
    """Whom a mail goes to."""
    key = office.desk.keys.desk("ethics")
    rows = await office.rows("select recipient_ref, sealed from recipients order by created_at")
    return [notices.opened(sealed, ref, key)[0] for ref, sealed in rows]


def second_officer(office: Office, staff_id: str = ALTERNATE) -> None:
    policy = office.desk.policy
    [officer] = policy.appointed(Role.ETHICS_OFFICER, datetime.now(UTC))
    office.desk.policy = replace(policy, appointments=(*policy.appointments, replace(officer, staff_id=staff_id)))


async def test_inv_31_a_request_is_the_ethics_offices_alone_until_it_refers_it_to_one_investigator(
    quiet_office: Office,
) -> None:
    office = quiet_office
    case_id = await office.request()
    assert await told(office) == [ETHICS_OFFICER]
    everybody = {one.staff_id for one in office.desk.policy.appointments}
    assert {one for one in everybody if await office.sees(case_id, one)} == {ETHICS_OFFICER}
    await office.walk(case_id, *TO_FINDING)
    assert isinstance(
        await office.act(case_id, "refer_to_oversight", ETHICS_OFFICER, investigator=INVESTIGATOR), Decided
    )
    assert {one for one in everybody if await office.sees(case_id, one)} == {ETHICS_OFFICER, INVESTIGATOR}
    await office.walk(case_id, ("submit_investigation", INVESTIGATOR))
    assert not await office.sees(case_id, INVESTIGATOR), "the part ends with the report"


async def test_whoever_is_named_in_it_and_their_lines_have_no_part_in_it(quiet_office: Office) -> None:
    office = quiet_office
    await office.person(INVESTIGATOR, OFFENDER)
    case_id = await office.request()
    assert not await office.sees(case_id, ABOVE)
    await office.walk(case_id, *TO_FINDING)
    answer = await office.act(case_id, "refer_to_oversight", ETHICS_OFFICER, investigator=INVESTIGATOR)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.rule, answer.params) == ("IN_CONFLICT", "invariant 32", {"field": "investigator"})


async def test_inv_45_who_asks_is_in_the_register_since_the_activity_she_tells_of(quiet_office: Office) -> None:
    office, activity_on = quiet_office, datetime(2026, 3, 4, tzinfo=UTC)
    await office.see(personnel_action(PROTECTED, 1), told_at=activity_on + timedelta(days=1))
    case_id = await office.request(activity="told_supervisor", activity_on=activity_on.isoformat())
    assert await office.rows("select activity, started_at from protected") == [("told_supervisor", activity_on)]
    assert len(await office.queries()) == 1, "what HR did since then is asked about"
    earlier = activity_on - timedelta(days=10)
    await office.act(case_id, "correct_activity", ETHICS_OFFICER, activity="reported", activity_on=earlier.isoformat())
    assert await office.rows("select activity, started_at from protected") == [("reported", earlier)]
    [entry] = await office.audited("protection.corrected")()
    assert (entry["actor"], entry["rule"]) == (ETHICS_OFFICER, "invariant 45")


async def test_who_says_nothing_of_an_activity_is_protected_since_the_day_of_asking(quiet_office: Office) -> None:
    await quiet_office.request()
    [(activity, since)] = await quiet_office.rows("select activity, started_at from protected")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (activity, since) == ("asked_protection", today)


async def test_routing_it_twice_changes_nothing(quiet_office: Office) -> None:
    office = quiet_office
    case_id = await office.request()
    await office.desk.errands["route"](case_id)
    assert len(await office.rows("select 1 from protected")) == 1
    assert await told(office) == [ETHICS_OFFICER]


async def test_the_look_ahead_of_a_request_runs_from_its_closing(quiet_office: Office) -> None:
    office = quiet_office
    case_id = await office.request()
    await office.walk(case_id, *TO_REVIEW, ("find_no_prima_facie", ETHICS_OFFICER), ("ask_review", PERSON))
    await office.desk.errands["find_reviewer"](case_id)
    await office.walk(case_id, ("uphold_finding", REVIEWER), ("close_case", ETHICS_OFFICER))
    [(until,)] = await office.rows("select until from protected")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert until == office.desk.policy.due("ret.lookahead", today)
    assert await office.see(personnel_action(PROTECTED, 1), told_at=until - timedelta(days=1)) is not None


async def test_her_answer_about_contact_is_the_registers(quiet_office: Office) -> None:
    office = quiet_office
    case_id = await office.request()
    query = await office.see(personnel_action(PROTECTED, 1))
    assert "staff_id" not in (await office.facts(query))["protections"][0]
    await office.act(case_id, "agree_contact", PERSON, contact_agreed=True)
    assert (await office.facts(query))["protections"][0]["staff_id"] == PROTECTED
    await office.act(case_id, "agree_contact", PERSON, contact_agreed=False)
    assert "staff_id" not in (await office.facts(query))["protections"][0]


async def test_an_alert_tells_the_deciders_desk_whom_it_concerns_and_the_risk_and_nobody_else_anything(
    quiet_office: Office,
) -> None:
    office = quiet_office
    others = await office.others_keys()
    case_id = await office.request()
    row, route_key = await office.row(case_id), office.desk.keys.desk("ethics_outside").public
    async with office.desk.database.transaction() as session:
        await reports.keep(session, row.report_id, "retaliation", route_key, datetime.now(UTC))
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    await office.act(case_id, "alert_interim_measures", ETHICS_OFFICER, addressee="hr_director")
    [alert] = await office.sent(ETHICS_REQUESTS, ProtectionAlerted)
    assert alert.report_id == str(row.report_id)
    opened = open_from(others["workflow"], alert.sealed_alert, context=b"alert|" + alert.report_id.encode())
    assert json.loads(opened) == {
        "affected_individual": PROTECTED,
        "alleged_offender": [OFFENDER],
        "not_these_people": [],
        "about_offices": [],
        "writer": "affected",
        "route_key": base64.b64encode(route_key).decode(),
        "facts": {"urgency": "green", "addressee": "hr_director"},
        "risk_facts": "alert_interim_measures: risk_facts",
        "by": ETHICS_OFFICER,
    }
    dump = "\n".join(str(one) for (one,) in await office.rows("select o::text from outbox o"))
    for name in (PROTECTED, OFFENDER):
        assert name not in dump
        assert name.encode().hex() not in dump


@pytest.mark.parametrize("ends", ["release_hr_hold", "pass_on"])
async def test_hr_gets_what_to_leave_undone_for_whom_and_until_when_and_never_why(
    quiet_office: Office, ends: str
) -> None:
    office = quiet_office
    others = await office.others_keys()
    case_id = await office.request()
    until = datetime(2031, 1, 1, tzinfo=UTC)
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    await office.act(case_id, "ask_hr_hold", ETHICS_OFFICER, contested="non_renewal", hold_until=until.isoformat())
    [asked] = await office.sent(ETHICS_HOLDS, HoldAsked)
    opened = open_from(others["hr_bridge"], asked.sealed_person, context=b"hold|" + asked.hold_id.encode())
    assert json.loads(opened) == {"person": PROTECTED}
    assert (asked.kind, asked.until_at.ToDatetime(UTC)) == ("non_renewal", until)
    assert {one.name for one in HoldAsked.DESCRIPTOR.fields} == {"hold_id", "kind", "sealed_person", "until_at"}
    assert str((await office.row(case_id)).report_id) != asked.hold_id

    answer = HoldAnswered(hold_id=asked.hold_id, kept=True)
    event_id = uuid4()
    for _ in range(2):
        await office.receive(HR_HOLD_RESULTS, answer, key=asked.hold_id, source="hr_bridge", event_id=event_id)
    row = await office.row(case_id)
    assert row.data["facts"]["hr_hold"] == "kept"
    await office.walk(case_id, (ends, ETHICS_OFFICER))
    assert [one.hold_id for one in await office.sent(ETHICS_HOLDS, HoldReleased)] == [asked.hold_id]
    await office.receive(HR_HOLD_RESULTS, answer, key=asked.hold_id, source="hr_bridge", sequence=2)
    assert (await office.row(case_id)).data["facts"]["hr_hold"] == "released", (
        "an answer that comes late changes nothing"
    )


@pytest.mark.parametrize("step", ["ask_hr_hold", "alert_interim_measures", "correct_activity", "open_query"])
async def test_nobody_is_protected_whom_nobody_has_named(quiet_office: Office, step: str) -> None:
    office = quiet_office
    await office.others_keys()
    case_id = await office.request(affected=None)
    assert await office.rows("select 1 from protected") == []
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    answer = await office.act(case_id, step, ETHICS_OFFICER)
    assert isinstance(answer, Refused)
    assert answer.code == "PERSON_UNKNOWN"


async def test_a_decider_sees_the_recommendation_and_what_it_says_and_nothing_of_the_request(
    quiet_office: Office,
) -> None:
    office = quiet_office
    case_id = await office.request()
    await office.walk(
        case_id, *TO_FINDING, ("refer_to_oversight", ETHICS_OFFICER), ("submit_investigation", INVESTIGATOR)
    )
    await office.act(case_id, "recommend", ETHICS_OFFICER, decider="hr_director", remedy="rescind")
    [(asked,)] = await office.rows("select case_id from cases where lifecycle = 'recommendation'")
    await office.desk.errands["route"](asked)
    everybody = {one.staff_id for one in office.desk.policy.appointments}
    deciders = {HR_DIRECTOR, EXECUTIVE_HEAD, "S0003", "S0004"}
    # S0017 is the one whom it is about, and has the role.
    assert {one for one in everybody if await office.sees(asked, one)} == deciders | {ETHICS_OFFICER}
    assert {one for one in deciders if await office.sees(case_id, one)} == set()
    async with office.desk.database.transaction() as session:
        words = await bodies.texts_of(session, office.desk, await office.row(asked))
    assert [one.text for one in words] == ["recommend: recommendation"]
    declined = await office.act(asked, "decline_recommendation", HR_DIRECTOR)
    assert isinstance(declined, Decided)
    assert (await office.row(case_id)).state == "declined"
    await office.act(case_id, "recommend", ETHICS_OFFICER, decider="executive_head")
    [(again,)] = await office.rows("select case_id from cases where lifecycle = 'recommendation' and number = 2")
    await office.desk.errands["route"](again)
    await office.walk(again, ("decide_recommendation", EXECUTIVE_HEAD))
    assert (await office.row(case_id)).state == "decided"


async def test_whoever_was_asked_can_answer_also_when_the_request_was_closed_at_her_wish(quiet_office: Office) -> None:
    office = quiet_office
    case_id = await office.request()
    to_determination = (*TO_FINDING, ("refer_to_oversight", ETHICS_OFFICER), ("submit_investigation", INVESTIGATOR))
    await office.walk(case_id, *to_determination)
    await office.act(case_id, "recommend", ETHICS_OFFICER, decider="hr_director")
    [(asked,)] = await office.rows("select case_id from cases where lifecycle = 'recommendation'")
    await office.desk.errands["route"](asked)
    await office.walk(case_id, ("withdraw", PERSON))
    async with office.desk.database.transaction() as session:
        await ring(session, office.desk, case_id, datetime.now(UTC) + timedelta(days=8))
    await office.walk(case_id, ("close_case", ETHICS_OFFICER))
    await office.walk(asked, ("decline_recommendation", HR_DIRECTOR))
    assert [(await office.row(one)).state for one in (case_id, asked)] == ["closed", "declined"]


async def test_a_finding_is_reviewed_by_somebody_outside_the_office_who_is_in_no_conflict(
    quiet_office: Office,
) -> None:
    office = quiet_office
    await office.person(REVIEWER, OFFENDER)
    case_id = await office.request()
    await office.walk(case_id, *TO_REVIEW, ("find_no_prima_facie", ETHICS_OFFICER), ("ask_review", PERSON))
    assert not await office.sees(case_id, ALTERNATE)
    await office.desk.errands["find_reviewer"](case_id)
    await office.desk.errands["find_reviewer"](case_id)
    row = await office.row(case_id)
    assert row.data["assigned"]["reviewer"] == SECOND_REVIEWER, "the first reports to the one whom it is about"
    later = datetime.now(UTC)
    for held_by in (ALTERNATE, ALTERNATE):
        # Nobody answers: the next one has it, once for each time that it is late, and where nobody is left it stays.
        later += timedelta(days=31)
        async with office.desk.database.transaction() as session:
            await ring(session, office.desk, case_id, later)
        await office.desk.errands["find_reviewer"](case_id)
        await office.desk.errands["find_reviewer"](case_id)
        assert (await office.row(case_id)).data["assigned"]["reviewer"] == held_by
    await office.person(SECOND_REVIEWER, OFFENDER)
    third = await office.request()
    await office.walk(third, *TO_REVIEW, ("find_no_prima_facie", ETHICS_OFFICER), ("ask_review", PERSON))
    await office.desk.errands["find_reviewer"](third)
    assert (await office.row(third)).data["assigned"]["reviewer"] == ALTERNATE, "and so does the second"
    policy = office.desk.policy
    office.desk.policy = replace(
        policy, appointments=tuple(one for one in policy.appointments if one.staff_id != ALTERNATE)
    )
    other = await office.request()
    await office.walk(other, *TO_REVIEW, ("find_no_prima_facie", ETHICS_OFFICER), ("ask_review", PERSON))
    with pytest.raises(NoReviewer):
        await office.desk.errands["find_reviewer"](other)


async def test_inv_49_who_handles_one_side_leaves_the_other_side_to_somebody_else(quiet_office: Office) -> None:
    """A complaint and the one against it: two cases, nothing of either in the other, two handlers where there are."""
    office = quiet_office
    second_officer(office)
    hers = await office.request(affected=PROTECTED, offenders=(UNPROTECTED,))
    his = await office.request(affected=UNPROTECTED, offenders=(PROTECTED,))
    await office.walk(hers, ("acknowledge", ETHICS_OFFICER))
    answer = await office.act(his, "acknowledge", ETHICS_OFFICER)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.rule) == ("HANDLES_THE_OTHER_SIDE", "invariant 49")
    await office.walk(his, ("acknowledge", ALTERNATE))
    answer = await office.act(his, "take_over", ETHICS_OFFICER)
    assert isinstance(answer, Refused)
    one, other = await office.row(hers), await office.row(his)
    assert one.report_id != other.report_id
    assert one.data["assigned"] != other.data["assigned"]
    assert not [known for known in (one.report_id, one.case_id) if str(known) in str(other.data)]


async def test_inv_49_where_there_is_only_one_handler_both_are_handled(quiet_office: Office) -> None:
    office = quiet_office
    hers = await office.request(affected=PROTECTED, offenders=(UNPROTECTED,))
    his = await office.request(affected=UNPROTECTED, offenders=(PROTECTED,))
    await office.walk(hers, ("acknowledge", ETHICS_OFFICER))
    await office.walk(his, ("acknowledge", ETHICS_OFFICER))


async def test_who_declares_a_conflict_sees_nothing_more(quiet_office: Office) -> None:
    office = quiet_office
    second_officer(office)
    case_id = await office.request()
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    async with office.desk.database.transaction() as session:
        await recusal.step_aside(session, office.desk, case_id, ETHICS_OFFICER)
    assert not await office.sees(case_id, ETHICS_OFFICER)
    assert (await told(office))[-1] == ALTERNATE, "and somebody else hears that it is to be taken over"
    await office.walk(case_id, ("take_over", ALTERNATE))


async def test_a_handler_who_talked_is_a_matter_of_its_own(quiet_office: Office) -> None:
    office = quiet_office
    case_id = await office.request()
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    await office.act(case_id, "open_query", ETHICS_OFFICER, about="confidentiality")
    [query] = await office.queries()
    row = await office.row(query)
    assert row.report_id != (await office.row(case_id)).report_id
    async with office.desk.database.transaction() as session:
        words = await bodies.texts_of(session, office.desk, row)
    assert [one.text for one in words] == ["open_query: note"]
    assert (await office.facts(query, "imminent_harm"))["staff_id"] == PROTECTED
    assert row.data["facts"]["about"] == "confidentiality"


async def test_an_erased_request_leaves_nothing_to_read_and_intake_hears_of_it(quiet_office: Office) -> None:
    office = quiet_office
    await office.others_keys()
    case_id = await office.request()
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER), ("ask_hr_hold", ETHICS_OFFICER))
    await erasing.erase(office.desk, case_id)
    for table in ("case_parties", "action_bodies", "holds", "case_tags", "reports"):
        assert await office.rows(f"select 1 from {table}") == [], table
    assert await office.desk.keystore.matter_key(case_id) is None
    [erased] = await office.sent(ETHICS_CASES, CaseErased)
    assert erased.lifecycle == "retaliation"
    assert UUID(erased.report_id) == (await office.row(case_id)).report_id
