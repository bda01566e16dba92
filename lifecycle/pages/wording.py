"""What pages call the states, actions, fields, choices and clocks of a desk's procedures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chassis.web.pages.words import N_

Kind = str

_OF_ENGINE: Final = {
    "refused.ACTOR_EXCLUDED": N_("You have a part in this matter that keeps you from it."),
    "refused.ACTION_UNKNOWN": N_("There is no such step."),
    "refused.ROLE_NOT_ALLOWED": N_("Somebody else takes this step."),
    "refused.ACTION_NOT_OPEN": N_("This step is not open in the present state."),
    "refused.FIELD_MISSING": N_("Something that this step needs was left out."),
    "refused.FIELD_UNKNOWN": N_("This step does not take one of the answers."),
    "refused.FIELD_INVALID": N_("One of the answers does not fit this step."),
    "refused.CLOCK_NOT_RUNNING": N_("The time that this is about is not running."),
    "refused.CLOCK_NOT_PAUSED": N_("The time that this is about is not standing still."),
    "refused.CLOCK_PAUSE_SPENT": N_("This time has stood still for as long as it may."),
    "refused.CASE_HELD": N_("A hold or a review keeps this case as it is."),
    "refused.NO_MESSAGES_NOW": N_("No messages can be written in the present state."),
    "refused.CONTACT_UNWANTED": N_("The person has asked not to be written to."),
    "standing.running": N_("Running"),
    "standing.paused": N_("Standing still"),
    "standing.met": N_("Met"),
    "standing.breached": N_("Overdue"),
    "standing.met_late": N_("Met late"),
}


@dataclass(frozen=True)
class Wording:
    """`texts` are a service's own, under `<lifecycle>.<kind>.<key>`, or `<kind>.<key>` for all its procedures: kinds
    are lifecycle, state, action, field, choice, clock, fact, role, purpose, refused, standing, hint. A key that has no
    text is shown as plain words.
    """

    texts: Mapping[str, str]

    def of(self, kind: Kind, key: str, lifecycle: str = "") -> str:
        """To be translated where it is shown."""
        for name in (f"{lifecycle}.{kind}.{key}", f"{kind}.{key}"):
            if found := self.texts.get(name) or _OF_ENGINE.get(name):
                return found
        words = key.rpartition(".")[2] if kind == "clock" else key
        return words.replace("_", " ").replace(".", ", ").strip().capitalize()

    def hint(self, key: str, lifecycle: str) -> str:
        """What stands under a question or an action; empty where there is nothing to say."""
        return self.texts.get(f"{lifecycle}.hint.{key}", self.texts.get(f"hint.{key}", ""))
