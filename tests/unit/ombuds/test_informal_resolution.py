"""An informal talk belongs to the person and to the ombuds cell, and to nobody else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle import engine
from lifecycle.changes import wording_key
from lifecycle.model import ActorKind, Case, EffectKind
from lifecycle.recipients import recipients
from lifecycle.table import FieldKind
from policy.load import load
from policy.model import Role
from services.ombuds.domain import mediation
from services.ombuds.domain.informal_resolution import CHECK_INS, LIFECYCLE, LISTENERS, OPEN
from tests.lifecycles import (
    BY_NAME,
    NOW,
    PERSON,
    POLICY,
    REPORT,
    SYSTEM,
    act,
    effect_names,
    opened,
    refused,
    ring_until,
    staff,
)

LISTENER = staff("S0011", Role.FOCAL_POINT)
OTHER_LISTENER = staff("S0012", Role.FOCAL_POINT)
OMBUDSPERSON = staff("S0010", Role.OMBUDSPERSON)
EXTERNAL = staff("S0067", Role.EXTERNAL_OMBUDSPERSON)
CELL = set(LISTENERS)


def offered(focal_point: str = "S0011") -> Case:
    return act(opened("informal_resolution"), "offer_match", SYSTEM, focal_point=focal_point)


def talking() -> Case:
    return act(offered(), "accept_match", LISTENER)


def agreed() -> Case:
    return act(act(talking(), "propose_steps", LISTENER, message="m1"), "agree_steps", PERSON, message="m1")


def test_a_wish_to_talk_asks_for_a_focal_point() -> None:
    assert effect_names(opened("informal_resolution"), EffectKind.ERRAND) == ["match_focal_point"]


def test_inv_19_a_wish_carries_what_she_needs_to_be_safe_and_none_of_it_is_asked_of_her() -> None:
    wishes = {
        "language": "fr",
        "contact_gender": "woman",
        "safe_channel": "phone",
        "not_from_my_office": "yes",
    }
    facts = {"lodged_at": NOW.isoformat(), "mode": "anonymous", **wishes}
    case = engine.open_case(LIFECYCLE, REPORT, 1, facts, NOW, POLICY)
    assert wishes.items() <= act(case, "offer_match", SYSTEM, focal_point="S0011").facts.items(), "its holder sees them"
    assert [field.name for field in LIFECYCLE.opening.fields if field.required] == ["lodged_at"]


def test_the_offered_focal_point_alone_is_told_and_may_accept() -> None:
    case = offered()
    (notice,) = case.effects
    assert recipients(case, notice, POLICY, NOW) == ("S0011",)
    assert refused(case, "accept_match", OTHER_LISTENER).code == "NOT_ASSIGNED"
    assert act(case, "accept_match", LISTENER).state == "talking"


def test_nobody_talks_before_she_knows_what_they_have_to_report() -> None:
    assert refused(offered(), "accept_match", LISTENER, without="told_limits").code == "FIELD_MISSING"
    said_no = refused(offered(), "accept_match", LISTENER, told_limits=False)
    assert (said_no.code, said_no.rule) == ("NOT_CONFIRMED", "policy 2.8")
    handed_over = act(talking(), "offer_match", OMBUDSPERSON, focal_point="S0012")
    assert refused(handed_over, "accept_match", OTHER_LISTENER, told_limits=False).code == "NOT_CONFIRMED"
    assert "they tell you what cannot stay between you" in POLICY.wording["informal_resolution.offered"]


def test_she_knows_who_listens_and_nobody_else_acts_in_their_place() -> None:
    assert LIFECYCLE.tells == (Role.FOCAL_POINT,)
    for case, action in (
        (offered(), "decline_match"),
        (talking(), "note_options"),
        (talking(), "propose_steps"),
        (talking(), "propose_mediation"),
        (talking(), "issue_letter"),
    ):
        assert refused(case, action, OTHER_LISTENER).code == "NOT_ASSIGNED"
        assert act(case, action, LISTENER).version == case.version + 1


def test_declining_looks_for_another_one_and_never_asks_the_same_again() -> None:
    case = act(offered(), "decline_match", LISTENER)
    assert (case.state, dict(case.assigned)) == ("requested", {})
    assert effect_names(case, EffectKind.ERRAND) == ["match_focal_point"]
    assert refused(case, "offer_match", SYSTEM, focal_point="S0011").code == "DECLINED_BEFORE"
    assert act(case, "offer_match", SYSTEM, focal_point="S0012").assigned == {Role.FOCAL_POINT: "S0012"}


def test_only_somebody_appointed_to_listen_is_offered() -> None:
    answer = refused(opened("informal_resolution"), "offer_match", SYSTEM, focal_point="S0017")
    assert (answer.code, dict(answer.params)) == ("NOT_APPOINTED", {"field": "focal_point"})


def test_a_handover_ends_the_first_listeners_assignment_at_once() -> None:
    for held in (talking(), agreed()):
        case = act(held, "offer_match", OMBUDSPERSON, focal_point="S0012")
        assert (case.state, dict(case.assigned)) == ("offered", {Role.FOCAL_POINT: "S0012"})
        assert case.clocks["rwfp.first"].runs
        assert [(one.name, recipients(case, one, POLICY, NOW)) for one in case.effects] == [
            ("informal_resolution.match_offered", ("S0012",))
        ]
        assert refused(held, "offer_match", OMBUDSPERSON, focal_point="S0017").code == "NOT_APPOINTED"
        refused(held, "offer_match", SYSTEM, focal_point="S0012")
        assert refused(case, "note_options", LISTENER).code == "ACTION_NOT_OPEN"


@pytest.mark.parametrize("held", [offered, talking, agreed])
def test_inv_32_the_system_takes_a_talk_from_whoever_may_not_hold_it_and_gives_no_reason(held: Any) -> None:
    before = act(held(), "propose_steps", LISTENER, message="m9") if held is not offered else held()
    case = act(before, "reassign", SYSTEM)
    assert (case.state, dict(case.assigned), case.steps[-1].facts) == ("rematching", {}, {})
    assert case.facts == before.facts, "nothing of hers is lost"
    assert effect_names(case, EffectKind.ERRAND) == ["match_focal_point"]
    assert case.clocks["rwfp.first"].runs, "the next one has as long as the first"
    for actor in (PERSON, LISTENER, OMBUDSPERSON):
        assert refused(held(), "reassign", actor).code == "ROLE_NOT_ALLOWED"
    again = act(case, "offer_match", SYSTEM, focal_point="S0012")
    assert act(again, "accept_match", OTHER_LISTENER).state == "talking"


def test_a_late_answer_goes_up_to_the_ombudsperson_and_then_to_the_external_one() -> None:
    waited = opened("informal_resolution", now=NOW + timedelta(days=1))
    assert waited.clocks["rwfp.first"].started_at == NOW, "from the wish, not from when it arrived"
    assert engine.next_date(LIFECYCLE, offered()) == NOW + timedelta(days=2)
    case = ring_until(offered(), NOW + timedelta(days=2))
    assert engine.next_date(LIFECYCLE, replace(case, clocks={"ombuds.first": case.clocks["ombuds.first"]})) is not None
    assert "informal_resolution.late" in effect_names(case, EffectKind.NOTIFY)
    assert recipients(case, case.effects[0], POLICY, NOW) == ("S0010",)
    for days in (4, 10, 20):
        before = case
        case = ring_until(case, NOW + timedelta(days=days))
        assert recipients(case, case.effects[0], POLICY, NOW) == ("S0067",)
        assert case.version > before.version, "as long as nobody answers"
    assert act(case, "offer_match", EXTERNAL, focal_point="S0012").state == "offered"
    accepted = act(case, "accept_match", LISTENER, now=NOW + timedelta(days=20))
    assert engine.next_due(LIFECYCLE, accepted, POLICY) is None


def test_she_agrees_to_the_words_she_has_read_and_to_no_others() -> None:
    assert refused(talking(), "agree_steps", PERSON).code == "NOTHING_PROPOSED"
    first = act(talking(), "propose_steps", LISTENER, message="m1")
    second = act(first, "propose_steps", LISTENER, message="m2")
    assert refused(second, "agree_steps", PERSON, message="m1").code == "PROPOSED_OTHERWISE"
    (offer,) = (one for one in engine.offers(LIFECYCLE, second, PERSON, NOW, POLICY) if one.action == "agree_steps")
    assert [(field.name, field.choices) for field in offer.fields] == [("message", ("m2",))]
    done = act(second, "agree_steps", PERSON, message="m2")
    assert (done.state, effect_names(done, EffectKind.NOTIFY)) == (
        "steps_agreed",
        ["informal_resolution.steps_accepted"],
    )
    assert act(done, "propose_steps", LISTENER, message="m3").state == "talking", "other steps are agreed anew"


def test_what_listeners_write_is_sealed_and_the_only_words_there_are() -> None:
    texts = {
        (rule.action, field.name) for rule in LIFECYCLE.rules for field in rule.fields if field.kind is FieldKind.TEXT
    }
    assert texts == {("note_options", "options"), ("raise_imminent_harm", "danger")}


def test_she_is_asked_how_it_goes_only_when_she_wants_that_and_at_her_three_times() -> None:
    assert not set(CHECK_INS) & set(agreed().clocks)
    case, rung = act(agreed(), "ask_check_ins", PERSON), []
    for actor in (LISTENER, OMBUDSPERSON, SYSTEM):
        assert refused(agreed(), "ask_check_ins", actor).code == "ROLE_NOT_ALLOWED"
    assert engine.next_date(LIFECYCLE, case) == NOW + timedelta(days=14)
    while due := engine.next_due(LIFECYCLE, case, POLICY):
        case = engine.on_due(LIFECYCLE, case, due, due.at, POLICY)
        assert (case.state, wording_key(LIFECYCLE, case)) == ("steps_agreed", "informal_resolution.how_is_it")
        rung.append((due.at - NOW).days)
    assert rung == [14, 30, 90]
    assert engine.next_date(LIFECYCLE, case) is None
    stopped = act(act(agreed(), "ask_check_ins", PERSON), "stop_check_ins", PERSON)
    assert engine.next_due(LIFECYCLE, stopped, POLICY) is None
    for nothing_left in (agreed(), stopped, case):
        assert refused(nothing_left, "stop_check_ins", PERSON).code == "CLOCK_NOT_RUNNING", (
            "her inbox does not offer it"
        )


def test_she_pauses_a_talk_and_nobody_asks_her_anything_until_she_writes() -> None:
    asked = act(agreed(), "ask_check_ins", PERSON)
    paused = act(asked, "pause_talk", PERSON)
    assert (paused.state, engine.next_due(LIFECYCLE, paused, POLICY)) == ("steps_agreed", None)
    assert [one.name for one in paused.effects] == ["informal_resolution.pause_wished"]
    assert recipients(paused, paused.effects[0], POLICY, NOW) == (LISTENER.staff_id,)
    assert engine.next_date(LIFECYCLE, act(paused, "ask_check_ins", PERSON)) == NOW + timedelta(days=14), "her word"
    for actor in (LISTENER, OMBUDSPERSON, SYSTEM):
        assert refused(agreed(), "pause_talk", actor).code == "ROLE_NOT_ALLOWED"


def test_a_letter_says_since_when_and_until_when_and_nothing_else() -> None:
    later = NOW + timedelta(days=20)
    case = act(talking(), "issue_letter", LISTENER, now=later)
    new = {name: value for name, value in case.facts.items() if name not in talking().facts}
    assert new == {"letter_since": NOW.isoformat(), "letter_until": later.isoformat()}


@pytest.mark.parametrize("outcome", ["resolved", "not_resolved", "stopped"])
def test_inv_14_only_her_own_word_ends_a_talk(outcome: str) -> None:
    ends = {rule.action: rule.by for rule in LIFECYCLE.rules if rule.to == "ended"}
    assert ends == {"end_talk": frozenset({PERSON.kind})}
    ended = act(talking(), "end_talk", PERSON, outcome=outcome)
    assert ended.facts["outcome"] == outcome
    assert [(one.kind, one.name) for one in ended.effects] == [
        (EffectKind.NOTIFY, "informal_resolution.talk_over"),
        (EffectKind.EMIT, "end_mediations"),
    ]
    refused(talking(), "end_talk", LISTENER)


def test_inv_14_no_timer_and_no_other_party_moves_a_talk() -> None:
    for case in (opened("informal_resolution"), offered(), talking(), act(agreed(), "ask_check_ins", PERSON)):
        assert ring_until(case, NOW + timedelta(days=120)).state == case.state
    assert not [rule for rule in LIFECYCLE.rules if Role.ALLEGED_OFFENDER in rule.by or Role.MANAGER in rule.by]


def test_inv_14_the_other_partys_part_is_his_own_yes_or_no_to_a_mediation() -> None:
    his = {rule.action for rule in mediation.LIFECYCLE.rules if Role.ALLEGED_OFFENDER in rule.by}
    assert his == {"accept_invitation", "decline_invitation", "leave_mediation"}


def test_inv_11_no_state_of_the_cell_stands_before_or_in_the_way_of_a_formal_report() -> None:
    """A formal report is opened by a route of its own; nothing in the cell's tables knows of it, in any state."""
    cells = (LIFECYCLE, mediation.LIFECYCLE)
    states = {state.name for table in cells for state in table.states}
    actions = {action for table in cells for action in table.by_action}
    formal = BY_NAME["formal_report"]
    assert not any("formal" in name for name in states | actions)
    asked = {field.name for field in formal.opening.fields} | {f.name for r in formal.rules for f in r.fields}
    assert not asked & {"talk", "informal", "earlier_route", "told_limits", "outcome_of_talk"}
    assert "stays open to you" in POLICY.wording["informal_resolution.talking"]


def test_inv_12_a_formal_report_after_a_talk_has_the_same_first_clocks_as_one_without() -> None:
    """What a report opens with are its own time and choices: two that were lodged alike run alike, whatever was
    before, and no deadline of the organisation's side starts from anything in the cell.
    """
    formal = BY_NAME["formal_report"]
    facts = {"lodged_at": NOW.isoformat()}
    first, second = (
        engine.open_case(formal, report, 1, facts, NOW, POLICY) for report in (REPORT, REPORT.__class__(int=7))
    )
    assert (first.clocks, first.state) == (second.clocks, second.state)
    own = {clock.key for table in (LIFECYCLE, mediation.LIFECYCLE) for clock in table.clocks}
    others = {
        c.key for name, t in BY_NAME.items() if name not in {"informal_resolution", "mediation"} for c in t.clocks
    }
    assert own & others <= {"informal.checkin", "informal.checkin.second", "informal.checkin.third"}


def test_inv_27_nothing_of_a_talk_leaves_for_the_organisations_side_but_a_danger() -> None:
    effects = [*LIFECYCLE.opening.effects, *(effect for rule in LIFECYCLE.rules for effect in rule.effects)]
    effects += [effect for clock in LIFECYCLE.clocks for outcome in clock.outcomes for effect in outcome.effects]
    told = {(effect.kind, effect.name) for effect in effects if effect.kind is not EffectKind.NOTIFY}
    assert told == {
        (EffectKind.ERRAND, "match_focal_point"),
        (EffectKind.EMIT, "end_mediations"),
        (EffectKind.EMIT, "danger_raised"),
        (EffectKind.OPEN, "mediation"),
        (EffectKind.ERASE, "matter"),
    }
    roles = frozenset[object]().union(*LIFECYCLE.by_action.values())
    assert roles & set(Role) == CELL


def test_inv_27_whoever_hears_of_a_late_answer_belongs_to_the_cell_however_long_it_takes() -> None:
    for role in CELL:
        for _ in Role:
            role = POLICY.roles[role].escalates_to  # noqa: PLW2901  up the ladder
            assert role in CELL


@pytest.mark.parametrize("needed", ["security", "medical", "separation", "police"])
def test_imminent_harm_is_raised_by_whoever_listens_and_moves_nothing(needed: str) -> None:
    for case, actor in ((offered(), LISTENER), (talking(), LISTENER), (talking(), OMBUDSPERSON), (agreed(), EXTERNAL)):
        raised = act(case, "raise_imminent_harm", actor, needed=needed, person_told=False)
        assert (raised.state, raised.assigned, raised.clocks) == (case.state, case.assigned, case.clocks)
        assert [(effect.kind, effect.name, dict(effect.facts)) for effect in raised.effects] == [
            (EffectKind.EMIT, "danger_raised", {})
        ]
        assert raised.steps[-1].facts == {"needed": needed, "person_told": False}
    assert refused(talking(), "raise_imminent_harm", OTHER_LISTENER).code == "NOT_ASSIGNED"
    for missing in ("danger", "needed", "person_told"):
        assert refused(talking(), "raise_imminent_harm", LISTENER, without=missing).code == "FIELD_MISSING"
    for actor in (PERSON, SYSTEM):
        assert refused(talking(), "raise_imminent_harm", actor).code == "ROLE_NOT_ALLOWED"


def test_self_harm_words_at_night_are_answered_at_the_first_opening_and_not_by_office_hours() -> None:
    night = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)  # a Saturday
    case = act(opened("informal_resolution"), "offer_match", SYSTEM, now=night, focal_point="S0011")
    assert act(case, "raise_imminent_harm", LISTENER, now=night, needed="medical").version == case.version + 1
    assert act(opened("informal_resolution"), "raise_imminent_harm", OMBUDSPERSON, now=night).state == "requested"
    assert "Messages here are not read day and night" in POLICY.wording["informal_resolution.requested"]


@pytest.mark.parametrize("risk", ["exploitation_or_abuse", "sexual_assault", "minor_involved"])
def test_inv_20_what_must_never_be_mediated_opens_no_mediation(risk: str) -> None:
    answer = refused(talking(), "propose_mediation", LISTENER, **{risk: "yes"})
    assert (answer.code, answer.rule, dict(answer.params)) == ("NEVER_MEDIATED", "invariant 20", {"field": risk})
    assert refused(talking(), "propose_mediation", LISTENER, without=risk).code == "FIELD_MISSING"
    assert effect_names(act(talking(), "propose_mediation", LISTENER), EffectKind.OPEN) == ["mediation"]


def test_inv_24_a_child_or_somebody_the_organisation_serves_is_never_brought_together_with_the_other_party() -> None:
    for flag in ("minor_involved", "exploitation_or_abuse"):
        assert refused(talking(), "propose_mediation", LISTENER, **{flag: "yes"}).code == "NEVER_MEDIATED"
    toward_him = {rule.action for rule in LIFECYCLE.rules for one in rule.effects if one.kind is EffectKind.OPEN}
    assert toward_him == {"propose_mediation"}, "there is no other way to him from a talk"


@pytest.mark.parametrize(("pack", "wait"), [("iom-2024-03", timedelta(days=30)), ("rehearsal", timedelta(seconds=5))])
def test_inv_28_what_was_said_is_destroyed_after_the_end_and_she_is_warned_before(pack: str, wait: timedelta) -> None:
    policy = load(pack)
    warned = timedelta(days=7) if pack == "iom-2024-03" else timedelta(seconds=3)
    ended = act(talking(), "end_talk", PERSON, policy=policy, outcome="stopped")
    assert engine.next_date(LIFECYCLE, ended) == NOW + wait
    reminder = engine.next_due(LIFECYCLE, ended, policy)
    assert reminder is not None
    assert (reminder.at, reminder.irreversible) == (NOW + wait - warned, False)
    reminded = engine.on_due(LIFECYCLE, ended, reminder, reminder.at, policy)
    assert (reminded.state, wording_key(LIFECYCLE, reminded)) == ("ended", "informal_resolution.purge_soon")
    due = engine.next_due(LIFECYCLE, reminded, policy)
    assert due is not None
    assert (due.key, due.at, due.irreversible) == ("ombuds.purge", NOW + wait, True)
    assert engine.on_due(LIFECYCLE, reminded, due, NOW + wait - timedelta(microseconds=1), policy) is reminded
    purged = engine.on_due(LIFECYCLE, reminded, due, NOW + wait, policy)
    assert purged.state == "purged"
    assert effect_names(purged, EffectKind.ERASE) == ["matter"]
    assert engine.next_due(LIFECYCLE, purged, policy) is None


@pytest.mark.parametrize("name", ["informal_resolution", "mediation"])
def test_inv_29_nothing_in_the_cell_is_notice_to_the_organisation_or_starts_its_clocks(name: str) -> None:
    table = BY_NAME[name]
    own = {
        "rwfp.first",
        "ombuds.first",
        "ombuds.purge",
        "mediation.consent",
        "mediation.session",
        "mediation.follow_up",
    }
    assert {clock.key for clock in table.clocks} <= own | set(CHECK_INS)
    words = {*table.by_action, *(field.name for rule in table.rules for field in rule.fields)}
    assert not [word for word in words if "report" in word or "notice" in word or "protect" in word]
    for pack in (POLICY, load("rehearsal")):
        route = pack.routes["informal_resolution"]
        assert route.protects is None, "an ombuds contact is no protected activity"
        assert route.service == "ombuds"


def test_ending_early_stops_the_search() -> None:
    ended = act(opened("informal_resolution"), "end_talk", PERSON, outcome="stopped")
    assert [clock.key for clock in ended.clocks.values() if clock.runs] == ["ombuds.purge"]


def test_she_can_end_it_in_every_state() -> None:
    assert {state for (state, action) in LIFECYCLE.rule_of if action == "end_talk"} == set(OPEN)
    assert set(OPEN) == {state.name for state in LIFECYCLE.states if not state.closed}
    assert all(rule.by == frozenset({ActorKind.PERSON}) for rule in LIFECYCLE.rules if rule.action == "end_talk")
