"""What pages call the states, actions, fields, choices and clocks of a desk's procedures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lifecycle.pages.shared_words import SHARED
from policy.model import Policy

Kind = str

_OPTIONS: Final = (
    "measure_purpose",
    "supportive_extra",
    "detrimental_act",
    "pause_reason",
    "contact_gender",
    "safe_channel",
    "disclosure",
)
"""Those of the policy's lists that steps offer to choose from."""


def words_of(policy: Policy) -> Mapping[str, str]:
    """The words of choices that the organisation has put into words itself."""
    named = [policy.options[one].choices for one in _OPTIONS if one in policy.options]
    return {key: text for choices in reversed(named) for key, text in choices.items()}


@dataclass(frozen=True)
class Wording:
    """`texts` are a service's own, under `<lifecycle>.<kind>.<key>`, or `<kind>.<key>` for all its procedures: kinds
    are lifecycle, state, own (a state as said to the one it is about), action, field, choice, clock, role, purpose,
    refused, standing, hint. `choices` are the policy's. A key that has no text is shown as plain words.
    """

    texts: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)

    def known(self, kind: Kind, key: str, lifecycle: str = "") -> str:
        """To be translated where it is shown; empty where nobody has put it into words."""
        names = (f"{lifecycle}.{kind}.{key}", f"{kind}.{key}")
        for texts in (self.texts, SHARED):
            for name in names:
                if name in texts:
                    return texts[name]
        return self.choices.get(key, "") if kind == "choice" else ""

    def of(self, kind: Kind, key: str, lifecycle: str = "") -> str:
        """As `known`, and as plain words where nothing is."""
        words = key.rpartition(".")[2] if kind == "clock" else key
        return self.known(kind, key, lifecycle) or words.replace("_", " ").replace(".", ", ").strip().capitalize()

    def hint(self, key: str, lifecycle: str) -> str:
        """What stands under a question or an action; empty where there is nothing to say."""
        return self.known("hint", key, lifecycle)
