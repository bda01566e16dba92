"""The directory of help, for anybody: no sign-in, no question, no cookie, no row written, and nothing but this process
that has to be up (invariants 21, 23).
"""

from collections.abc import Callable
from datetime import date

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from msgspec import Struct

from policy.model import Policy
from policy.working_time import Unit
from services.support.domain.help import EVERYWHERE, Directory, Entry, Warned, checked_since


class Window(Struct, kw_only=True):
    """Something that can be done for this many hours after what happened."""

    key: str
    hours: int
    text: str
    source: str
    confidence: str


class Place(Struct, kw_only=True):
    key: str
    service: str
    name: str
    contact: str
    hours: str
    languages: list[str]
    cost: str
    run_by: str
    station: str
    from_elsewhere: bool
    confidential: bool
    must_report: list[str]
    note: str
    warnings: list[Warned]
    last_checked: date


class DoorSeen(Struct, kw_only=True):
    """A way on: what may be lodged at intake, with what already chosen."""

    key: str
    text: str
    route: str
    choices: dict[str, str]


class StationSeen(Struct, kw_only=True):
    key: str
    name: str


class HelpSeen(Struct, kw_only=True):
    """`station` is None for one that is not known: then there is what can be had from anywhere. `law_punishes`: what
    the law of the place itself makes a crime of; help from elsewhere is the safer way then.
    """

    said_first: str
    station: str | None
    law_punishes: list[str]
    time_critical: list[Window]
    help: list[Place]
    doors: list[DoorSeen]
    stations: list[StationSeen]


def route(places: Directory, policy: Policy, today: Callable[[], date]) -> HTTPRouteHandler:
    """GET /api/v1/help."""
    windows = [_window(one.deadline, one.text, policy) for one in places.health]
    doors = [DoorSeen(key=one.key, text=one.text, route=one.route, choices=dict(one.choices)) for one in places.doors]
    stations = [StationSeen(key=one.key, name=one.name) for one in places.stations.values()]

    @get("/api/v1/help", summary="Where help is, at a duty station and from anywhere; without sign-in", security=[{}])
    async def get_help(station: FromQuery[str | None] = None) -> HelpSeen:
        known = places.stations.get(station) if station else None
        since = checked_since(policy, today())
        return HelpSeen(
            said_first=places.said_first,
            station=known.key if known else None,
            law_punishes=list(known.law_punishes) if known else [],
            time_critical=windows,
            help=[_place(one, places.warnings(one, since)) for one in places.at(known.key if known else None)],
            doors=doors,
            stations=stations,
        )

    return get_help


def _window(key: str, text: str, policy: Policy) -> Window:
    deadline = policy.deadlines[key]
    assert deadline.amount is not None
    assert deadline.unit is Unit.HOURS
    return Window(
        key=key, hours=deadline.amount, text=text, source=deadline.source, confidence=deadline.confidence.value
    )


def _place(entry: Entry, warnings: tuple[Warned, ...]) -> Place:
    return Place(
        key=entry.key,
        service=entry.service.value,
        name=entry.name,
        contact=entry.contact,
        note=entry.note,
        hours=entry.hours,
        languages=list(entry.languages),
        cost=entry.cost,
        run_by=entry.run_by,
        station=entry.station,
        from_elsewhere=entry.station == EVERYWHERE,
        confidential=entry.confidential,
        must_report=list(entry.must_report),
        warnings=list(warnings),
        last_checked=entry.last_checked,
    )
