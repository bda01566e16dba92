"""Signing in to the pages of a desk, by OpenID Connect; who is signed in lies in a session of the page (ADR 62).

A service with desk pages makes one `DeskSignIn`, gives its `sessions` to `create_app`, and puts its pages into
`desk_router(desk_sign_in, pages, routes)`. There handlers ask for `signed_in: NamedDependency[SignedIn]`, which comes
from the cookie alone, as it comes from the bearer token alone at an address of the API. Who is not signed in, or not
any more, is led to the provider and back to the same page.

For what wants a fresh sign-in, a handler calls `require_recent(signed_in, now)` after it has put what was typed into
`session.data`: it is still there when the same person comes back.
"""

import hmac
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from litestar.types import ControllerRouterHandler

from chassis.database import Database
from chassis.settings import Settings
from chassis.web.identity_provider import IdentityProvider, Proof, Question, SignInRefused
from chassis.web.pages.forms import Read, as_typed
from chassis.web.pages.page import HEADERS, NotOurs, Page, Pages
from chassis.web.pages.routes import pages_router
from chassis.web.problems import Problem
from chassis.web.sessions import Sessions, WebSession
from chassis.web.sign_in import SignedIn, SignIn

log = logging.getLogger(__name__)

IDLE: Final = timedelta(minutes=15)
ABSOLUTE: Final = timedelta(hours=8)
RECENT: Final = timedelta(minutes=5)
"""How old a sign-in may be that discloses an identity or decides."""
_ANSWER_WITHIN: Final = timedelta(minutes=10)
_CLOCKS_APART: Final = timedelta(seconds=60)
_SIGNED_IN: Final = "signed in"
_LEFT: Final = "left"
"""In a session of nobody: the cookie of the one that had ended, and whose it was, as its form said it."""
# What begins with two strokes, or has a backslash in it, is another site to a browser.
_OURS: Final = re.compile(r"/(?!/)[A-Za-z0-9/_.~-]*(\?[A-Za-z0-9/_.~%&=+:,-]*)?")


class SignInFirst(Exception):
    """Nobody is signed in, or not any more. `kept`: what was sent waits for the same person to sign in."""

    def __init__(self, *, kept: bool = False) -> None:
        super().__init__("nobody is signed in")
        self.kept = kept


class SignInAgain(Exception):
    """What is asked for wants a sign-in of the last few minutes."""


def path_of_ours(text: str) -> str:
    """`text` where it is a path of this site and of plain letters, the first page otherwise."""
    return text if _OURS.fullmatch(text) else "/"


def require_recent(signed_in: SignedIn, now: datetime) -> None:
    """Raises SignInAgain unless the person has proved who they are within the last five minutes."""
    if signed_in.at is None or now - signed_in.at >= RECENT:
        raise SignInAgain


class DeskSignIn:
    """The sign-in of one service's desk pages. `clock` says what time it is."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        sign_in: SignIn,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        name = settings.service.replace("_", "-")
        self.desk = Sessions(database, f"{name}-desk", idle=IDLE, absolute=ABSOLUTE, clock=clock)
        # The provider sends the browser back from its own site, and a Strict cookie would stay behind.
        self._asked = Sessions(
            database, f"{name}-sign-in", idle=_ANSWER_WITHIN, absolute=_ANSWER_WITHIN, same_site="Lax", clock=clock
        )
        self.sessions = (self.desk, self._asked)
        self.provider = IdentityProvider(settings, sign_in, f"{settings.public_url}/signed-in")
        self.ended_at = f"{settings.public_url}/signed-out"
        self._sign_in, self._clock = sign_in, clock

    async def signed_in(self, request: Request[Any, Any, Any]) -> SignedIn:
        """Who is signed in at this page; the token is asked for at the provider at most once a minute.

        Raises SignInFirst, Problem 503 when the provider does not answer.
        """
        session = await self.desk.of(request)
        held = session.data.get(_SIGNED_IN) if session else None
        if held is None:
            raise SignInFirst
        try:
            staff_id = await self._sign_in.staff_id_of(held["token"])
        except Problem as problem:
            if problem.status != 401:
                raise
            self.desk.end(request)
            raise SignInFirst from None
        at = held["at"]
        return SignedIn(staff_id, held["token"], None if at is None else datetime.fromtimestamp(at, UTC))

    async def keep(self, page: Page) -> bool:
        """Whether what somebody has sent after their sign-in had ended is kept: in a session of nobody, for as long as
        a desk may be left, and for the same person alone.
        """
        try:
            posted = await page.pairs()
        except NotOurs:
            return False
        cookie = self.desk.ended(page.request, next(iter(posted.pop("csrf", [])), ""))
        whose = next(iter(posted.pop("whose", [])), "")
        if cookie is None or not whose:
            return False
        page.session = self.desk.begin(page.request)
        page.session.data[_LEFT] = [cookie, whose]
        page.keep(Read(as_typed(posted)))
        return True

    async def ask(self, request: Request[Any, Any, Any], back: str, *, again: bool) -> str:
        """Begins a sign-in; the address of the provider, where the browser goes now. Raises Problem 503."""
        question = Question()
        address = await self.provider.question_address(question, again=again)
        was = await self.desk.of(request)
        asked = self._asked.begin(request)
        asked.data |= {
            "question": [question.state, question.nonce, question.verifier],
            "back": path_of_ours(back),
            "again": self._clock().timestamp() if again else None,
            # Of the session there is: its cookie will not come along when the provider sends the browser back.
            "was": was.cookie if was else None,
        }
        return address

    async def answered(self, request: Request[Any, Any, Any], code: str, state: str, issuer: str) -> str:
        """The provider has sent the browser back. The path that the person came from; from now on they are signed in.
        `issuer` is empty where the provider does not say who it is.

        Raises SignInRefused for an answer to no question of this browser's, Problem 503.
        """
        asked = await self._asked.of(request)
        # One question has one answer, whatever becomes of it.
        self._asked.end(request)
        if asked is None:
            raise SignInRefused("no_question")
        question = Question(*asked.data["question"])
        if not hmac.compare_digest(question.state.encode(), state.encode()):
            raise SignInRefused("another_question")
        if not code:
            raise SignInRefused("not_answered")
        # RFC 9207: an answer of another provider would have us show it the code.
        if issuer and issuer.rstrip("/") != self._sign_in.issuer:
            raise SignInRefused("another_issuer")
        proof = await self.provider.proof(code, question, self._clock())
        asked_again = asked.data["again"]
        if asked_again is not None:
            proof = _proved_again(proof, datetime.fromtimestamp(asked_again, UTC), self._clock())
        was = await self.desk.find(asked.data["was"]) if asked.data["was"] else None
        session = self.desk.begin(request, replacing=was)
        if was is not None and not self._was_of(was, proof.staff_id):
            session.data.clear()
        session.data.pop(_LEFT, None)
        at = None if proof.at is None else proof.at.timestamp()
        session.data[_SIGNED_IN] = {"staff_id": proof.staff_id, "token": proof.token, "at": at}
        back: str = asked.data["back"]
        return back

    def _was_of(self, was: WebSession, staff_id: str) -> bool:
        if held := was.data.get(_SIGNED_IN):
            return bool(held["staff_id"] == staff_id)
        cookie, whose = was.data[_LEFT]
        return self.desk.is_of(cookie, whose, staff_id)


def _proved_again(proof: Proof, asked_at: datetime, now: datetime) -> Proof:
    """Asked to prove it again, a provider that says when it was proved must say that it was since then.

    Raises SignInRefused.
    """
    if proof.at is None:
        return Proof(proof.staff_id, proof.token, now)
    if proof.at < asked_at - _CLOCKS_APART:
        raise SignInRefused("not_asked_again")
    return proof


@get("/sign-in", include_in_schema=False)
async def sign_in(
    page: NamedDependency[Page],
    desk_sign_in: NamedDependency[DeskSignIn],
    back: FromQuery[str] = "/",
    again: FromQuery[bool] = False,
) -> Response[None]:
    return page.sent_to(await desk_sign_in.ask(page.request, back, again=again))


@get("/signed-in", include_in_schema=False)
async def signed_in_page(page: NamedDependency[Page], desk_sign_in: NamedDependency[DeskSignIn]) -> Response[str]:
    answer = page.request.query_params
    try:
        back = await desk_sign_in.answered(
            page.request, answer.get("code", ""), answer.get("state", ""), answer.get("iss", "")
        )
    except SignInRefused as refused:
        log.warning("sign-in refused", extra={"code": str(refused)})
        return page.show("sign_in/refused.html", status=400)
    return page.show("sign_in/signed_in.html", back=back)


@post(["/sign-out", "/{language:str}/sign-out"], include_in_schema=False)
async def sign_out(page: NamedDependency[Page]) -> Response[None]:
    await page.posted()
    page.end()
    return page.go("/signed-out?everywhere=true")


@get(["/signed-out", "/{language:str}/signed-out"], include_in_schema=False)
async def signed_out(
    page: NamedDependency[Page],
    desk_sign_in: NamedDependency[DeskSignIn],
    back: FromQuery[str] = "/",
    lost: FromQuery[bool] = False,
    kept: FromQuery[bool] = False,
    everywhere: FromQuery[bool] = False,
) -> Response[str]:
    """`lost`: something was sent after the sign-in had ended; `kept`: it waits for the same person to sign in;
    `everywhere`: the provider's sign-in ends too.
    """
    provider = None
    if everywhere:
        with suppress(Problem):  # It does not answer; here the person is signed out all the same.
            provider = await desk_sign_in.provider.end_address(desk_sign_in.ended_at)
    address = _to_sign_in(path_of_ours(back))
    return page.show("sign_in/signed_out.html", address=address, lost=lost, kept=kept, provider=provider)


@get("/{language:str}/sign-in-again", include_in_schema=False)
async def sign_in_again(page: NamedDependency[Page], back: FromQuery[str] = "/") -> Response[str]:
    return page.show("sign_in/again.html", address=_to_sign_in(path_of_ours(back), again=True))


def desk_router(desk_sign_in: DeskSignIn, pages: Pages, routes: Sequence[ControllerRouterHandler]) -> Router:
    """Pages for whoever is signed in. `pages.sessions` are `desk_sign_in.desk`.

    An answer to a form never leads to the provider at once: with `form-action 'self'` the browser would stop there.
    """

    def first(request: Request[Any, Any, Any], why: SignInFirst | None) -> Response[None]:
        if request.method in ("GET", "HEAD"):
            return _see_other(_to_sign_in(_path(request)))
        kept = {"kept": "true"} if why and why.kept else {}
        facts = {"lost": "true"} | kept | {"back": _path(request)}
        return _see_other(f"/{_language(request)}/signed-out?{urlencode(facts)}")

    def again(request: Request[Any, Any, Any], _: SignInAgain) -> Response[None]:
        if request.method in ("GET", "HEAD"):
            return _see_other(_to_sign_in(_path(request), again=True))
        return _see_other(f"/{_language(request)}/sign-in-again?{urlencode({'back': _path(request)})}")

    def _language(request: Request[Any, Any, Any]) -> str:
        return pages.language_of(request).code

    # Functions, since litestar copies what a router has, and a method is copied with all that its object holds.
    async def signed_in(request: Request[Any, Any, Any]) -> SignedIn:
        try:
            return await desk_sign_in.signed_in(request)
        except SignInFirst:
            if request.method != "POST":
                raise
            page = Page(pages, request, pages.language_of(request), None)
            raise SignInFirst(kept=await desk_sign_in.keep(page)) from None

    ours = [sign_in, signed_in_page, sign_out, signed_out, sign_in_again]
    return Router(
        path="",
        route_handlers=[pages_router(pages, [*ours, *routes], lambda page: first(page.request, None))],
        dependencies={
            "signed_in": Provide(signed_in),
            "desk_sign_in": Provide(lambda: desk_sign_in, sync_to_thread=False),
        },
        exception_handlers={SignInFirst: first, SignInAgain: again},
    )


def _path(request: Request[Any, Any, Any]) -> str:
    query = request.url.query
    return path_of_ours(request.url.path + (f"?{query}" if query else ""))


def _to_sign_in(back: str, *, again: bool = False) -> str:
    return "/sign-in?" + urlencode({"back": back} | ({"again": "true"} if again else {}))


def _see_other(address: str) -> Response[None]:
    return Response(None, status_code=303, headers=HEADERS | {"Location": address})
