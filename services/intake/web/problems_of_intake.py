"""How intake's refusals are said over HTTP."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request, Response
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from chassis.desk_keys import DeskKeyUnknown
from chassis.web.problems import Problem, handle, invalid, not_found, refused, response, unavailable
from services.intake.files.kinds import FileRefused
from services.intake.files.receiving import TooManyAtOnce
from services.intake.intake import AlreadyErased, NothingHere
from services.intake.route_list import CodeToBeReplaced, TooManyRoutes
from services.intake.use_cases.give_name import AlreadyNamed
from services.intake.use_cases.lodge_report import IdempotencyKeyReused, StillBeingAnswered
from services.intake.use_cases.pass_on import NotToBePassedOn, WrapsMissing
from services.intake.use_cases.place_message import MessageIdTaken, SealedToOldCode
from services.intake.use_cases.release_identity import RefusedLately
from services.intake.use_cases.replace_code import NotHandedOver
from services.intake.use_cases.send_message import NotAFact, PassedOnMeanwhile
from services.intake.use_cases.take_over import NotToBeTakenOver, TooManyFiles
from services.intake.web.files import problem_of

logger = logging.getLogger(__name__)

_TRY_AGAIN: Final = (
    "A part of this service is away. Send the same request again in a moment, with the Idempotency-Key it had."
)
_PROBLEMS: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    NothingHere: lambda _: not_found(),
    AlreadyErased: lambda _: refused(
        "CONTENTS_ERASED",
        "invariant 28",
        {},
        "What was written here has been destroyed. Lodge anew to go on with the matter.",
    ),
    CodeToBeReplaced: lambda _: Problem(
        409,
        "code_to_be_replaced",
        "Somebody else has seen this code. Take one that you alone know first: POST /api/v1/inbox/code.",
    ),
    AlreadyNamed: lambda _: Problem(409, "already_named", "This route has a name already, and keeps it."),
    RefusedLately: lambda _: Problem(409, "refused_lately", "This was refused, and cannot be asked for again yet."),
    NotHandedOver: lambda _: Problem(409, "not_handed_over", "This code is yours alone already. Go on using it."),
    IdempotencyKeyReused: lambda _: Problem(
        422, "idempotency_key_reused", "This Idempotency-Key came before with another request. Take a fresh random one."
    ),
    StillBeingAnswered: lambda _: unavailable(_TRY_AGAIN),
    DeskKeyUnknown: lambda _: unavailable("The desk is not ready to receive yet. Try again in a moment."),
    NotAFact: lambda error: invalid(
        f"facts.{error.name}", "A fact is a code word, a number, a date, an id, true or false. Put words into texts."
    ),
    NotToBeTakenOver: lambda error: invalid(
        f"take_over[{error.place}]", "This is not something you wrote that can still be opened. Read your inbox again."
    ),
    TooManyFiles: lambda error: Problem(
        409, "too_many_files", f"One report takes {error.most} files. Take over fewer of them: leave some unticked."
    ),
    PassedOnMeanwhile: lambda _: unavailable(_TRY_AGAIN),
    SealedToOldCode: lambda _: unavailable(_TRY_AGAIN),
    FileRefused: problem_of,
    TooManyAtOnce: lambda _: unavailable(
        "Others are sending files now, or another of yours is coming in. Send this one again in a moment."
    ),
    TooManyRoutes: lambda _: Problem(
        409,
        "too_many_routes",
        "This code has as many routes as there may be. Write on one of them, or lodge anew without the code.",
    ),
    NotToBePassedOn: lambda error: refused(error.code, "invariant 34", {}),
    WrapsMissing: lambda _: Problem(409, "wraps_missing", "Ask again what has to be wrapped, and send all of it."),
    MessageIdTaken: lambda _: Problem(409, "message_id_taken", "Another message has this id. Take a fresh random one."),
}


def _handle(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return response(_PROBLEMS[type(error)](error))


def _store_away(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    gone = (OSError, InterfaceError, OperationalError)
    if not isinstance(error, gone) and not (isinstance(error, DBAPIError) and error.connection_invalidated):
        return handle(request, error)
    logger.warning("a store does not answer", extra={"error": type(error).__name__})
    return response(unavailable(_TRY_AGAIN))


HANDLERS: Final[ExceptionHandlersMap] = {
    **dict.fromkeys(_PROBLEMS, _handle),
    **dict.fromkeys((OSError, DBAPIError), _store_away),
}
