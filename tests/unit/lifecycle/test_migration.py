"""A running case goes over to another version of the policy: who may, when not, and what becomes of its clocks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle import engine, freezing, migration
from lifecycle.clocks import DUE, standing, start
from lifecycle.migration import MIGRATE
from lifecycle.model import Action, Actor, Case, Refused, Step
from lifecycle.rehearsal import Course, rehearse
from lifecycle.replay import as_of, cases_before, replay
from lifecycle.table import Lifecycle
from policy.changes import differences, weakening
from policy.model import Approval, Policy, Role
from policy.protection import Direction, of_length
from policy.working_time import Unit
from tests.formal_paths import assessing, closed, investigating
from tests.lifecycles import (
    ACTION,
    BY_NAME,
    LIFECYCLES,
    NOW,
    PERSON,
    POLICY,
    SYSTEM,
    act,
    attempt,
    opened,
    ring_until,
    staff,
)

DAY = timedelta(days=1)
REPORT = BY_NAME["formal_report"]
OFFICER = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
HIM = Actor(OFFICER.kind, "part:1", frozenset({Role.ALLEGED_OFFENDER}))


def version_2(days: Mapping[str, int | None] | None = None, **changes: Any) -> Policy:
    """The next version, with these deadlines in calendar days, or unset."""
    deadlines = {
        key: replace(POLICY.deadlines[key], amount=amount, unit=Unit.CALENDAR_DAYS)
        for key, amount in (days or {}).items()
    }
    contents = {"version": "2", "content_hash": "2" * 64, "deadlines": {**POLICY.deadlines, **deadlines}}
    return replace(POLICY, **contents, **changes)  # type: ignore[arg-type]  # fields by name


def said_no(code: str, **params: str) -> Refused:
    return Refused(code, "invariant 51", params)


NOT_THEIRS = said_no("ROLE_NOT_ALLOWED", action="migrate_policy", state="submitted")
STRICTER = version_2({"report.ack": 3, "assess.target": 20})


def migrated(case: Case, target: Policy = STRICTER, *, now: datetime = NOW) -> Case:
    answer = asked(case, target, now=now)
    assert isinstance(answer, Case), answer
    return answer


def asked(
    case: Case, target: Policy = STRICTER, actor: Actor = OFFICER, *, now: datetime = NOW, **facts: str
) -> Case | Refused:
    action = Action(ACTION, MIGRATE, {"policy_hash": target.content_hash} | facts)
    return migration.migrate(BY_NAME[case.lifecycle], case, action, actor, now, POLICY, target)


def test_it_is_a_step_by_a_named_person_that_says_from_what_to_what() -> None:
    case = migrated(opened("formal_report"))
    step = case.steps[-1]
    assert (step.version, step.action, step.by, step.role) == (2, "migrate_policy", "S0005", Role.INTAKE_OFFICER)
    assert step.facts == {
        "policy": "iom-2024-03/2", "policy_hash": "2" * 64,
        "was": "iom-2024-03/1", "was_hash": POLICY.content_hash,
    }  # fmt: skip
    assert [effect.name for effect in case.effects] == ["policy.migrated"], "she is told that her dates may be others"
    assert (case.state, case.facts) == (opened("formal_report").state, opened("formal_report").facts)


def test_whoever_holds_several_roles_takes_it_in_the_first_of_the_policys_order() -> None:
    both = staff("S0005", Role.ETHICS_OFFICER, Role.INTAKE_OFFICER, Role.ADMINISTRATIVE_HEAD)
    answer = asked(opened("formal_report"), STRICTER, both)
    assert isinstance(answer, Case)
    assert answer.steps[-1].role == Role.INTAKE_OFFICER


def test_a_running_clock_counts_from_its_start_under_the_new_values() -> None:
    case = migrated(opened("formal_report"), now=NOW + DAY)
    assert case.clocks["report.ack"].due_at == NOW + 3 * DAY
    assert case.clocks["report.ack"].started_at == NOW


def test_no_clock_is_made_due_in_the_past() -> None:
    before = opened("formal_report")
    case = migrated(before, now=NOW + 4 * DAY)
    assert case.clocks["report.ack"] == before.clocks["report.ack"], "three days are over; what was promised stays"
    at_once = migrated(before, now=NOW + 3 * DAY)
    assert at_once.clocks["report.ack"] == before.clocks["report.ack"], "nor at this very moment"
    paused = act(investigating(), "pause_investigation", OFFICER, pause_reason="sick_leave", in_writing_offered=True)
    shorter = version_2({"investigation.other": 10, "investigation": 10})
    clock = migrated(paused, shorter, now=NOW + 50 * DAY).clocks["investigation"]
    assert clock.due_at == NOW + 10 * DAY, "it stands still: ten days are left of it when it goes on"


def test_earlier_pauses_count_on_top() -> None:
    paused = act(investigating(), "pause_investigation", OFFICER, pause_reason="sick_leave", in_writing_offered=True)
    running = act(paused, "resume_investigation", OFFICER, now=NOW + 7 * DAY)
    clock = migrated(running, version_2({"investigation.other": 100, "investigation": 100})).clocks["investigation"]
    assert clock.due_at == NOW + 107 * DAY


def test_a_clock_with_a_deadline_of_its_own_keeps_to_it_while_the_policy_has_it() -> None:
    case = investigating()
    assert case.clocks["investigation"].deadline == "investigation.other"
    kept = migrated(case, version_2({"investigation.other": 100, "investigation": 50})).clocks["investigation"]
    assert (kept.deadline, kept.due_at) == ("investigation.other", NOW + 100 * DAY)
    without = version_2({"investigation": 50})
    deadlines = {key: one for key, one in without.deadlines.items() if key != "investigation.other"}
    general = migrated(case, replace(without, deadlines=deadlines)).clocks["investigation"]
    assert (general.deadline, general.due_at) == ("investigation", NOW + 50 * DAY)


def test_working_days_are_those_of_the_duty_station() -> None:
    """Creek rests on Friday and Saturday: four working days from Monday end on a Sunday. What stood still for five
    days is made up for by the four working days in them, elsewhere by three from a Friday on.
    """
    working = replace(POLICY.deadlines["report.ack"], amount=4, unit=Unit.WORKING_DAYS)
    target = replace(STRICTER, deadlines={**STRICTER.deadlines, "report.ack": working})

    def due_at(place: str, paused_for: timedelta = timedelta()) -> datetime:
        case = opened("formal_report")
        clock = case.clocks["report.ack"]._replace(paused_for=paused_for, place=place)
        case = replace(case, clocks={"report.ack": clock})
        return migrated(case, target).clocks["report.ack"].due_at

    assert (due_at("creek"), due_at("valmora")) == (NOW + 6 * DAY, NOW + 4 * DAY)
    assert (due_at("creek", 5 * DAY), due_at("valmora", 5 * DAY)) == (NOW + 10 * DAY, NOW + 9 * DAY)


def test_what_has_ended_or_was_dated_by_a_decision_stays_as_it_is() -> None:
    met = act(opened("formal_report"), "acknowledge", OFFICER)
    assert migrated(met).clocks["report.ack"] == met.clocks["report.ack"]
    later = NOW + 60 * DAY
    rung = ring_until(investigating(), later)
    assert DUE in rung.clocks["subject.notice"].rung
    after = migration.again(REPORT, rung, _step(rung, later), version_2({"subject.notice": 400}))
    assert after.clocks["subject.notice"] == rung.clocks["subject.notice"]
    breached = ring_until(assessing(), later)
    after = migration.again(REPORT, breached, _step(breached, later), version_2({"assess.target": 400}))
    assert after.clocks["assess.target"].rounds == breached.clocks["assess.target"].rounds > 0
    assert standing(after.clocks["assess.target"], later) == "breached", "a breach stays one"
    held = act(closed(), "set_hold", OFFICER, hold_until=(NOW + 90 * DAY).isoformat())
    assert migrated(held).clocks["keep.hold"] == held.clocks["keep.hold"]


def test_a_value_that_is_left_open_ends_nothing_any_more() -> None:
    unset = version_2({"report.ack": None})
    after = migration.again(REPORT, opened("formal_report"), _step(opened("formal_report"), NOW), unset)
    assert "report.ack" not in after.clocks


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        ({"keep.no_case": 10}, None),
        ({"keep.no_case": 4000}, 4000),
        ({"keep.no_case": 10, "ret.lookahead": 10}, None),
        ({"ret.lookahead": 5000}, 5000),
        ({"review.appeal": 5000}, 5000),
    ],
)
def test_inv_53_it_is_erased_no_sooner_than_was_promised_and_later_where_that_is_needed(
    days: dict[str, int], kept: int | None
) -> None:
    case = closed()
    promised = case.clocks["keep.no_case"].due_at
    after = migration.again(REPORT, case, _step(case, NOW + DAY), version_2(days)).clocks["keep.no_case"]
    assert after.due_at == (NOW + kept * DAY if kept else promised)


def test_inv_53_what_a_ring_started_waits_for_the_new_windows_by_the_calendar_of_the_place() -> None:
    table = BY_NAME["emergency_separation"]
    separated = act(opened(table.name), "separate", staff("S0069", Role.SECURITY_OFFICER))
    separated = replace(separated, facts={**separated.facts, "place": "creek"})
    ends = separated.clocks["emergency.separation"].due_at
    lapsed = ring_until(separated, ends)
    assert lapsed.state == "lapsed"
    window = replace(POLICY.deadlines["ret.lookahead"], amount=999, unit=Unit.WORKING_DAYS)
    target = replace(STRICTER, deadlines={**STRICTER.deadlines, "ret.lookahead": window})
    after = migration.again(table, lapsed, _step(lapsed, ends + DAY), target).clocks["keep.hr_measure"]
    assert after.due_at == target.due("ret.lookahead", ends, "creek") != target.due("ret.lookahead", ends)


def test_inv_53_what_the_opening_started_waits_for_the_new_windows() -> None:
    kept = start("keep.no_case", not_before=("ret.lookahead",))
    table = replace(BY_NAME["query"], opening=replace(BY_NAME["query"].opening, clocks=(kept,)))
    case = engine.open_case(table, opened("query").report_id, 1, {}, NOW, POLICY)
    after = migration.again(table, case, _step(case, NOW + DAY), version_2({"ret.lookahead": 5000}))
    assert after.clocks["keep.no_case"].due_at == NOW + 5000 * DAY


def test_inv_53_what_is_never_to_be_erased_under_the_new_version_is_not() -> None:
    case = closed()
    after = migration.again(REPORT, case, _step(case, NOW), version_2({"keep.no_case": None}))
    assert ring_until(after, NOW + 9000 * DAY, policy=version_2({"keep.no_case": None})).state == "closed"


def test_inv_28_a_talk_is_gone_on_the_day_that_was_promised() -> None:
    talk = opened("informal_resolution")
    ended = replace(talk, clocks={"ombuds.purge": talk.clocks["rwfp.first"]._replace(key="ombuds.purge")})
    clock = ended.clocks["ombuds.purge"]._replace(deadline="ombuds.purge", due_at=NOW + 30 * DAY)
    ended = replace(ended, clocks={"ombuds.purge": clock})
    for days in (5, 365, None):
        after = migration.again(
            BY_NAME["informal_resolution"], ended, _step(ended, NOW), version_2({"ombuds.purge": days})
        )
        assert after.clocks["ombuds.purge"] == clock


@pytest.mark.parametrize(
    ("case", "actor", "facts", "expected"),
    [
        (opened("formal_report"), replace(OFFICER, excluded=True), {}, Refused("ACTOR_EXCLUDED", "invariant 32")),
        (opened("formal_report"), PERSON, {}, NOT_THEIRS),
        (opened("formal_report"), SYSTEM, {}, NOT_THEIRS),
        (opened("formal_report"), HIM, {}, NOT_THEIRS),
        (opened("formal_report"), OFFICER, {"policy_hash": "3" * 64}, said_no("POLICY_UNKNOWN", field="policy_hash")),
        (opened("formal_report"), OFFICER, {"policy_hash": "not one"}, said_no("FIELD_INVALID", field="policy_hash")),
        (opened("formal_report"), OFFICER, {"reason": "because"}, said_no("FIELD_UNKNOWN", field="reason")),
        (assessing(), OFFICER, {}, said_no("DECISION_PENDING", state="assessing")),
        (
            freezing.freeze(opened("formal_report"), NOW),
            OFFICER,
            {},
            Refused("CASE_FROZEN", "invariant 53", {"action": "migrate_policy"}),
        ),
        (
            ring_until(closed(), NOW + 4000 * DAY),
            OFFICER,
            {},
            said_no("ACTION_NOT_OPEN", action="migrate_policy", state="erased"),
        ),
    ],
)
def test_inv_51_it_is_refused(case: Case, actor: Actor, facts: dict[str, str], expected: Refused) -> None:
    assert asked(case, STRICTER, actor, **facts) == expected


def test_inv_51_to_the_policy_that_it_has_it_does_not_go() -> None:
    assert asked(opened("formal_report"), POLICY) == said_no("POLICY_SAME", policy="iom-2024-03/1")


def test_less_protection_needs_a_second_office_and_its_time() -> None:
    weaker = version_2({"ret.lookahead": 100})
    approval = Approval("iom-2024-03/1", "S0002", NOW, "S0062", NOW)
    approved = replace(weaker, approvals=(approval,))
    for target, at, code in ((weaker, NOW, "SECOND_OFFICE_MISSING"), (approved, NOW + 29 * DAY, "TOO_EARLY")):
        expected = Refused(code, "policy.waiting", {"policy": "iom-2024-03/2"})
        assert asked(opened("formal_report"), target, now=at) == expected
        assert migration.offer(REPORT, opened("formal_report"), OFFICER, at, POLICY, target).refused == expected
    assert migrated(opened("formal_report"), approved, now=NOW + 30 * DAY).version == 2


def test_the_offer_says_the_same() -> None:
    def offered(case: Case, actor: Actor = OFFICER) -> Any:
        return migration.offer(REPORT, case, actor, NOW, POLICY, STRICTER)

    assert (offered(opened("formal_report")).action, offered(opened("formal_report")).open) == ("migrate_policy", True)
    assert offered(opened("formal_report")).fields[0].choices == (STRICTER.content_hash,)
    assert offered(assessing()).refused.code == "DECISION_PENDING"
    assert offered(opened("formal_report"), HIM).refused.code == "ROLE_NOT_ALLOWED"


def test_inv_51_each_step_is_played_under_the_policy_of_its_time() -> None:
    """Six days under five working days, a breach under three: only what was in force then rings."""
    case = ring_until(migrated(opened("formal_report"), now=NOW + DAY), NOW + 4 * DAY, policy=STRICTER)
    assert [step.action for step in case.steps][:2] == ["open", "migrate_policy"]
    assert any(step.facts.get("clock") == "report.ack" and step.facts["mark"] == "due" for step in case.steps)
    both = {1: POLICY, 2: STRICTER}
    assert replay(REPORT, case, case.steps, both).deviations == ()
    assert replay(REPORT, case, case.steps, both).case == replace(case, effects=())
    before = as_of(REPORT, case, NOW + DAY / 2, both)
    assert before is not None
    assert before.case.clocks["report.ack"].due_at == POLICY.due("report.ack", NOW)
    assert cases_before(REPORT, case, both)[2].state == "submitted"
    assert list(migration.pins(case)) == [(1, "iom-2024-03/1", POLICY.content_hash), (2, "iom-2024-03/2", "2" * 64)]
    wrong = replay(REPORT, case, case.steps, {1: POLICY})
    assert wrong.deviations, "under the old policy alone it would not have rung"


def test_a_rehearsal_leaves_a_change_of_policy_out() -> None:
    course = Course()
    rehearse(REPORT, migrated(opened("formal_report")), POLICY, NOW, course)
    assert (course.cases, course.acted, dict(course.refusals)) == (1, 0, {})


LENGTHS = st.one_of(st.none(), st.integers(1, 3000))
TURNS = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 24 * 15)), max_size=20)
PEOPLE = [PERSON, SYSTEM, *(staff(one, *POLICY.roles_of(one, NOW)) for one in ("S0002", "S0003", "S0004", "S0005"))]


def walked(lifecycle: Lifecycle, turns: list[tuple[int, int]]) -> tuple[Case, datetime]:
    """Somewhere on the way, by whatever was open to somebody."""
    case, now = opened(lifecycle.name), NOW
    for index, hours in turns:
        now += timedelta(hours=hours)
        case = ring_until(case, now)
        open_to = [
            (one.action, who) for who in PEOPLE for one in engine.offers(lifecycle, case, who, now, POLICY) if one.open
        ]
        if open_to:
            action, who = open_to[index % len(open_to)]
            answer = attempt(lifecycle, case, action, who, now=now)
            case = answer if isinstance(answer, Case) else case
    return case, now


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([one.name for one in LIFECYCLES]),
    TURNS,
    st.dictionaries(st.sampled_from(sorted(POLICY.deadlines)), LENGTHS, max_size=12),
)
def test_inv_53_whatever_changes_erasure_is_never_sooner_and_no_clock_is_made_due_in_the_past(
    name: str, turns: list[tuple[int, int]], days: dict[str, int | None]
) -> None:
    lifecycle = BY_NAME[name]
    case, now = walked(lifecycle, turns)
    target = version_2({key: value for key, value in days.items() if value or not _repeats(key)})
    after = migration.again(lifecycle, case, _step(case, now), target)
    for key, clock in case.clocks.items():
        moved = after.clocks.get(key)
        if moved is None:
            assert not target.is_set(str(clock.deadline))
        elif lifecycle.clock_of[key].erases:
            assert moved.due_at >= clock.due_at
        else:
            assert moved == clock or moved.due_at > (clock.paused_at or now)
    both = {1: POLICY, after.version: target}
    assert replay(lifecycle, after, after.steps, both).deviations == ()
    assert replay(lifecycle, after, after.steps, both).case == replace(after, effects=())


def test_what_weakens_no_protection_of_time_is_known() -> None:
    """The direction of what erases a case is known for each table, or it could not be told what was promised."""
    for lifecycle in LIFECYCLES:
        for clock in lifecycle.clocks:
            if clock.erases and clock.key in POLICY.deadlines:
                known = of_length(clock.key)
                assert known is not None
                promised_gone = known.longer is Direction.WEAKER
                assert promised_gone == (clock.key == "ombuds.purge")
    assert not weakening(differences(POLICY, STRICTER))


def _repeats(key: str) -> bool:
    return any(key.startswith(clock.key) and clock.repeats for one in LIFECYCLES for clock in one.clocks)


def _step(case: Case, now: datetime) -> Step:
    return Step(case.version + 1, MIGRATE, "S0005", Role.INTAKE_OFFICER, now)
