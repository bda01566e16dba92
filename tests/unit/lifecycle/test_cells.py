"""Every cell of every table: (lifecycle, state, action, who). Generated, so that a new state or role has its cases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import HOLD, Action, Actor, ActorKind, Case, Clock, Fact, RefusalCode, Refused, Step
from lifecycle.table import Lifecycle
from policy.model import Role
from tests import formal_reports
from tests.lifecycles import ACTION, BY_NAME, LIFECYCLES, NOW, PERSON, POLICY, REPORT, SYSTEM, at, attempt, staff


def actor_for(lifecycle: Lifecycle, who: Role | ActorKind) -> Actor:
    """ActorKind.STAFF stands for somebody who holds every role that this table does not name."""
    if isinstance(who, Role):
        return staff("S9000", who)
    named = frozenset[Role | ActorKind]().union(*lifecycle.by_action.values())
    return {ActorKind.PERSON: PERSON, ActorKind.SYSTEM: SYSTEM}.get(who, staff("S9000", *(set(Role) - named)))


EVERYBODY_DECIDES = replace(
    POLICY,
    delegation={key: replace(one, deciders=tuple(Role), second=tuple(Role)) for key, one in POLICY.delegation.items()},
    measures={key: replace(one, deciders=tuple(Role), second=tuple(Role)) for key, one in POLICY.measures.items()},
)
"""Which of the roles that a table knows the policy lets decide is not the table's."""


def cells() -> Iterator[object]:
    for lifecycle in LIFECYCLES:
        for state in lifecycle.states:
            for action in lifecycle.by_action:
                yield pytest.param(lifecycle, state.name, action, id=f"{lifecycle.name}-{state.name}-{action}")


def everybody(lifecycle: Lifecycle) -> tuple[Role | ActorKind, ...]:
    return *ActorKind, *(role for role in Role if any(role in by for by in lifecycle.by_action.values()))


OF_REQUESTS: dict[str, Fact] = {"begun_by": "person", "may_name": "yes", "names_her": "no", "message": "a1b2"}
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
NEEDED |= dict.fromkeys(("tell_child", "decide_for_child"), A_CHILD)
RESTATED = Clock("support.restate", NOW - timedelta(days=20), NOW - timedelta(days=6), rung=("due",))

ON_HOLD = Clock(HOLD, NOW - timedelta(days=20), NOW + timedelta(days=10))
ASKED_FOR = Clock("informal.checkin", NOW - timedelta(days=4), NOW + timedelta(days=10))
FIRST_MONTH = Clock("dsr.reply", NOW - timedelta(days=20), NOW + timedelta(days=10), rung=("before 10",))

RUNNING = ("ret.complete", "ret.investigation")
PAUSED = {"end_tolling": "ret.complete", "resume_investigation": "ret.investigation"}
OF_RETALIATION: dict[str, Fact] = {"kind": "request", "contact_agreed": True}
NEEDED |= {action: {"withdrawing": True} for action in ("take_back_withdrawal", "close_case")}
NEEDED |= {action: {"hr_hold": "kept"} for action in ("release_hr_hold", "record_hr_hold")}

A_LETTER: dict[str, Fact] = {"type": "suspension_with_pay", "burden": "alleged_offender"}
NEEDED |= dict.fromkeys(("ask_release", "release_notice"), A_LETTER)
NEEDED |= {"record_clearance": A_LETTER, "ask_for_lifting": {"burden": "alleged_offender"}}
NEEDED |= {"vary_measure": {"until_at": at(25)}, "make_effective": {"burden": "alleged_offender"}}
NEEDED |= {action: {"begins_at": at(0)} for action in ("record_proof", "record_no_proof")}
ANOTHERS_WORD = ("name_consent_taker", "record_consent", "record_no_consent", "record_withdrawal", "record_told")
NEEDED |= {action: {"writer": "third_party"} for action in ANOTHERS_WORD}
NEEDED["record_writer"] = {"writer": "unsaid", "consent": False}
NEEDED["record_told"] |= {"burden": "alleged_offender"}
ESCALATED = tuple(Step(n, "ring", "system", None, NOW, {"clock": "im.decide", "mark": "due"}) for n in (2, 3))
ALERTED = (Step(2, "alert", "S9000", None, NOW),)
LONGER = tuple(Step(n, one, "system", None, NOW) for n, one in ((4, "extend_measure"), (5, "record_applied")))
TOLD_HER = (*LONGER, Step(6, "record_placed", "system", None, NOW))
EXTRA = next(iter(POLICY.options["supportive_extra"].choices))
ARRANGED = (Step(4, "arrange_extra", "S9000", None, NOW, {"extra": EXTRA}),)
EXTENDED = {"end_extra": ARRANGED, "record_placed": LONGER, "record_told": LONGER, "release_notice": TOLD_HER}
TIME_OVER = Clock("subject.response", NOW - timedelta(days=31), NOW - timedelta(days=1), rung=("due",))

PARTS = (
    *(Role.FOCAL_POINT, Role.OMBUDSPERSON, Role.ALLEGED_OFFENDER, Role.SPECIALIST),
    *(Role.REVIEWER, Role.INVESTIGATOR, Role.OUTSIDE_INVESTIGATOR),
    *formal_reports.PARTS,
)
NEEDED |= formal_reports.NEEDED
NOBODY = {"take_review": {Role.REVIEWER}, **formal_reports.NOBODY}
BOTH_SAID_YES = tuple(
    Step(version, action, "somebody", None, NOW)
    for version, action in enumerate(("agree_to_mediation", "accept_invitation"))
)
STEPS_BEFORE: dict[str, tuple[Step, ...]] = {
    "interim_measure": ESCALATED,
    "mediation": BOTH_SAID_YES,
    "retaliation": (Step(1, "ask_tolling", "person", None, NOW),),
}


def retaliation_clocks(action: str) -> dict[str, Clock]:
    """The pausable ones as `action` needs them."""
    since = NOW - timedelta(days=2)
    return {
        key: Clock(key, since, NOW + timedelta(days=28), paused_at=since if PAUSED.get(action) == key else None)
        for key in RUNNING
    }


def standing(lifecycle: Lifecycle, state: str, action: str) -> Case:
    """A case in `state` in which no guard but role and state can say no to `action`."""
    return Case(
        report_id=REPORT,
        lifecycle=lifecycle.name,
        number=1,
        state=state,
        version=7,
        opened_at=NOW,
        clocks={
            **(formal_reports.clocks(action) if lifecycle.name == "formal_report" else {}),
            **({"supervisor.act": OVERDUE} if lifecycle.name == "supervisor_request" else {}),
            **(retaliation_clocks(action) if lifecycle.name == "retaliation" else {}),
            **({"subject.response": TIME_OVER} if lifecycle.name == "respondent" else {}),
            **({"support.restate": RESTATED} if lifecycle.name == "support_referral" else {}),
            **({HOLD: ON_HOLD} if action == "release_hold" else {}),
            **({"informal.checkin": ASKED_FOR} if action == "stop_check_ins" else {}),
            **({"dsr.reply": FIRST_MONTH} if lifecycle.name == "data_request" else {}),
        },
        assigned={part: "S9000" for part in PARTS if part not in NOBODY.get(action, ())},
        steps=(
            ALERTED
            if action in {"escalate_alert", "accept_answer"}
            else (*STEPS_BEFORE.get(lifecycle.name, ()), *EXTENDED.get(action, ()))
        ),
        facts={
            "message": "a1b2",
            "type": "reporting_line_change",
            "burden": "affected_individual",
            "consent": True,
            "asked_type": "any",
            "writer": "affected",
            "origin": "oversight",
            "urgency": "green",
            "from_at": at(-20),
            "review_at": at(-10),
            "until_at": at(5),
            **OF_REQUESTS,
            **OF_SUPPORT,
            **OF_RETALIATION,
            **formal_reports.FACTS,
            **NEEDED.get(action, {}),
        },
    )


@pytest.mark.parametrize(("lifecycle", "state", "action"), list(cells()))
def test_every_cell(lifecycle: Lifecycle, state: str, action: str) -> None:
    for who in everybody(lifecycle):
        check_cell(lifecycle, state, action, who)


def check_cell(lifecycle: Lifecycle, state: str, action: str, who: Role | ActorKind) -> None:
    case = standing(lifecycle, state, action)
    actor = actor_for(lifecycle, who)
    allowed_somewhere = who in lifecycle.by_action[action]
    rule = lifecycle.rule_of.get((state, action))

    answer = attempt(lifecycle, case, action, actor, policy=EVERYBODY_DECIDES)

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
    offer = next((o for o in engine.offers(lifecycle, case, actor, NOW, EVERYBODY_DECIDES) if o.action == action), None)
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
