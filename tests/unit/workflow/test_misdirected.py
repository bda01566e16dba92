"""A report that came to the wrong place goes on once, by no hand, and she is told when nothing of it is left there."""

from datetime import timedelta

from lifecycle.model import ActorKind, Case, EffectKind
from lifecycle.recipients import recipients
from services.workflow.domain.formal_report import LIFECYCLE as FORMAL
from services.workflow.domain.misdirected_report import LIFECYCLE
from tests.lifecycles import NOW, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until

DAY = timedelta(days=1)


def locked() -> Case:
    return act(opened("misdirected_report"), "lock", SYSTEM)


def purged() -> Case:
    return act(act(locked(), "record_referred", SYSTEM, body="workflow/oio"), "record_purged", SYSTEM)


def test_inv_34_no_human_hand_is_in_it_and_nobody_chooses_where_it_goes() -> None:
    assert {kind for rule in LIFECYCLE.rules for kind in rule.by} == {ActorKind.SYSTEM}
    assert [effect.name for effect in locked().effects] == ["pass_on"]
    assert {field.name for rule in LIFECYCLE.rules for field in rule.fields} == {"body", "proof", "version"}


def test_inv_34_it_goes_once() -> None:
    for state in LIFECYCLE.states:
        ways = [rule for rule in LIFECYCLE.rules if state.name in rule.states and rule.to]
        assert len(ways) <= 1, state.name
    assert refused(purged(), "lock", SYSTEM).code == "ACTION_NOT_OPEN"
    assert refused(purged(), "record_referred", SYSTEM).code == "ACTION_NOT_OPEN"


def test_inv_34_whoever_passed_it_on_has_lost_it() -> None:
    assert FORMAL.state_of["passed_on"].closed
    assert {rule.action for rule in FORMAL.rules if "passed_on" in rule.states} <= {
        *("set_hold", "release_hold", "admit_reviewer", "dismiss_reviewer"),
    }


def test_she_hears_that_nothing_has_moved_from_each_step_on_for_as_long_as_it_lasts() -> None:
    case = opened("misdirected_report")
    for days, (action, facts) in enumerate(
        (("lock", {}), ("record_referred", {"body": "workflow/oio"}), ("record_purged", {"proof": "a1b2"})), start=1
    ):
        assert case.clocks["report.update"].runs
        case = act(case, action, SYSTEM, now=NOW + days * DAY, **facts)
        assert case.clocks["report.update"].started_at == NOW + days * DAY
    told = act(case, "record_placed", SYSTEM, version=case.version)
    assert {key for key, clock in told.clocks.items() if clock.runs} == {"keep.out_of_scope"}


def test_it_is_due_within_a_working_day_of_its_receipt_and_late_it_rises_and_she_hears() -> None:
    case = opened("misdirected_report")
    assert case.clocks["misdirect.forward"].due_at == NOW + DAY
    late = ring_until(locked(), NOW + DAY)
    assert late.state == "locked"
    assert effect_names(late, EffectKind.NOTIFY) == ["misdirected_report.late", "misdirected_report.date_missed"]
    assert recipients(late, late.effects[0], POLICY, NOW) == ("S0015",), "an auditor: who did what, never contents"
    assert act(late, "record_referred", SYSTEM).clocks["misdirect.forward"].met_at == NOW


def test_she_is_told_only_when_no_copy_is_left() -> None:
    case = purged()
    early = refused(case, "record_placed", SYSTEM, version=case.version - 1)
    assert early.code == "NOT_IN_THE_INBOX_YET"
    told = act(case, "record_placed", SYSTEM, version=case.version)
    assert told.state == "told"
    assert refused(locked(), "record_purged", SYSTEM).code == "ACTION_NOT_OPEN", "not before it has gone on"


def test_the_time_counts_from_when_it_came_and_not_from_when_somebody_noticed() -> None:
    case = opened("misdirected_report", now=NOW + DAY)
    assert (case.clocks["misdirect.forward"].started_at, case.clocks["misdirect.forward"].due_at) == (NOW, NOW + DAY)
