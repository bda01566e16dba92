"""Every cell of every table: (lifecycle, state, action, who). Generated, so that a new state or role has its cases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Action, Actor, ActorKind, Case, Clock, Fact, RefusalCode, Refused
from lifecycle.table import Lifecycle
from policy.model import Role
from tests.lifecycles import ACTION, BY_NAME, LIFECYCLES, NOW, PERSON, POLICY, REPORT, SYSTEM, at, attempt, staff


def actor_for(lifecycle: Lifecycle, who: Role | ActorKind) -> Actor:
    """ActorKind.STAFF stands for somebody who holds every role that this table does not name."""
    if isinstance(who, Role):
        return staff("S9000", who)
    named = frozenset[Role | ActorKind]().union(*lifecycle.by_action.values())
    return {ActorKind.PERSON: PERSON, ActorKind.SYSTEM: SYSTEM}.get(who, staff("S9000", *(set(Role) - named)))


def cells() -> Iterator[object]:
    for lifecycle in LIFECYCLES:
        roles = [role for role in Role if any(role in by for by in lifecycle.by_action.values())]
        for state in lifecycle.states:
            for action in lifecycle.by_action:
                for who in (*ActorKind, *roles):
                    yield pytest.param(
                        lifecycle, state.name, action, who, id=f"{lifecycle.name}-{state.name}-{action}-{who}"
                    )


OF_REQUESTS = {"begun_by": "person", "may_name": "yes", "names_her": "no", "message": "a1b2"}
OF_REQUESTS |= {"to_whom": "alleged_offender", "affected_is": "child", "offender_class": "unknown"}
"""What supervisor requests and SEA reports open with, or get to know on the way."""
NEEDED: dict[str, dict[str, Fact]] = {
    **{action: {"begun_by": "manager"} for action in ("note_seen", "tell_in_person", "hand_on", "close_request")},
    "take_team_measure": {"to_whom": "team"},
    "refer": {"to_whom": "another_office"},
    "leave_class_open": {"affected_is": "unclear"},
    "refer_to_entity": {"offender_class": "other_entity"},
    "tell_contract_owner": {"offender_class": "contractor_or_partner"},
}
OVERDUE = Clock("supervisor.act", NOW - timedelta(days=20), NOW - timedelta(days=6))
OF_SUPPORT = {"service": "listening", "preview": "a1b2"}
A_CHILD: dict[str, Fact] = {"minor": "yes", "told": "child", "understands": False, "caregiver": "risk"}
NEEDED |= {action: A_CHILD for action in ("tell_child", "decide_for_child")}
RESTATED = Clock("support.restate", NOW - timedelta(days=20), NOW - timedelta(days=6), rung=("due",))


def standing(lifecycle: Lifecycle, state: str, action: str) -> Case:
    """A case in `state` in which no guard but role and state can say no to `action`."""
    paused = NOW - timedelta(days=1) if action == "resume_assessment" else None
    clock = Clock("assess.target", NOW - timedelta(days=2), NOW + timedelta(days=28), paused_at=paused)
    return Case(
        report_id=REPORT,
        lifecycle=lifecycle.name,
        number=1,
        state=state,
        version=7,
        opened_at=NOW,
        clocks={
            **({"assess.target": clock} if lifecycle.name == "formal_report" else {}),
            **({"supervisor.act": OVERDUE} if lifecycle.name == "supervisor_request" else {}),
            **({"support.restate": RESTATED} if lifecycle.name == "support_referral" else {}),
        },
        assigned={} if action == "step_aside" else dict.fromkeys((Role.FOCAL_POINT, Role.SPECIALIST), "S9000"),
        facts={
            "type": "reporting_line_change",
            "burden": "affected_individual",
            "consent": True,
            "asked_type": "any",
            "from_at": at(-20),
            "review_at": at(-10),
            "until_at": at(5),
            **OF_REQUESTS,
            **OF_SUPPORT,
            **NEEDED.get(action, {}),
        },
    )


@pytest.mark.parametrize(("lifecycle", "state", "action", "who"), list(cells()))
def test_every_cell(lifecycle: Lifecycle, state: str, action: str, who: Role | ActorKind) -> None:
    case = standing(lifecycle, state, action)
    actor = actor_for(lifecycle, who)
    allowed_somewhere = who in lifecycle.by_action[action]
    rule = lifecycle.rule_of.get((state, action))

    answer = attempt(lifecycle, case, action, actor)

    if not allowed_somewhere or (rule and who not in rule.by):
        assert isinstance(answer, Refused)
        assert answer.code == RefusalCode.ROLE_NOT_ALLOWED
    elif rule is None:
        assert isinstance(answer, Refused)
        assert answer.code == RefusalCode.ACTION_NOT_OPEN
    else:
        assert isinstance(answer, Case)
        assert answer.state == (rule.to or state)
        assert (answer.version, answer.steps[-1].action, answer.steps[-1].at) == (8, action, NOW)
        assert answer.steps[-1].role == (who if isinstance(who, Role) else None)
    offer = next((o for o in engine.offers(lifecycle, case, actor, NOW, POLICY) if o.action == action), None)
    assert (offer is not None and offer.open) == isinstance(answer, Case)
    if actor.staff_id:
        hidden = attempt(lifecycle, case, action, replace(actor, excluded=True))
        assert isinstance(hidden, Refused)
        assert (hidden.code, hidden.rule) == (RefusalCode.ACTOR_EXCLUDED, "invariant 32")


@pytest.mark.parametrize("name", BY_NAME)
def test_an_action_of_no_table_is_unknown(name: str) -> None:
    lifecycle = BY_NAME[name]
    case = standing(lifecycle, lifecycle.states[0].name, "")
    answer = engine.apply(lifecycle, case, Action(ACTION, "__proto__"), PERSON, NOW, POLICY)
    assert isinstance(answer, Refused)
    assert answer.code == RefusalCode.ACTION_UNKNOWN
    assert not answer.params, "what came from outside is not repeated"
