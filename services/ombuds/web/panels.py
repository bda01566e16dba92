"""What the ombuds cell's pages have beside the cases: the day on which nothing of a talk is left."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chassis.web.pages.page import Page
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.panels import Panels
from lifecycle.views import CaseSeen

PURGE: Final = "ombuds.purge"


async def _beside(of: DeskPages, page: Page, case: CaseSeen, actor: Actor) -> Mapping[str, Any]:  # noqa: ARG001
    """Once the talk has ended, the day that its clock says; before, the day that it would be if it ended today."""
    purge = next((one.due_at for one in case.clocks if one.key == PURGE), None)
    return {
        "purge": purge,
        "purge_if_today": of.desk.policy.due(PURGE, datetime.now(UTC)),
        "conversation": case.lifecycle in of.desk.talks,
    }


PANELS: Final = Panels(beside=_beside)
