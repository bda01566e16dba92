"""What is asked before a way is chosen, each to be left empty: it decides which help comes first and which ways are
shown, and is sent to nobody. Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.words import N_
from services.intake.domain.ways import Situation, Ways, is_sea, ways
from services.intake.web.pages.questions_asked import Question
from services.intake.web.pages.questions_asks import CHOICES, NO_ANSWER

_SAFETY: Final = {
    "danger_now": N_("I am in danger now"),
    "weapon": N_("There is a weapon"),
    "threats": N_("Somebody has threatened me"),
    "self_harm": N_("I think of harming myself, or of ending my life"),
    "sexual_assault": N_("It was sexual violence"),
    "minor": N_("Somebody under 18 is concerned"),
}
_OPEN_YES_NO: Final = (Choice("yes", N_("Yes")), Choice("no", N_("No")), NO_ANSWER)

SAFETY: Final = Question(
    "safety",
    N_("Are you safe?"),
    lambda _: (
        Field(
            "now",
            "checks",
            N_("Tick what is so now"),
            hint=N_("You can leave all of it empty. Nothing of this page is sent to anybody."),
            choices=tuple(Choice(name, label) for name, label in _SAFETY.items()),
        ),
    ),
    template="safety.html",
)
SITUATION: Final = Question(
    "situation",
    N_("What it is about"),
    lambda _: (
        Field(
            "affected_is",
            "radios",
            N_("Who did it happen to?"),
            choices=(
                Choice("personnel", N_("To me, or to somebody who works here")),
                *(Choice(who, CHOICES["affected_is"][who]) for who in ("child", "beneficiary", "community_member")),
                NO_ANSWER,
            ),
        ),
        Field(
            "power_over_me",
            "radios",
            N_("Does the other person decide on your contract, visa, housing or appraisal?"),
            choices=_OPEN_YES_NO,
        ),
        Field(
            "feels_safe_to_talk",
            "radios",
            N_("Would it feel safe to speak with the other person yourself?"),
            choices=_OPEN_YES_NO,
        ),
    ),
    said=(N_("This helps us to show what fits. You can skip it."),),
    template="situation.html",
)
CHOOSING: Final = Question("options", N_("Your options"), lambda _: (), template="options.html")
BEGINNING: Final = (SAFETY, SITUATION, CHOOSING)


def situation_of(said: Mapping[str, Mapping[str, Any]]) -> Situation:
    """What she said of her situation; a box that is not ticked says nothing."""
    ticked, more = said.get("safety", {}).get("now", ()), said.get("situation", {})
    found: dict[str, Any] = {name: "yes" for name in _SAFETY if name in ticked}
    found |= {name: more[name] for name in ("affected_is", "power_over_me", "feels_safe_to_talk") if name in more}
    return Situation(**found)


def ways_for(said: Mapping[str, Mapping[str, Any]]) -> Ways:
    return ways(situation_of(said))


def needs_sea(said: Mapping[str, Mapping[str, Any]]) -> bool:
    return is_sea(situation_of(said))
