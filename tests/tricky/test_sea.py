"""The tricky cases of policy section 6 about sexual exploitation or abuse, on the real engine and stores."""

from datetime import timedelta

import pytest

from contracts.ids import CaseId
from lifecycle import engine, erasing
from lifecycle.exclusions import Parties
from lifecycle.model import Case, Fact
from policy.model import Role
from services.intake.domain.ways import TOWARDS_THE_OTHER, Situation, ways
from services.workflow import sea
from services.workflow.desk import route
from services.workflow.domain.sea_report import LIFECYCLE
from tests.integration.workflow.formal_reports import took
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    NEXT_MANAGER,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.house import PERSON as HER
from tests.integration.workflow.test_managers import of_the_same_report, sea_told, sees, told
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, refused, ring_until, staff

OFFICER = staff(INVESTIGATOR, Role.INTAKE_OFFICER, Role.INVESTIGATOR)


@pytest.fixture
async def house(house: House) -> House:
    await house.people()
    return house


def routed(**facts: Fact) -> Case:
    case = engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat(), **facts}, NOW, POLICY)
    return act(case, "record_routed", SYSTEM)


async def test_a_matter_turns_out_to_be_exploitation_or_abuse(house: House) -> None:
    """The mandatory report starts at once and help with it, nothing informal goes on, and no consent is made up."""
    request = await told(house, Parties(HER, (COLLEAGUE,), recipient=SUPERVISOR), may_name="no")
    await house.act(SUPERVISOR, request, "acknowledge")
    facts = {"reason": "affected_not_personnel", "affected_is": "child"}
    await house.act(SUPERVISOR, request, "turn_into_sea", facts, {"allegation": "He pays a girl at the water point."})
    assert (await house.row(request)).state == "turned_into_sea"
    report = await of_the_same_report(house, request, sea.SEA)
    await route(house.desk, CaseId(report.case_id))
    report = await house.row(report.case_id)
    assert (report.state, report.data["facts"]["identity_consent"]) == ("reported_to_oio", "not_given")
    notices = await house.notices()
    assert {name for name, _ in notices} >= {"sea_report.received", "sea_report.help_needed"}
    # Nobody else of the line has heard of either, and the manager reads no more of it.
    assert {who for name, who in notices if name.startswith("supervisor_request")} == {SUPERVISOR}
    assert not await sees(house, report.case_id, SUPERVISOR)


def test_it_is_unclear_whether_it_is_harassment_or_exploitation() -> None:
    """Help comes as fast; the report fires by itself only where the affected person is not personnel; oversight
    decides what it is.
    """
    unclear, harassment, sea_case = routed(), routed(affected_is="personnel"), routed(affected_is="beneficiary")
    assert refused(unclear, "report_to_oio", SYSTEM).code == "NO_DUTY_TO_REPORT"
    assert refused(harassment, "report_to_oio", SYSTEM).code == "NO_DUTY_TO_REPORT"
    assert act(sea_case, "report_to_oio", SYSTEM).state == "reported_to_oio"
    class_open = act(unclear, "leave_class_open", SYSTEM)
    assert class_open.clocks["sea.assist"].due_at == sea_case.clocks["sea.assist"].due_at
    assert act(class_open, "find_exploitation_or_abuse", OFFICER).state == "reported_to_oio"
    assert refused(class_open, "leave_it", PERSON).code == "ACTION_NOT_OPEN", "nobody takes it back before it is clear"
    hers = act(class_open, "find_personnel_matter", OFFICER)
    assert ring_until(hers, NOW + timedelta(days=90)).state == "her_choice", "it goes on by her word alone"
    assert {one.action for one in engine.offers(LIFECYCLE, hers, PERSON, NOW, POLICY) if one.open} >= {
        "report_to_oio",
        "leave_it",
    }


async def test_the_reporter_is_a_beneficiary(house: House) -> None:
    """No staff id, no account and no name: it arrives all the same, and what she says is hers to stop."""
    case_id = await sea_told(house, Parties(), affected_is="beneficiary", writer="affected", mode="anonymous")
    row = await house.row(case_id)
    assert row.state == "reported_to_oio"
    assert await sees(house, case_id, INVESTIGATOR)
    asks = POLICY.routes["sea_report"]
    assert "recipient" not in asks.needs
    assert asks.asks["writer"] == ("affected", "focal_point", "personnel", "community_member", "not_said")


async def test_inv_53_what_was_reported_is_kept_as_long_as_one_file_of_it_is(house: House) -> None:
    """Of two sub-files one is erased, and the other is kept for a legal matter: with it, what both came from."""
    told_of = await sea_told(house, Parties(HER, (COLLEAGUE, SUPERVISOR)), affected_is="child")
    await took(house, INVESTIGATOR, told_of, "acknowledge")
    main = (await of_the_same_report(house, told_of, "formal_report")).case_id
    await house.route(main, Parties(HER, (COLLEAGUE, SUPERVISOR)))
    for name, texts in (("acknowledge", {}), ("start_assessment", {}), ("open_subfile", {"respondent": SUPERVISOR})):
        await took(house, INVESTIGATOR, main, name, {}, texts)
    [other] = await house.query("select case_id from cases where lifecycle = 'formal_report' and number = 2")
    await erasing.erase(house.desk, other.case_id)
    assert (await house.row(told_of)).state == "oio_acknowledged"
    await erasing.erase(house.desk, main)
    assert (await house.row(told_of)).state == "erased"


async def test_the_alleged_offender_is_the_head_of_mission(house: House) -> None:
    """He gets no notice and does not lead the help: the unit does."""
    case_id = await sea_told(house, Parties(None, (NEXT_MANAGER,)), affected_is="child")
    assert not await sees(house, case_id, NEXT_MANAGER)
    assert {who for _, who in await house.notices()} == {INVESTIGATOR, "S0070", "S0072"}


def test_the_alleged_offender_is_of_another_organisation() -> None:
    case = act(routed(affected_is="child", offender_class="other_entity"), "report_to_oio", SYSTEM)
    assert refused(case, "acknowledge", OFFICER).code == "OFFENDER_OF_ANOTHER_CLASS"
    assert act(case, "refer_to_entity", OFFICER).state == "referred"


def test_the_affected_person_takes_back_the_consent_to_be_named() -> None:
    case = act(routed(affected_is="child", identity_consent="given"), "report_to_oio", SYSTEM)
    assert act(case, "withdraw_identity_consent", PERSON).facts["identity_consent"] == "not_given"


def test_whoever_is_told_of_a_child_is_shown_no_way_of_talking_it_over() -> None:
    found = ways(Situation(affected_is="child", feels_safe_to_talk="yes"))
    assert not {one.way for one in found.ways} & set(TOWARDS_THE_OTHER)
    assert found.urgency == "red"
