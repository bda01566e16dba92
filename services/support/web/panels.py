"""What the desk of those who help has beside its queue and its cases: the places somebody may be referred to."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from chassis.web.pages.forms import Choice
from chassis.web.pages.words import N_
from lifecycle.pages.panels import Panels
from lifecycle.views import CaseSeen
from services.support.domain.help import HELPS_WITH, Directory, Entry

_NAMES: Final = Path(__file__).parents[1] / "help" / "locale"


def panels(places: Directory) -> Panels:
    """With `places` that help with what the person needs."""

    def providers(case: CaseSeen, text: Callable[[str], str]) -> Sequence[Choice]:
        helping = HELPS_WITH.get(str(case.facts.get("service")), frozenset())
        return [_choice(places, one, text) for one in places.entries if one.service in helping]

    return Panels(listed={"provider": providers}, catalogs=[_NAMES])


def _choice(places: Directory, entry: Entry, text: Callable[[str], str]) -> Choice:
    """With where it is, and what somebody has to be told of it first."""
    station = places.stations.get(entry.station)
    label = " \u00b7 ".join(text(one) for one in (entry.name, station.name if station else "") if one)
    tells = bool(entry.must_report) or not entry.confidential
    return Choice(
        entry.key, label, N_("It may have to pass on what it hears. Tell the person before.") if tells else ""
    )
