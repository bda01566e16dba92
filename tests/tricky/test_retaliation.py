"""The tricky cases of policy section 6 that concern retaliation, on the real engine, tables and stores."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lifecycle import bodies
from lifecycle.durable import Decided
from lifecycle.model import Actor, ActorKind, Refused
from ops.local_stack.guardian import Guardian
from policy.model import Office as PolicyOffice
from policy.model import Role
from policy.routing import acting_roles, desk_for
from services.ethics.domain.retaliation_rules import ACTS
from services.ethics.use_cases.watch_contracts import watch_contracts
from tests import real_parts
from tests.integration.ethics.office import (
    ABOVE,
    ETHICS_OFFICER,
    OFFENDER,
    PROTECTED,
    UNPROTECTED,
    Office,
    open_office,
    personnel_action,
)
from tests.integration.ethics.test_watch import complain
from tests.lifecycles import POLICY

pytestmark = pytest.mark.stack
Fresh = Callable[..., Awaitable[real_parts.Database]]
PERSON = Actor(ActorKind.PERSON)
INVESTIGATOR, SECOND_OFFICER = "S0006", "S0066"
TO_FINDING = tuple(
    (name, ETHICS_OFFICER) for name in ("acknowledge", "complete_file", "start_review", "find_prima_facie")
)


@pytest.fixture
async def office(
    fresh_database: Fresh, fresh_keystore: Fresh, guardian: Guardian, tmp_path: Path
) -> AsyncIterator[Office]:
    made = await open_office(
        await fresh_database("ethics"), await fresh_keystore("ethics"), guardian, tmp_path, policy="iom-2024-03"
    )
    yield made
    await made.close()


async def refused(office: Office, *action: Any, **facts: Any) -> Refused:
    answer = await office.act(*action, **facts)
    assert isinstance(answer, Refused), answer
    return answer


async def state(office: Office, case_id: Any) -> str:
    return (await office.row(case_id)).state


async def protected_since(office: Office) -> list[Any]:
    return [tuple(row) for row in await office.rows("select activity, started_at, until from protected")]


def day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def with_two_officers(office: Office) -> None:
    policy = office.desk.policy
    [officer] = policy.appointed(Role.ETHICS_OFFICER, datetime.now(UTC))
    second = replace(officer, staff_id=SECOND_OFFICER)
    office.desk.policy = replace(policy, appointments=(*policy.appointments, second))


async def test_retaliation_is_threatened_before_any_report(office: Office) -> None:
    """The day on which she told her supervisor counts; nothing happens that she has not agreed to; it becomes a request
    once there is an act, or the threat of one.
    """
    told_on = day_of(datetime.now(UTC)) - timedelta(days=20)
    await office.see(personnel_action(PROTECTED, 1), told_at=told_on + timedelta(days=1))
    case_id = await office.request("fear", activity="told_supervisor", activity_on=told_on.isoformat())
    assert await protected_since(office) == [("told_supervisor", told_on, None)]
    assert len(await office.queries()) == 1, "what HR did since then is looked at"
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    await office.act(case_id, "propose_steps", ETHICS_OFFICER, message="m1", steps="other_contact_person")
    assert (await refused(office, case_id, "agree_steps", PERSON, message="m2")).code == "NOT_WHAT_WAS_PROPOSED"
    assert (await refused(office, case_id, "find_prima_facie", ETHICS_OFFICER)).code == "ACTION_NOT_OPEN"
    await office.act(case_id, "report_act", PERSON, act="threat")
    await office.walk(case_id, *TO_FINDING)


async def test_the_contract_ends_in_three_weeks(office: Office) -> None:
    """A shorter clock, HR asked to leave it undone, and no end that nobody notices, whatever HR answers."""
    ends = date(2031, 6, 30)
    await office.others_keys()
    await office.person(PROTECTED, ends_on=ends.isoformat())
    soon, later = await office.request(contract_end="soon"), await office.request(contract_end="later")
    clocks = [(await office.row(one)).data["clocks"]["ret.ack"]["due_at"] for one in (soon, later)]
    assert clocks[0] < clocks[1]
    await office.walk(soon, ("acknowledge", ETHICS_OFFICER))
    until = datetime(2031, 9, 30, tzinfo=UTC).isoformat()
    asked = await office.act(soon, "ask_hr_hold", ETHICS_OFFICER, contested="non_renewal", hold_until=until)
    assert isinstance(asked, Decided)
    opened = []
    for left in (21, 0):
        async with office.desk.database.transaction() as session:
            day = datetime.combine(ends - timedelta(days=left), datetime.min.time(), UTC)
            opened.append(await watch_contracts(session, office.desk, day))
    assert [len(one) for one in opened] == [1, 1], "coming near, and on the day itself"
    assert (await office.row(opened[0][0])).data["facts"]["contract_end"] == "soon"


async def test_a_counter_complaint(office: Office) -> None:
    """A flag for this office alone when somebody protected is complained about; two requests are two cases with two
    handlers, and neither is sooner than the other.
    """
    with_two_officers(office)
    hers = await office.request(affected=PROTECTED, offenders=(UNPROTECTED,))
    await complain(office, PROTECTED)
    [query] = await office.queries()
    assert (await office.facts(query))["about"] == "counter_complaint"
    his = await office.request(affected=UNPROTECTED, offenders=(PROTECTED,))
    rows = [await office.row(one) for one in (hers, his)]
    assert len({row.report_id for row in rows}) == len(rows)
    times = [row.data["clocks"]["ret.ack"] for row in rows]
    lasts = [
        datetime.fromisoformat(clock["due_at"]).date() - datetime.fromisoformat(row.data["opened_at"]).date()
        for clock, row in zip(times, rows, strict=True)
    ]
    assert lasts[0] == lasts[1]
    await office.walk(hers, ("acknowledge", ETHICS_OFFICER))
    assert (await refused(office, his, "acknowledge", ETHICS_OFFICER)).rule == "invariant 49"
    await office.walk(his, ("acknowledge", SECOND_OFFICER))


async def test_a_third_party_witness(office: Office) -> None:
    """Who tells of somebody else's retaliation decides nothing for her: no contact and no measure without her word,
    save from imminent harm.
    """
    await office.others_keys()
    case_id = await office.request("third_party")
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    assert (await refused(office, case_id, "contact_person", ETHICS_OFFICER, ground="agreed")).code == "NOT_AGREED"
    assert (await refused(office, case_id, "agree_contact", PERSON)).code == "NOT_FOR_ANOTHER"
    alert = "alert_interim_measures"
    assert (await refused(office, case_id, alert, ETHICS_OFFICER, ground="agreed")).code == "NOT_AGREED"
    assert isinstance(await office.act(case_id, alert, ETHICS_OFFICER, ground="imminent_harm"), Decided)


async def test_she_withdraws(office: Office) -> None:
    """Contact stops at once, nothing closes on the code's word alone, and protection goes on after the closing."""
    case_id = await office.request()
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER), ("withdraw", PERSON))
    assert (await office.row(case_id)).data["facts"]["stop_contact"] is True
    closing = await refused(office, case_id, "close_case", ETHICS_OFFICER, reason="withdrawn")
    assert (closing.code, closing.rule) == ("NOT_COOLED_OFF", "invariant 16")
    [(_, _, until)] = await protected_since(office)
    assert until is None
    assert await office.see(personnel_action(PROTECTED, 1)) is not None


async def test_the_reporter_leaves_the_organisation(office: Office) -> None:
    """Her inbox and her protection go on; a reference withheld and a blacklist are retaliation too."""
    case_id = await office.request()
    await office.person(PROTECTED, active=False)
    assert await office.see(personnel_action(PROTECTED, 1, kind="reference")) is not None
    await office.walk(
        case_id,
        *TO_FINDING,
        ("refer_to_oversight", ETHICS_OFFICER),
        ("submit_investigation", INVESTIGATOR),
        ("find_not_established", ETHICS_OFFICER),
        ("start_monitoring", ETHICS_OFFICER),
    )
    assert {"reference", "blacklisting"} <= set(ACTS)
    assert isinstance(await office.act(case_id, "report_act", PERSON, act="blacklisting"), Decided)
    assert await state(office, case_id) == "requested"


async def test_the_alleged_offender_is_of_the_ethics_office(office: Office) -> None:
    """It is sealed to another desk, where the office's alternate stands in and nobody of the office has a role."""
    desk = desk_for(POLICY, "retaliation", {PolicyOffice.ECO})
    assert (desk.name, desk.key) == ("ethics_outside", "ethics_outside")
    assert acting_roles(desk, frozenset({Role.ETHICS_OFFICER})) == frozenset()
    assert Role.ETHICS_OFFICER in acting_roles(desk, frozenset({Role.ALTERNATE_ETHICS_OFFICER}))
    await office.person(ETHICS_OFFICER, ABOVE)
    case_id = await office.request(offenders=(ETHICS_OFFICER,))
    assert (await office.row(case_id)).desk == "ethics_outside"
    assert [await office.sees(case_id, one) for one in (ETHICS_OFFICER, SECOND_OFFICER)] == [False, True]


@pytest.mark.parametrize(
    ("offender", "desk"), [("S0001", "ethics_governing_body"), ("S0002", None)], ids=["executive_head", "hr_director"]
)
async def test_the_alleged_offender_decides_on_remedies_or_answers_to_the_only_one_who_could(
    office: Office, offender: str, desk: str | None
) -> None:
    """Neither that one nor anybody who answers to them: the governing body decides what is recommended."""
    for one in ("S0002", "S0003", "S0004", ETHICS_OFFICER):
        await office.person(one, "S0001")
    await office.person("S0001", "")
    case_id = await office.request(offenders=(offender,))
    assert (await office.row(case_id)).desk == desk
    officer, outside = (SECOND_OFFICER if desk else ETHICS_OFFICER), ("refer_outside", "S0064")
    refer, investigator = outside if desk else ("refer_to_oversight", INVESTIGATOR)
    await office.walk(
        case_id, *((step, officer) for step, _ in TO_FINDING), (refer, officer), ("submit_investigation", investigator)
    )
    assert isinstance(await office.act(case_id, "recommend", officer, decider="executive_head"), Decided)
    [(asked,)] = await office.rows("select case_id from cases where lifecycle = 'recommendation'")
    await office.desk.errands["route"](asked)
    assert (await office.row(asked)).desk == "ethics_governing_body"
    assert [await office.sees(asked, one) for one in ("S0001", "S0002", "S0062")] == [False, False, True]
    await office.walk(asked, ("decide_recommendation", "S0062"))
    assert await state(office, case_id) == "decided"


async def test_the_alleged_offender_is_on_sick_leave(office: Office) -> None:
    """The clock stands still for a reason that is named, and goes on by itself at the policy's cap."""
    case_id = await office.request()
    await office.walk(case_id, *TO_FINDING, ("refer_to_oversight", ETHICS_OFFICER))
    paused = await office.act(case_id, "pause_investigation", INVESTIGATOR, pause_reason="sick_leave")
    assert isinstance(paused, Decided)
    row = await office.row(case_id)
    assert row.data["clocks"]["ret.investigation"]["paused_at"] is not None
    assert row.data["steps"][-1].facts["pause_reason"] == "sick_leave"
    assert row.next_due_at is not None
    assert isinstance(await office.act(case_id, "resume_investigation", INVESTIGATOR), Decided)


async def test_the_alleged_offender_is_cleared(office: Office) -> None:
    """Nothing established is no end of her protection: it is watched over, and the look-ahead runs from the closing."""
    case_id = await office.request()
    await office.walk(
        case_id,
        *TO_FINDING,
        ("refer_to_oversight", ETHICS_OFFICER),
        ("submit_investigation", INVESTIGATOR),
        ("find_not_established", ETHICS_OFFICER),
    )
    [(_, _, until)] = await protected_since(office)
    assert until is None
    await office.walk(case_id, ("start_monitoring", ETHICS_OFFICER))
    closed = await office.act(case_id, "close_case", ETHICS_OFFICER, reason="person_wished")
    assert isinstance(closed, Decided)
    closed_on = day_of((await office.row(case_id)).data["steps"][-1].at)
    [(_, _, until)] = await protected_since(office)
    assert until == office.desk.policy.due("ret.lookahead", closed_on)


async def test_a_handler_gossips(office: Office) -> None:
    """A matter of its own, about her protection; the handler changes, and nothing of her request goes along."""
    with_two_officers(office)
    case_id = await office.request()
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER), ("take_over", SECOND_OFFICER))
    assert (await office.row(case_id)).handlers == [SECOND_OFFICER]
    assert isinstance(await office.act(case_id, "open_query", SECOND_OFFICER, about="confidentiality"), Decided)
    [query] = await office.queries()
    row = await office.row(query)
    assert row.report_id != (await office.row(case_id)).report_id
    assert OFFENDER not in str(row.data)
    async with office.desk.database.transaction() as session:
        assert [one.text for one in await bodies.texts_of(session, office.desk, row)] == ["open_query: note"]
