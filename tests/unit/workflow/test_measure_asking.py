"""Before a measure is decided: who sees the need, who alerts how urgently, and whose word counts as her consent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_parts import may_see
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, effect_names, opened, refused, ring_until, staff
from tests.unit.workflow.measures import (
    DIRECTOR,
    HEAD,
    LEGAL_AND_HEAD,
    LINE,
    OIO,
    ON_HIM,
    SECOND_INVESTIGATOR,
    WELFARE,
    acknowledged,
    alerted,
    consented,
    effective,
)

ETHICS = staff("S0007", Role.ETHICS_OFFICER)
MANAGER = staff("S0019", Role.MANAGER)
DAY = timedelta(days=1)


def need(**facts: Fact) -> Case:
    return engine.open_case(LIFECYCLE, REPORT, 1, facts, NOW, POLICY)


def of_another(writer: str = "witness") -> Case:
    """Acknowledged, in the matter of somebody who did not write herself."""
    case = act(need(writer=writer), "alert", OIO)
    return act(case, "acknowledge_alert", HEAD)


def test_inv_38_who_says_only_later_that_it_happened_to_her_is_asked_in_her_inbox_from_then_on() -> None:
    case = of_another("unsaid")
    assert refused(case, "ask_consent", SECOND_INVESTIGATOR).code == "WRITER_NOT_AFFECTED"
    said = act(case, "record_writer", SYSTEM, writer="affected")
    assert (LIFECYCLE.person_sees(case), LIFECYCLE.person_sees(said), said.state) == (False, True, case.state)
    assert act(said, "ask_consent", SECOND_INVESTIGATOR).state == "consent_asked"
    assert refused(said, "record_writer", SYSTEM, writer="witness").code == "WRITER_KNOWN"
    # Somebody else has taken her yes: that is where it can be looked up.
    given = act(case, "record_consent", WELFARE)
    assert refused(given, "record_writer", SYSTEM, writer="affected").code == "WRITER_KNOWN"


@pytest.mark.parametrize("actor", [PERSON, SYSTEM, OIO, ETHICS, MANAGER, HEAD, WELFARE], ids=lambda one: one.name)
def test_whoever_sees_a_need_says_so_and_those_who_could_alert_hear_of_it(actor: Actor) -> None:
    case = act(need(), "note_need", actor)
    assert case.state == "need_seen"
    told = {one for effect in case.effects for one in recipients(case, effect, POLICY, NOW)}
    assert {"S0005", "S0003"} <= told


@pytest.mark.parametrize("case", [need(), acknowledged(), effective()], ids=lambda one: one.state)
def test_a_need_may_be_seen_at_any_time_and_moves_nothing_by_itself(case: Case) -> None:
    assert act(case, "note_need", PERSON).state == case.state


def test_a_need_that_nobody_takes_up_is_escalated_until_somebody_does() -> None:
    case = ring_until(need(), NOW + timedelta(days=5))
    assert case.state == "need_seen"
    assert [step.facts["clock"] for step in case.steps if step.action == "ring"].count("im.need") >= 2
    assert not act(case, "alert", OIO, now=NOW + timedelta(days=5)).clocks["im.need"].runs


def test_inv_50_a_need_is_declined_with_a_reason_and_can_be_seen_again() -> None:
    case = act(need(), "decline_need", LEGAL_AND_HEAD, reason="extras_enough")
    assert (case.state, case.facts["reason"]) == ("not_taken_up", "extras_enough")
    assert [clock.key for clock in case.clocks.values() if clock.runs] == ["keep.hr_measure"]


@pytest.mark.parametrize(
    ("urgency", "ack", "decide"),
    [("green", timedelta(days=1), timedelta(days=3)), ("red", timedelta(hours=4), timedelta(hours=24))],
)
def test_red_leaves_hours_where_green_leaves_working_days(urgency: str, ack: timedelta, decide: timedelta) -> None:
    case = alerted(urgency=urgency)
    assert (case.clocks["im.ack"].due_at, case.clocks["im.decide"].due_at) == (NOW + ack, NOW + decide)


def test_an_alert_becomes_red_and_stays_so() -> None:
    red = act(alerted(), "raise_urgency", LEGAL_AND_HEAD)
    assert red.clocks["im.decide"].due_at == NOW + timedelta(hours=24)
    assert refused(red, "raise_urgency", OIO).code == "ALREADY_URGENT"
    later = act(acknowledged(), "raise_urgency", LEGAL_AND_HEAD)
    assert (later.clocks["im.decide"].due_at, later.clocks["im.ack"].runs) == (NOW + timedelta(hours=24), False)
    declined = act(act(red, "acknowledge_alert", HEAD), "decline_alert", HEAD)
    escalated = act(declined, "escalate_alert", OIO)
    assert escalated.clocks["im.ack"].due_at == NOW + timedelta(hours=4)


def test_a_second_office_joins_without_setting_the_clocks_back() -> None:
    first = act(opened("interim_measure"), "alert", OIO)
    joined = act(first, "alert", LEGAL_AND_HEAD, now=NOW + timedelta(hours=5))
    assert joined.clocks == first.clocks


# Whose word


@pytest.mark.parametrize("writer", ["witness", "third_party", "unsaid"])
def test_inv_38_nobody_but_the_affected_person_is_asked_in_an_inbox(writer: str) -> None:
    case = of_another(writer)
    answer = refused(case, "ask_consent", SECOND_INVESTIGATOR)
    assert (answer.code, answer.rule, answer.params) == ("WRITER_NOT_AFFECTED", "invariant 38", {"writer": writer})
    assert not LIFECYCLE.person_sees(case), "and whoever wrote sees nothing of it"
    assert LIFECYCLE.person_sees(acknowledged())


def test_a_writer_who_did_not_say_is_not_taken_for_the_affected_person() -> None:
    assert need().facts["writer"] == "unsaid"


@pytest.mark.parametrize("actor", [SECOND_INVESTIGATOR, WELFARE, ETHICS], ids=lambda one: one.name)
def test_inv_38_her_word_is_recorded_by_somebody_outside_the_decision(actor: Actor) -> None:
    case = act(of_another(), "record_consent", actor, reference="W-2026-7")
    assert (case.state, case.facts["consent"], case.facts["reference"]) == ("consented", True, "W-2026-7")
    assert refused(of_another(), "record_consent", actor, without="reference").code == "FIELD_MISSING"
    for said_first in ("alternative_offered", "effects_explained"):
        assert refused(of_another(), "record_consent", actor, **{said_first: False}).params == {"field": said_first}
    assert act(case, "decide_measure", HEAD, **LINE).state == "decided"


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (OIO, "SAME_PERSON"),
        (HEAD, "ROLE_NOT_ALLOWED"),
        (staff("S0098", Role.WELFARE_OFFICER, Role.HR_DIRECTOR), "ROLE_CONFLICT"),
        (PERSON, "ROLE_NOT_ALLOWED"),
    ],
    ids=["who alerted", "who decides", "who could decide", "who wrote"],
)
def test_inv_33_nobody_with_another_part_records_her_word(actor: Actor, code: str) -> None:
    assert refused(of_another(), "record_consent", actor).code == code


def test_inv_33_whoever_took_her_word_neither_decides_nor_alerts() -> None:
    both = staff("S0006", Role.INVESTIGATOR)
    case = act(of_another(), "record_consent", both)
    promoted = staff("S0006", Role.ADMINISTRATIVE_HEAD)
    assert refused(case, "decide_measure", promoted, **LINE).params == {"did": "record_consent"}
    assert refused(case, "alert", both).params == {"did": "record_consent"}


def test_inv_38_her_own_word_is_hers_alone_where_she_writes_herself() -> None:
    assert refused(acknowledged(), "record_consent", WELFARE).code == "WRITER_AFFECTED"
    assert refused(consented(), "record_withdrawal", WELFARE).code == "WRITER_AFFECTED"
    assert refused(effective(), "record_told", WELFARE).code == "WRITER_AFFECTED"


def test_inv_15_a_word_given_to_somebody_is_taken_back_through_them() -> None:
    case = act(of_another(), "record_consent", WELFARE)
    assert refused(case, "withdraw_consent", PERSON).code == "WRITER_NOT_AFFECTED"
    assert act(case, "record_withdrawal", WELFARE).state == "consent_refused"
    decided = act(case, "decide_measure", HEAD, **LINE)
    back = act(decided, "record_withdrawal", WELFARE)
    assert (back.state, effect_names(back, EffectKind.EMIT)) == ("consent_refused", ["measure_restore"])


def test_inv_38_43_without_an_inbox_she_is_told_and_asked_again_before_it_takes_effect() -> None:
    case = act(act(of_another(), "record_consent", WELFARE), "decide_measure", HEAD, **LINE)
    applied = act(case, "record_applied", SYSTEM)
    assert refused(applied, "record_told", WELFARE, told_her=False).code == "NOT_CONFIRMED"
    stale = refused(applied, "record_told", WELFARE)
    assert (stale.code, stale.rule, stale.params) == ("NOT_CONFIRMED", "invariant 38", {"field": "still_agrees"})
    told = act(applied, "record_told", WELFARE, still_agrees=True)
    assert (told.state, effect_names(told, EffectKind.ERRAND)) == ("told_first", ["release_measure"])
    over = act(act(act(told, "make_effective", SYSTEM), "lift_measure", DIRECTOR), "record_restored", SYSTEM)
    assert act(over, "record_told", WELFARE).state == "lifted"


def test_inv_38_a_yes_given_anew_to_what_stands_counts_again() -> None:
    hers = act(effective(), "withdraw_consent", PERSON)
    assert (hers.facts["consent"], act(hers, "renew_consent", PERSON).facts["consent"]) == (False, True)
    decided = act(act(of_another(), "record_consent", WELFARE), "decide_measure", HEAD, **LINE)
    told = act(act(decided, "record_applied", SYSTEM), "record_told", WELFARE, still_agrees=True)
    back = act(act(told, "make_effective", SYSTEM), "record_withdrawal", WELFARE)
    assert (back.facts["consent"], act(back, "record_consent", WELFARE).facts["consent"]) == (False, True)


def test_a_welfare_officer_comes_in_by_name_alone() -> None:
    named = act(of_another(), "name_consent_taker", SECOND_INVESTIGATOR)
    assert named.assigned == {Role.WELFARE_OFFICER: "S0014"}
    answer = refused(of_another(), "name_consent_taker", SECOND_INVESTIGATOR, consent_taker="S0009")
    assert answer.code == "NOT_APPOINTED"
    assert Role.WELFARE_OFFICER not in may_see(named)


def test_inv_38_a_yes_that_is_too_old_is_none() -> None:
    now = NOW + timedelta(days=181)
    answer = refused(consented(), "decide_measure", HEAD, now=now, **LINE)
    assert (answer.code, answer.rule, answer.params["deadline"]) == ("CONSENT_OLD", "invariant 38", "consent.refresh")
    assert act(consented(), "decide_measure", HEAD, now=now, **LINE, **ON_HIM).state == "decided"
    renewed = act(effective(), "renew_consent", PERSON, now=now)
    assert renewed.clocks["consent.refresh"].due_at == now + timedelta(days=180)


def test_inv_31_a_measure_that_the_ethics_office_asked_for_is_not_oversights_to_see() -> None:
    theirs = act(need(origin="ethics", writer="affected"), "alert", ETHICS)
    assert not may_see(theirs) & {Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER}
    assert {Role.ETHICS_OFFICER, Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR} <= may_see(theirs)
    assert {Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER} <= may_see(alerted())
    assert Role.ETHICS_OFFICER not in may_see(alerted())


def test_extras_are_arranged_with_and_without_a_measure_and_only_with_her_yes() -> None:
    for case in (need(), acknowledged(), effective()):
        arranged = act(case, "arrange_extra", HEAD, extra="seating", extra_for="affected_individual", she_agrees=True)
        assert (arranged.state, arranged.facts["extra"]) == (case.state, "seating")
        for whom in ("affected_individual", "both"):
            answer = refused(case, "arrange_extra", HEAD, extra="no_contact_mutual", extra_for=whom)
            assert answer == Refused("CONSENT_MISSING", "invariant 38", {"field": "she_agrees"})
        assert act(case, "arrange_extra", HEAD, extra="no_contact_one_way", extra_for="alleged_offender")
        assert refused(case, "arrange_extra", HEAD, extra="demotion").code == "FIELD_INVALID"
    assert refused(effective(), "end_extra", HEAD, extra="seating").params == {"needs": "arrange_extra"}
    another = refused(arranged, "end_extra", HEAD, extra="no_contact_mutual")
    assert another == Refused("NOT_ARRANGED", "policy 2.3", {"field": "extra"})
    ended = act(arranged, "end_extra", HEAD, extra="seating")
    assert (ended.state, refused(ended, "end_extra", HEAD, extra="seating").code) == ("effective", "NOT_ARRANGED")


def test_aftercare_ends_by_her_word_or_a_reason_and_never_by_silence() -> None:
    lifted = act(act(effective(), "lift_measure", DIRECTOR), "record_restored", SYSTEM)
    lifted = act(lifted, "record_placed", SYSTEM, version=lifted.version)
    assert (lifted.state, LIFECYCLE.is_closed(lifted)) == ("lifted", False)
    asked = ring_until(lifted, NOW + timedelta(days=45))
    assert asked.state == "lifted"
    assert [step.facts["clock"] for step in asked.steps if step.action == "ring"].count("im.aftercare") >= 3
    assert act(lifted, "note_need", PERSON).state == "lifted"
    assert act(lifted, "end_aftercare", PERSON, outcome="well").state == "ended"
    closed = act(lifted, "close_measure", SECOND_INVESTIGATOR, reason="well")
    assert closed.state == "ended"
    assert closed.clocks["keep.hr_measure"].due_at >= NOW + timedelta(days=700), "not before the look-ahead ends"


def test_she_hears_every_thirty_days_whether_a_measure_is_asked_for_or_stands() -> None:
    """Or of what she is asked, and each step that she sees begins the thirty days anew."""
    asked = act(acknowledged(), "ask_consent", SECOND_INVESTIGATOR)
    for case, says in (
        (opened("interim_measure"), "nothing_new"),
        (asked, "still_asked"),
        (effective(), "nothing_new"),
        (act(effective(), "review_measure", DIRECTOR, now=NOW + 5 * DAY), "nothing_new"),
        (act(acknowledged(), "decline_alert", DIRECTOR, now=NOW + 5 * DAY), "nothing_new"),
        (ring_until(effective(), NOW + 20 * DAY), "nothing_new"),
    ):
        since = case.steps[-1].at
        quiet = replace(case, clocks={"report.update": case.clocks["report.update"]})
        assert ring_until(quiet, since + 29 * DAY) == quiet, case.state
        heard = [ring_until(quiet, since + days * DAY) for days in (30, 60)]
        assert [effect_names(one, EffectKind.NOTIFY) for one in heard] == 2 * [[f"interim_measure.{says}"]], case.state
        assert len(heard[1].steps) == len(quiet.steps) + 2


def test_where_somebody_else_wrote_whoever_speaks_with_her_hears_that_she_waits() -> None:
    case = act(of_another(), "name_consent_taker", SECOND_INVESTIGATOR)
    quiet = replace(case, clocks={"report.update": case.clocks["report.update"]})
    late = ring_until(quiet, NOW + timedelta(days=30))
    assert {one for effect in late.effects for one in recipients(late, effect, POLICY, NOW)} == {"S0014", "S0005"}
    assert set(effect_names(late, EffectKind.NOTIFY)) == {"interim_measure.update_due"}


def test_where_somebody_else_wrote_and_nobody_has_alerted_those_who_could_hear_that_she_waits() -> None:
    case = act(need(writer="witness"), "note_need", SYSTEM)
    quiet = replace(case, clocks={"report.update": case.clocks["report.update"]})
    late = ring_until(quiet, NOW + timedelta(days=30))
    told = {one for effect in late.effects for one in recipients(late, effect, POLICY, NOW)}
    assert (late.state, told) == ("need_seen", {"S0003", "S0005", "S0007"})
    assert set(effect_names(late, EffectKind.NOTIFY)) == {"interim_measure.update_due"}
