"""The policy, for those who keep it: which version cases go by, every value with its source, what two versions differ
in, what a version would have changed in past cases, what is not translated, who helps at which duty station.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import sqlalchemy as sa
from babel.messages.pofile import read_po
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis.web.pages.page import Page
from chassis.web.pages.words import N_, OWN_NAMES, SOURCE
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from chassis.web.trusted import authorities
from lifecycle.desk import Desk
from lifecycle.figures import MIN_CELL, about
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.past_cases import Rehearsed, over_cases_of
from policy.changes import differences, shown, tables_of, weakening
from policy.entry import PolicyBroken
from policy.load import load, packs_to_follow
from policy.model import Confidence, Policy
from policy.protection import Direction
from services.workflow import policy_versions
from services.workflow.web.appointment_pages import check_policy
from services.workflow.web.figure_pages import NOT_SHOWN

AT_ONCE: Final = 200
"""How many past cases a page plays again; more are for the command."""
ROOT: Final = Path(__file__).parents[3]
CATALOGS: Final = ("chassis/web/pages", "lifecycle/pages", "policy", "services/support/help")
"""Catalogs that several services share; each service has one of its own beside them."""
TRUST: Final[Mapping[Confidence, str]] = {
    Confidence.A: N_("The text itself was seen"),
    Confidence.B: N_("A secondary source was seen"),
    Confidence.C: N_("Recalled, the text was not seen: a default of this software"),
    Confidence.D: N_("A default of this software"),
}
KINDS: Final[Mapping[str, str]] = {
    "deadline": N_("Deadlines"),
    "reminder": N_("Reminders"),
    "threshold": N_("Thresholds"),
    "preset": N_("Presets"),
    "calendar": N_("Calendars"),
    "office": N_("Offices"),
    "role": N_("Roles"),
    "desk": N_("Desks"),
    "route": N_("Routes"),
    "measure": N_("Interim measures"),
    "delegation": N_("Delegation"),
    "identity_purpose": N_("What a name is given for"),
    "tribunal": N_("Tribunals"),
    "option": N_("Lists to choose from"),
    "resource": N_("Kinds of help"),
    "wording": N_("Sentences"),
}
DIRECTION: Final = {Direction.STRONGER: N_("protects more"), Direction.WEAKER: N_("protects less")}
_IN_USE: Final = sa.text("""
    select policy_name || '/' || policy_version as pin, count(*) filter (where closed_at is null) as still_open,
        count(*) filter (where closed_at is not null) as closed
    from cases where erased_at is null group by 1 order by 1
""")
_HOW_MANY: Final = sa.text("select count(*) from cases where erased_at is null")
_NOT_OF_A_VALUE: Final = {"key", "name", "role", "office", "source", "confidence", "deadline"}
_TIMEOUT: Final = 5.0


@dataclass(frozen=True)
class Value:
    key: str
    says: str
    source: str
    trust: str


@dataclass(frozen=True)
class Played:
    """One procedure's cases, played again, as far as it may be told: how many they are, how many were left out, and
    what differs by the numbers that are shown. None for a number that is not.
    """

    lifecycle: str
    cases: int | None
    left_out: int | None
    changes: Sequence[tuple[str, str, int | None, int | None]]


class HelpThere(msgspec.Struct):
    """Of one place in the directory of help."""

    name: str
    service: str
    from_elsewhere: bool
    last_checked: date
    warnings: list[str]


class StationThere(msgspec.Struct):
    key: str
    name: str


class Told(msgspec.Struct):
    help: list[HelpThere]
    stations: list[StationThere]


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk
    least = desk.policy.thresholds[MIN_CELL].value

    def told(page: Page) -> Callable[[int | None], str]:
        return lambda number: page.language.text(NOT_SHOWN) if number is None else page.language.number(number)

    @get("/{language:str}/admin/policy", include_in_schema=False)
    async def versions(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_policy(desk, signed_in)
        async with desk.database.transaction() as session:
            found = (await session.execute(_IN_USE)).all()
            in_use = {row.pin: (about(row.still_open, least), about(row.closed, least)) for row in found}
            waiting, decided = await policy_versions.drafts(session), await policy_versions.decided(session)
        pins = packs_to_follow()
        trusted = _by_trust(desk.policy)
        return page.show(
            "policy.html",
            pins=pins,
            in_use=in_use,
            told=told(page),
            gone=[pin for pin in in_use if pin not in pins],
            now_in_force=desk.policy,
            kinds=KINDS,
            trust=TRUST,
            trusted=trusted,
            waiting=waiting,
            decided=[(one, date.fromisoformat(one.from_day)) for one in reversed(decided)],
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    @get("/{language:str}/admin/policy/values", include_in_schema=False)
    async def show_values(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        version: FromQuery[str] = "",
        kind: FromQuery[str] = "deadline",
    ) -> Response[Any]:
        check_policy(desk, signed_in)
        policy = _version(desk, version)
        if kind not in KINDS:
            raise not_found()
        return page.show(
            "policy_values.html",
            policy=policy,
            kind=kind,
            kinds=KINDS,
            values=list(values(policy, kind)),
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    @get("/{language:str}/admin/policy/compare", include_in_schema=False)
    async def compare(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        before: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Response[Any]:
        check_policy(desk, signed_in)
        older, newer = _version(desk, before), _version(desk, after)
        found = differences(older, newer)
        return page.show(
            "policy_compare.html",
            older=older,
            newer=newer,
            found=found,
            weaker=len(weakening(found)),
            stronger=sum(one.direction is Direction.STRONGER for one in found),
            direction=DIRECTION,
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    @get("/{language:str}/admin/policy/rehearse", include_in_schema=False)
    async def rehearse(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], version: FromQuery[str] = ""
    ) -> Response[Any]:
        """Over this service's cases, as many as a page can wait for; of them no small number (invariant 10)."""
        check_policy(desk, signed_in)
        policy = _version(desk, version)
        async with desk.database.transaction() as session:
            cases = await session.scalar(_HOW_MANY) or 0
        found = await over_cases_of(desk, policy) if cases <= AT_ONCE else None
        return page.show(
            "policy_rehearsed.html",
            policy=policy,
            most=AT_ONCE,
            found=found and played(found, least),
            told=told(page),
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    @get("/{language:str}/admin/languages", include_in_schema=False)
    async def languages(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_policy(desk, signed_in)
        return page.show(
            "languages.html",
            codes=[code for code in OWN_NAMES if code != SOURCE],
            names=OWN_NAMES,
            catalogs=await asyncio.to_thread(catalogs),
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    @get("/{language:str}/admin/stations", include_in_schema=False)
    async def stations(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_policy(desk, signed_in)
        found = None
        async with httpx.AsyncClient(
            base_url=desk.settings.peers.get("support", "http://127.0.0.1:1"),
            timeout=_TIMEOUT,
            trust_env=False,
            verify=authorities(),
        ) as client:
            with suppress(httpx.HTTPError, msgspec.MsgspecError):
                found = await help_there(client)
        return page.show(
            "stations.html",
            found=found,
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    return [versions, show_values, compare, rehearse, languages, stations]


def played(found: Sequence[Rehearsed], least: int) -> Sequence[Played]:
    """Every procedure of which enough cases are there to be spoken of. What differs by less than the numbers show does
    not stand there: a row of its own would tell of one case.
    """
    return [
        Played(one.lifecycle, cases, about(one.left_out, least), list(_changes(one, least)))
        for one in found
        if (cases := about(one.was.cases + one.left_out, least)) is not None
    ]


def _changes(one: Rehearsed, least: int) -> Iterator[tuple[str, str, int | None, int | None]]:
    for what, name, was, would_be in one.changes():
        before, after = about(was, least), about(would_be, least)
        if before != after:
            yield what, name, before, after


def _version(desk: Desk, pin: str) -> Policy:
    """One that there is; the one in force where none is named. Raises Problem 404."""
    if not pin or pin == desk.policy.pin:
        return desk.policy
    if pin not in packs_to_follow():
        raise not_found()
    try:
        return load(*pin.split("/"))
    except PolicyBroken:
        raise not_found() from None


def values(policy: Policy, kind: str) -> Sequence[Value]:
    """Every value of a kind, as people read it, with where it comes from and how far that can be trusted."""
    return [_value(key, one) for key, one in tables_of(policy)[kind].items()]


def _value(key: str, one: Any) -> Value:
    if isinstance(one, str):
        return Value(key, one, "", "")
    said = ((field.name, getattr(one, field.name)) for field in fields(one) if field.name not in _NOT_OF_A_VALUE)
    told = [f"{name.replace('_', ' ')}: {shown(value)}" for name, value in said if value not in (None, "", (), {})]
    if hasattr(one, "amount"):
        told = [str(shown(one)), *(text for text in told if not text.startswith(("amount:", "unit:")))]
    return Value(key, "; ".join(told), one.source, TRUST[one.confidence])


def _by_trust(policy: Policy) -> Mapping[Confidence, int]:
    found = dict.fromkeys(Confidence, 0)
    for kind, table in tables_of(policy).items():
        if kind != "wording":
            for one in table.values():
                found[one.confidence] += 1
    return found


def catalogs() -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """For each catalog and language: how many texts there are, and how many of them are not translated."""
    owners = [*CATALOGS, *(f"services/{one.parent.name}" for one in sorted((ROOT / "services").glob("*/locale")))]
    return {owner: {code: _missing(ROOT / owner / "locale" / f"{code}.po") for code in OWN_NAMES} for owner in owners}


def _missing(file: Path) -> tuple[int, int]:
    if not file.is_file():
        return 0, 0
    with file.open("rb") as source:
        said = [one for one in read_po(source) if one.id]
    return len(said), sum(one.fuzzy or not _translated(one.string) for one in said)


def _translated(said: str | Sequence[str] | None) -> bool:
    """In every form where it has several."""
    return all(said) if isinstance(said, (tuple, list)) else bool(said)


async def help_there(client: httpx.AsyncClient) -> Mapping[str, Sequence[HelpThere]]:
    """By the name of each duty station, and under no name what helps from anywhere: what the directory of help has, and
    when somebody last made sure. Raises httpx.HTTPError, MsgspecError.
    """
    anywhere = await _told(client, "")
    found: dict[str, Sequence[HelpThere]] = {"": anywhere.help}
    for station in anywhere.stations:
        there = await _told(client, station.key)
        found[station.name] = [one for one in there.help if not one.from_elsewhere]
    return found


async def _told(client: httpx.AsyncClient, station: str) -> Told:
    answer = await client.get("/api/v1/help", params={"station": station} if station else {})
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=Told)
