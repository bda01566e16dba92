"""The pages: every station and what helps from anywhere, one station, its poster; and leaving."""

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

import segno
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web import pages as chassis_pages
from chassis.web.pages.assets import Assets
from chassis.web.pages.page import Page, Pages
from chassis.web.pages.routes import pages_beside
from chassis.web.pages.words import Words
from chassis.web.problems import not_found
from policy.model import Policy
from services.support import help_file
from services.support.domain.help import EVERYWHERE, Directory, Service, Station, Warned, checked_since
from services.support.settings import SupportSettings
from services.support.web.directory.words import PUNISHED, SERVICES

_OWNERS: Final = (Path(chassis_pages.__path__[0]), Path(__file__).parents[2], help_file.FILE.with_suffix(""))
_FIRST: Final = (Service.EMERGENCY, Service.SECURITY)
"""What stands before all else."""


def help_pages(
    settings: SupportSettings, places: Directory, policy: Policy, today: Callable[[], date], assets: Assets
) -> Router:
    """`assets` are those that the service serves."""
    pages = Pages(
        packages=["services.support.web.directory"],
        words=Words(*(owner / "locale" for owner in _OWNERS)),
        assets=assets,
        origin=settings.public_url,
        name=settings.portal_name,
        demonstration=settings.demonstration,
        given={
            "portal": settings.portal_url,
            "help_address": lambda language: f"/{language}/help",
            "services": SERVICES,
            "warned": Warned,
        },
    )
    hours = {one.deadline: policy.deadlines[one.deadline].amount for one in places.health}

    def shown(page: Page, station: Station | None, template: str = "station.html", **values: Any) -> Response[Any]:
        since = checked_since(policy, today())
        entries = [(one, places.warnings(one, since)) for one in places.at(station.key if station else None)]
        answer = page.show(
            template,
            station=station,
            stations=places.stations.values(),
            said_first=places.said_first,
            punished=[PUNISHED.get(fact, fact) for fact in (station.law_punishes if station else ())],
            first=[one for one in entries if one[0].service in _FIRST],
            others=[one for one in entries if one[0].service not in _FIRST],
            everywhere=EVERYWHERE,
            health=[(one.text, hours[one.deadline]) for one in places.health],
            doors=places.doors,
            **values,
        )
        return _packed(page, answer)

    def known(key: str) -> Station:
        if key not in places.stations:
            raise not_found()
        return places.stations[key]

    @get("/{language:str}/help", include_in_schema=False)
    async def everywhere(page: NamedDependency[Page]) -> Response[Any]:
        return shown(page, None)

    @get("/{language:str}/help/{station:str}", include_in_schema=False)
    async def one_station(page: NamedDependency[Page], station: FromPath[str]) -> Response[Any]:
        return shown(page, known(station))

    @get("/{language:str}/help/{station:str}/poster", include_in_schema=False)
    async def poster(page: NamedDependency[Page], station: FromPath[str]) -> Response[Any]:
        """To be printed and hung up: nothing on it tells a glance what it is for, and the code opens the station's page
        in the language of whoever reads it.
        """
        address = f"{settings.public_url}/help/{known(station).key}"
        image = segno.make(address, error="m", micro=False).svg_data_uri(scale=8, border=4)
        return shown(page, known(station), "poster.html", address=address, image=image)

    @get(["/help", "/help/{station:str}"], include_in_schema=False)
    async def in_ones_language(page: NamedDependency[Page], station: FromPath[str | None] = None) -> Response[Any]:
        return page.go(f"/help/{known(station).key}" if station else "/help")

    return pages_beside(pages, [everywhere, one_station, poster, in_ones_language], lambda page: page.go("/help"))


def _packed(page: Page, answer: Response[str]) -> Response[Any]:
    """Nothing here is secret, so that packing tells nobody anything; the longest pages are for the slowest lines."""
    if "gzip" not in page.request.headers.get("accept-encoding", ""):
        return answer
    headers = answer.headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(gzip.compress(answer.content.encode(), mtime=0), media_type=answer.media_type, headers=headers)
