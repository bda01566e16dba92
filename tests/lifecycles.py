"""What tests of the procedures share: all tables, valid facts for any action, and short ways to act."""

from __future__ import annotations

import json
from collections.abc import Container
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lifecycle import engine
from lifecycle.model import Action, Actor, ActorKind, Case, Fact, Refused
from lifecycle.records import step_to_json, steps_from_json
from lifecycle.serial import from_json, to_json
from lifecycle.table import FieldKind, Lifecycle, Rule
from ops.lifecycle_docs import LIFECYCLES
from policy.load import load
from policy.model import Policy, Role, Side

POLICY = load("iom-2024-03")
BY_NAME = {lifecycle.name: lifecycle for lifecycle in LIFECYCLES}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
REPORT = UUID("00000000-0000-4000-8000-000000000001")
ACTION = UUID("00000000-0000-4000-8000-000000000002")
MANY = 500  # rings
PERSON = Actor(ActorKind.PERSON)
SYSTEM = Actor(ActorKind.SYSTEM)
OPENING = {
    "informal_resolution": {"lodged_at": NOW.isoformat()},
    "mediation": {},
    "support_referral": {"lodged_at": NOW.isoformat()},
    "formal_report": {"lodged_at": NOW.isoformat()},
    "review": {"party": "person", "about": "decision"},
    "misdirected_report": {"received_at": NOW.isoformat(), "received_by": "manager", "matter": "formal_report"},
    "interim_measure": {"writer": "affected"},
    "emergency_separation": {},
    "respondent": {},
    "danger_alert": {},
    "supervisor_request": {"lodged_at": NOW.isoformat()},
    "sea_report": {"lodged_at": NOW.isoformat(), "affected_is": "child"},
    "data_request": {"lodged_at": NOW.isoformat()},
    "query": {},
    "retaliation": {"lodged_at": NOW.isoformat()},
    "recommendation": {"remedy": "rescind", "decider": "hr_director"},
}


APPOINTED = {
    "support_contact": "S0014",
    "consent_taker": "S0014",
    "specialist": "S0014",
    "reviewer": "S0068",
    "legal_officer": "S0003",
    "investigator": "S0006",
    "outside_investigator": "S0064",
}
"""Who may be named in a field of this name."""
PARAMETERS = frozenset(
    {
        "action", "after", "agreed", "begun_by", "burden", "clock", "consent", "deadline", "decision", "did", "fact",
        "field", "from", "has", "hr_hold", "kind", "latest", "level", "needed", "needs", "offender_class", "reason",
        "referral_consent", "role", "state", "type", "until", "urgency", "withdrawing", "writer",
    }
)  # fmt: skip
"""What a refusal says beside its code and its rule."""
HR_DIRECTOR, EXECUTIVE_HEAD = {"hr_director": "S0002"}, {"executive_head": "S0001"}
ONE_OF: dict[str, dict[str, Fact]] = {
    "sign_measure": {"signed_type": "suspension_without_pay"},
    **dict.fromkeys(("advise_managerial_action", "recommend", "ask_redress", "name_decider"), HR_DIRECTOR),
    **dict.fromkeys(
        ("decide_discipline", "dismiss_summarily", "propose_national_referral", "name_second"), EXECUTIVE_HEAD
    ),
}
"""Actions that name exactly one of several people, each in a field of its own."""


def staff(staff_id: str, *roles: Role, excluded: bool = False) -> Actor:
    return Actor(ActorKind.STAFF, staff_id, frozenset(roles), excluded)


def opened(name: str, *, now: datetime = NOW, policy: Policy = POLICY) -> Case:
    return engine.open_case(BY_NAME[name], REPORT, 1, OPENING[name], now, policy)


def through_its_row(case: Case) -> Case:
    """The case as it comes back from what is kept of it."""
    kept = to_json(case)
    steps = steps_from_json(",".join(map(step_to_json, kept.pop("steps"))))
    return from_json({**json.loads(json.dumps(kept)), "steps": steps})


def at(days: float) -> str:
    return (NOW + timedelta(days=days)).isoformat()


def valid_facts(rule: Rule, now: datetime, policy: Policy = POLICY) -> dict[str, Fact]:
    """Facts that pass every check of today's tables, given a case that allows the action at all."""
    times = {"from_at": now, "review_at": now + timedelta(days=10), "until_at": now + timedelta(days=20)}
    times |= {"session_at": now + timedelta(days=10), "activity_on": now - timedelta(days=10)}
    times |= dict.fromkeys(("hold_until", "deferred_until"), now + timedelta(days=20))
    times |= dict.fromkeys(("response_until", "reply_until"), now + timedelta(days=60))
    times["signed_until"] = now + timedelta(days=20)
    times["last_incident_at"] = now - timedelta(days=30)
    known = {field.name for field in rule.fields}
    found = {name: fact for name, fact in ONE_OF.get(rule.action, {}).items() if name in known}
    for field in (field for field in rule.fields if field.required and field.name not in found):
        match field.kind:
            case FieldKind.TIME:
                found[field.name] = times[field.name].isoformat()
            case FieldKind.CHOICE:
                found[field.name] = field.options(policy)[0]
            case FieldKind.FLAG:
                found[field.name] = True
            case FieldKind.NUMBER:
                found[field.name] = 1_000_000
            case FieldKind.STAFF if field.name == "hold_owner":
                able = (one.staff_id for role in owners(rule) for one in policy.appointed(role, now))
                found[field.name] = next(able, "nobody")
            case FieldKind.STAFF:
                found[field.name] = APPOINTED.get(field.name, "S0011")
            case FieldKind.REFERENCE:
                found[field.name] = "a1b2"
            case FieldKind.TEXT:
                pass
    return found


def owners(rule: Rule) -> list[Role]:
    """Who may answer for a hold: whoever sets it, and for a manager oversight or legal affairs."""
    roles = sorted(role for role in rule.by if isinstance(role, Role))
    return [Role.INVESTIGATOR, Role.LEGAL_OFFICER] if roles == [Role.MANAGER] else roles


def texts(rule: Rule) -> frozenset[str]:
    return frozenset(field.name for field in rule.fields if field.kind is FieldKind.TEXT)


def attempt(
    lifecycle: Lifecycle,
    case: Case,
    name: str,
    actor: Actor,
    *,
    now: datetime = NOW,
    policy: Policy = POLICY,
    without: str | None = None,
    **facts: Fact,
) -> Case | Refused:
    """`apply` with facts that are valid where not said otherwise; `without` leaves a fact or text out."""
    rule = lifecycle.rule_of.get((case.state, name)) or next(r for r in lifecycle.rules if r.action == name)
    sent = {key: value for key, value in (valid_facts(rule, now, policy) | facts).items() if key != without}
    action = Action(ACTION, name, sent, texts(rule) - {without})
    return engine.apply(lifecycle, case, action, actor, now, policy)


def act(case: Case, name: str, actor: Actor, *, now: datetime = NOW, policy: Policy = POLICY, **facts: Fact) -> Case:
    """Like `attempt`, and the action has to succeed."""
    changed = attempt(BY_NAME[case.lifecycle], case, name, actor, now=now, policy=policy, **facts)
    assert isinstance(changed, Case), f"{name}: {changed}"
    return changed


def refused(
    case: Case,
    name: str,
    actor: Actor,
    *,
    now: datetime = NOW,
    policy: Policy = POLICY,
    without: str | None = None,
    **facts: Fact,
) -> Refused:
    """Like `attempt`, and the action has to be refused, with parameters that name what there is: words are put to them
    by these names.
    """
    lifecycle = BY_NAME[case.lifecycle]
    answer = attempt(lifecycle, case, name, actor, now=now, policy=policy, without=without, **facts)
    assert isinstance(answer, Refused), f"{name} was not refused"
    for key, value in answer.params.items():
        assert key in PARAMETERS, f"{name}: {key}"
        assert str(value) in named(lifecycle, key, policy), f"{name}: {key} {value}"
    return answer


def named(lifecycle: Lifecycle, key: str, policy: Policy) -> Container[str]:
    """What a parameter of a refusal may say."""
    match key:
        case "action" | "did":
            return lifecycle.by_action
        case "burden":
            return [one.value for one in Side]
        case "clock":
            return lifecycle.clock_of
        case "deadline":
            return policy.deadlines
        case "field":
            return {field.name for rule in lifecycle.rules for field in rule.fields}
        case "state":
            return lifecycle.state_of
        case "type":
            return policy.measures
        case _:
            return Anything()


class Anything:
    def __contains__(self, value: object) -> bool:
        return True


def ring_until(case: Case, until: datetime, *, policy: Policy = POLICY) -> Case:
    """Rings everything due up to `until`, each at its own time."""
    lifecycle = BY_NAME[case.lifecycle]
    for _ in range(MANY):
        due = engine.next_due(lifecycle, case, policy)
        if due is None or due.at > until:
            return case
        rung = engine.on_due(lifecycle, case, due, due.at, policy)
        assert rung.version == case.version + 1, f"{due} did not ring"
        case = rung
    raise AssertionError(f"{case.lifecycle} rings without end")


def effect_names(case: Case, kind: str) -> list[str]:
    return [effect.name for effect in case.effects if effect.kind == kind]
