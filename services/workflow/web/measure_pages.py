"""Interim measures beside their cases: when each is looked at again, and what one changes in somebody's line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.desk import Desk
from lifecycle.fields import time_of
from lifecycle.model import Actor, Case
from lifecycle.pages.desk_pages import DeskPages, short
from lifecycle.pages.open_cases import open_cases
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from services.workflow.domain.persons import LINE_CHANGE, Persons
from services.workflow.measures import LIFECYCLE, PERSONS

REVIEWS: Final = "/reviews"
WEEKS: Final = 8
_DATES: Final = ("im.review", "im.end")
_READ_FOR: Final = "measure"


@dataclass(frozen=True)
class Coming:
    case_id: UUID
    state: str
    clock: str
    due_at: datetime


@dataclass(frozen=True)
class Week:
    """`begins`: its Monday; None for all that is overdue."""

    begins: date | None
    dates: tuple[Coming, ...]


@dataclass(frozen=True)
class Line:
    """One matter of somebody's reporting line: who has it before, and who from the day on; nobody where it ends."""

    matter: str
    before: str
    then: str


def weeks(cases: Iterable[CaseRow], now: datetime) -> Sequence[Week]:
    """What is overdue first, then the eight weeks from this one on, each also where it has nothing."""
    dates = sorted((one for row in cases for one in _dates(row)), key=lambda one: one.due_at)
    overdue = tuple(one for one in dates if one.due_at < now)
    monday = now.date() - timedelta(days=now.weekday())
    found = [Week(None, overdue)] if overdue else []
    for number in range(WEEKS):
        begins = monday + timedelta(weeks=number)
        ends = begins + timedelta(weeks=1)
        found.append(
            Week(begins, tuple(one for one in dates if now <= one.due_at and begins <= one.due_at.date() < ends))
        )
    return found


def _dates(row: CaseRow) -> Iterable[Coming]:
    clocks = from_json(row.data).clocks
    for key in _DATES:
        if key in clocks and clocks[key].runs:
            yield Coming(row.case_id, row.state, key, clocks[key].due_at.astimezone(UTC))


def lines_of(persons: Persons) -> Sequence[Line]:
    """Who appraises and approves, before and while a change of line lasts (invariant 42)."""
    named, old = persons.complete(), persons.current_supervisor
    return (
        Line(N_("Supervision"), old, named.temporary_supervisor),
        Line(N_("Appraisal"), old, named.appraiser),
        Line(N_("Leave"), old, named.approver),
        Line(N_("Travel"), old, named.approver),
        Line(N_("Contract"), old, named.approver),
        Line(N_("Access to the records of this person"), old, named.temporary_supervisor),
    )


def shows_lines(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """Whether there is a change of line, and this reader may know whose it is."""
    changes = row.lifecycle == LIFECYCLE and from_json(row.data).facts.get("type") == LINE_CHANGE
    return changes and PERSONS not in at_desk.withheld(desk, row, actor)


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}" + REVIEWS, include_in_schema=False)
    async def reviews(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        now = datetime.now(UTC)
        found = await open_cases(desk, signed_in.staff_id, LIFECYCLE, now + timedelta(weeks=WEEKS))
        return page.show(
            "reviews.html",
            weeks=weeks((row for row, _ in found), now),
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, LIFECYCLE),
        )

    @get("/{language:str}/cases/{case_id:uuid}/lines", include_in_schema=False)
    async def lines(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Each look is a reading of the measure, in the trail; it shows people, and wants a recent sign-in."""
        row, actor = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        if not shows_lines(desk, row, actor):
            raise not_found()
        require_recent(signed_in, datetime.now(UTC))
        items = await at_desk.read_contents(desk, case_id, signed_in, _READ_FOR)
        written = [one.text for one in items if one.name == PERSONS]
        if not written:
            raise not_found()
        return page.show(
            "lines.html",
            case_id=case_id,
            lines=lines_of(Persons.parse(written[-1], LINE_CHANGE)),
            since=_since(from_json(row.data)),
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, LIFECYCLE),
        )

    return [reviews, lines]


def _since(case: Case) -> datetime:
    return time_of(case.facts, "from_at")
