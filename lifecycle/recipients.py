"""Who a notice is for. The engine names people by what they are to a case; this finds out who they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lifecycle.model import Case, Effect, EffectKind
from policy.model import Policy, Role

ASSIGNED, APPOINTED, ESCALATION, TOOK_PART, OTHER_SIDE, HER_INBOX = (
    "assigned",
    "appointed",
    "escalation",
    "took_part",
    "other_side",
    "her_inbox",
)


def assigned(wording: str, role: Role) -> Effect:
    """Whoever is assigned as `role` in this case."""
    return Effect(EffectKind.NOTIFY, wording, {"to": ASSIGNED, "role": role})


def appointed(wording: str, role: Role) -> Effect:
    """Everybody who holds `role` at that time."""
    return Effect(EffectKind.NOTIFY, wording, {"to": APPOINTED, "role": role})


def escalation(wording: str, role: Role, *, after: int = 0) -> Effect:
    """Everybody who holds the role one level above `role` (policy: role.escalates_to). Of a clock that repeats, only
    once it has been due `after` times before; each time that follows goes one level further up.
    """
    quiet = {"after": after} if after else {}
    return Effect(EffectKind.NOTIFY, wording, {"to": ESCALATION, "role": role, **quiet})


def took_part(wording: str, action: str) -> Effect:
    """The staff who took `action` in this case."""
    return Effect(EffectKind.NOTIFY, wording, {"to": TOOK_PART, "action": action})


def other_side(wording: str) -> Effect:
    """The one whom the matter is about; who that is lies sealed with the service."""
    return Effect(EffectKind.NOTIFY, wording, {"to": OTHER_SIDE})


def her_inbox(wording: str) -> Effect:
    """The person: her inbox shows these words, in place of the state's, until the case changes again."""
    return Effect(EffectKind.NOTIFY, wording, {"to": HER_INBOX})


def date_missed(wording: str) -> Effect:
    """The person, when a date of ours has passed; not again in the later rounds of a clock that nobody has met."""
    return Effect(EffectKind.NOTIFY, wording, {"to": HER_INBOX, "once": True})


def is_said_at(effect: Effect, level: int) -> bool:
    return level > _quiet(effect) and (level == 1 or "once" not in effect.facts)


def at_level(effect: Effect, level: int) -> Effect:
    """An escalation that goes `level` steps up, less the rounds in which it was not said; every other effect as it
    is.
    """
    if effect.kind is not EffectKind.NOTIFY or effect.facts.get("to") != ESCALATION:
        return effect
    return replace(effect, facts={**effect.facts, "level": level - _quiet(effect)})


def _quiet(effect: Effect) -> int:
    return int(effect.facts.get("after", 0))


def heard_as(effect: Effect, policy: Policy) -> Role | None:
    """The role by whose appointment somebody hears of it; None where it is a part in the case that counts."""
    match effect.facts["to"]:
        case "appointed":
            return Role(str(effect.facts["role"]))
        case "escalation":
            role = Role(str(effect.facts["role"]))
            for _ in range(int(effect.facts.get("level", 1))):
                role = policy.roles[role].escalates_to
            return role
        case _:
            return None


def recipients(case: Case, effect: Effect, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Staff ids the notice is for, each once. Empty for `other_side`, whom only the service can find out, and for what
    her inbox shows.

    The service still has to leave out whoever is excluded from the case (invariant 32).
    """
    match effect.facts["to"]:
        case "assigned":
            found = [case.assigned.get(Role(str(effect.facts["role"])))]
        case "appointed" | "escalation":
            role = heard_as(effect, policy)
            found = [one.staff_id for one in policy.appointed(role, now)] if role else []
        case "took_part":
            found = [step.by for step in case.steps if step.action == effect.facts["action"] and step.role]
        case _:
            found = []
    return tuple(dict.fromkeys(one for one in found if one))
