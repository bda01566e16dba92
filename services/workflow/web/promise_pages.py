"""The register of promises, for those who keep appointments and policy: what holds each, and how often it was kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.sign_in import SignedIn
from lifecycle.desk import Desk
from lifecycle.pages.desk_pages import DeskPages
from policy.model import Deadline
from services.workflow.domain.promises import ELSEWHERE, OF_CLOCKS, SAID, Promise
from services.workflow.figures import periods, promised, rates
from services.workflow.web.appointment_pages import check

KEPT: Final = N_("%(num)s of 10")
ALL_KEPT: Final = N_("Kept, but for few or none")
NOT_SHOWN: Final = N_("Not shown")


_PARTS: Final = {
    N_("Confidentiality and identity"): 10,
    N_("Choice and consent"): 20,
    N_("Support and safety"): 26,
    N_("Separation of functions"): 34,
    N_("Interim measures"): 44,
    N_("Retaliation and fairness"): 50,
    N_("Policy, data and the trail"): 54,
}
"""What the invariants are about, each with the number of its last."""


@dataclass(frozen=True)
class Timed:
    """A promise about time. `deadline`: what the policy says; None where a decision names the day. `rate`: of ten."""

    service: str
    lifecycle: str
    clock: str
    deadline: Deadline | None
    rate: int | None = None


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/admin/promises", include_in_schema=False)
    async def promises(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check(desk, signed_in)
        async with desk.database.transaction() as session:
            newest = next(iter(await periods(session)), "")
            measured = await rates(session, newest)

        def told(rate: int | None) -> str:
            if rate is None:
                return page.language.text(NOT_SHOWN)
            whole = page.language.text(ALL_KEPT)
            return whole if rate == 10 else page.language.text(KEPT, num=page.language.number(rate))

        return page.show(
            "promises.html",
            said=by_part(SAID),
            timed=list(_timed(desk, measured)),
            own=desk.service,
            of_clocks=OF_CLOCKS,
            period=newest,
            told=told,
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    return [promises]


def by_part(promises: Sequence[Promise]) -> Sequence[tuple[str, Sequence[Promise]]]:
    """Under the headings that the invariants have, by the number that holds each."""
    found = list[tuple[str, Sequence[Promise]]]()
    first = 1
    for heading, last in _PARTS.items():
        of_it = [one for one in promises if first <= one.rule <= last]
        found += [(heading, of_it)] if of_it else []
        first = last + 1
    return found


def _timed(desk: Desk, measured: Mapping[tuple[str, str], int | None]) -> Iterator[Timed]:
    known = desk.policy.deadlines
    for lifecycle in desk.lifecycles.values():
        for clock in promised(lifecycle):
            rate = measured.get((lifecycle.name, clock))
            yield Timed(desk.service, lifecycle.name, clock, known.get(clock), rate)
    for service, procedures in ELSEWHERE.items():
        for name, clocks in procedures.items():
            yield from (Timed(service, name, clock, known.get(clock)) for clock in clocks)
