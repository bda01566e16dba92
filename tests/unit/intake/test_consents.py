"""What intake keeps of her consent is what the desk's own table makes of the same act."""

from lifecycle.model import ActorKind
from services.intake.domain.consents import ACTS, consent_of
from tests.lifecycles import BY_NAME


def test_inv_15_every_act_of_hers_that_changes_a_consent_is_kept_and_no_other() -> None:
    found = {
        (name, rule.action): rule.sets[fact] in (True, "given")
        for name, fact in (
            ("formal_report", "referral_consent"),
            ("interim_measure", "consent"),
            ("sea_report", "identity_consent"),
        )
        for rule in BY_NAME[name].rules
        if ActorKind.PERSON in rule.by and fact in rule.sets
    }
    assert found == ACTS


def test_each_case_rests_on_a_consent_of_its_own() -> None:
    assert (consent_of("interim_measure", 1), consent_of("interim_measure", 2)) == (
        "interim_measure.1",
        "interim_measure.2",
    )
