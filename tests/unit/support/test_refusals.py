"""What support refuses says what is missing and by which rule."""

from lifecycle.model import Refused
from policy.model import Role
from tests.lifecycles import PERSON, refused, staff
from tests.unit.support.test_support_referral import OTHER_WORDS, helped, previewed


def test_words_that_were_not_shown_to_her_are_not_agreed_to() -> None:
    answer = refused(previewed(), "approve_referral", PERSON, service="medical", preview=OTHER_WORDS)
    assert answer == Refused("NOT_WHAT_WAS_SHOWN", "invariant 15", {"field": "preview"})


def test_who_helps_does_not_step_aside_but_declares_a_conflict() -> None:
    answer = refused(helped(), "step_aside", staff("S0072", Role.SPECIALIST, Role.PSEAH_OFFICER))
    assert answer == Refused("IS_HANDLER", "invariant 32", {"role": "specialist"})
