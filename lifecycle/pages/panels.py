"""What the pages of one service have beside the queue and the cases that every desk has."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.staff import Tab
from chassis.web.pages.words import N_
from lifecycle.desk import Desk
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.next_steps import Themes
from lifecycle.records import CaseRow
from lifecycle.views import CaseSeen
from policy.model import Policy

Beside = Callable[[DeskPages, Page, CaseSeen, Actor], Awaitable[Mapping[str, Any]]]
"""What the service's `case_note.html` is drawn with, besides the case."""


async def _nothing(of: DeskPages, page: Page, case: CaseSeen, actor: Actor) -> Mapping[str, Any]:  # noqa: ARG001
    """A service whose note says the same over every case."""
    return {}


@dataclass(frozen=True)
class Spread:
    """One text of an action that is asked for in several questions: `fields` are those, for the facts that were given
    beside them, and `joined` is the text that their answers make.
    """

    fields: Sequence[Field]
    joined: Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Group:
    """Questions of a form that belong together. `told`: what somebody has to know to answer them, as label and fact;
    `known`: answers that are there to begin with.
    """

    heading: str
    fields: Sequence[Field]
    told: Sequence[tuple[str, str]] = ()
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Arranged:
    """The form of an action that asks for much. `first`: those of its fields that the rest depends on, asked on a page
    of their own. `groups`: what is asked then, of all its questions, by what is known: the case's facts, the first
    answers, and what `looks_up` finds for whoever may take the action: by a recent sign-in, and the trail says so.
    """

    first: Sequence[str]
    groups: Callable[[Policy, Mapping[str, Field], Mapping[str, Any]], Sequence[Group]]
    looks_up: Callable[[Desk, CaseRow, Actor], Awaitable[Mapping[str, Any]]] | None = None


Listed = Callable[[CaseSeen, Callable[[str], str]], Sequence[Choice]]
"""What may be chosen in a case; what is put together of several names is so in the reader's language."""

QUEUE: Final[Tab] = ("/queue", N_("Queue"))


@dataclass(frozen=True)
class Panels:
    """`tabs` are the address and name of what stands beside the queue, `shows_tab` says which of them somebody has,
    `lands` where somebody's work is, and `routes` are their pages. `decides`: actions that want a sign-in of the
    last minutes. `discloses`: for a lifecycle, the purposes of reading that show who somebody is, and want one too.
    `spreads`: texts, by name, that are asked for in several questions. `listed`: references, by name, that are
    chosen from what the service itself has; `catalogs` has its names in other languages. `arranged`: actions whose
    form asks for much. `themes`: what the steps of a long list are about. `hides`: facts that only our own parts
    need.
    """

    tabs: Sequence[Tab] = ()
    shows_tab: Callable[[Desk, str, str], bool] = lambda desk, address, staff_id: True  # noqa: ARG005
    lands: Callable[[Desk, str], str] = lambda desk, staff_id: QUEUE[0]  # noqa: ARG005
    routes: Callable[[DeskPages], Sequence[HTTPRouteHandler]] = lambda of: ()  # noqa: ARG005
    beside: Beside = _nothing
    decides: frozenset[str] = frozenset()
    discloses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    listed: Mapping[str, Listed] = field(default_factory=dict)
    catalogs: Sequence[Path] = ()
    arranged: Mapping[str, Arranged] = field(default_factory=dict)
    themes: Themes = ()
    hides: frozenset[str] = frozenset()


PLAIN = Panels()
