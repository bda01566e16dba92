"""The door for people who do not work here: what must be reported is said first, then the same pages are theirs."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.web.pages.asking_draft import say
from services.intake.web.pages.portal import Portal

_WORKED_HERE: Final = "worked_here"
WHO: Final = Field(
    "who",
    "radios",
    N_("Which of these are you?"),
    hint=N_("You can leave this empty. Nobody checks it."),
    choices=(
        Choice("beneficiary", N_("The organisation helps me or my family")),
        Choice("community_member", N_("I live nearby")),
        Choice("child", N_("I am under 18")),
        Choice(_WORKED_HERE, N_("I worked here, or I work for a contractor or partner")),
        Choice("", N_("I do not want to answer")),
    ),
)


@get("/{language:str}/outside", include_in_schema=False)
async def outside(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("outside.html", field=WHO)


@post("/{language:str}/outside", include_in_schema=False)
async def enter(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    found = await page.form([WHO])
    session = await portal.begin(page)
    who = found.values.get(WHO.name)
    if who and who != _WORKED_HERE:
        say(session.data, "situation", {"affected_is": who})
    say(session.data, "for_whom", {"works_here": "no"})
    return page.go("/s/1")


ROUTES: Final = [outside, enter]
