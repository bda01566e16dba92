"""What intake keeps of her consent is what the desk's own table makes of the same act."""

from lifecycle.model import ActorKind
from services.intake.domain.consents import ACTS, consent_of
from tests.lifecycles import BY_NAME


def test_inv_15_every_act_of_hers_that_changes_a_consent_is_kept_and_no_other() -> None:
    found = {
        (name, rule.action): (to, rule.sets[fact] in (True, "given"))
        for name, fact, to in (
            ("formal_report", "referral_consent", ""),
            ("formal_report", "naming_consent", "naming"),
            ("interim_measure", "consent", ""),
            ("sea_report", "identity_consent", ""),
        )
        for rule in BY_NAME[name].rules
        if ActorKind.PERSON in rule.by and fact in rule.sets
    }
    assert found == ACTS


def test_inv_15_each_case_rests_on_consents_of_its_own_and_each_of_them_is_apart() -> None:
    measures = consent_of("interim_measure", 1), consent_of("interim_measure", 2)
    assert measures == ("interim_measure.1", "interim_measure.2")
    of_a_report = consent_of("formal_report", 1), consent_of("formal_report", 1, "naming")
    assert of_a_report == ("formal_report.1", "formal_report.1.naming")
