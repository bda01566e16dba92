"""What a service adds to its application to have pages: their dependency, their errors, the files they need."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from chassis.sealing import TooMuchToKeep
from chassis.web.pages.page import NotOurs, Page, PageClosed, Pages
from chassis.web.pages.words import OWN_NAMES
from chassis.web.problems import Problem, not_found, of_exception, response


@get("/", include_in_schema=False)
async def first(page: NamedDependency[Page]) -> Response[None]:
    """The first page, in the language that the browser asks for."""
    return page.sent_to(page.url("/"))


@get("/{language:str}/said/{what:str}", include_in_schema=False)
async def said(page: NamedDependency[Page], what: FromPath[str]) -> Response[str]:
    """Why a form was not taken."""
    if what not in ("not_taken", "failed", "too_much"):
        raise not_found()
    return page.show(f"page/{what}.html")


@get("/{language:str}/{rest:path}", include_in_schema=False)
async def nothing_here(language: FromPath[str], rest: FromPath[str]) -> Response[bytes]:  # noqa: ARG001  all of it
    """A page where the address is one of pages, else what the interface answers to an address that it does not have."""
    if language in OWN_NAMES:
        raise not_found()
    return response(not_found())


_SAID_OF: Final = {
    HTTPStatus.NOT_FOUND: "page/not_found.html",
    HTTPStatus.METHOD_NOT_ALLOWED: "page/not_found.html",
    # Sent once more, it would be too much again.
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "page/too_much.html",
}
"""What a page says where an exception's status tells what to do next; else that the fault is ours."""
OnClosed = Callable[[Page], Response[Any]]


def pages_router(pages: Pages, routes: Sequence[ControllerRouterHandler], on_closed: OnClosed) -> Router:
    """The pages of a service, and what it says where a form was not taken or nothing is there."""
    return pages_beside(pages, [first, said, nothing_here, *routes], on_closed)


def pages_beside(pages: Pages, routes: Sequence[ControllerRouterHandler], on_closed: OnClosed) -> Router:
    """Further pages of a service that has a `pages_router`, with words and templates of their own. `on_closed` answers
    where a page needs a session and there is none. Handlers ask for `page: NamedDependency[Page]`; their errors are
    pages that say what to do and repeat nothing.
    """

    async def page_of(request: Request[Any, Any, Any]) -> Page:
        return await pages.page(request)

    def closed(request: Request[Any, Any, Any], _: PageClosed) -> Response[Any]:
        return on_closed(Page(pages, request, pages.language_of(request), None))

    def failed(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
        page = Page(pages, request, pages.language_of(request), None)
        if isinstance(exception, (NotOurs, TooMuchToKeep)):
            status, template = HTTPStatus.FORBIDDEN, "page/not_taken.html"
        else:
            status = HTTPStatus(of_exception(exception).status)
            template = _SAID_OF.get(status, "page/failed.html")
        if request.method not in ("GET", "HEAD"):
            # A page answered to a POST is kept by the browser together with what was typed.
            return page.sent_to(page.url(f"/said/{template.removeprefix('page/').removesuffix('.html')}"))
        if isinstance(exception, Problem) and exception.template:
            return page.show(exception.template, status=status, problem=exception.facts)
        return page.show("page/not_shown.html" if template == "page/failed.html" else template, status=status)

    return Router(
        path="",
        route_handlers=routes,
        dependencies={"page": Provide(page_of)},
        exception_handlers={PageClosed: closed, Exception: failed},
    )
