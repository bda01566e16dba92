"""What each procedure promises of its time: which dates she sees, how long a clock may stand still, and while which
decision is pending its policy stays as it is. Written out, as each is a promise that nobody takes back by an edit.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine, migration
from lifecycle.clocks import pause_ends
from lifecycle.model import Clock, EffectKind, Refused
from lifecycle.table import ACTOR
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, POLICY, opened, staff

CHECK_INS = "informal.checkin informal.checkin.second informal.checkin.third"
MONITORING = "ret.monitor ret.monitor.second ret.monitor.third ret.monitor.fourth ret.monitor.last"
SHE_SEES = {
    "informal_resolution": f"rwfp.first ombuds.first {CHECK_INS} ombuds.purge",
    "mediation": "ombuds.first mediation.consent mediation.session mediation.follow_up ombuds.purge",
    "support_referral": "support.first support.refer support.connect support.recall support.checkin keep.support"
    " keep.hold keep.release",
    "formal_report": "report.ack report.feedback assess.target anon.silence report.update investigation leg.review"
    f" review.request {MONITORING}",
    "review": "review.decide review.appeal report.update",
    "misdirected_report": "misdirect.forward report.update",
    "interim_measure": "im.begin im.review consent.refresh im.end im.aftercare",
    "emergency_separation": "",
    "respondent": "subject.response charge.reply respondent.answer review.request",
    "danger_alert": "",
    "supervisor_request": f"supervisor.ack supervisor.act {CHECK_INS} report.update",
    "sea_report": "sea.report sea.assist report.ack report.update",
    "data_request": "dsr.reply dsr.reply.extension report.update",
    "retaliation": "ret.ack ret.complete ret.prelim ret.refer ret.investigation ret.determine ret.remedy ret.review"
    f" ret.appeal ret.hold {MONITORING}",
    "recommendation": "",
    "query": "",
}
STANDS_STILL = {
    ("formal_report", "assess.target"): "assess.pause",
    ("formal_report", "investigation"): "investigation.pause",
    ("retaliation", "ret.complete"): "ret.toll",
    ("retaliation", "ret.investigation"): "investigation.pause",
}
DECIDING = {
    "formal_report": "assessing at_leg charged replied recommended decided no_case managerial_action letter_sent"
    " discontinued",
    "review": "requested under_review appealed",
    "interim_measure": "alerted acknowledged consent_asked consented consent_refused not_applied not_begun declined"
    " passed_on",
    "emergency_separation": "danger_seen measure_asked",
    "sea_report": "class_open",
    "retaliation": "prelim_review review_asked determination recommended",
    "recommendation": "with_executive_head with_hr_director with_administrative_head",
}
NOT_HERS = {"emergency_separation", "respondent", "danger_alert", "recommendation", "query"}
"""What goes on between offices, or on his side: nothing of it is in her inbox."""
NOT_YET = {("misdirected_report", "received"), ("supervisor_request", "seen_by_manager")}
"""A moment before it is passed on, and before the manager who has seen it has spoken with her."""


@pytest.mark.parametrize("name", BY_NAME)
def test_her_inbox_shows_every_step_of_what_is_hers_and_nothing_else(name: str) -> None:
    for state in BY_NAME[name].states:
        hers = name not in NOT_HERS and (name, state.name) not in NOT_YET
        assert state.person_sees is hers, state.name


@pytest.mark.parametrize("name", BY_NAME)
def test_which_dates_the_person_sees(name: str) -> None:
    def seen(key: str) -> bool:
        case = replace(opened(name), clocks={key: Clock(key, NOW, NOW + timedelta(days=1))})
        return engine.next_date(BY_NAME[name], case) is not None

    assert {key for key in BY_NAME[name].clock_of if seen(key)} == {*SHE_SEES[name].split()}


@pytest.mark.parametrize("name", BY_NAME)
def test_which_clock_goes_on_by_itself_and_when(name: str) -> None:
    for clock in BY_NAME[name].clocks:
        ends = pause_ends(clock, replace(opened(name), clocks={clock.key: Clock(clock.key, NOW, NOW)}), POLICY, NOW)
        cap = STANDS_STILL.get((name, clock.key))
        assert ends == (POLICY.due(cap, NOW) if cap else None), clock.key


@pytest.mark.parametrize("name", BY_NAME)
def test_inv_51_while_which_decision_is_pending_the_policy_stays(name: str) -> None:
    officer = staff("S0005", Role.INTAKE_OFFICER)
    target = replace(POLICY, version="2", content_hash="2" * 64)
    for state in BY_NAME[name].state_of:
        case = replace(opened(name), state=state)
        refused = migration.offer(BY_NAME[name], case, officer, NOW, POLICY, target).refused
        pending = isinstance(refused, Refused) and refused.code == "DECISION_PENDING"
        assert pending == (state in DECIDING.get(name, "").split()), state


@pytest.mark.parametrize("name", BY_NAME)
def test_whoever_is_given_a_part_hears_of_it(name: str) -> None:
    """Nobody has to look at a list to know that something waits for them."""
    for rule in BY_NAME[name].rules:
        for role in (role for role, fact in rule.assigns.items() if fact != ACTOR):
            notices = [effect.facts for effect in rule.effects if effect.kind is EffectKind.NOTIFY]
            told = {(facts["to"], facts.get("role")) for facts in notices}
            assert told & {("assigned", role), ("other_side", None)} or rule.action in NO_NEWS, rule.action


NO_NEWS = {"begin_subfile", "admit_reviewer"}
"""Whoever opened the sub-file has it; a reviewer has taken the review."""


ROUTED = {
    "support_referral",
    "formal_report",
    "review",
    "interim_measure",
    "sea_report",
    "retaliation",
    "recommendation",
    "data_request",
}


@pytest.mark.parametrize("name", BY_NAME)
def test_who_must_not_know_is_found_out_before_anybody_is_told(name: str) -> None:
    begun = [effect.name for effect in opened(name).effects if effect.kind is EffectKind.ERRAND]
    assert ("route" in begun) is (name in ROUTED)


SHE_KNOWS_BY_NAME = {
    "informal_resolution": "focal_point",
    "mediation": "ombudsperson",
    "support_referral": "specialist",
    "supervisor_request": "manager",
    "retaliation": "ethics_officer",
}


@pytest.mark.parametrize("name", BY_NAME)
def test_whom_of_those_who_act_she_knows_by_name(name: str) -> None:
    assert " ".join(BY_NAME[name].tells) == SHE_KNOWS_BY_NAME.get(name, "")


def test_a_review_that_the_other_side_asks_for_is_not_in_her_inbox() -> None:
    his = replace(opened("review"), facts={"party": "alleged_offender"})
    assert not BY_NAME["review"].person_sees(his)
    assert BY_NAME["review"].person_sees(opened("review"))
