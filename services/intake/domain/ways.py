"""Which ways are open to somebody, and which help comes first (policy 2.1 a, 2.9). Pure, and nothing of it is kept: it
answers one situation and forgets it. No way is ever chosen for her (invariant 13).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Said = Literal["yes", "no", "not_said"]
Affected = Literal["personnel", "child", "beneficiary", "community_member", "not_said"]

OWN_DATA = "data_request"
"""Asking what is held about oneself: no answer to what has happened, so it stands apart from the ways and is shown
beside none of them.
"""
NOT_PERSONNEL = ("child", "beneficiary", "community_member")
TOWARDS_THE_OTHER = ("direct_approach", "supervisor_request", "informal_resolution")
"""Ways on which somebody speaks with the other person without anybody having looked into it."""
WAYS = (
    "support_referral",
    "sea_report",
    "informal_resolution",
    "supervisor_request",
    "direct_approach",
    "formal_report",
    "retaliation",
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What she chose to say. `recent`: within the days in which medical help is most urgent. `power_over_me`: the
    other person decides on her contract, visa, housing or appraisal.
    """

    danger_now: Said = "not_said"
    weapon: Said = "not_said"
    self_harm: Said = "not_said"
    sexual_assault: Said = "not_said"
    recent: Said = "not_said"
    minor: Said = "not_said"
    affected_is: Affected = "not_said"
    threats: Said = "not_said"
    fears_retaliation: Said = "not_said"
    power_over_me: Said = "not_said"
    feels_safe_to_talk: Said = "not_said"


@dataclass(frozen=True, slots=True)
class Way:
    """`risks` are to be stated beside it."""

    way: str
    risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """`help` comes before everything else, and the rest is optional then. The ways stand in no order of preference,
    and none is preselected.
    """

    urgency: Literal["red", "orange", "green"]
    help: tuple[str, ...]
    ways: tuple[Way, ...]


def ways(situation: Situation) -> Ways:
    """Skipping a question opens no way less and brings no help less (invariant 17)."""
    return Ways(
        urgency=_urgency(situation),
        help=tuple(_help(situation)),
        ways=tuple(_with_risks(way, situation) for way in WAYS if _is_shown(way, situation)),
    )


def is_sea(situation: Situation) -> bool:
    """Not a matter among personnel: it goes to oversight, and nobody talks it over (invariant 24)."""
    return situation.minor == "yes" or situation.affected_is in NOT_PERSONNEL


def _urgency(situation: Situation) -> Literal["red", "orange", "green"]:
    red = situation.danger_now, situation.weapon, situation.self_harm, situation.minor
    assault = situation.sexual_assault == "yes" and situation.recent != "no"
    if "yes" in red or situation.affected_is == "child" or assault:
        return "red"
    orange = situation.threats, situation.fears_retaliation, situation.power_over_me, situation.sexual_assault
    return "orange" if "yes" in orange or is_sea(situation) else "green"


def _help(situation: Situation) -> Iterator[str]:
    red = _urgency(situation) == "red"
    if red:
        yield "emergency"
        # Whatever the danger is: nobody has to say what has happened to be told what has to be done in time.
        yield "health_in_time"
    if situation.self_harm == "yes":
        yield "somebody_to_stay_with"
    if is_sea(situation):
        yield "sea_help"
    yield "somebody_to_listen"


def _is_shown(way: str, situation: Situation) -> bool:
    if way == "sea_report":
        return situation.affected_is != "personnel" or situation.minor == "yes"
    if way in TOWARDS_THE_OTHER and is_sea(situation):
        return False
    if way == "direct_approach":
        unsafe = situation.danger_now, situation.weapon, situation.sexual_assault
        return "yes" not in unsafe and situation.feels_safe_to_talk != "no"
    return True


def _with_risks(way: str, situation: Situation) -> Way:
    if way != "direct_approach":
        return Way(way)
    risks = ["only_if_it_feels_safe"] if situation.feels_safe_to_talk != "yes" else []
    risks += ["the_other_has_power_over_me"] if situation.power_over_me == "yes" else []
    return Way(way, tuple(risks))
