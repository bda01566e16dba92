"""Pages to be read: what to do when somebody has told you, safety online, privacy, accessibility. They ask nothing, and
need no session.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency

from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions_options import length

KEPT: Final[Mapping[str, str]] = {
    "draft.expire": N_("A place that you kept, not sent"),
    "ombuds.purge": N_("A talk with an ombudsperson or focal point, after it ended"),
    "keep.informal_supervisor": N_("A request to a manager, after it ended"),
    "keep.support": N_("A request for support, after it ended"),
    "keep.out_of_scope": N_("A report that was for another office"),
    "keep.no_case": N_("A report that led to no case"),
    "keep.investigated": N_("A report that was investigated"),
    "keep.substantiated": N_("A report that was found to be true"),
    "keep.hr_measure": N_("What HR noted of a temporary measure"),
    "keep.access_log": N_("Who opened it, after it was erased"),
    "keep.data_request": N_("A question what is held about you, after the answer"),
}
"""What is kept, by the policy's key for how long."""


@get("/{language:str}/told", include_in_schema=False)
async def told(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("told.html")


@get("/{language:str}/online", include_in_schema=False)
async def online(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("online.html")


@get("/{language:str}/privacy", include_in_schema=False)
async def privacy(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    policy = portal.intake.policy
    return page.show("privacy.html", kept=[(text, length(policy, key)) for key, text in KEPT.items()])


@get("/{language:str}/accessibility", include_in_schema=False)
async def accessibility(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("accessibility.html")


ROUTES: Final = [told, online, privacy, accessibility]
