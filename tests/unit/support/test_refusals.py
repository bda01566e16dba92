"""What support refuses says what is missing and by which rule."""

from lifecycle.model import Refused
from tests.lifecycles import PERSON, refused
from tests.unit.support.test_support_referral import OTHER_WORDS, previewed


def test_words_that_were_not_shown_to_her_are_not_agreed_to() -> None:
    answer = refused(previewed(), "approve_referral", PERSON, service="medical", preview=OTHER_WORDS)
    assert answer == Refused("NOT_WHAT_WAS_SHOWN", "invariant 15", {"field": "preview"})
