"""What the ombuds cell's pages have beside the cases: when nothing of one is left, and whose yes a mediation has."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chassis.web.pages.page import Page
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.panels import Panels
from lifecycle.views import CaseSeen
from policy.model import Role
from services.ombuds.desk import MEDIATION
from services.ombuds.domain.informal_resolution import RAISE_IMMINENT_HARM

PURGE: Final = "ombuds.purge"
SAID_YES: Final = {
    "proposed": (False, False),
    "person_agreed": (True, False),
    "invited": (True, False),
    "both_agreed": (True, True),
    "in_sessions": (True, True),
}
"""Whose yes there is while a mediation rests on it: the person's, the other party's."""


async def _beside(of: DeskPages, page: Page, case: CaseSeen, actor: Actor) -> Mapping[str, Any]:  # noqa: ARG001
    """Once the talk has ended, the day that its clock says; before, the day that it would be if it ended today."""
    purge = next((one.due_at for one in case.clocks if one.key == PURGE), None)
    return {
        "purge": purge,
        "purge_if_today": of.desk.policy.due(PURGE, datetime.now(UTC)),
        "conversation": case.lifecycle in of.desk.talks,
        "asked": case.lifecycle == MEDIATION and actor.roles == {Role.ALLEGED_OFFENDER},
        "yes": SAID_YES.get(case.state) if case.lifecycle == MEDIATION else None,
    }


PANELS: Final = Panels(beside=_beside, decides=frozenset({RAISE_IMMINENT_HARM}))
