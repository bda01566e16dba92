"""The queue: what is open, by the next date; what each waits for from whoever looks, and the person's language."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.access import DUE_FIRST, NEWEST_FIRST, kinds_read
from lifecycle.desk import Desk, PinnedPackMissing
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages, short, spoken_and_written
from lifecycle.pages.next_steps import next_steps
from lifecycle.records import CaseRow
from lifecycle.views import CaseSeen, cursor_of, position_of, shown, without_rules

_PAGE: Final = 30
"""Lines, within what a next page may cost: no page is compressed, beside the token of its forms."""

InQueue = tuple[CaseSeen, Sequence[str] | None, str, str]
"""A case with the next steps, and the languages spoken and written."""


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    @get("/{language:str}/queue", include_in_schema=False)
    async def queue(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        after: FromQuery[str | None] = None,
        everything: FromQuery[str | None] = None,
        lifecycle: FromQuery[str | None] = None,
    ) -> Response[Any]:
        """Filters are a plain form that is sent by GET; what is closed is listed only on request."""
        order = NEWEST_FIRST if everything else DUE_FIRST
        position = position_of(of.desk.keys.cell, signed_in.staff_id, after) if after else None
        kind = lifecycle if lifecycle and lifecycle in of.desk.lifecycles else ""
        found, rest = await at_desk.list_cases(of.desk, signed_in.staff_id, position, _PAGE, order, kind)
        now, unread = datetime.now(UTC), await at_desk.unread_in(of.desk, found)
        cases = [in_queue(of.desk, row, actor, now, unread[row.case_id]) for row, actor in found]
        # What somebody has no part in, their list does not speak of either.
        kinds = {kind} - {""} | {row.lifecycle for row, _ in found} | kinds_read(of.desk, signed_in.staff_id, now)
        return page.show(
            "desk/queue.html",
            parts=_parts(
                page, [(one, steps, *spoken_and_written(page, one)) for one, steps in cases], bool(everything)
            ),
            more=cursor_of(of.desk.keys.cell, signed_in.staff_id, rest) if rest else "",
            everything=bool(everything),
            kinds=sorted(kinds),
            chosen=kind,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    return [queue]


def _parts(page: Page, rows: Sequence[InQueue], everything: bool) -> Sequence[tuple[str, Sequence[InQueue]]]:
    """One page of the queue under its captions: what is overdue, unread or has a step for the reader comes first, so
    that nothing sinks. Where the steps are not known somebody has to look. Which cases a page has stays as it is.
    """
    text = page.language.text
    if everything:
        return [(text(N_("Newest first")), rows)] if rows else []
    first = [one for one in rows if _comes_first(*one[:2])]
    rest = [one for one in rows if not _comes_first(*one[:2])]
    parts = [
        (text(N_("Overdue, unread, or with a step for you")), first),
        (text(N_("With no step for you now")), rest),
    ]
    return [part for part in parts if part[1]]


def _comes_first(case: CaseSeen, steps: Sequence[str] | None) -> bool:
    return case.overdue or case.unread > 0 or steps is None or bool(steps)


def in_queue(
    desk: Desk, row: CaseRow, actor: Actor, now: datetime, unread: int = 0
) -> tuple[CaseSeen, Sequence[str] | None]:
    """A case with its next steps, None where they are not known: one without its rules keeps nobody from the rest."""
    try:
        seen = shown(desk, row, actor, now, unread)
    except PinnedPackMissing:
        return without_rules(row, now, unread), None
    return seen, next_steps(desk.lifecycles[seen.lifecycle], seen)
