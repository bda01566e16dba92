"""Invariants 33 and 38: who has one part in an interim measure has none of the others, and nothing rests on a yes that
is not there. One thing is changed in a case where every step is open; exactly these steps are refused then.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Case, Facts, Refused, Step
from policy.model import Role
from services.workflow.domain.interim_measure import LIFECYCLE
from tests.lifecycles import NOW, POLICY, SYSTEM, attempt, staff
from tests.refusals import Change, did, known, refusals, same
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES, standing

ALERTING = {"alert", "raise_urgency", "escalate_alert"}
CONSENT = {"ask_consent", "record_consent", "record_no_consent"}
PROLONGING = {"extend_measure", "vary_measure"}
DECIDED_AGAIN = {"decide_measure", *PROLONGING}
DECIDING = {"ask_signature", "sign_measure", "decide_measure", "decline_alert", *PROLONGING}
REVIEWING = {"review_measure", "lift_measure"}
HER_OWN = {"ask_consent", "consent_to_measure", "refuse_measure", "renew_consent", "withdraw_consent"}
HER_OWN |= {"end_aftercare", "ask_review"}
FOR_HER = {"name_consent_taker", "record_consent", "record_no_consent", "record_withdrawal", "record_told"}
RESTING = {"decide_measure", "record_applied", "record_placed", "record_proof", *PROLONGING}


@pytest.mark.parametrize(
    ("took", "refused"),
    [
        ("alert", CONSENT | DECIDING | REVIEWING | {"acknowledge_alert"}),
        *((taken, ALERTING | DECIDING | REVIEWING) for taken in sorted(CONSENT)),
        *(
            (decided, ALERTING | CONSENT | REVIEWING)
            for decided in ("decide_measure", "sign_measure", "extend_measure", "vary_measure")
        ),
        ("escalate_alert", CONSENT | DECIDING | REVIEWING | {"acknowledge_alert"}),
        *((reviewed, CONSENT | PROLONGING | {"sign_measure"}) for reviewed in sorted(REVIEWING)),
    ],
)
def test_inv_33_who_takes_one_part_is_kept_out_of_the_others(took: str, refused: set[str]) -> None:
    found = refusals(LIFECYCLE, did(took))
    assert found.keys() == {"SAME_PERSON"}
    assert (found["SAME_PERSON"].actions, found["SAME_PERSON"].rules) == (refused, {"invariant 33"})
    assert all(one == {"did": took} for one in found["SAME_PERSON"].params)
    everywhere = {(rule.action, rule.states[0]) for rule in LIFECYCLE.rules if rule.action in refused}
    assert found["SAME_PERSON"].steps == everywhere - {("alert", "need_seen")}, "where nobody has had a part yet"


def test_who_declined_decides_it_no_other_way_later() -> None:
    found = refusals(LIFECYCLE, did("decline_alert"))["SAME_PERSON"]
    assert found.actions == ALERTING | CONSENT | REVIEWING | {"decide_measure"}
    assert found.rules == {"invariant 33", "policy 2.3"}


def another_alerted(case: Case) -> Case:
    """Who is in that office still."""
    others = (replace(step, by="S0005") if step.action == "alert" else step for step in case.steps)
    return replace(case, steps=tuple(others))


@pytest.mark.parametrize(
    ("change", "code", "rule", "params", "actions"),
    [
        (known(writer="third_party"), "WRITER_NOT_AFFECTED", "invariant 38", {"writer": "third_party"}, HER_OWN),
        (known(writer="affected"), "WRITER_AFFECTED", "invariant 38", {"writer": "affected"}, FOR_HER),
        (another_alerted, "NOT_AN_ALERTER", "policy 2.3", {"action": "alert"}, {"accept_answer"}),
        (known(urgency="red"), "ALREADY_URGENT", "policy 2.3", {"urgency": "red"}, {"raise_urgency"}),
        (known(consent=False), "CONSENT_MISSING", "invariant 38", {"burden": "affected_individual"}, RESTING),
        (known(asked_type="telework"), "CONSENT_MISSING", "invariant 38", {"burden": "affected_individual"}, RESTING),
        (
            known(consent=False), "NO_CONSENT_NEEDED", "invariant 38", {"burden": "affected_individual"},
            {"withdraw_consent", "record_withdrawal", "record_no_proof"},
        ),
        (
            known(burden="alleged_offender"), "NO_CONSENT_NEEDED", "invariant 38", {"burden": "alleged_offender"},
            {"withdraw_consent", "record_withdrawal", "record_no_proof"},
        ),
    ],
)  # fmt: skip
def test_what_is_refused_while_something_is_missing(
    change: Change, code: str, rule: str, params: Facts, actions: set[str]
) -> None:
    found = refusals(LIFECYCLE, change)[code]
    assert (found.actions, found.rules) == (actions, {rule})
    assert all(one == params for one in found.params)


@pytest.mark.parametrize(
    ("flag", "rule", "actions"),
    [
        ("effects_seen", "policy 2.3", DECIDED_AGAIN | {"consent_to_measure", "renew_consent", "sign_measure"}),
        ("alternative_offered", "policy 2.3", CONSENT),
        ("effects_explained", "policy 2.3", {"record_consent"}),
        ("told_her", "invariant 43", {"record_told"}),
        ("safety_check", "invariant 43", {"lift_measure"}),
    ],
)
def test_what_has_to_be_vouched_for_is(flag: str, rule: str, actions: set[str]) -> None:
    found = refusals(LIFECYCLE, same, sent={flag: False}, to=actions)
    assert found.keys() == {"NOT_CONFIRMED"}
    assert (found["NOT_CONFIRMED"].actions, found["NOT_CONFIRMED"].rules) == (actions, {rule})
    assert all(one == {"field": flag} for one in found["NOT_CONFIRMED"].params)
    everywhere = {(one.action, one.states[0]) for one in LIFECYCLE.rules if one.action in actions}
    assert found["NOT_CONFIRMED"].steps == everywhere


def test_nothing_is_refused_where_nothing_is_missing() -> None:
    assert refusals(LIFECYCLE, same) == {}


def test_inv_35_40_53_what_is_delegated_to_nobody_is_decided_by_nobody() -> None:
    policy = replace(
        EVERYBODY_DECIDES,
        measures={key: replace(one, deciders=(), second=()) for key, one in EVERYBODY_DECIDES.measures.items()},
        delegation={key: replace(one, deciders=(), second=()) for key, one in EVERYBODY_DECIDES.delegation.items()},
    )
    found = refusals(LIFECYCLE, same, policy=policy)["NOT_DELEGATED"]
    assert found.actions == {"decide_measure", *PROLONGING, "sign_measure", "set_hold", "release_hold"}
    assert found.rules == {"invariant 35", "invariant 40", "invariant 53"}


LETTER, LINE, HOURS, APART = "suspension_with_pay", "reporting_line_change", "flexible_working", "physical_separation"
ON_HIM, ON_HER = "alleged_offender", "affected_individual"


@pytest.mark.parametrize(
    ("facts", "code", "rules", "actions"),
    [
        # A measure with written reasons, and one where she has to be settled first, he is told of by a letter.
        ({"type": LETTER, "burden": ON_HIM}, "NOTICE_HELD", {"policy 2.3"}, {"make_effective"}),
        ({"type": APART, "burden": ON_HIM, "covers_housing": True}, "NOTICE_HELD", {"policy 2.3"}, {"make_effective"}),
        ({"type": HOURS, "burden": ON_HIM}, "NOTICE_NOT_HELD", {"policy 2.3"}, {"ask_release", "release_notice"}),
        (
            {"type": APART, "burden": ON_HIM, "covers_housing": True}, "NOT_CONFIRMED", {"invariant 43"},
            {"release_notice"},
        ),
        # What lapses by itself is lifted with a clearance; what would put him back over her somebody decides.
        ({"type": HOURS, "burden": ON_HIM}, "LAPSES", {"invariant 36"}, {"ask_for_lifting"}),
        ({"type": LINE, "burden": ON_HIM}, "DOES_NOT_LAPSE", {"invariant 36"}, {"record_clearance"}),
        # A suspension is never put on her, and a clearance of him ends nothing that changes her work.
        (
            {"type": LETTER, "burden": ON_HER}, "NOT_ON_THIS_SIDE", {"policy 2.13", "invariant 44"},
            {"record_clearance", "ask_for_lifting", *PROLONGING},
        ),
        ({"type": LETTER, "burden": ON_HIM}, "CONDITION_NOT_SHOWN", {"invariant 40"}, PROLONGING),
    ],
)  # fmt: skip
def test_what_a_kind_of_measure_and_its_side_keep_closed(
    facts: Facts, code: str, rules: set[str], actions: set[str]
) -> None:
    found = refusals(LIFECYCLE, known(**facts), sent={"she_is_settled": False}, to={"release_notice"})[code]
    assert (found.actions, found.rules) == (actions, rules)


def test_inv_38_nothing_is_released_to_him_while_her_yes_is_missing() -> None:
    held = standing(LIFECYCLE, "told_first", "release_notice")
    hers = replace(
        held, facts={**held.facts, "type": APART, "burden": ON_HER, "covers_housing": True, "consent": False}
    )
    officer = staff("S0005", Role.INTAKE_OFFICER)
    answer = attempt(LIFECYCLE, hers, "release_notice", officer, she_is_settled=True)
    assert answer == Refused("CONSENT_MISSING", "invariant 38", {"burden": ON_HER})


@pytest.mark.parametrize("word", ["consent_to_measure", "record_consent", "renew_consent"])
def test_inv_38_her_yes_counts_from_when_she_last_gave_it_however_she_did(word: str) -> None:
    case = standing(LIFECYCLE, "consented", "decide_measure")
    given = NOW + timedelta(days=100)
    words = (Step(7, "consent_to_measure", "person", None, NOW), Step(8, word, "person", None, given))
    # What is done afterwards makes her yes no younger.
    said = replace(
        case, steps=(*case.steps, *words, Step(9, "raise_urgency", "S0005", None, given + timedelta(days=9)))
    )
    head, until = staff("S0004", Role.ADMINISTRATIVE_HEAD), POLICY.due("consent.refresh", given)
    assert isinstance(attempt(LIFECYCLE, said, "decide_measure", head, now=until), Case)
    late = attempt(LIFECYCLE, said, "decide_measure", head, now=until + timedelta(seconds=1))
    assert isinstance(late, Refused)
    assert late.params["until"] == until.isoformat()


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("ask_for_lifting", {"type": HOURS, "burden": ON_HIM}),
        ("record_clearance", {"type": LINE, "burden": ON_HIM}),
        ("make_effective", {"type": LETTER, "burden": ON_HIM}),
        ("ask_release", {"type": HOURS, "burden": ON_HIM}),
    ],
)
def test_what_depends_on_the_kind_of_measure_names_it(action: str, facts: Facts) -> None:
    rule = next(one for one in LIFECYCLE.rules if one.action == action)
    case = standing(LIFECYCLE, rule.states[0], action)
    role = next((one for one in sorted(rule.by) if isinstance(one, Role)), None)
    answer = attempt(
        LIFECYCLE, replace(case, facts={**case.facts, **facts}), action, staff("S9000", role) if role else SYSTEM
    )
    assert isinstance(answer, Refused)
    assert answer.params == {"type": facts["type"]}


def test_inv_38_her_yes_holds_to_the_last_moment_and_not_a_second_longer() -> None:
    rule = LIFECYCLE.rule_of["consented", "decide_measure"]
    case = standing(LIFECYCLE, "consented", "decide_measure")
    said = replace(case, steps=(*case.steps, Step(7, "consent_to_measure", "person", None, NOW)))
    head, until = staff("S0004", Role.ADMINISTRATIVE_HEAD), POLICY.due("consent.refresh", NOW)
    assert rule.by >= head.roles
    assert isinstance(attempt(LIFECYCLE, said, "decide_measure", head, now=until), Case)
    late = attempt(LIFECYCLE, said, "decide_measure", head, now=until + timedelta(seconds=1))
    assert late == Refused("CONSENT_OLD", "invariant 38", {"deadline": "consent.refresh", "until": until.isoformat()})


def test_inv_37_outside_its_window_a_refusal_says_from_when_to_when_it_can_be_extended() -> None:
    running = standing(LIFECYCLE, "effective", "extend_measure")
    end = NOW + timedelta(days=60)
    early = replace(running, facts={**running.facts, "until_at": end.isoformat()})
    answer = attempt(LIFECYCLE, early, "extend_measure", staff("S0004", Role.ADMINISTRATIVE_HEAD))
    window = {"from": POLICY.opens("im.extend_window", end).isoformat(), "until": end.isoformat()}
    assert answer == Refused("OUTSIDE_THE_WINDOW", "invariant 37", window)
