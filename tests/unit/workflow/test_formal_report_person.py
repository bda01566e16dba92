"""What stays the person's while a report is handled, and how long a file is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine, freezing
from lifecycle.model import Case, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Policy, Role
from services.workflow.domain import formal_naming, formal_referral
from services.workflow.domain.formal_report import KEPT_FOR, LIFECYCLE
from services.workflow.domain.formal_rules import SHARED_OUTSIDE, TEAM
from tests.formal_paths import (
    DAY,
    EXECUTIVE,
    INTAKE,
    INVESTIGATOR,
    LEGAL,
    asked,
    assessing,
    at_leg,
    closed,
    investigating,
    no_case,
    notes,
    opens,
    redressed,
    told,
    withdrawn,
)
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

YEAR = 366 * DAY


def policy_of(**months: int | None) -> Policy:
    deadlines = {key.replace("_", "."): months[key] for key in months}
    changed = {key: replace(POLICY.deadlines[key], amount=amount) for key, amount in deadlines.items()}
    return replace(POLICY, deadlines={**POLICY.deadlines, **changed})


# Who she is in it.


def test_inv_17_who_writes_may_be_said_later_and_once() -> None:
    said = act(assessing(), "say_who_writes", PERSON, writer="affected")
    assert (said.state, said.facts["writer"]) == ("assessing", "affected")
    assert effect_names(said, EffectKind.EMIT) == ["writer_said"]
    for known in (said, replace(assessing(), facts={**assessing().facts, "writer": "witness"})):
        answer = refused(known, "say_who_writes", PERSON, writer="third_party")
        assert (answer.code, answer.rule, answer.params) == ("WRITER_KNOWN", "invariant 17", {"has": "writer"})
    # Of exploitation or abuse it was said, or not, where that was told.
    of_sea = replace(assessing(), facts={**assessing().facts, "referral_consent": "mandatory"})
    assert refused(of_sea, "say_who_writes", PERSON).code == "WRITER_KNOWN"


# Withdrawal.


@pytest.mark.parametrize("case", [opened("formal_report"), assessing(), asked(), investigating(), at_leg(), told()])
def test_inv_16_withdrawing_stops_contact_at_once_and_deletes_and_closes_nothing(case: Case) -> None:
    after = withdrawn(case)
    assert (after.state, after.facts["withdrawn"], after.facts["stop_contact"]) == (case.state, True, True)
    assert effect_names(after, EffectKind.NOTIFY) == ["formal_report.withdrawn"]
    assert not [e for e in after.effects if e.kind is EffectKind.ERASE]
    assert ring_until(after, NOW + 60 * DAY).state == case.state


def test_inv_16_it_is_checked_by_another_way_after_a_while_before_anything_rests_on_it() -> None:
    case = withdrawn()
    assert refused(case, "close_no_action", INVESTIGATOR, reason="withdrawn").code == "CLOSING_TOO_EARLY"
    assert refused(case, "check_withdrawal", INTAKE).params == {"clock": "withdraw.cooling"}
    waited = ring_until(case, NOW + 7 * DAY)
    assert "formal_report.withdrawal_to_check" in effect_names(waited, EffectKind.NOTIFY)
    checked = act(waited, "check_withdrawal", INTAKE)
    assert act(checked, "close_no_action", INVESTIGATOR, reason="withdrawn").state == "closed"
    again = act(checked, "withdraw", PERSON, stop_contact=False)
    assert refused(again, "close_no_action", INVESTIGATOR, reason="withdrawn").code == "CLOSING_TOO_EARLY"


def test_inv_16_she_can_come_back_and_nothing_was_held_against_her() -> None:
    back = act(withdrawn(), "take_back_withdrawal", PERSON)
    assert (back.facts["withdrawn"], back.facts["stop_contact"]) == (False, False)
    assert refused(back, "take_back_withdrawal", PERSON).code == "NOT_WITHDRAWN"
    reasons = {
        choice
        for rule in LIFECYCLE.rules
        for field in rule.fields
        if field.name in ("reason", "goes_on_for") and isinstance(field.choices, tuple)
        for choice in field.choices
    }
    assert not [one for one in reasons if "faith" in one or "false" in one or "malicious" in one]


def test_inv_16_that_it_goes_on_without_her_is_decided_with_a_reason_and_told() -> None:
    assert refused(assessing(), "go_on_without_person", INVESTIGATOR).code == "NOT_WITHDRAWN"
    goes_on = act(withdrawn(), "go_on_without_person", INVESTIGATOR, goes_on_for="others_at_risk")
    assert notes(goes_on) == ["formal_report.goes_on_without_you"]
    assert refused(withdrawn(), "go_on_without_person", INVESTIGATOR, without="reasons").params == {"field": "reasons"}


# She cannot act any more.


def test_when_she_has_died_messages_stop_nobody_acts_by_her_code_and_the_office_decides() -> None:
    case = act(investigating(), "record_person_gone", INVESTIGATOR, circumstance="died")
    assert (case.state, case.facts["stop_contact"]) == ("investigating", True)
    assert case.clocks["keep.hold"].due_at == NOW + 20 * DAY
    for sent, code in (
        ({"hold_owner": "S0011"}, "NOT_APPOINTED"),
        ({"hold_until": NOW.isoformat()}, "TIME_IN_THE_PAST"),
    ):
        assert refused(investigating(), "record_person_gone", INVESTIGATOR, **sent).code == code
    for action in ("withdraw", "take_back_withdrawal"):
        assert refused(case, action, PERSON, stop_contact=True).code in {"PERSON_GONE", "NOT_WITHDRAWN"}
    offered = [one for one in engine.offers(LIFECYCLE, case, PERSON, NOW, POLICY) if one.open]
    assert offered == []
    ended = act(case, "discontinue_investigation", INVESTIGATOR, discontinued_for="no_way_to_establish")
    assert ended.state == "discontinued"
    assert refused(ended, "disclose_to_person", INVESTIGATOR).code == "CONTACT_UNWANTED"
    back = act(case, "record_person_back", INVESTIGATOR)
    assert back.facts["stop_contact"] is False


# Somebody outside demands the file.


def test_a_demand_from_outside_is_answered_by_legal_affairs_alone_with_immunity_noted() -> None:
    case = act(assessing(), "record_outside_demand", INTAKE, demanded_by="police")
    assert case.assigned[Role.LEGAL_OFFICER] == "S0003"
    assert refused(case, "answer_outside_demand", INTAKE).code == "ROLE_NOT_ALLOWED"
    assert refused(case, "answer_outside_demand", LEGAL, immunity_noted=False).params == {"field": "immunity_noted"}
    answered = act(case, "answer_outside_demand", LEGAL)
    assert (answered.facts["answer"], answered.state) == ("refused", "assessing")
    assert refused(answered, "answer_outside_demand", LEGAL).code == "NO_DEMAND"
    assert notes(act(answered, "tell_person_of_demand", LEGAL)) == ["formal_report.demand_refused"]


def test_no_rule_of_a_report_hands_out_a_file() -> None:
    answers = [field for rule in LIFECYCLE.rules for field in rule.fields if field.name == "answer"]
    assert [field.choices for field in answers] == [("refused", "sent_to_executive_head")]


# Sub-files and links.


def test_a_sub_file_starts_where_its_report_is_and_she_is_written_to_from_the_first() -> None:
    main = act(investigating(), "open_subfile", INVESTIGATOR)
    assert opens(main) == [("formal_report", None)]
    sub = act(opened("formal_report"), "begin_subfile", SYSTEM)
    assert (sub.state, sub.facts["no_messages"], sub.assigned[Role.INVESTIGATOR]) == ("assessing", True, "S0006")
    assert refused(sub, "ask_person", INVESTIGATOR).code == "CONTACT_UNWANTED"
    assert "stop_contact" not in sub.facts, "that is her own word, for everything under her report"
    assert sub.clocks["report.ack"].met_at == NOW
    for action, actor in (("open_subfile", INVESTIGATOR), ("withdraw", PERSON), ("pass_on", INTAKE)):
        assert refused(sub, action, actor).code == "ONLY_IN_THE_MAIN_FILE"
    assert "respondent" not in sub.facts


def test_inv_49_a_counter_report_goes_to_somebody_else_where_there_is_somebody() -> None:
    linked = act(assessing(), "link_report", INTAKE, relation="counter_report")
    assert linked.facts.keys() - assessing().facts.keys() == {"relation"}, "no field of the other report comes along"
    wanted = act(linked, "want_other_handler", SYSTEM)
    for action in ("open_investigation", "close_no_action", "close_out_of_scope"):
        answer = refused(wanted, action, INVESTIGATOR)
        assert (answer.code, answer.rule) == ("SAME_HANDLER", "invariant 49")
    handed = act(wanted, "hand_over", INTAKE, investigator="S0006")
    assert act(handed, "open_investigation", INVESTIGATOR).state == "investigating"


# How long it is kept.


def test_inv_53_a_file_outlives_its_retention_while_a_window_runs() -> None:
    out_of_scope = act(assessing(), "close_out_of_scope", INVESTIGATOR)
    due = out_of_scope.clocks["keep.out_of_scope"].due_at
    assert due == POLICY.due("ret.lookahead", NOW), "sixty days, and never before the look-ahead of two years"
    shorter = act(assessing(), "close_out_of_scope", INVESTIGATOR, policy=policy_of(ret_lookahead=1))
    assert shorter.clocks["keep.out_of_scope"].due_at == NOW + 60 * DAY
    longer = policy_of(ret_lookahead=1, review_request=None, review_appeal=400)
    with_appeal = act(assessing(), "close_out_of_scope", INVESTIGATOR, policy=longer)
    assert with_appeal.clocks["keep.out_of_scope"].due_at == NOW + 400 * DAY


def test_inv_53_what_is_investigated_is_kept_from_its_outcome_and_never_shorter_than_from_its_end() -> None:
    late = act(told(), "close_report", INVESTIGATOR, now=NOW + 4 * YEAR)
    assert late.clocks["keep.investigated"].due_at == POLICY.due("ret.lookahead", NOW + 4 * YEAR)


def test_when_its_time_is_over_it_is_erased() -> None:
    gone = ring_until(closed(), NOW + 4 * YEAR)
    assert (gone.state, effect_names(gone, EffectKind.ERASE)) == ("erased", ["case"])
    assert engine.next_due(LIFECYCLE, gone, POLICY) is None


def test_inv_53_a_hold_has_an_owner_and_an_end_and_blocks_the_erasure() -> None:
    case = closed()
    for needed in ("hold_owner", "hold_until", "reasons"):
        assert refused(case, "set_hold", INVESTIGATOR, without=needed).params == {"field": needed}
    nobody = refused(case, "set_hold", INVESTIGATOR, hold_owner="S0009")
    assert nobody.code == "NOT_APPOINTED"
    assert refused(case, "set_hold", staff("S0005", Role.INTAKE_OFFICER)).code == "ROLE_NOT_ALLOWED"
    held = act(case, "set_hold", LEGAL, hold_until=(NOW + 10 * YEAR).isoformat())
    waiting = ring_until(held, NOW + 9 * YEAR)
    assert (waiting.state, waiting.clocks["keep.no_case"].rung) == ("closed", ("due",))
    assert effect_names(waiting, EffectKind.NOTIFY) == ["formal_report.kept"]
    assert ring_until(held, NOW + 10 * YEAR).state == "erased", "at the end of the hold"


def test_a_hold_on_a_report_that_nobody_has_assessed_ends_for_somebody() -> None:
    held = act(opened("formal_report"), "set_hold", LEGAL)
    alone = replace(held, clocks={"keep.hold": held.clocks["keep.hold"]})
    over = ring_until(alone, NOW + YEAR)
    assert (over.state, over.assigned) == ("submitted", {})
    assert {one for effect in over.effects for one in recipients(over, effect, POLICY, NOW)} == {"S0005", "S0006"}


def test_inv_53_a_hold_set_while_it_is_open_goes_on_after_closing() -> None:
    held = act(assessing(), "set_hold", INVESTIGATOR, hold_until=(NOW + 10 * YEAR).isoformat())
    case = closed(held)
    assert case.clocks["keep.hold"].runs
    assert ring_until(case, NOW + 9 * YEAR).state == "closed"


def test_inv_53_a_released_hold_leaves_time_to_object() -> None:
    held = act(closed(), "set_hold", INVESTIGATOR, hold_until=(NOW + 10 * YEAR).isoformat())
    case = ring_until(held, NOW + 5 * YEAR)
    released = act(case, "release_hold", INVESTIGATOR, now=NOW + 5 * YEAR)
    assert ring_until(released, NOW + 5 * YEAR + 13 * DAY).state == "closed"
    assert ring_until(released, NOW + 5 * YEAR + 14 * DAY).state == "erased"
    early = act(held, "release_hold", INVESTIGATOR, now=NOW + DAY)
    assert ring_until(early, NOW + 2 * YEAR).state == "closed", "a release shortens no retention"
    assert ring_until(early, NOW + 4 * YEAR).state == "erased"


def test_inv_53_nothing_is_erased_while_a_review_is_open() -> None:
    case = ring_until(freezing.freeze(closed(), NOW), NOW + 9 * YEAR)
    assert case.state == "closed"
    thawed = freezing.unfreeze(LIFECYCLE, case, NOW + 9 * YEAR, POLICY)
    assert ring_until(thawed, NOW + 9 * YEAR + timedelta(days=13)).state == "closed"
    assert ring_until(thawed, NOW + 9 * YEAR + timedelta(days=14)).state == "erased"


def test_the_database_is_asked_before_anything_is_erased() -> None:
    for key in (*KEPT_FOR, "keep.hold", "keep.release"):
        assert LIFECYCLE.clock_of[key].irreversible


def test_a_hold_is_nobodys_but_theirs() -> None:
    assert refused(closed(), "set_hold", EXECUTIVE).code == "ROLE_NOT_ALLOWED"


def test_inv_09_beside_what_the_offices_write_for_each_other() -> None:
    """All else is the desk's own: what she wrote, and what oversight notes for itself."""
    by_legal = {"charge", "extend_reply", "refuse_more_time", "recommend", "find_no_case", "advise_managerial_action"}
    by_deciders = {"decide_discipline", "decide_no_sanction", "dismiss_summarily", "sign_second", "send_letter"}
    by_deciders |= {"decline_signature"}
    assert {"report_to_leg", *by_legal, *by_deciders, "consider_redress"} == SHARED_OUTSIDE
    assert {Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.REVIEWER} == TEAM
    for action in SHARED_OUTSIDE - {"report_to_leg"}:
        assert LIFECYCLE.by_action[action].isdisjoint(TEAM), action


@pytest.mark.parametrize(
    "end", ["close_no_action", "close_out_of_scope", "refer_informal", "refer_other", "communicate_outcome"]
)
def test_where_the_policy_has_a_window_for_a_review_it_begins_with_what_she_is_told(end: str) -> None:
    policy = policy_of(review_request=60)
    told = end == "communicate_outcome"
    case = act(redressed(no_case()), "decide_disclosure", INVESTIGATOR) if told else assessing()
    assert act(case, end, INVESTIGATOR, policy=policy).clocks["review.request"].due_at == NOW + 60 * DAY


def test_nobody_comes_back_who_was_not_gone_and_a_demand_from_outside_goes_to_legal_affairs_alone() -> None:
    back = refused(investigating(), "record_person_back", INVESTIGATOR)
    assert (back.code, back.rule) == ("NOT_GONE", "policy 2.2")
    demand = refused(investigating(), "record_outside_demand", INVESTIGATOR, legal_officer="S0006")
    assert (demand.code, demand.params) == ("NOT_APPOINTED", {"field": "legal_officer"})


# A body outside.


def hers(**facts: Fact) -> Case:
    return replace(assessing(), facts={**assessing().facts, "writer": "affected", **facts})


@pytest.mark.parametrize(
    ("body", "refer", "told"),
    [("other_entity", "refer_to_entity", ()), ("contract_owner", "refer_to_contract_owner", ("S0077",))],
)
def test_inv_15_her_report_goes_to_a_body_outside_once_she_has_agreed_to_that_one(
    body: str, refer: str, told: tuple[str, ...]
) -> None:
    missing = Refused("REFERRAL_NOT_AGREED", "invariant 15", {"needs": "referral_consent"})
    assert refused(hers(), refer, INVESTIGATOR) == missing
    unasked = Refused("NOTHING_ASKED", "invariant 15", {"needs": "ask_referral_consent"})
    assert refused(hers(), "agree_to_referral", PERSON) == unasked
    asked = act(hers(), "ask_referral_consent", INTAKE, referred_to=body)
    assert notes(asked) == ["formal_report.referral_asked"]
    assert refused(asked, refer, INVESTIGATOR) == missing, "asking is no yes"
    agreed = act(asked, "agree_to_referral", PERSON, referred_to=body)
    sent = act(agreed, refer, INVESTIGATOR)
    assert (sent.state, sent.steps[-1].facts["reason"]) == ("referred_other", body)
    notified = [one for one in sent.effects if one.kind is EffectKind.NOTIFY]
    assert tuple(who for one in notified for who in recipients(sent, one, POLICY, NOW)) == told
    for silent in (act(asked, "refuse_referral", PERSON), act(agreed, "refuse_referral", PERSON)):
        assert refused(silent, refer, INVESTIGATOR) == missing
    again = act(agreed, "ask_referral_consent", INTAKE, referred_to=body)
    assert refused(again, refer, INVESTIGATOR) == missing, "asked anew, she has not answered"


def test_inv_15_a_yes_for_one_body_is_none_for_another() -> None:
    asked = act(hers(), "ask_referral_consent", INTAKE, referred_to="contract_owner")
    assert refused(asked, "agree_to_referral", PERSON, referred_to="other_entity").code == "FIELD_INVALID"
    agreed = act(asked, "agree_to_referral", PERSON, referred_to="contract_owner")
    assert refused(agreed, "refer_to_entity", INVESTIGATOR).code == "REFERRAL_NOT_AGREED"


def test_inv_15_where_somebody_else_wrote_the_word_of_the_affected_person_is_recorded() -> None:
    for writer in ("witness", "third_party"):
        another = hers(writer=writer)
        asked = refused(another, "ask_referral_consent", INTAKE)
        assert asked == Refused("WRITER_NOT_AFFECTED", "invariant 15", {"writer": writer})
        assert refused(another, "record_referral_consent", INTAKE, without="reference").code == "FIELD_MISSING"
        no = act(another, "record_referral_consent", INTAKE, referral_consent="refused", referred_to="other_entity")
        assert refused(no, "refer_to_entity", INVESTIGATOR).code == "REFERRAL_NOT_AGREED"
        yes = act(another, "record_referral_consent", INTAKE, referral_consent="given", referred_to="other_entity")
        assert act(yes, "refer_to_entity", INVESTIGATOR).state == "referred_other"
    written_by_her = Refused("WRITER_AFFECTED", "invariant 15", {"writer": "affected"})
    assert refused(hers(), "record_referral_consent", INTAKE) == written_by_her
    nobody_said = replace(assessing(), facts={name: fact for name, fact in hers().facts.items() if name != "writer"})
    assert refused(nobody_said, "ask_referral_consent", INTAKE).params == {"writer": "unsaid"}


def test_inv_15_her_word_is_looked_up_again_where_she_gave_it_herself() -> None:
    asked = act(hers(), "ask_referral_consent", INTAKE, referred_to="other_entity")
    agreed = act(asked, "agree_to_referral", PERSON, referred_to="other_entity")
    another = hers(writer="witness", referral_consent="given", referred_to="other_entity")
    rests = [formal_referral.rests_on_her_yes(case) for case in (hers(), asked, agreed, another)]
    assert rests == [False, False, True, False]
    assert {rule.action for rule in LIFECYCLE.rules if rule.to == "referred_other"} == {
        "refer_other", *formal_referral.REFER
    }  # fmt: skip
    writes = {rule.action for rule in LIFECYCLE.rules if rule.sets.get("referral_consent") == "given"}
    writes |= {rule.action for rule in LIFECYCLE.rules if "referral_consent" in {one.name for one in rule.fields}}
    assert writes == formal_referral.GIVES_WORD


def test_inv_15_a_name_goes_by_her_yes_only_where_that_is_the_ground_and_her_word_is_looked_up_again() -> None:
    grounds = ("consent", "due_process", "law", "danger")
    assert [formal_naming.rests_on_her_yes(hers(), {"legal_basis": one}) for one in grounds] == [True, *[False] * 3]
    assert not formal_naming.rests_on_her_yes(hers(), {})
    writes = {rule.action for rule in LIFECYCLE.rules if rule.sets.get("naming_consent") == "given"}
    assert writes == formal_naming.GIVES_WORD == {"agree_to_naming"}
    for word in ("agree_to_naming", "refuse_naming"):
        unasked = refused(assessing(), word, PERSON)
        assert unasked == Refused("NOTHING_ASKED", "invariant 15", {"needs": "ask_naming_consent"})


def test_a_report_of_exploitation_or_abuse_goes_on_without_asking_and_nobody_asks() -> None:
    mandatory = hers(referral_consent="mandatory")
    for refer in ("refer_to_entity", "refer_to_contract_owner"):
        assert act(mandatory, refer, INVESTIGATOR).state == "referred_other"
    assert refused(mandatory, "ask_referral_consent", INTAKE).code == "NO_CONSENT_NEEDED"


def test_inv_16_nobody_asks_her_who_wants_no_contact() -> None:
    assert refused(hers(stop_contact=True), "ask_referral_consent", INTAKE).code == "CONTACT_UNWANTED"
