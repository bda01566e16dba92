"""What mails and texts say: that there is something to look at, and nothing else.

One text for every notice to a person, one for every notice to staff that goes at once, and a digest that counts. A text
of its own for each kind would tell whoever sees the mail what it is about, and so would a link or an id
(policy 2.10, invariant 7).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import policy
from chassis.web import pages
from chassis.web.pages.words import N_, Language, Words

_OWNERS: Final = (Path(pages.__path__[0]), Path(policy.__path__[0]), Path(__file__).parent)
WORDS: Final = Words(*(owner / "locale" for owner in _OWNERS))
"""In every language that pages have."""


@dataclass(frozen=True)
class Said:
    """A mail as it goes out."""

    subject: str
    text: str


def to_person(language: Language, site: str) -> Said:
    """`site`: the neutral name of the portal. The same for every event."""
    return Said(
        language.text(N_("%(name)s: there is something to read"), name=language.text(site)),
        # A line each: a longer one would be sent in a coding that some readers show as it is.
        "\n".join(
            (
                language.text(N_("There is something new for you.")),
                language.text(N_("Go to the site when it is safe for you.")),
                language.text(N_("This mailbox is not read.")),
                "",
            )
        ),
    )


def to_phone(language: Language) -> Said:
    """A text message to a person, the same for every event. Without a subject: a gateway would send that too."""
    return Said("", language.text(N_("You have an update.")) + "\n")


def to_staff(language: Language) -> Said:
    """For what goes at once."""
    return _to_staff(language, language.text(N_("There is something new for you at work.")))


def to_staff_above(language: Language, office: str) -> Said:
    """For what is late: the desk, and no case. `office`: its name in the policy."""
    return _to_staff(
        language, language.text(N_("A time was not kept at this desk: %(office)s."), office=language.text(office))
    )


def digest(language: Language, items: int, before: date | None) -> Said:
    """How many items have news, by when the first of them needs somebody; and nothing else."""
    counted = language.count
    said = language.text(N_("Nothing needs you now."))
    if items:
        said = counted("%(num)s item needs you", "%(num)s items need you", items)
        if before:
            said = language.text(N_("%(items)s before %(day)s"), items=said, day=language.day(before))
    return Said(said, f"{said}\n")


def _to_staff(language: Language, what: str) -> Said:
    return Said(
        language.text(N_("Something new for you")),
        "\n".join(
            (
                what,
                language.text(N_("Sign in as usual when it suits you.")),
                "",
                language.text(N_("This mailbox is not read.")),
                "",
            )
        ),
    )
