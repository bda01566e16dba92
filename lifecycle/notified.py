"""Who hears of what by which channel, read from a procedure's table (policy 2.10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import HER_INBOX
from lifecycle.table import Lifecycle

MAIL, INBOX = "mail", "inbox"
"""A mail says that there is something and no more; her inbox says it in words."""


@dataclass(frozen=True, slots=True)
class Notified:
    """`event`: an action, a clock that is due, or one that reminds. `who`: a role, a part, a side or the person."""

    event: str
    who: str
    channel: str
    wording: str


def notified(lifecycle: Lifecycle) -> Iterator[Notified]:
    """Every notice of a procedure, and each state that her inbox shows by itself."""
    yield from _of("open", lifecycle.opening.effects)
    for rule in lifecycle.rules:
        yield from _of(rule.action, rule.effects)
        state = lifecycle.state_of[rule.to] if rule.to else None
        if state is not None and state.person_sees:
            yield Notified(rule.action, "person", INBOX, f"{lifecycle.name}.{state.seen_as or state.name}")
    for clock in lifecycle.clocks:
        yield from _of(f"{clock.key} soon", clock.reminds)
        for outcome in clock.outcomes:
            yield from _of(f"{clock.key} due", outcome.effects)


def _of(event: str, effects: Sequence[Effect]) -> Iterator[Notified]:
    for effect in effects:
        if effect.kind is EffectKind.NOTIFY:
            to = str(effect.facts["to"])
            yield Notified(event, _who(to, effect), INBOX if to == HER_INBOX else MAIL, effect.name)


def _who(to: str, effect: Effect) -> str:
    match to:
        case "her_inbox":
            return "person"
        case "other_side":
            return to
        case "took_part":
            return f"whoever took {effect.facts['action']}"
        case "assigned":
            return f"{to} {effect.facts['role']}"
        case "escalation":
            return f"above {effect.facts['role']}"
        case _:
            return str(effect.facts["role"])
