"""What can be said with a step: no answer of a choice is lost, in every state where it is asked for."""

from dataclasses import replace

import pytest

from lifecycle.engine import offers
from lifecycle.model import ActorKind, Case
from lifecycle.table import FieldKind
from tests.lifecycles import BY_NAME, NOW, PERSON, attempt
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES, actor_for, standing

SHARES = "needs contact contact_and_needs"
CALLED_BACK = "destroyed returned kept_by_law"
SERVICES = "listening medical psychosocial safety legal material child_protection"
WHOM, YES_NO = "alleged_offender team another_office", "no yes"
NEEDED = "security medical separation police"
SAID = {
    "support_referral": {
        "offer_through in offered": {"through": "the_one_who_asked somebody_they_trust public_help"},
        "tell_child in offered": {"told": "child", "caregiver": "no_risk risk not_known"},
        "decide_for_child in offered": {"scope": SHARES},
        "prepare_referral in consented": {"shares": "needs"},
        "record_unavailable in consented": {"why": "not_here full not_safe"},
        "record_unavailable in referred": {"why": "turned_down full not_safe has_ended", "answer": CALLED_BACK},
        "look_elsewhere in unavailable": {"where": "remote other_office other_provider other_country"},
        "record_recalled in recalling": {"answer": CALLED_BACK},
        "close_referral in follow_up": {"reason": "agreed_with_person help_has_ended"},
        "close_referral in declined": {"reason": "offer_declined"},
        "give_consent in offered": {"scope": SHARES},
        "say_how_it_goes in connected": {"going": "well not_well prefer_not_to_say"},
        "ask_for_another in offered": {"wanted": SERVICES},
        "end_support in connected": {"outcome": "helped not_helped no_longer_wanted prefer_not_to_say"},
    },
    "supervisor_request": {
        "assign_manager in told": {"found": "as_asked next_level appointed himself"},
        "propose_steps in acknowledged": {"to_whom": WHOM, "names_her": YES_NO},
        "agree_steps in steps_proposed": {"to_whom": "alleged_offender", "names_her": "no"},
        "refer in steps_agreed": {"referred_to": "ombudsperson staff_welfare human_resources oversight ethics"},
        "record_duty in acknowledged": {"prefers": "a_report no_report undecided not_asked"},
        "turn_into_sea in acknowledged": {"affected_is": "child beneficiary community_member"},
        "pass_on in told": {"matter": "formal_report retaliation"},
        "end_request in told": {"outcome": "resolved not_resolved stopped"},
        "close_request in spoken_to_offender": {"reason": "done asked_and_not_answered"},
    },
    "emergency_separation": {
        "separate in danger_seen": {
            "danger": "weapon violence threat stalking other",
            "moved": "alleged_offender affected_individual both",
        },
        "alert_interim_measures in separated": {
            "purpose": "investigation_integrity prevent_repetition retaliation_risk",
            "urgency": "green red",
            "suggested_type": "physical_separation",
            "addressee": "administrative_head hr_director",
        },
        "end_separation in separated": {"reason": "danger_over her_wish other_means mistaken"},
    },
    "danger_alert": {
        "record_danger in raised": {"needed": NEEDED},
        "close_alert in in_hand": {"reason": "safe_now separated with_authorities"},
    },
    "informal_resolution": {
        "raise_imminent_harm in talking": {"needed": NEEDED},
        "end_talk in talking": {"outcome": "resolved not_resolved stopped"},
    },
    "mediation": {
        "stop_mediation in invited": {"reason": "unsuitable unsafe no_answer"},
        "schedule_session in both_agreed": {"form": "apart together remote"},
        "record_agreement in in_sessions": {"outcome": "agreement"},
    },
}
EACH = [(name, step, field) for name, steps in SAID.items() for step, fields in steps.items() for field in fields]


@pytest.mark.parametrize(("procedure", "step", "field"), EACH)
def test_what_can_be_said_with_a_step(procedure: str, step: str, field: str) -> None:
    lifecycle, (action, _, state) = BY_NAME[procedure], step.partition(" in ")
    who = actor_for(lifecycle, min(lifecycle.rule_of[state, action].by))
    for one in SAID[procedure][step][field].split():
        more = {"affected_agrees": True} if action == "separate" else {}
        case = standing(lifecycle, state, action)
        after = attempt(lifecycle, case, action, who, policy=EVERYBODY_DECIDES, **more, **{field: one})
        assert isinstance(after, Case), f"{one}: {after}"
        assert after.facts[field] == one


REFERRED_TO = [
    (lifecycle.name, rule.action, state, field.name)
    for lifecycle in BY_NAME.values()
    for rule in lifecycle.rules
    if ActorKind.PERSON in rule.by
    for state in rule.states
    for field in rule.fields
    if field.kind is FieldKind.REFERENCE
]


@pytest.mark.parametrize(("procedure", "action", "state", "field"), REFERRED_TO)
def test_what_she_agrees_to_is_the_one_that_her_case_names_and_she_is_offered_no_other(
    procedure: str, action: str, state: str, field: str
) -> None:
    lifecycle = BY_NAME[procedure]
    case = standing(lifecycle, state, action)
    case = replace(case, facts={**case.facts, field: "m1"})
    (offer,) = [one for one in offers(lifecycle, case, PERSON, NOW, EVERYBODY_DECIDES) if one.action == action]
    assert [one.choices for one in offer.fields if one.name == field] == [("m1",)]
