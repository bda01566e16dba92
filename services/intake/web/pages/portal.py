"""What the portal's pages work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.web.sessions import Sessions
from services.intake.intake import Intake

OPEN: Final = timedelta(minutes=30)
"""How long pages stay open for whom has not chosen a time (P1)."""
LONGEST: Final = timedelta(hours=12)
"""After this they close, however busy somebody is."""


@dataclass(frozen=True)
class Portal:
    """`leave_to`: the dull site that leaving goes to. `help_address`: where the directory of help is, by language.
    `work_domains`: the organisation's own mail domains.
    """

    intake: Intake
    sessions: Sessions
    leave_to: str
    help_address: Callable[[str], str]
    work_domains: Sequence[str] = ()
