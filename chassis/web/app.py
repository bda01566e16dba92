"""The application every service answers with: its routes, and around them what no service may forget."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.exceptions import LitestarException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ControllerRouterHandler, ExceptionHandler

from chassis.settings import Settings
from chassis.web import health, problems
from chassis.web.bodies import StrictRequest, check_text
from chassis.web.sessions import Sessions
from chassis.web.sign_in import SignIn, provide_signed_in

MAX_BODY = 256 * 1024
# A body that was refused unread is still taken off the wire up to here, so that the sender gets to read the answer.
_DRAIN = 8 * 1024 * 1024

_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


class App(Litestar):
    """Litestar, answering HEAD wherever it answers GET, with security headers on every answer (a route may set its
    own, a page its own content policy), also on those that no route gave.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        started = False

        async def start(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        scope, receive, answer = _guarded(scope, receive, start)
        try:
            await super().__call__(scope, receive, answer)
        except LitestarException as error:
            # What fails at an answer's first byte, as the saving of a session may, Litestar asks no handler about.
            if started or error.__cause__ is None:
                raise
            request: Request[Any, Any, Any] = Request(scope)
            failed = _handler(request, error.__cause__)(request, error.__cause__)
            await failed.to_asgi_response(None, request)(scope, receive, answer)


def _handler(request: Request[Any, Any, Any], cause: BaseException) -> "ExceptionHandler[Any]":
    """The route's own: what a page cannot keep is said by a page."""
    handlers = request.route_handler.resolve_exception_handlers() if "route_handler" in request.scope else {}
    return next((handlers[kind] for kind in type(cause).__mro__ if kind in handlers), problems.handle)


def _guarded(scope: Any, receive: Any, send: Any) -> tuple[Any, Any, Any]:
    head = scope["method"] == "HEAD"
    names = {name for name, _ in scope["headers"]}
    unread = b"content-length" in names or b"transfer-encoding" in names

    async def take() -> Any:
        nonlocal unread
        message = await receive()
        unread = unread and message["type"] == "http.request" and bool(message.get("more_body", False))
        return message

    async def answer(message: Any) -> None:
        if message["type"] == "http.response.start":
            taken = 0
            while unread and taken < _DRAIN:
                taken += len((await take()).get("body", b""))
            given = list(message.get("headers", ()))
            have = {name.lower() for name, _ in given}
            message["headers"] = [*given, *((name, value) for name, value in _HEADERS.items() if name not in have)]
        elif head and message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await send(message)

    return ({**scope, "method": "GET"} if head else scope), take, answer


async def _check_query(request: Request[Any, Any, Any]) -> None:
    """A control character in the query would otherwise reach the database as text that it refuses."""
    for values in request.query_params.dict().values():
        for value in values:
            check_text(value, None)


def create_app(
    settings: Settings,
    routes: Sequence[ControllerRouterHandler],
    *,
    checks: Sequence[health.Check] = (),
    sign_in: SignIn | None = None,
    sessions: Sequence[Sessions] = (),
    max_body: int = MAX_BODY,
    security_schemes: Mapping[str, SecurityScheme] | None = None,
) -> App:
    """The app of one service. With `sign_in`, handlers may ask for `signed_in: NamedDependency[SignedIn]`, and
    `app.state.sign_in` checks acting tokens. `sessions` are kept for pages; handlers may ask for the first as
    `session: NamedDependency[WebSession | None]`. Bodies are declared `data: JSONBody[T]` with T a msgspec struct that
    forbids unknown fields; `max_body` is in bytes (413 above it), a route may set its own `request_max_body_size`.
    """
    schemes: dict[str, SecurityScheme | Reference] = dict(security_schemes or {})
    closing = []
    if sign_in is not None:
        schemes.setdefault("sign_in", SecurityScheme(type="http", scheme="bearer"))
        checks = [*checks, health.Check("sign_in", sign_in.check)]
        closing.append(sign_in.close)
    dependencies = {} if sign_in is None else {"signed_in": Provide(provide_signed_in)}
    if sessions:
        dependencies["session"] = Provide(sessions[0].of)
    return App(
        route_handlers=[*health.ROUTES, *routes],
        before_request=_check_query,
        request_class=StrictRequest,
        request_max_body_size=max_body,
        exception_handlers={Exception: problems.handle},
        dependencies=dependencies,
        before_send=[one.keep for one in sessions],
        state=State({"service": settings.service, "readiness": health.Readiness(tuple(checks)), "sign_in": sign_in}),
        on_shutdown=closing,
        logging_config=None,
        debug=False,
        openapi_config=OpenAPIConfig(
            title=f"Recourse: {settings.service}",
            version=health.release(),
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json", media_type=MediaType.JSON)],
            components=Components(security_schemes=schemes),
        ),
    )
