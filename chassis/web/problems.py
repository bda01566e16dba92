"""Every way a request can fail, as `application/problem+json` (RFC 9457) that repeats nothing of what was sent."""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from asyncpg import InsufficientResourcesError, OperatorInterventionError
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# msgspec ends its sentences with the place: "... - at `$.answers[...]`".
_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?(.*)`$")
_UNKNOWN_FIELD = re.compile(r"^Object contains unknown field `([a-z][a-z0-9_]{0,39})`")
_MISSING_FIELD = re.compile(r"^Object missing required field `([^`]+)`")

# Said once for each status that the framework or a service answers without saying more itself.
_DETAILS = {
    400: "The request could not be read. Check it against the description at /schema/openapi.json.",
    401: "Sign in first: send the header Authorization: Bearer <token of the identity provider>.",
    404: "There is nothing here, or nothing that you may see.",
    405: "This address does not take this method. The header Allow lists those it takes.",
    413: "The request is too large. Send less text.",
    415: "Send the body as application/json in UTF-8.",
    429: "Too many requests. Wait a moment and try again.",
    500: "Something failed on our side. Try again in a moment; if it fails again, tell the operator.",
    503: "A part that this needs does not answer right now. Try again in a moment.",
}


class Problem(Exception):
    """What a handler raises to answer with a problem. `detail` is one clear sentence; `facts` go in beside it
    (`field`, or `rule` and `params` of a refusal) and never hold what a person wrote. `template` is of the page that
    says it where a page was asked for, if not the usual one.
    """

    template: ClassVar[str] = ""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **facts: Any
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.facts, self.headers = status, code, detail, facts, dict(headers or {})


def not_found() -> Problem:
    """The one answer for unknown, excluded, unrelated and wrong role: the same bytes for each of them."""
    return Problem(404, "not_found", _DETAILS[404])


def invalid(field: str | None, detail: str, *, status: int = 400) -> Problem:
    """A request that is wrong in itself. `field` is the path of the field, as in `parties.alleged_offender[0]`."""
    facts: dict[str, Any] = {"field": field} if field else {}
    return Problem(status, "invalid", detail, **facts)


def refused(code: str, rule: str, params: Mapping[str, Any], detail: str = "") -> Problem:
    """409: a case that the actor may see, an action that the rules do not allow now."""
    said = detail or f"The rules do not allow this now (rule {rule}). Read the case again: its offers say what is open."
    return Problem(409, code, said, rule=rule, params=dict(params))


def version_missing() -> Problem:
    return Problem(428, "version_missing", "Send the header If-Match with the ETag of the case that you have read.")


def version_stale() -> Problem:
    return Problem(412, "version_stale", "The case has moved on since you read it. Read it again, then decide.")


def sign_in_needed(*, token_refused: bool = False) -> Problem:
    challenge = 'Bearer realm="recourse"' + (', error="invalid_token"' if token_refused else "")
    detail = "This sign-in is not valid or has ended. Sign in again." if token_refused else _DETAILS[401]
    return Problem(401, "sign_in_needed", detail, headers={"WWW-Authenticate": challenge})


def unavailable(detail: str = _DETAILS[503]) -> Problem:
    return Problem(503, "unavailable", detail, headers={"Retry-After": "5"})


def of_msgspec(error: msgspec.ValidationError) -> Problem:
    """Name the field of a failed conversion. msgspec quotes values of enums and names of unknown keys, which are the
    sender's words, so the sentence is ours; an unknown field is named only if it looks like the name of a field.
    """
    text = str(error)
    place = found[1] if (found := _PLACE.search(text)) else ""
    if found := _MISSING_FIELD.match(text):
        return invalid(_join(place, found[1]), "This field is required and missing.")
    if text.startswith("Object contains unknown field"):
        name = found[1] if (found := _UNKNOWN_FIELD.match(text)) else ""
        return invalid(_join(place, name) or None, "This field is not known here. Leave it out.")
    return invalid(place or None, "This field has a value of the wrong type, form or length.")


def is_away(exception: Exception) -> bool:
    """Whether a store or a service does not answer, or has no room: the same request may do in a moment."""
    if isinstance(exception, DBAPIError):
        told = isinstance(exception.orig, InsufficientResourcesError | OperatorInterventionError | OSError)
        return told or exception.connection_invalidated or isinstance(exception, InterfaceError | OperationalError)
    return isinstance(exception, OSError)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place and name else place or name


def response(problem: Problem) -> Response[bytes]:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.facts,
    }
    return Response(
        msgspec.json.encode(body), status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(problem.headers)
    )


def of_exception(exception: Exception) -> Problem:
    if isinstance(exception, Problem):
        return exception
    if isinstance(exception, msgspec.ValidationError):
        return of_msgspec(exception)
    if isinstance(exception, ValidationException):
        return _of_parameters(exception)
    if is_away(exception):
        log.warning("a store does not answer", extra={"error": type(exception).__name__})
        return unavailable()
    status = exception.status_code if isinstance(exception, HTTPException) else 500
    if status >= 500:
        # The type alone: the text of an exception may quote what somebody wrote.
        log.error("request failed", exc_info=exception, extra={"error": type(exception).__name__})
        status = 503 if status == 503 else 500
    if status == 401:
        return sign_in_needed()
    allow = {name.lower(): value for name, value in (getattr(exception, "headers", None) or {}).items()}.get("allow")
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "not_json", 500: "failed"}
    return Problem(
        status, codes.get(status, "unavailable" if status == 503 else "invalid"),
        _DETAILS.get(status, _DETAILS[400]), headers={"Allow": allow} if allow else None,
    )  # fmt: skip


def _of_parameters(exception: ValidationException) -> Problem:
    errors = exception.extra if isinstance(exception.extra, list) else []
    key = next((str(error["key"]) for error in errors if isinstance(error, dict) and error.get("key")), None)
    if key == "data":
        return invalid(None, "The body is missing. Send it as application/json in UTF-8.")
    return invalid(key, "This parameter is missing or has a value of the wrong type, form or length.")


def handle(_: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    return response(of_exception(exception))
