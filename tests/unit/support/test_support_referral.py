"""Help is offered, never pressed; what is shared is what the person has agreed to, word for word."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.engine import offers
from lifecycle.model import NO_MESSAGES, Case, EffectKind, Fact
from lifecycle.recipients import HER_INBOX, recipients
from policy.load import load
from policy.model import Role
from services.support.domain.guards import SERVICES, wishes
from services.support.domain.support_referral import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, effect_names, refused, ring_until, staff

WELFARE = staff("S0014", Role.WELFARE_OFFICER)
PSEAH = staff("S0070", Role.PSEAH_OFFICER)
SPECIALIST = staff("S0072", Role.SPECIALIST)
OTHER_SPECIALIST = staff("S9001", Role.SPECIALIST)
FOCAL_POINT = staff("S0071", Role.PSEA_FOCAL_POINT)
WORDS, OTHER_WORDS = "0b0b-1", "0b0b-2"


def asked_for(service: str, **facts: Fact) -> Case:
    opening = {"lodged_at": NOW.isoformat(), "service": service, **facts}
    return engine.open_case(LIFECYCLE, REPORT, 1, opening, NOW, POLICY)


def helped(service: str = "medical", **facts: Fact) -> Case:
    return act(asked_for(service, **facts), "assign_specialist", PSEAH, specialist="S0072")


def consented(service: str = "medical", **facts: Fact) -> Case:
    return act(helped(service, **facts), "give_consent", PERSON, service=service, scope="contact")


def previewed(service: str = "medical") -> Case:
    words = {"provider": "clinic", "preview": WORDS, "shares": "contact"}
    return act(consented(service), "prepare_referral", SPECIALIST, **words)


def approved() -> Case:
    return act(previewed(), "approve_referral", PERSON, service="medical", preview=WORDS)


def connected() -> Case:
    return act(act(approved(), "record_referred", SPECIALIST), "record_connected", SPECIALIST)


def open_to_person(case: Case) -> dict[str, dict[str, tuple[str, ...]]]:
    shown = offers(LIFECYCLE, case, PERSON, NOW, POLICY)
    return {one.action: {f.name: f.options(POLICY) for f in one.fields} for one in shown if one.open}


def test_each_service_that_is_wished_for_is_a_case_of_its_own() -> None:
    chosen = {"legal": "wished", "medical": "wished", "urgency": "now", "lodged_at": NOW.isoformat()}
    common = {"urgency": "now", "lodged_at": NOW.isoformat()}
    assert wishes(chosen) == [{**common, "service": "medical"}, {**common, "service": "legal"}]
    assert wishes(common) == [{**common, "service": "listening"}], "no choice is a choice too"


def test_her_word_names_the_one_service_that_it_is_about() -> None:
    case = helped("legal")
    assert open_to_person(case)["give_consent"]["service"] == ("legal",)
    answer = refused(case, "give_consent", PERSON, service="medical")
    assert (answer.code, dict(answer.params)) == ("FIELD_INVALID", {"field": "service"})


def test_what_is_urgent_is_answered_sooner() -> None:
    assert asked_for("medical", urgency="now").clocks["support.first"].due_at == NOW + timedelta(hours=4)
    assert asked_for("medical").clocks["support.first"].due_at == NOW + timedelta(days=1)


def test_her_time_runs_from_the_day_she_wrote_and_she_knows_who_helps() -> None:
    written = NOW - timedelta(hours=2)
    opening = {"lodged_at": written.isoformat(), "service": "medical", "urgency": "now"}
    case = engine.open_case(LIFECYCLE, REPORT, 1, opening, NOW, POLICY)
    assert case.clocks["support.first"].due_at == written + timedelta(hours=4)
    assert LIFECYCLE.tells == (Role.SPECIALIST,)


def test_a_request_that_nobody_takes_climbs_until_somebody_does() -> None:
    case = asked_for("medical", urgency="now")
    late = ring_until(case, NOW + timedelta(hours=4))
    told = {who for effect in late.effects for who in recipients(late, effect, POLICY, NOW)}
    assert (late.state, told) == ("offered", {"S0070", "S0014"})
    assert "support_referral.kept_waiting" in effect_names(late, EffectKind.NOTIFY), "she hears it from us"
    later = ring_until(late, NOW + timedelta(hours=8))
    assert {who for effect in later.effects for who in recipients(later, effect, POLICY, NOW)} == {"S0001", "S0014"}
    assert not act(later, "assign_specialist", PSEAH, specialist="S0072").clocks["support.first"].runs


@pytest.mark.parametrize("case", [helped(), consented(), previewed(), approved(), connected()], ids=lambda c: c.state)
def test_nobody_but_the_one_who_helps_prepares_or_shares_anything(case: Case) -> None:
    for rule in (one for one in LIFECYCLE.rules if case.state in one.states):
        for actor in (WELFARE, PSEAH, OTHER_SPECIALIST, FOCAL_POINT):
            if rule.action in {"prepare_referral", "record_referred", "record_connected", "record_unavailable"}:
                assert refused(case, rule.action, actor).code in {"NOT_ASSIGNED", "ROLE_NOT_ALLOWED"}, rule.action


@pytest.mark.parametrize(
    ("service", "facts", "may"),
    [
        ("psychosocial", {}, True),
        ("listening", {"works_here": "yes"}, True),
        ("medical", {}, False),
        ("legal", {}, False),
        ("psychosocial", {"minor": "yes"}, False),
        ("psychosocial", {"for_whom": "a_child_in_my_care"}, False),
        ("listening", {"works_here": "no"}, False),
    ],
)
def test_who_is_not_trained_for_it_may_not_deliver(service: str, facts: dict[str, Fact], may: bool) -> None:
    case = asked_for(service, **facts)
    if may:
        case = act(case, "assign_specialist", PSEAH, specialist="S0014")
        case = act(case, "give_consent", PERSON, service=service)
        assert act(case, "prepare_referral", WELFARE, shares="needs").state == "previewed"
    else:
        assert refused(case, "assign_specialist", PSEAH, specialist="S0014").code == "FOR_SPECIALISTS"
    assert act(case, "assign_specialist", PSEAH, specialist="S0072").assigned == {Role.SPECIALIST: "S0072"}


def test_somebody_assigned_before_it_was_known_that_it_is_about_a_child_may_not_go_on() -> None:
    case = act(asked_for("psychosocial"), "assign_specialist", PSEAH, specialist="S0014")
    case = act(case, "give_consent", PERSON, service="psychosocial")
    case = replace(case, facts={**case.facts, "minor": "yes"})
    assert refused(case, "prepare_referral", WELFARE).code == "FOR_SPECIALISTS"


def test_the_psea_focal_point_passes_on_and_has_no_part_in_it() -> None:
    case = helped()
    assert not [one.action for one in offers(LIFECYCLE, case, FOCAL_POINT, NOW, POLICY) if one.open]


def test_nothing_goes_that_she_has_not_seen_and_agreed_to_word_for_word() -> None:
    case = previewed()
    assert refused(case, "record_referred", SPECIALIST).code == "ACTION_NOT_OPEN"
    answer = refused(case, "approve_referral", PERSON, service="medical", preview=OTHER_WORDS)
    assert (answer.code, answer.rule) == ("NOT_WHAT_WAS_SHOWN", "invariant 15")
    again = act(case, "prepare_referral", SPECIALIST, preview=OTHER_WORDS, shares="contact")
    assert refused(again, "approve_referral", PERSON, service="medical", preview=WORDS).code == "NOT_WHAT_WAS_SHOWN"
    assert act(approved(), "record_referred", SPECIALIST).state == "referred"


@pytest.mark.parametrize(
    ("scope", "shares", "allowed"),
    [
        ("contact", "contact", True),
        ("contact", "needs", False),
        ("needs", "contact", False),
        ("needs", "contact_and_needs", False),
        ("contact_and_needs", "needs", True),
        ("contact_and_needs", "contact_and_needs", True),
    ],
)
def test_no_more_is_shared_than_she_said(scope: str, shares: str, allowed: bool) -> None:
    case = act(helped(), "give_consent", PERSON, service="medical", scope=scope)
    if allowed:
        assert act(case, "prepare_referral", SPECIALIST, shares=shares).state == "previewed"
    else:
        assert refused(case, "prepare_referral", SPECIALIST, shares=shares).code == "SHARES_TOO_MUCH"


def test_other_words_can_be_asked_for() -> None:
    case = act(previewed(), "ask_for_changes", PERSON, service="medical")
    assert (case.state, case.clocks["support.refer"].runs) == ("consented", True)


def test_a_yes_that_is_too_old_shares_nothing() -> None:
    day = POLICY.due("consent.refresh", NOW)
    answer = refused(approved(), "record_referred", SPECIALIST, now=day)
    assert (answer.code, answer.rule) == ("CONSENT_TOO_OLD", "invariant 15")
    assert act(approved(), "record_referred", SPECIALIST, now=day - timedelta(seconds=1)).state == "referred"


def test_an_old_yes_is_asked_about_again_and_silence_changes_nothing() -> None:
    case = connected()
    rung = ring_until(case, POLICY.due("consent.refresh", NOW))
    assert (rung.state, rung.clocks["consent.refresh"].rung) == ("connected", ("due",))
    later = NOW + timedelta(days=170)
    renewed = act(case, "renew_consent", PERSON, service="medical", now=later)
    assert renewed.clocks["consent.refresh"].started_at == later


@pytest.mark.parametrize("case", [consented(), previewed(), approved()], ids=lambda one: one.state)
def test_taken_back_before_anything_went_the_offer_stands_and_nothing_can_go(case: Case) -> None:
    revoked = act(case, "revoke_consent", PERSON, service="medical")
    assert (revoked.state, effect_names(revoked, EffectKind.NOTIFY)) == (
        "offered",
        ["support_referral.consent_revoked"],
    )
    for action in ("prepare_referral", "record_referred", "record_connected"):
        assert refused(revoked, action, SPECIALIST).code == "ACTION_NOT_OPEN"
    assert not [key for key, clock in revoked.clocks.items() if clock.runs]


def test_taken_back_afterwards_whoever_sent_it_has_to_call_it_back() -> None:
    revoked = act(connected(), "revoke_consent", PERSON, service="medical")
    told = {effect.name: recipients(revoked, effect, POLICY, NOW) for effect in revoked.effects}
    assert revoked.state == "recalling"
    assert told == {"support_referral.recall_due": ("S0072",), "support_referral.consent_revoked": ("S0072",)}
    assert {key for key, clock in revoked.clocks.items() if clock.runs} == {"support.recall"}
    late = ring_until(revoked, NOW + timedelta(days=3))
    assert (late.state, late.clocks["support.recall"].rounds) == ("recalling", 3), "it goes on until it is done"
    done = act(late, "record_recalled", SPECIALIST, answer="kept_by_law")
    assert (done.state, done.facts["answer"]) == ("offered", "kept_by_law")


def test_help_that_cannot_be_had_is_looked_for_elsewhere_and_agreed_to_anew() -> None:
    case = act(act(approved(), "record_referred", SPECIALIST), "record_unavailable", SPECIALIST, why="turned_down")
    assert (case.state, case.facts["answer"]) == ("unavailable", "destroyed")
    (gap,) = case.effects
    assert recipients(case, gap, POLICY, NOW) == ("S0071",), "whoever looks after the pathway hears that it has a gap"
    assert case.clocks["support.refer"].runs, "somebody is waiting"
    case = act(case, "look_elsewhere", SPECIALIST, where="remote")
    assert case.state == "consented"
    assert refused(case, "record_referred", SPECIALIST).code == "ACTION_NOT_OPEN"


def test_how_it_goes_is_asked_now_and_then_and_ends_with_her_word() -> None:
    case = connected()
    rung = ring_until(case, POLICY.due("support.checkin", NOW))
    asked = [effect.facts["to"] for effect in rung.effects if effect.name == "support_referral.how_is_it"]
    assert (rung.state, asked) == ("connected", [HER_INBOX])
    case = act(act(rung, "say_how_it_goes", PERSON, service="medical", going="well"), "start_follow_up", SPECIALIST)
    assert act(case, "close_referral", SPECIALIST, reason="agreed_with_person").state == "closed"
    assert act(case, "end_support", PERSON, service="medical", outcome="helped").state == "closed"


def test_a_no_is_respected_and_the_offer_is_said_once_more() -> None:
    case = act(helped(), "decline", PERSON, service="medical")
    assert (case.state, case.facts[NO_MESSAGES]) == ("declined", True)
    assert refused(case, "close_referral", PSEAH, reason="offer_declined").code == "OFFER_NOT_RESTATED"
    said = ring_until(case, NOW + timedelta(days=14))
    assert (said.state, effect_names(said, EffectKind.NOTIFY)) == ("declined", ["support_referral.offer_stands"])
    assert ring_until(said, NOW + timedelta(days=2000)) is said, "once"
    yes = act(said, "give_consent", PERSON, service="medical")
    assert (yes.state, yes.facts[NO_MESSAGES]) == ("consented", False)
    assert act(said, "close_referral", PSEAH, reason="offer_declined").state == "closed"


def test_another_service_is_another_case() -> None:
    case = act(connected(), "ask_for_another", PERSON, wanted="legal")
    (effect,) = case.effects
    assert (case.state, effect.kind, effect.name) == ("connected", EffectKind.OPEN, "support_referral")


def test_whoever_may_not_have_it_loses_it_and_no_reason_is_said() -> None:
    released = act(consented(), "release_specialist", SYSTEM)
    assert (released.state, dict(released.assigned), dict(released.steps[-1].facts)) == ("consented", {}, {})
    assert released.clocks["support.first"].runs


def test_it_is_kept_as_long_as_it_could_serve_her_and_not_longer() -> None:
    case = act(connected(), "end_support", PERSON, service="medical", outcome="helped")
    erase = case.clocks["keep.support"].due_at
    assert erase == POLICY.due("ret.lookahead", NOW), "invariant 53"
    gone = ring_until(case, erase)
    assert (gone.state, effect_names(gone, EffectKind.ERASE)) == ("erased", ["case"])


# A child


def a_child(**told: Fact) -> Case:
    case = helped("child_protection", minor="yes")
    return act(case, "tell_child", SPECIALIST, **told) if told else case


def test_a_child_is_told_before_anything_is_agreed_to() -> None:
    assert refused(a_child(), "give_consent", PERSON, service="child_protection").code == "CHILD_NOT_TOLD"
    told = a_child(told="child", understands=True)
    assert act(told, "give_consent", PERSON, service="child_protection").state == "consented"


@pytest.mark.parametrize(
    ("understands", "caregiver", "may"),
    [(False, "no_risk", True), (True, "no_risk", False), (False, "risk", False), (False, "not_known", False)],
)
def test_the_caregiver_is_told_only_for_a_child_too_young_and_never_at_a_risk(
    understands: bool, caregiver: str, may: bool
) -> None:
    facts: dict[str, Fact] = {"told": "caregiver", "understands": understands, "caregiver": caregiver}
    if may:
        assert act(a_child(), "tell_child", SPECIALIST, **facts).facts["told"] == "caregiver"
    else:
        assert refused(a_child(), "tell_child", SPECIALIST, **facts).code == "CAREGIVER_NOT_TO_BE_TOLD"


@pytest.mark.parametrize(
    ("understands", "caregiver", "may"),
    [(False, "risk", True), (False, "not_known", True), (False, "no_risk", False), (True, "risk", False)],
)
def test_a_specialist_decides_for_a_child_only_where_nobody_can(understands: bool, caregiver: str, may: bool) -> None:
    told = a_child(told="child", understands=understands, caregiver=caregiver)
    if not may:
        assert refused(told, "decide_for_child", SPECIALIST).code == "SOMEBODY_CAN_SAY"
        return
    case = act(told, "decide_for_child", SPECIALIST, scope="needs")
    case = act(case, "prepare_referral", SPECIALIST, shares="needs", preview=WORDS)
    assert act(case, "decide_for_child", SPECIALIST).state == "approved"


def test_nobody_is_called_a_child_who_is_not_said_to_be_one() -> None:
    assert refused(helped(), "tell_child", SPECIALIST).code == "NO_CHILD"


# Whose yes


def test_who_asks_for_somebody_else_brings_that_persons_own_word() -> None:
    case = helped(for_whom="somebody_who_asked")
    assert refused(case, "give_consent", PERSON, service="medical").code == "OWN_WORD_NEEDED"
    assert act(case, "give_consent", PERSON, service="medical", own_word=True).state == "consented"


def test_the_same_policy_in_seconds_has_all_of_its_clocks() -> None:
    rehearsal = load("rehearsal")
    case = engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat()}, NOW, rehearsal)
    assert case.clocks["support.first"].due_at == NOW + timedelta(seconds=60)
    assert case.facts["service"] == SERVICES[0]
