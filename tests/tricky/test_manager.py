"""The tricky cases of policy section 6 that concern what managers are told, on the real engine and stores."""

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle import engine
from lifecycle.exclusions import Parties
from lifecycle.model import Case, EffectKind
from policy.model import Protected, Role
from services.ethics.domain import retaliation
from services.workflow.domain.supervisor_request import LIFECYCLE
from tests.integration.workflow.house import (
    COLLEAGUE,
    LINES,
    NEXT_MANAGER,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.house import PERSON as HER
from tests.integration.workflow.test_managers import asks_further, manager_of, sees, told
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, effect_names, opened, refused, ring_until, staff

MANAGER = staff(SUPERVISOR, Role.MANAGER)
DAY = timedelta(days=1)


@pytest.fixture
async def house(house: House) -> House:
    await house.people()
    return house


def with_manager() -> Case:
    return act(opened("supervisor_request"), "assign_manager", SYSTEM, manager=SUPERVISOR, found="as_asked")


def test_the_supervisor_is_told_and_does_nothing() -> None:
    """He is reminded, she hears of every other way, and the case waits for her word for as long as it takes."""
    case, heard = with_manager(), list[str]()
    while (due := engine.next_due(LIFECYCLE, case, POLICY)) and due.at <= NOW + 30 * DAY:
        case = engine.on_due(LIFECYCLE, case, due, due.at, POLICY)
        heard += effect_names(case, EffectKind.NOTIFY)
    assert heard[:5] == [
        "supervisor_request.not_acknowledged",
        "supervisor_request.no_answer_yet",
        "supervisor_request.act_soon",
        "supervisor_request.act_soon",
        "supervisor_request.not_acted",
    ]
    assert (case.state, case.assigned) == ("told", {Role.MANAGER: SUPERVISOR})
    open_to_her = {one.action for one in engine.offers(LIFECYCLE, case, PERSON, NOW + 30 * DAY, POLICY) if one.open}
    assert open_to_her >= {"ask_next_level", "end_request"}
    assert "focal point" in POLICY.wording["supervisor_request.no_answer_yet"]
    assert "formal report" in POLICY.wording["supervisor_request.no_answer_yet"]


def test_the_supervisor_gets_a_formal_report() -> None:
    """One forward and no inquiry: where it goes is not his to say, and he has it no more."""
    case = act(with_manager(), "pass_on", MANAGER, matter="formal_report")
    assert (case.state, effect_names(case, EffectKind.OPEN)) == ("passed_on", ["misdirected_report"])
    assert refused(case, "pass_on", MANAGER).code == "ACTION_NOT_OPEN"
    assert refused(case, "acknowledge", MANAGER).code == "ACTION_NOT_OPEN"
    (rule,) = (rule for rule in LIFECYCLE.rules if rule.action == "pass_on")
    assert not {field.name for field in rule.fields} & {"to", "office", "recipient"}


def test_retaliation_is_threatened_before_there_is_any_report() -> None:
    """Having told the supervisor counts, from that day on; fear alone is enough for the ethics office to begin."""
    assert POLICY.routes["supervisor_request"].protects is Protected.TOLD_SUPERVISOR
    facts = {"lodged_at": NOW.isoformat(), "kind": "fear", "activity": "told_supervisor"}
    fear = engine.open_case(retaliation.LIFECYCLE, REPORT, 1, facts, NOW, POLICY)
    assert fear.state == "fear_raised"


async def test_the_alleged_offender_is_the_head_of_mission(house: House) -> None:
    """What is told about him goes past him to headquarters, and he gets no notice."""
    case_id = await told(house, Parties(HER, (NEXT_MANAGER,), recipient=NEXT_MANAGER), level="higher_manager")
    assert await manager_of(house, case_id) == ("asking_who_next", None)
    await asks_further(house, case_id)
    assert await manager_of(house, case_id) == ("told", "S0001")
    assert {staff_id for _, staff_id in await house.notices()} == {"S0001"}
    for staff_id in LINES:
        assert await sees(house, case_id, staff_id) == (staff_id == "S0001")


async def test_nobody_who_answers_to_the_alleged_offender_is_found_by_the_system(house: House) -> None:
    """Her own supervisor answers to him: he may have it when she chooses him, and is never chosen for her."""
    chosen = await told(house, Parties(HER, (NEXT_MANAGER,), recipient=SUPERVISOR))
    assert (await manager_of(house, chosen))[1] == SUPERVISOR
    found = await told(house, Parties(HER, (NEXT_MANAGER,), recipient=COLLEAGUE))
    await asks_further(house, found)
    assert (await manager_of(house, found))[1] == "S0001"


async def test_the_manager_leaves_in_the_middle_of_it(house: House) -> None:
    case_id = await told(house, Parties(HER, (COLLEAGUE,), recipient=SUPERVISOR))
    await house.act(SUPERVISOR, case_id, "acknowledge")
    await house.people({SUPERVISOR: NEXT_MANAGER}, active=False, at=datetime.now(UTC))
    assert await manager_of(house, case_id) == ("asking_who_next", None)
    assert not await sees(house, case_id, NEXT_MANAGER), "unanswered, nobody reads it"


def test_she_stops_it_after_she_has_agreed() -> None:
    case = act(with_manager(), "acknowledge", MANAGER)
    case = act(case, "propose_steps", MANAGER, message="m1")
    case = act(case, "agree_steps", PERSON, message="m1")
    stopped = act(case, "end_request", PERSON, outcome="stopped")
    assert refused(stopped, "speak_to_offender", MANAGER).code == "ACTION_NOT_OPEN"
    assert ring_until(stopped, NOW + 600 * DAY).state == "closed"
