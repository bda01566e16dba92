"""Along the way of a formal report and of an interim measure: which dates still count where a case stands, and who has
heard of the step that led there. A clock that went on after what it waited for was done would remind, and in the end
escalate, for nothing; one that was forgotten would let somebody wait for ever.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.clocks import DUE
from lifecycle.model import Case, Due, DueKind, EffectKind
from lifecycle.recipients import HER_INBOX, OTHER_SIDE, recipients
from services.workflow.domain.formal_outcome import HOW_IT_IS
from tests import formal_paths as report
from tests.formal_paths import HR_DIRECTOR, INTAKE, INVESTIGATOR, LEGAL
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, opened, ring_until
from tests.unit.workflow import measures as measure
from tests.unit.workflow.measures import DIRECTOR, HEAD, OIO, SECOND_INVESTIGATOR
from tests.unit.workflow.test_supervisor_request import MANAGER, assigned, spoken

DAYS = timedelta(days=1)
ASKED = " ".join(HOW_IT_IS)
SOMEBODY = {HER_INBOX: "she", OTHER_SIDE: "he"}


def running(case: Case) -> set[str]:
    return {key for key, clock in case.clocks.items() if clock.runs and DUE not in clock.rung}


def heard(case: Case) -> set[str]:
    """Who hears of the last step: staff ids, she, he."""
    notices = [effect for effect in case.effects if effect.kind is EffectKind.NOTIFY]
    staff_ids = {one for effect in notices for one in recipients(case, effect, POLICY, NOW)}
    return staff_ids | {SOMEBODY[to] for effect in notices if (to := str(effect.facts["to"])) in SOMEBODY}


def managerial() -> Case:
    return act(report.at_leg(), "advise_managerial_action", LEGAL)


def monitored() -> Case:
    return act(report.told(), "start_monitoring", INVESTIGATOR)


REPORT: dict[str, tuple[Callable[[], Case], str, str]] = {
    "lodged": (lambda: opened("formal_report"), "report.ack assess.target", ""),
    "routed": (
        lambda: act(opened("formal_report"), "record_routed", SYSTEM), "report.ack assess.target", "S0005",
    ),
    "acknowledged": (report.acknowledged, "assess.target report.feedback report.update", ""),
    "assessing": (report.assessing, "assess.target report.feedback report.update", ""),
    "asked": (report.asked, "assess.target report.feedback report.update anon.silence", ""),
    "answered": (
        lambda: act(report.asked(), "record_answer", SYSTEM), "assess.target report.feedback report.update", "S0005",
    ),
    "gone on without an answer": (
        lambda: act(
            ring_until(report.asked(), NOW + 90 * DAYS), "go_on_without_answer", INTAKE, now=NOW + 90 * DAYS
        ),
        "assess.target report.feedback report.update", "",
    ),
    "investigated": (report.investigating, "investigation report.update subject.notice", ""),
    "notice put off": (
        lambda: act(report.investigating(), "defer_notice", INVESTIGATOR),
        "investigation report.update subject.notice", "",
    ),
    "he is told": (report.notified, "investigation report.update subject.response", ""),
    "he has answered": (report.heard, "investigation report.update", "S0005"),
    "he has left": (
        lambda: act(report.heard(), "record_subject_left", INVESTIGATOR), "investigation report.update", "S0005",
    ),
    "discontinued": (
        lambda: act(report.notified(), "discontinue_investigation", INVESTIGATOR), "report.update", "",
    ),
    "at legal affairs": (report.at_leg, "leg.review report.update", "S0003"),
    "charged": (report.charged, "leg.review charge.reply report.update", ""),
    "he has replied": (report.replied, "leg.review report.update", "S0003"),
    "he has not replied": (
        lambda: act(
            ring_until(report.charged(), NOW + 31 * DAYS), "go_on_without_reply", LEGAL, now=NOW + 31 * DAYS
        ),
        "leg.review report.update", "",
    ),
    "recommended": (report.recommended, "discipline.decide report.update", "S0002"),
    "for managerial action": (managerial, "discipline.decide report.update", "S0002"),
    "decided": (report.decided, "discipline.decide report.update", "S0001"),
    "the letter is sent": (report.letter_sent, "report.update", ""),
    "no case": (report.no_case, "report.update", ""),
    "he has written": (
        lambda: act(report.investigating(), "note_subject_wrote", SYSTEM),
        "investigation report.update subject.notice", "S0005",
    ),
    "he has written to legal affairs, too": (
        lambda: act(report.at_leg(), "note_subject_wrote", SYSTEM), "leg.review report.update", "S0003 S0005",
    ),
    "redress asked for": (
        lambda: act(report.no_case(), "ask_redress", INVESTIGATOR), "redress.decide report.update", "S0002",
    ),
    "she is told": (report.told, "report.update", ""),
    "looked after": (monitored, "report.update report.monitor", ""),
    "closed": (lambda: act(monitored(), "close_report", INVESTIGATOR), f"keep.investigated {ASKED}", ""),
    "closed at once": (report.closed, f"keep.no_case {ASKED}", ""),
    "handed over": (
        lambda: act(report.investigating(), "hand_over", INVESTIGATOR, investigator="S0006"),
        "investigation report.update subject.notice", "S0006",
    ),
    "dismissed": (
        lambda: act(
            act(report.recommended("summary_dismissal"), "record_view", LEGAL), "dismiss_summarily", HR_DIRECTOR
        ),
        "discipline.decide report.update", "S0001",
    ),
    "national authorities proposed": (
        lambda: act(act(report.at_leg(), "record_view", LEGAL), "propose_national_referral", LEGAL),
        "leg.review report.update", "S0001",
    ),
}  # fmt: skip


def asked() -> Case:
    return act(measure.acknowledged(), "ask_consent", SECOND_INVESTIGATOR)


def declined() -> Case:
    return act(measure.acknowledged(), "decline_alert", DIRECTOR)


def applied() -> Case:
    return act(measure.decided(), "record_applied", SYSTEM)


def lifting() -> Case:
    return act(measure.effective(), "lift_measure", DIRECTOR)


def restored() -> Case:
    return act(lifting(), "record_restored", SYSTEM)


def lifted() -> Case:
    case = restored()
    return act(case, "record_placed", SYSTEM, version=case.version)


def with_housing() -> Case:
    return measure.told_first(**measure.ON_HIM, covers_housing=True)


HEADS = "S0002 S0003 S0004 S0017"
STANDS = "consent.refresh im.cumulative_alarm im.end im.review report.update"
MEASURE: dict[str, tuple[Callable[[], Case], str, str]] = {
    "needed": (
        lambda: act(opened("interim_measure"), "note_need", PERSON), "im.need report.update", "S0003 S0005 S0007",
    ),
    "alerted": (
        lambda: act(opened("interim_measure"), "alert", OIO), "im.ack im.decide report.update",
        "S0002 S0003 S0004 S0017",
    ),
    "acknowledged": (measure.acknowledged, "im.decide report.update", ""),
    "declined": (declined, "im.answer report.update", "S0003 S0005"),
    "taken further": (
        lambda: act(declined(), "escalate_alert", OIO), "im.ack im.decide report.update",
        "S0001 S0002 S0003 S0004 S0017",
    ),
    "she is asked": (asked, "im.decide report.update", ""),
    "she agrees": (measure.consented, "im.decide consent.refresh report.update", "S0002 S0003 S0004 S0017"),
    "she does not": (
        lambda: act(asked(), "refuse_measure", PERSON), "im.decide report.update",
        "S0002 S0003 S0004 S0005 S0006 S0017",
    ),
    "signed": (measure.signed, "im.decide consent.refresh report.update", "S0002 S0003 S0004 S0017"),
    "decided": (measure.decided, "im.apply consent.refresh report.update", ""),
    "applied": (applied, STANDS, ""),
    "not applied": (
        lambda: act(measure.decided(), "record_failed", SYSTEM), "im.decide consent.refresh report.update",
        "S0002 S0003 S0004 S0009 S0017",
    ),
    "she is told first": (measure.told_first, STANDS, ""),
    "in effect": (measure.effective, STANDS, "he"),
    "reviewed": (lambda: act(measure.effective(), "review_measure", DIRECTOR), STANDS, "she"),
    "extended": (
        lambda: act(measure.effective(), "extend_measure", HEAD, now=NOW + 15 * DAYS), f"im.apply {STANDS}",
        "S0003 S0005",
    ),
    "varied": (lambda: act(measure.effective(), "vary_measure", HEAD), f"im.apply {STANDS}", "S0003 S0005"),
    "lifting": (lifting, "im.apply report.update", ""),
    "restored": (restored, "report.update", ""),
    "lifted": (lifted, "im.aftercare report.update", "S0003 S0005 he"),
    "over": (lambda: act(lifted(), "close_measure", OIO), "keep.hr_measure", ""),
    "its end has come, and it lapses": (
        lambda: ring_until(measure.with_a_letter(), NOW + 20 * DAYS), "im.apply report.update", HEADS,
    ),
    "its end has come while its letter waits": (
        lambda: ring_until(act(with_housing(), "ask_release", SYSTEM), NOW + 20 * DAYS),
        "consent.refresh im.apply im.cumulative_alarm im.escalate report.update", f"S0001 {HEADS}",
    ),
    "its end has come": (
        lambda: ring_until(measure.effective(), NOW + 20 * DAYS),
        "consent.refresh im.apply im.cumulative_alarm im.escalate report.update", "S0001 S0002 S0003 S0004 S0017",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", REPORT)
def test_a_formal_report(place: str) -> None:
    case, dates, told = REPORT[place]
    assert (running(case()), heard(case())) == (set(dates.split()), set(told.split()))


@pytest.mark.parametrize("place", MEASURE)
def test_an_interim_measure(place: str) -> None:
    case, dates, told = MEASURE[place]
    assert (running(case()), heard(case())) == (set(dates.split()), set(told.split()))


OVERDUE = [
    (REPORT, "lodged", "report.ack", "S0005 S0006 she"),
    (REPORT, "lodged", "assess.target", "S0015 she"),
    (REPORT, "acknowledged", "report.feedback", "S0015 she"),
    (REPORT, "acknowledged", "report.update", "S0005 she"),
    (REPORT, "asked", "anon.silence", "S0005 she"),
    (REPORT, "investigated", "investigation", "S0015 she"),
    (REPORT, "investigated", "subject.notice", "S0005"),
    (REPORT, "he is told", "subject.response", "S0005"),
    (REPORT, "at legal affairs", "leg.review", "S0015 she"),
    (REPORT, "charged", "charge.reply", "S0003"),
    (REPORT, "looked after", "report.monitor", "S0005"),
    (MEASURE, "needed", "im.need", "S0005 S0006 S0066 she"),
    (MEASURE, "alerted", "im.ack", "S0002 she"),
    (MEASURE, "alerted", "im.decide", f"S0001 {HEADS} she"),
    (MEASURE, "declined", "im.answer", "S0003 S0005 S0006 S0066"),
    (MEASURE, "she agrees", "consent.refresh", HEADS),
    (MEASURE, "decided", "im.apply", f"S0001 S0009 {HEADS} she"),
    (MEASURE, "applied", "im.cumulative_alarm", f"S0001 {HEADS}"),
    (MEASURE, "applied", "im.review", f"S0001 {HEADS} she"),
    (MEASURE, "lifted", "im.aftercare", "S0003 S0005"),
    (MEASURE, "its end has come", "im.escalate", f"S0001 {HEADS}"),
    (MEASURE, "she is asked", "report.update", "she"),
    (MEASURE, "in effect", "report.update", "she"),
    (MEASURE, "in effect", "consent.refresh", f"{HEADS} she"),
]


@pytest.mark.parametrize(("way", "place", "clock", "told"), OVERDUE, ids=[one[2] for one in OVERDUE])
def test_inv_52_a_date_that_has_passed_moves_nothing_and_is_heard_of(
    way: dict[str, tuple[Callable[[], Case], str, str]], place: str, clock: str, told: str
) -> None:
    case = way[place][0]()
    lifecycle, due_at = BY_NAME[case.lifecycle], case.clocks[clock].due_at
    alone = replace(case, clocks={clock: case.clocks[clock]})
    rung = engine.on_due(lifecycle, alone, Due(clock, DueKind.DUE, due_at, DUE), due_at, POLICY)
    assert (rung.state, heard(rung)) == (case.state, set(told.split()))


def test_who_wants_more_of_a_manager_gives_him_his_time_anew() -> None:
    case = act(act(spoken(), "ask_how_it_is", MANAGER), "ask_for_more", PERSON, now=NOW + 5 * DAYS)
    assert running(case) == {"report.update", "supervisor.act"}
    assert case.clocks["supervisor.act"].started_at == NOW + 5 * DAYS
    late = ring_until(case, case.clocks["supervisor.act"].due_at)
    assert heard(late) == {"S0017", "she"}, "who did not act, and she: whom else she could ask"


def test_a_manager_who_has_answered_or_lost_it_is_late_no_more_and_the_next_one_is_looked_for() -> None:
    assert running(assigned()) == {"report.update", "supervisor.ack", "supervisor.act"}
    assert running(act(assigned(), "acknowledge", MANAGER)) == {"report.update", "supervisor.act"}
    closed = act(assigned(), "close_to_manager", SYSTEM)
    assert running(closed) == set(), "it is for her to say who is next"
    again = act(closed, "ask_next_level", PERSON, now=NOW + 3 * DAYS)
    assert running(again) == {"report.update", "supervisor.ack", "supervisor.act"}
    assert again.clocks["supervisor.ack"].started_at == NOW + 3 * DAYS, "the next one has all of the time"
    assert [effect.name for effect in again.effects if effect.kind is EffectKind.ERRAND] == ["find_manager"]
