"""Support and safety, as the tables and the policy have them (invariants 15, 22, 30)."""

import pytest

from lifecycle import engine
from lifecycle.model import ActorKind, Case
from lifecycle.table import FieldKind
from policy.load import load
from policy.model import Role
from services.support.domain.guards import SERVICES
from services.support.domain.support_referral import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, staff

CELL = {Role.WELFARE_OFFICER, Role.PSEAH_OFFICER, Role.SPECIALIST}
HELPER = staff("S0072", Role.SPECIALIST)
COORDINATOR = staff("S0070", Role.PSEAH_OFFICER)


@pytest.mark.parametrize("service", SERVICES)
def test_inv_22_help_is_reached_with_nothing_but_the_wish(service: str) -> None:
    """No report, no name, no evidence, no outcome: the time of the wish is all that has to be there."""
    needed = [field.name for field in LIFECYCLE.opening.fields if field.required]
    assert needed == ["lodged_at"]
    case = engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat(), "service": service}, NOW, POLICY)
    case = act(case, "assign_specialist", COORDINATOR, specialist="S0072")
    case = act(case, "give_consent", PERSON, service=service, scope="contact")
    case = act(case, "prepare_referral", HELPER, preview="a1b2", shares="contact")
    case = act(case, "approve_referral", PERSON, service=service, preview="a1b2")
    case = act(case, "record_referred", HELPER)
    assert act(case, "record_connected", HELPER).state == "connected"


@pytest.mark.parametrize("pack", ["iom-2024-03", "rehearsal"])
def test_inv_22_the_route_to_help_needs_no_answer_and_each_choice_may_be_left_out(pack: str) -> None:
    route = load(pack).routes["support_referral"]
    assert (route.needs, route.service) == ((), "support")
    assert not [field.name for field in LIFECYCLE.opening.fields if field.name in route.asks and field.required]


def test_inv_22_no_rule_of_support_asks_about_a_report_a_person_or_an_outcome() -> None:
    codes = {guard.code for rule in LIFECYCLE.rules for guard in (*rule.guards, *rule.checks)}
    assert codes == {
        # who is trained for it, who holds it
        "FOR_SPECIALISTS", "NOT_ASSIGNED", "NOT_APPOINTED", "SAME_PERSON",
        # whose yes it is, to what, and how old it is
        "NOT_YOURS_TO_GIVE", "OWN_WORD_NEEDED", "NOT_WHAT_WAS_SHOWN", "SHARES_TOO_MUCH", "CONSENT_TOO_OLD",
        # a child's own rules
        "CHILD_NOT_TOLD", "CAREGIVER_NOT_TO_BE_TOLD", "SOMEBODY_CAN_SAY", "NO_CHILD",
        # an offer that stands
        "OFFER_NOT_RESTATED",
        # a hold on what is closed
        "NOT_DELEGATED", "TIME_IN_THE_PAST", "NOT_ON_HOLD",
    }  # fmt: skip


def test_inv_30_nobody_outside_the_cell_has_any_part_in_it() -> None:
    acting = {one for rule in LIFECYCLE.rules for one in rule.by if isinstance(one, Role)}
    assert acting == CELL
    for rule in LIFECYCLE.rules:
        assert rule.assigns.keys() <= {Role.SPECIALIST}
    others = staff("S9000", *(set(Role) - CELL))
    case = engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat()}, NOW, POLICY)
    assert not [one.action for one in engine.offers(LIFECYCLE, case, others, NOW, POLICY) if one.open]


def test_inv_30_what_is_noted_is_never_a_fact() -> None:
    words = {"note", "reasons"}
    kinds = {field.kind for rule in LIFECYCLE.rules for field in rule.fields if field.name in words}
    assert kinds == {FieldKind.TEXT}


def test_inv_15_each_yes_is_her_own_and_can_be_taken_back_wherever_it_counts() -> None:
    by_her = {rule.action for rule in LIFECYCLE.rules if ActorKind.PERSON in rule.by}
    assert {"give_consent", "approve_referral", "revoke_consent", "decline", "renew_consent"} <= by_her
    for rule in LIFECYCLE.rules:
        if ActorKind.PERSON in rule.by:
            assert rule.by == {ActorKind.PERSON}, "nobody says yes or no in her place"
    counts = {rule.to for rule in LIFECYCLE.rules if rule.action in {"give_consent", "approve_referral"}}
    revocable = {state for rule in LIFECYCLE.rules if rule.action == "revoke_consent" for state in rule.states}
    assert counts <= revocable
    assert revocable >= {"referred", "connected", "follow_up", "unavailable", "previewed"}


def test_inv_15_no_clock_and_no_system_step_gives_or_renews_consent() -> None:
    for clock in LIFECYCLE.clocks:
        for outcome in clock.outcomes:
            assert outcome.to in {None, "erased"}
    system = [rule for rule in LIFECYCLE.rules if SYSTEM.kind in rule.by]
    assert all(rule.to is None for rule in system)


def test_inv_17_what_is_sensitive_can_be_left_unsaid() -> None:
    asks = POLICY.routes["support_referral"].asks
    for name in ("minor", "works_here"):
        assert "prefer_not_to_say" in asks[name]
    opened = [
        engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat(), **said}, NOW, POLICY)
        for said in ({}, {"minor": "prefer_not_to_say", "works_here": "prefer_not_to_say"})
    ]
    assert clocks(opened[0]) == clocks(opened[1]), "skipping never lowers service"


def clocks(case: Case) -> dict[str, object]:
    return {key: clock.due_at for key, clock in case.clocks.items()}
