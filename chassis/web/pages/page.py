"""One request for a page: its language, its session, what it shows and where it goes on to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader
from litestar import Request, Response

from chassis.web.bodies import check_text
from chassis.web.pages.assets import Assets
from chassis.web.pages.forms import Field, NotAForm, Read, day_parts, read
from chassis.web.pages.words import N_, Language, Words
from chassis.web.problems import not_found
from chassis.web.sessions import Sessions, WebSession

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    # With `no-referrer` Chromium sends `Origin: null` on our own forms, and nothing could be told by it.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), screen-wake-lock=(), usb=()"
    ),
    "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
}
NAME: Final = N_("Staff services")
"""What every page calls the site: nothing that tells a glance what it is about."""
_MOST_FIELDS: Final = 200
_TYPED: Final = "typed:"


class PageClosed(Exception):
    """There is no session, or it has ended: what was on this page is gone."""


class NotOurs(Exception):
    """A form that no page of ours has sent, or that was sent for another session."""


@dataclass(frozen=True)
class Pages:
    """The pages of one service. `packages` hold their `templates`, the first of a name winning; `name` is what they
    call the site; `origin` is where browsers find the service, as scheme, host and port; `sessions` is None for a
    service whose pages need none.
    """

    packages: Sequence[str]
    words: Words
    assets: Assets
    origin: str
    sessions: Sessions | None = None
    name: str = NAME
    demonstration: bool = False
    """Whether every page says that nothing real belongs there."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What every template of the service may use besides."""
    environment: Environment = field(init=False, repr=False)

    def __post_init__(self) -> None:
        environment = Environment(
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            loader=ChoiceLoader(
                [
                    *(PackageLoader(package, "templates") for package in self.packages),
                    PackageLoader("chassis.web.pages", "templates"),
                    PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
                ]
            ),
        )
        environment.globals |= {"asset": self.assets.address, "languages": self.words.languages.values(), **self.given}
        environment.globals["demonstration"] = self.demonstration
        object.__setattr__(self, "environment", environment)

    def language_of(self, request: Request[Any, Any, Any]) -> Language:
        """That of the address; of an address without one, what the browser asks for."""
        first = request.url.path.split("/")[1]
        if first in self.words.languages:
            return self.words[first]
        return self.words[self.words.best_for(request.headers.get("accept-language", ""))]

    async def page(self, request: Request[Any, Any, Any]) -> "Page":
        """Raises Problem 404 for an address in a language that there is not."""
        code = request.path_params.get("language")
        if code is not None and code not in self.words.languages:
            raise not_found()
        session = await self.sessions.of(request) if self.sessions else None
        return Page(self, request, self.language_of(request), session)


@dataclass
class Page:
    """What a handler gets for showing something in the reader's language."""

    pages: Pages
    request: Request[Any, Any, Any]
    language: Language
    session: WebSession | None

    @property
    def path(self) -> str:
        """Without its language."""
        _, first, *rest = self.request.url.path.split("/")
        return "/" + "/".join(rest if first in self.pages.words.languages else [first, *rest])

    def url(self, path: str) -> str:
        return f"/{self.language.code}{path}"

    def needs_session(self) -> WebSession:
        """Raises PageClosed when there is none."""
        if self.session is None:
            raise PageClosed
        return self.session

    @property
    def typed(self) -> Mapping[str, Any]:
        """What was typed here and not taken, by the names of the fields."""
        kept = self.session.data.get(_TYPED + self.path, {}) if self.session else {}
        values: Mapping[str, Any] = kept.get("values", {})
        return values

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response[str]:
        """The page. `values` are the template's; what was typed here and not taken is shown again with what to do."""
        kept = self.session.data.get(_TYPED + self.path, {}) if self.session else {}
        text = self.pages.environment.get_template(template).render(
            page=self,
            _=self.language.text,
            counted=self.language.count,
            day=self.language.day,
            moment=self.language.moment,
            day_parts=day_parts,
            site=self.language.text(self.pages.name),
            typed=self.typed,
            errors=kept.get("errors", {}),
            **values,
        )
        return Response(
            text,
            status_code=status,
            media_type="text/html",
            headers=HEADERS | {"Content-Language": self.language.code},
        )

    def go(self, path: str) -> Response[None]:
        """On to another page of ours, in the same language; the answer to every form."""
        return self.sent_to(self.url(path))

    def sent_to(self, address: str) -> Response[None]:
        return Response(None, status_code=303, headers=HEADERS | {"Location": address})

    async def posted(self) -> dict[str, list[str]]:
        """What the form holds. Raises NotOurs unless it comes from a page of ours in this session, and PageClosed where
        that has ended meanwhile: its time begins anew before anything is done, so that what is answered is not lost.
        """
        found = await self.pairs()
        self.check_form(found)
        if self.session is not None:
            assert self.pages.sessions is not None  # it is one of theirs
            if not await self.pages.sessions.stay(self.session, self.session.idle):
                raise PageClosed
        return found

    async def pairs(self) -> dict[str, list[str]]:
        """What a form holds that comes from a page of ours, whichever its session was. Raises NotOurs."""
        self.check_origin()
        content_type, _ = self.request.content_type
        if content_type != "application/x-www-form-urlencoded":
            raise NotOurs
        try:
            text = (await self.request.body()).decode("utf-8")
            pairs = parse_qsl(
                text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=_MOST_FIELDS
            )
        except (UnicodeDecodeError, ValueError):
            raise NotOurs from None
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            check_text(value, None)
            found.setdefault(name, []).append(value)
        return found

    def check_form(self, found: dict[str, list[str]]) -> None:
        """Takes the session's token out of what was sent. Raises NotOurs where it is another's."""
        if self.session is not None and not self.session.check_csrf(next(iter(found.pop("csrf", [])), "")):
            raise NotOurs

    def check_origin(self) -> None:
        """Raises NotOurs for what another site had the browser send. What tells neither origin nor site is no browser
        of the last years, and refused.
        """
        headers = self.request.headers
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site not in (None, "same-origin") or (origin is not None and origin != self.pages.origin):
            raise NotOurs
        if site is None and origin is None:
            raise NotOurs

    async def form(self, fields: Sequence[Field]) -> Read:
        """The form read by its fields; nothing is kept of it. Raises NotOurs."""
        try:
            return read(fields, await self.posted())
        except NotAForm:
            raise NotOurs from None

    def again(self, found: Read) -> Response[None]:
        """Back to the form, with what was typed and what to do; until it is taken."""
        self.keep(found)
        return self.go(self.path)

    def keep(self, found: Read, path: str = "") -> None:
        """Keeps what was typed here, or on the page at `path`, for when the same person comes back to the form."""
        self.needs_session().data[_TYPED + (path or self.path)] = {"values": found.values, "errors": found.errors}

    def taken(self, path: str = "") -> None:
        """Forgets what was typed here, or on the page at `path`: it has been taken."""
        if self.session is not None:
            self.session.data.pop(_TYPED + (path or self.path), None)

    def begin(self, idle: timedelta) -> WebSession:
        """A new session under a new cookie, with nothing of the one there was."""
        assert self.pages.sessions is not None  # such pages have some
        self.session = self.pages.sessions.begin(self.request, idle=idle, replacing=self.session)
        self.session.data.clear()
        return self.session

    def end(self) -> None:
        """Deletes the session and takes its cookie back."""
        if self.pages.sessions is not None:
            self.pages.sessions.end(self.request)
        self.session = None
