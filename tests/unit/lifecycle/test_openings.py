"""What the first word of each procedure can say: no answer is lost, and who leaves one out has said the least."""

import pytest

from lifecycle import engine
from lifecycle.model import Fact
from tests.lifecycles import BY_NAME, NOW, OPENING, POLICY, REPORT

MODE, LANGUAGE = "confidential anonymous", "fr"
SERVICES = ("medical", "psychosocial", "safety", "legal", "material", "child_protection")
SAYS = {
    "informal_resolution": {
        "mode": MODE,
        "language": LANGUAGE,
        "contact_gender": "woman man any",
        "safe_channel": "inbox mail phone meeting",
        "not_from_my_office": "yes no",
    },
    "support_referral": {
        "mode": MODE,
        "language": LANGUAGE,
        "service": " ".join(("listening", *SERVICES)),
        "listening": "wished",
        **dict.fromkeys(SERVICES, "wished"),
        "urgency": "now soon can_wait",
        "safe_contact": "inbox_only phone in_person through_somebody",
        "contact_gender": "woman man any",
        "minor": "yes no prefer_not_to_say",
        "works_here": "yes no prefer_not_to_say",
        "for_whom": "myself a_child_in_my_care somebody_who_asked somebody_who_does_not_know",
    },
    "formal_report": {
        "mode": MODE,
        "language": LANGUAGE,
        "writer": "affected witness third_party",
        "affected_wishes": "formal not_formal not_known",
        "spoken_language": "en fr es ar",
        "referral_consent": "unasked mandatory",
    },
    "review": {"party": "person alleged_offender", "about": "closure decision measure", "asked_in": "formal_report.1"},
    "misdirected_report": {"received_by": "manager oversight", "matter": "formal_report retaliation"},
    "interim_measure": {"writer": "affected witness third_party unsaid", "origin": "oversight ethics"},
    "respondent": {"origin": "oversight ethics"},
    "supervisor_request": {
        "mode": MODE,
        "language": LANGUAGE,
        "level": "supervisor higher_manager",
        "may_name": "yes no ask_first",
        "begun_by": "person manager",
    },
    "sea_report": {"mode": MODE, "language": LANGUAGE},
    "data_request": {"mode": MODE, "language": LANGUAGE, "right": "know put_right object"},
    "recommendation": {"decider": "executive_head hr_director"},
    "query": {"contract_end": "soon later"},
}
THE_LEAST = {
    "formal_report": {"referral_consent": "unasked"},
    "support_referral": {"service": "listening"},
    "interim_measure": {"writer": "unsaid", "origin": "oversight"},
    "respondent": {"origin": "oversight"},
    "supervisor_request": {"may_name": "ask_first", "begun_by": "person"},
}


def said(procedure: str, **more: Fact) -> dict[str, Fact]:
    facts = {**OPENING[procedure], **more}
    return dict(engine.open_case(BY_NAME[procedure], REPORT, 1, facts, NOW, POLICY).facts)


@pytest.mark.parametrize(("procedure", "field"), [(name, field) for name, fields in SAYS.items() for field in fields])
def test_what_the_first_word_can_say(procedure: str, field: str) -> None:
    for one in SAYS[procedure][field].split():
        assert said(procedure, **{field: one})[field] == one


@pytest.mark.parametrize("procedure", THE_LEAST)
def test_who_leaves_a_question_out_has_said_the_least(procedure: str) -> None:
    lodged = {field: time for field, time in OPENING[procedure].items() if field == "lodged_at"}
    facts = engine.open_case(BY_NAME[procedure], REPORT, 1, lodged, NOW, POLICY).facts
    assert THE_LEAST[procedure].items() <= facts.items()


def test_that_a_review_was_asked_for_after_its_window_is_known() -> None:
    assert said("review", after_the_window=True)["after_the_window"] is True
