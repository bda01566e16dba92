"""Protection from retaliation, by its table alone: contact, holds and watching, while it runs and afterwards."""

from dataclasses import replace
from datetime import timedelta

from lifecycle.recipients import heard_as
from policy.model import Role
from services.ethics.domain.retaliation import LIFECYCLE
from services.ethics.domain.retaliation_rules import MONITORING
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, refused, ring_until, staff
from tests.unit.ethics.retaliation import OFFICER, TO_FINDING, begun, heard, monitored, walked


def test_about_whom_others_told_nothing_is_done_without_agreement_or_imminent_harm() -> None:
    case = act(begun("third_party"), "acknowledge", OFFICER)
    for step in ("alert_interim_measures", "contact_person"):
        assert refused(case, step, OFFICER, ground="agreed").code == "NOT_AGREED"
        assert act(case, step, OFFICER, ground="imminent_harm").version == case.version + 1
    assert refused(case, "agree_contact", PERSON).code == "NOT_FOR_ANOTHER", "the reporter cannot agree for her"


def test_contact_is_by_agreement_and_the_agreement_can_be_taken_back() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    assert refused(case, "contact_person", OFFICER, ground="agreed").code == "NOT_AGREED"
    agreed = act(case, "agree_contact", PERSON, contact_agreed=True)
    assert act(agreed, "contact_person", OFFICER, ground="agreed").state == "acknowledged"
    back = act(agreed, "agree_contact", PERSON, contact_agreed=False)
    assert refused(back, "contact_person", OFFICER, ground="agreed").code == "NOT_AGREED"


def test_one_hold_at_a_time_until_a_day_in_the_future_and_at_its_end_the_office_hears() -> None:
    case = act(begun(), "acknowledge", OFFICER)
    past = (NOW - timedelta(days=1)).isoformat()
    assert refused(case, "ask_hr_hold", OFFICER, hold_until=past).code == "TIME_IN_THE_PAST"
    until = NOW + timedelta(days=20)
    held = act(case, "ask_hr_hold", OFFICER, contested="non_renewal", hold_until=until.isoformat())
    assert effect_names(held, "emit") == ["hr_hold_asked"]
    assert refused(held, "ask_hr_hold", OFFICER).code == "HOLD_STANDS"
    kept = act(held, "record_hr_hold", SYSTEM, hr_hold="kept")
    over = replace(kept, clocks={"ret.hold": kept.clocks["ret.hold"]})
    assert effect_names(ring_until(over, until), "notify") == ["retaliation.hold_over", "retaliation.late"]
    released = act(kept, "release_hr_hold", OFFICER)
    assert not released.clocks["ret.hold"].runs, "nobody is reminded of what is over"
    assert effect_names(released, "emit") == ["hr_hold_released"]
    assert act(released, "ask_hr_hold", OFFICER).facts["hr_hold"] == "asked"
    assert refused(released, "record_hr_hold", SYSTEM).code == "NO_HOLD"


def test_what_hr_answers_is_heard_by_the_office_whoever_asked_and_wherever_the_case_stands_meanwhile() -> None:
    somebody = staff("S9999", Role.ETHICS_OFFICER)
    case = act(act(monitored(), "ask_hr_hold", somebody), "report_act", PERSON, act="threat")
    assert case.state == "requested"
    broken = act(case, "record_hr_hold", SYSTEM, hr_hold="not_possible")
    assert heard(broken) == [("retaliation.hold_answered", ("S0007",))]


def test_hr_can_be_asked_to_hold_what_hr_does() -> None:
    [field] = [one for one in LIFECYCLE.rule_of["acknowledged", "ask_hr_hold"].fields if one.name == "contested"]
    assert {"non_renewal", "early_termination", "transfer"} <= set(field.options(POLICY))
    assert not {"ostracism", "threat", "blacklisting"} & set(field.options(POLICY))


def test_she_hears_every_thirty_days_also_when_nothing_has_moved() -> None:
    case = walked(begun(), *TO_FINDING, ("refer_to_oversight", OFFICER))
    moments = [NOW + timedelta(days=30 * n) for n in (1, 2, 3)]
    assert act(begun("fear"), "acknowledge", OFFICER).clocks["report.update"].due_at == moments[0]
    for moment in moments:
        before, case = case, ring_until(case, moment)
        assert case.version == before.version + 1, f"nothing rang on {moment:%d %B}"
        assert "retaliation.no_news" in effect_names(case, "notify")


def test_what_stands_still_a_second_time_goes_up_and_leaves_no_level_out() -> None:
    begun_now = act(begun("fear"), "acknowledge", OFFICER)
    quiet, heard = replace(begun_now, clocks={"report.update": begun_now.clocks["report.update"]}), []
    for month in (1, 2, 3):
        quiet = ring_until(quiet, NOW + timedelta(days=30 * month))
        heard.append([heard_as(one, POLICY) for one in quiet.effects if one.name == "retaliation.late"])
    assert heard == [[], [Role.ALTERNATE_ETHICS_OFFICER], [Role.OVERSIGHT_COMMITTEE]]


# Afterwards


def test_monitoring_asks_at_thirty_sixty_and_ninety_days_and_at_six_and_twelve_months() -> None:
    case = monitored()
    rung = ring_until(case, NOW + timedelta(days=400))
    marks = [step.at for step in rung.steps if step.facts.get("clock") in MONITORING]
    assert marks == [NOW + timedelta(days=30 * n) for n in (1, 2, 3)] + [
        NOW.replace(month=9),
        NOW.replace(year=2027),
    ]
    assert rung.state == "monitoring"


def test_something_new_while_monitored_is_a_request_again() -> None:
    again = act(monitored(), "report_act", PERSON, act="appraisal")
    assert again.state == "requested"
    assert not any(again.clocks[key].runs for key in MONITORING)
