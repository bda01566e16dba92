"""What is shown after sending: the code, until somebody says that it is kept, then what comes next."""

from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.web.pages.forms import Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.web.pages.asking_draft import SENT
from services.intake.web.pages.inbox import CODE
from services.intake.web.pages.questions_options import OPTIONS

STANDS: Final = "stands"
"""Of what was sent: that it is an earlier text, and that the draft is not what went out."""
LEFT: Final = "left"
"""Of what was sent: that a file was on its way still, and did not come along."""
KEPT: Final = Field(
    "kept",
    "yes",
    N_("I have kept the code"),
    missing=N_("Write the code down or print it, then tick the box."),
)


@get("/{language:str}/sent", include_in_schema=False)
async def sent(page: NamedDependency[Page]) -> Response[Any]:
    """The code, until somebody says that it is kept; then what comes next."""
    data = page.needs_session().data
    if SENT not in data:
        return page.go("/s/1")
    was = data[SENT]
    return page.show(
        "sent.html",
        code=data.get(CODE) if was["new"] else None,
        route=was["route"],
        next_date=datetime.fromisoformat(was["next"]) if was["next"] else None,
        option=OPTIONS[was["route"]],
        stands=was.get(STANDS, False),
        left=was.get(LEFT, False),
        named=was.get("named", False),
        field=KEPT,
    )


@post("/{language:str}/sent", include_in_schema=False)
async def kept(page: NamedDependency[Page]) -> Response[Any]:
    data = page.needs_session().data
    found = await page.form([KEPT])
    if SENT not in data:
        return page.go("/s/1")
    if found.errors:
        return page.again(found)
    page.taken()
    data[SENT] = data[SENT] | {"new": False}
    return page.go("/sent")


@get("/{language:str}/deleted", include_in_schema=False)
async def deleted(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("deleted.html")


ROUTES: Final = [sent, kept, deleted]
