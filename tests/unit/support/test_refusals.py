"""What support refuses says what is missing and by which rule."""

from datetime import timedelta
from typing import Any

import pytest

from lifecycle.model import Actor, Case, Refused
from policy.model import Role
from tests.lifecycles import NOW, PERSON, SYSTEM, act, refused, ring_until, staff
from tests.unit.support.test_support_referral import (
    OTHER_WORDS,
    PSEAH,
    SPECIALIST,
    WELFARE,
    approved,
    asked_for,
    connected,
    consented,
    helped,
    previewed,
)

TRAINED, CONSENT = "policy 2.6", "invariant 15"
CHILD: dict[str, Any] = {"minor": "yes"}
FOR_ANOTHER = helped(for_whom="somebody_who_asked")
UNAWARE = helped(for_whom="somebody_who_does_not_know")
BY_WELFARE = act(asked_for("psychosocial"), "assign_specialist", PSEAH, specialist="S0014")
OF_CHILD = act(
    act(asked_for("psychosocial", works_here="no"), "assign_specialist", PSEAH, specialist="S0072"),
    "give_consent", PERSON, service="psychosocial",
)  # fmt: skip
TOLD = act(helped(**CHILD), "tell_child", SPECIALIST, told="child", understands=True, caregiver="no_risk")
DECLINED = act(helped(), "decline", PERSON, service="medical")


@pytest.mark.parametrize(
    ("case", "action", "who", "facts", "answer"),
    [
        (
            previewed(), "approve_referral", PERSON, {"service": "medical", "preview": OTHER_WORDS},
            Refused("NOT_WHAT_WAS_SHOWN", CONSENT, {"field": "preview"}),
        ),
        (
            asked_for("medical"), "assign_specialist", PSEAH, {"specialist": "S0014"},
            Refused("FOR_SPECIALISTS", TRAINED, {"field": "specialist"}),
        ),
        (
            UNAWARE, "give_consent", PERSON, {"service": "medical"},
            Refused("NOT_YOURS_TO_GIVE", CONSENT, {"fact": "for_whom"}),
        ),
        (
            FOR_ANOTHER, "give_consent", PERSON, {"service": "medical", "own_word": False},
            Refused("OWN_WORD_NEEDED", CONSENT, {"field": "own_word"}),
        ),
        (
            helped(**CHILD), "give_consent", PERSON, {"service": "medical"},
            Refused("CHILD_NOT_TOLD", TRAINED, {"action": "tell_child"}),
        ),
        (
            helped(), "tell_child", SPECIALIST, {"told": "child", "understands": True, "caregiver": "no_risk"},
            Refused("NO_CHILD", TRAINED, {"fact": "minor"}),
        ),
        (
            helped(**CHILD), "tell_child", SPECIALIST,
            {"told": "caregiver", "understands": True, "caregiver": "no_risk"},
            Refused("CAREGIVER_NOT_TO_BE_TOLD", TRAINED, {"field": "told"}),
        ),
        (
            TOLD, "decide_for_child", SPECIALIST, {"scope": "needs"},
            Refused("SOMEBODY_CAN_SAY", TRAINED, {"fact": "understands"}),
        ),
        (
            consented(), "prepare_referral", SPECIALIST, {"shares": "contact_and_needs"},
            Refused("SHARES_TOO_MUCH", CONSENT, {"field": "shares"}),
        ),
        (
            DECLINED, "close_referral", PSEAH, {"reason": "declined"},
            Refused("OFFER_NOT_RESTATED", TRAINED, {"clock": "support.restate"}),
        ),
    ],
    ids=lambda one: one.code if isinstance(one, Refused) else None,
)  # fmt: skip
def test_what_is_refused_says_what_it_needs(
    case: Case, action: str, who: Actor, facts: dict[str, Any], answer: Refused
) -> None:
    assert refused(case, action, who, **facts) == answer


def test_somebody_who_is_no_specialist_for_it_hears_which_role_would_be() -> None:
    case = act(BY_WELFARE, "give_consent", PERSON, service="psychosocial")
    holder = staff("S0014", Role.PSEAH_OFFICER, Role.WELFARE_OFFICER)
    assert act(case, "prepare_referral", holder, shares="needs").state == "previewed"
    outside = refused(OF_CHILD, "prepare_referral", staff("S0072", Role.WELFARE_OFFICER), shares="needs")
    assert outside == Refused("FOR_SPECIALISTS", TRAINED, {"role": "specialist"})
    assert refused(OF_CHILD, "prepare_referral", WELFARE).code == "NOT_ASSIGNED"


def test_nothing_is_shared_on_a_yes_that_has_grown_old() -> None:
    due = approved().clocks["consent.refresh"].due_at
    late = refused(approved(), "record_referred", SPECIALIST, now=due)
    assert late == Refused("CONSENT_TOO_OLD", CONSENT, {"clock": "consent.refresh"})
    assert act(approved(), "record_referred", SPECIALIST, now=due - timedelta(seconds=1)).state == "referred"


@pytest.mark.parametrize(
    ("case", "action", "who", "needed"),
    [
        (helped(), "add_note", SPECIALIST, "note"),
        (act(connected(), "start_follow_up", SPECIALIST), "close_referral", PSEAH, "reasons"),
        (ring_until(DECLINED, DECLINED.clocks["support.restate"].due_at), "close_referral", PSEAH, "reasons"),
    ],
    ids=["note", "closed after help", "closed unwanted"],
)
def test_what_is_written_is_not_left_out(case: Case, action: str, who: Actor, needed: str) -> None:
    assert refused(case, action, who, without=needed) == Refused("FIELD_MISSING", "lifecycle", {"field": needed})
    assert act(case, action, who).version == case.version + 1


def test_what_is_urgent_finds_its_next_helper_as_soon_as_the_first() -> None:
    urgent = act(asked_for("medical", urgency="now"), "assign_specialist", PSEAH, specialist="S0072")
    left = act(urgent, "release_specialist", SYSTEM)
    assert left.clocks["support.first"].due_at == NOW + timedelta(hours=4)


def test_notes_are_written_by_the_whole_cell_and_help_is_given_out_by_those_who_coordinate() -> None:
    for member in (WELFARE, PSEAH, SPECIALIST):
        assert act(helped(), "add_note", member).version == helped().version + 1
    answer = refused(asked_for("medical"), "assign_specialist", SPECIALIST, specialist="S0072")
    assert answer.code == "ROLE_NOT_ALLOWED"
