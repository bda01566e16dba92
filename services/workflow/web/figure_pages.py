"""The figures of a half-year, as they were published: charts, the tables below them, and the same as a file.

Whoever is signed in may see them. There is nothing to choose but the half-year: no office, no week, no case behind.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis import audit_trail
from chassis.web.pages.page import HEADERS, Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from lifecycle.figures import DELAY, OTHERS, UNKNOWN, total
from lifecycle.pages.desk_pages import DeskPages
from services.workflow.figures import ASKED, KINDS, OPEN, TALKS, outcomes, periods, shown

NOT_SHOWN: Final = N_("Not shown")
_NAMES: Final[Mapping[str, str]] = {
    UNKNOWN: N_("Office not known, or in no region"),
    OTHERS: N_("Other regions together"),
    OPEN: N_("Still open"),
    ASKED: N_("Asked for"),
    TALKS: N_("Informal talks"),
}
_HALF: Final = {"H1": N_("January to June %(year)s"), "H2": N_("July to December %(year)s")}


@dataclass(frozen=True)
class Row:
    """What became of a matter, and how often: in each column, and in all of them that are shown."""

    name: str
    numbers: Sequence[int | None]

    @property
    def all(self) -> int | None:
        return total(self.numbers)


@dataclass(frozen=True)
class Chart:
    """`finding`: what it says, in a sentence."""

    name: str
    finding: str
    rows: Sequence[Row]


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    async def found(page: Page, staff_id: str, period: str) -> dict[str, Any]:
        """Raises Problem 404 for a half-year that is not published."""
        async with desk.database.transaction() as session:
            published = await periods(session)
            chosen = period or (published[0] if published else "")
            figures = await shown(session, chosen)
            await audit_trail.record(session, "figures.shown", object_ref=chosen or "figures", actor=staff_id)
        if period and period not in published:
            raise not_found()
        columns = [*sorted({region for _, _, region in figures} - {UNKNOWN, OTHERS}), UNKNOWN, OTHERS]
        return {
            "period": chosen,
            "periods": published,
            "half": lambda one: _half(page, one),
            "columns": [_named(page, one) for one in columns],
            "charts": _charts(page, of, figures, columns) if chosen else (),
            "rests": desk.policy.thresholds[DELAY].value,
            "not_shown": page.language.text(NOT_SHOWN),
            "told": lambda number: _told(page, number),
        }

    @get("/{language:str}/figures", include_in_schema=False)
    async def show(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], period: FromQuery[str] = ""
    ) -> Response[Any]:
        values = await found(page, signed_in.staff_id, period)
        return page.show("figures.html", staff=signed_in.staff_id, **values)

    @get("/{language:str}/figures.csv", include_in_schema=False)
    async def file(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], period: FromQuery[str] = ""
    ) -> Response[str]:
        """The tables of the page, cell for cell."""
        values = await found(page, signed_in.staff_id, period)
        written = io.StringIO()
        lines = csv.writer(written)
        text = page.language.text
        lines.writerow([text(N_("Matter")), text(N_("What became of it")), *values["columns"], text(N_("All shown"))])
        for chart in values["charts"]:
            for row in chart.rows:
                lines.writerow([chart.name, row.name, *(_told(page, one) for one in (*row.numbers, row.all))])
        name = f'attachment; filename="figures-{values["period"]}.csv"'
        # With a mark, by which spreadsheets know the letters of every language.
        text_of = "\N{ZERO WIDTH NO-BREAK SPACE}" + written.getvalue()
        return Response(text_of, media_type="text/csv", headers=HEADERS | {"Content-Disposition": name})

    return [show, file]


def _charts(
    page: Page, of: DeskPages, figures: Mapping[tuple[str, str, str], int | None], columns: Sequence[str]
) -> Sequence[Chart]:
    found = []
    for kind, became in ((TALKS, (ASKED,)), *((kind, outcomes(of.desk, kind)) for kind in KINDS)):
        rows = [
            Row(_outcome(page, of, kind, one), [figures.get((kind, one, region)) for region in columns])
            for one in became
        ]
        name = _named(page, kind) if kind in _NAMES else page.language.text(of.wording.of("lifecycle", kind, kind))
        found.append(Chart(name, _finding(page, rows), rows))
    return found


def _finding(page: Page, rows: Sequence[Row]) -> str:
    most = max(rows, key=lambda row: row.all or 0)
    if most.all is None:
        return page.language.text(N_("No number is large enough to be shown."))
    number = page.language.number(most.all)
    return page.language.text(N_("Most often: %(name)s, about %(number)s."), name=most.name, number=number)


def _outcome(page: Page, of: DeskPages, kind: str, outcome: str) -> str:
    return _named(page, outcome) if outcome in _NAMES else page.language.text(of.wording.of("state", outcome, kind))


def _named(page: Page, name: str) -> str:
    return page.language.text(_NAMES.get(name, name))


def _half(page: Page, period: str) -> str:
    year, _, half = period.partition("-")
    return page.language.text(_HALF[half], year=year)


def _told(page: Page, number: int | None) -> str:
    return page.language.text(NOT_SHOWN) if number is None else page.language.number(number)
