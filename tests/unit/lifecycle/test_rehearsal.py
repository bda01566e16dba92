"""What a case would have been like under another policy: the same deeds at the same times, other clocks."""

from dataclasses import replace
from datetime import timedelta

from lifecycle.model import Case
from lifecycle.rehearsal import MOST_RINGS, Course, rehearse
from policy.model import Policy, Role
from policy.working_time import Unit
from tests.lifecycles import BY_NAME, NOW, POLICY, SYSTEM, act, at, opened, ring_until, staff

MEASURE, REPORT = BY_NAME["interim_measure"], BY_NAME["formal_report"]
HEAD = staff("S0004", Role.ADMINISTRATIVE_HEAD)
OFFICER = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
DAY = timedelta(days=1)


def with_deadline(key: str, amount: int, unit: Unit = Unit.CALENDAR_DAYS) -> Policy:
    changed = replace(POLICY.deadlines[key], amount=amount, unit=unit)
    return replace(POLICY, deadlines={**POLICY.deadlines, key: changed})


def reported() -> Case:
    """Acknowledged on the fifth day, assessed from the sixth; it stands there."""
    case = ring_until(opened("formal_report"), NOW + 5 * DAY)
    case = act(case, "acknowledge", OFFICER, now=NOW + 5 * DAY)
    case = act(case, "start_assessment", OFFICER, now=NOW + 6 * DAY)
    return replace(ring_until(case, NOW + 20 * DAY), effects=())


def course(case: Case, policy: Policy, days: float = 20) -> Course:
    found = Course()
    rehearse(BY_NAME[case.lifecycle], case, policy, NOW + days * DAY, found)
    return found


def test_under_its_own_policy_a_case_goes_as_it_went() -> None:
    lived = reported()
    again = rehearse(REPORT, lived, POLICY, NOW + 20 * DAY, Course())
    assert again is not None
    assert (again.report_id, again.number) == (lived.report_id, lived.number)
    assert (again.state, again.facts, again.clocks) == (lived.state, lived.facts, lived.clocks)
    deeds = [step for step in lived.steps if step.action != "ring"]
    assert [step for step in again.steps if step.action != "ring"] == deeds, "with the versions that facts may name"
    assert again.version == deeds[-1].version
    found = course(lived, POLICY)
    assert (found.cases, found.acted, dict(found.breaches), dict(found.refusals)) == (1, 2, {}, {})


def test_what_the_opening_says_is_heard_too() -> None:
    assert dict(course(opened("query"), POLICY, 0).notices) == {"ethics_officer": 1}


def test_a_clock_that_rings_at_last_leaves_the_version_that_facts_may_name() -> None:
    late = ring_until(reported(), NOW + 40 * DAY)
    again = rehearse(REPORT, late, POLICY, NOW + 40 * DAY, Course())
    assert again is not None
    assert again.version == [step for step in late.steps if step.action != "ring"][-1].version


def test_a_shorter_promise_would_have_been_broken_and_somebody_told() -> None:
    was, would_be = course(reported(), POLICY), course(reported(), with_deadline("report.ack", 2))
    assert (was.breaches["report.ack"], would_be.breaches["report.ack"]) == (0, 2)
    assert (was.notices["investigator"], would_be.notices["investigator"]) == (0, 1)
    assert (was.notices["auditor"], would_be.notices["auditor"]) == (0, 1), "and when it has passed again"
    assert would_be.refusals == was.refusals


def test_whoever_is_above_somebody_hears_by_the_order_of_the_policy() -> None:
    alerted = act(act(opened("interim_measure"), "alert", OFFICER), "acknowledge_alert", HEAD)
    answered = act(alerted, "decline_alert", HEAD)
    heard = course(act(answered, "escalate_alert", OFFICER), POLICY, 0).notices - course(answered, POLICY, 0).notices
    assert heard == {"administrative_head": 1, "hr_director": 1, "executive_head": 1}


def test_recorded_rings_are_not_played() -> None:
    late = ring_until(reported(), NOW + 40 * DAY)
    assert any(step.facts.get("clock") == "assess.target" for step in late.steps)
    assert course(late, POLICY, 40).breaches["assess.target"] == 1
    assert course(late, with_deadline("assess.target", 60), 40).breaches["assess.target"] == 0


def test_what_a_policy_would_have_refused_is_counted_with_what_follows_from_it() -> None:
    facts = {"burden": "alleged_offender", "type": "reporting_line_change"}
    case = act(act(opened("interim_measure"), "alert", OFFICER), "acknowledge_alert", HEAD)
    case = act(case, "decide_measure", staff("S0002", Role.HR_DIRECTOR), **facts, review_at=at(20), until_at=at(60))
    case = act(case, "record_applied", SYSTEM)
    assert course(case, POLICY, 1).refusals.total() == 0
    strict = course(case, with_deadline("im.max_block", 30), 1)
    assert dict(strict.refusals) == {"decide_measure PERIOD_TOO_LONG": 1, "record_applied ACTION_NOT_OPEN": 1}
    assert strict.acted == 2


def test_reminders_and_ends_are_told_apart_from_breaches() -> None:
    facts = {"burden": "alleged_offender", "type": "reporting_line_change"}
    case = act(act(opened("interim_measure"), "alert", OFFICER), "acknowledge_alert", HEAD)
    case = act(case, "decide_measure", staff("S0002", Role.HR_DIRECTOR), **facts, review_at=at(10), until_at=at(28))
    case = act(case, "record_applied", SYSTEM)
    case = act(case, "record_placed", SYSTEM, version=case.version)
    found = course(case, POLICY, 28)
    assert (found.reminders["im.end"], found.ends["im.end"], found.breaches["im.end"]) == (3, 1, 0)
    assert found.breaches["im.review"] == 1


def test_what_would_ring_without_end_is_cut_short() -> None:
    found = course(reported(), with_deadline("report.update", 1, Unit.SECONDS), 20)
    assert found.cut_short == 1
    assert found.breaches["report.update"] + found.reminders.total() == MOST_RINGS


def test_a_case_that_would_not_have_been_opened() -> None:
    lived = reported()
    first = replace(lived.steps[0], facts={**lived.steps[0].facts, "mode": "loud"})
    found = course(replace(lived, steps=(first, *lived.steps[1:])), POLICY)
    assert dict(found.refusals) == {"open FIELD_INVALID": 1}


def test_one_course_counts_what_happens_in_all_of_its_cases() -> None:
    facts = {"burden": "alleged_offender", "type": "reporting_line_change"}
    case = act(act(opened("interim_measure"), "alert", OFFICER), "acknowledge_alert", HEAD)
    case = act(case, "decide_measure", staff("S0002", Role.HR_DIRECTOR), **facts, review_at=at(10), until_at=at(28))
    case = act(act(case, "record_applied", SYSTEM), "record_placed", SYSTEM, version=case.version + 1)
    measures = [case, replace(case, steps=(replace(case.steps[0], facts={"writer": "nobody"}),))]
    endless = (reported(), with_deadline("report.update", 1, Unit.SECONDS))

    def found(times: int) -> Course:
        course = Course()
        for _ in range(times):
            for one in measures:
                rehearse(MEASURE, one, with_deadline("im.max_block", 15), NOW + 40 * DAY, course)
                rehearse(MEASURE, one, POLICY, NOW + 40 * DAY, course)
            rehearse(REPORT, *endless, NOW + 20 * DAY, course)
        return course

    once, twice = found(1), found(2)
    for name in ("cases", "acted", "cut_short"):
        assert 0 < 2 * getattr(once, name) == getattr(twice, name), name
    for name in ("reminders", "breaches", "ends", "refusals", "notices"):
        counted = getattr(once, name)
        assert counted, name
        assert {key: 2 * number for key, number in counted.items()} == getattr(twice, name), name
