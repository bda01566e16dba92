"""Who hears of what (policy 2.10), over every table: nobody of what is another's."""

import pytest

from lifecycle.notified import INBOX, MAIL, Notified, notified
from policy.model import Role
from tests.lifecycles import BY_NAME, POLICY

CELL = {"informal_resolution", "mediation"}
EVERYTHING = {name: list(notified(lifecycle)) for name, lifecycle in BY_NAME.items()}


def hears(role: Role) -> set[str]:
    """The procedures of which somebody hears for holding this role."""
    named = {role.value, f"assigned {role.value}"}
    return {name for name, notices in EVERYTHING.items() if named & {one.who for one in notices}}


def told(who: str) -> set[tuple[str, str]]:
    return {(name, one.event) for name, notices in EVERYTHING.items() for one in notices if one.who == who}


def test_every_event_has_somebody_a_channel_and_words() -> None:
    for name, notices in EVERYTHING.items():
        assert notices, name
        for one in notices:
            assert one.channel == (INBOX if one.who == "person" else MAIL), one
            assert one.wording in POLICY.wording, one


def test_the_ombuds_cell_hears_nothing_of_any_other_procedure_and_no_other_office_of_its() -> None:
    for role in (Role.OMBUDSPERSON, Role.FOCAL_POINT, Role.EXTERNAL_OMBUDSPERSON):
        assert hears(role) <= CELL, role
    others = set(Role) - {Role.OMBUDSPERSON, Role.FOCAL_POINT, Role.EXTERNAL_OMBUDSPERSON, Role.ALLEGED_OFFENDER}
    assert not [role for role in others if hears(role) & CELL]


def test_hr_officers_hear_of_what_they_have_to_do_alone() -> None:
    assert hears(Role.HR_OFFICER) <= {"interim_measure"}


def test_the_alleged_offender_hears_in_his_own_case_of_a_measure_over_his_work_and_of_a_mediation() -> None:
    """At the notice, a measure, the charge, the outcome; in the report itself there is nothing for him."""
    assert {name for name, _ in told("other_side")} == {"respondent", "interim_measure", "mediation"}
    in_his_case = {event for name, event in told("other_side") if name == "respondent"}
    assert {"notify", "charge", "tell_outcome", "tell_no_finding", "clear"} <= in_his_case
    of_measures = {event for name, event in told("other_side") if name == "interim_measure"}
    assert "make_effective" in of_measures
    assert not of_measures & {"alert", "decide_measure", "record_applied", "ask_consent"}


def test_she_hears_of_each_step_that_is_hers_and_when_nothing_moved_or_a_date_was_missed() -> None:
    report = EVERYTHING["formal_report"]
    assert Notified("acknowledge", "person", INBOX, "formal_report.acknowledged") in report
    assert Notified("report.update due", "person", INBOX, "formal_report.nothing_new") in report
    assert Notified("report.ack due", "person", INBOX, "formal_report.date_missed") in report
    assert Notified("close_report", "person", INBOX, "formal_report.closed") in report
    assert not [one for one in EVERYTHING["respondent"] if one.who == "person"], "his side is none of hers"


def test_retaliation_is_heard_of_by_the_ethics_office_and_never_by_hr_or_oversight() -> None:
    for role in (Role.HR_OFFICER, Role.INTAKE_OFFICER):
        assert "retaliation" not in hears(role), role
    assert hears(Role.HR_OFFICER).isdisjoint({"query", "retaliation", "formal_report"})


@pytest.mark.parametrize(
    ("procedure", "expected"),
    [
        ("query", Notified("open", "ethics_officer", MAIL, "query.opened")),
        ("formal_report", Notified("report.ack soon", "intake_officer", MAIL, "formal_report.ack_soon")),
        (
            "supervisor_request",
            Notified("supervisor.act soon", "assigned manager", MAIL, "supervisor_request.act_soon"),
        ),
        ("interim_measure", Notified("escalate_alert", "above hr_director", MAIL, "interim_measure.alert_escalated")),
        ("interim_measure", Notified("im.answer due", "whoever took alert", MAIL, "interim_measure.answer_waits")),
        ("review", Notified("record_routed", "reviewer", MAIL, "review.asked_for")),
    ],
)
def test_each_way_of_naming_somebody_says_whom_and_when(procedure: str, expected: Notified) -> None:
    assert expected in EVERYTHING[procedure]
