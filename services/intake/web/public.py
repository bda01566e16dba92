"""What a person can do without signing in: lodge, come back with her access code, write and act."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import SecurityRequirement
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import UNSET, Struct
from msgspec.structs import asdict

from chassis.access_code import ACCESS_CODE_BYTES, AccessCode, AccessCodeMalformed
from chassis.web.problems import invalid
from policy.model import DAY, OWN_NUMBER, RECIPIENT, Route
from services.intake.bodies import (
    Act,
    AddParties,
    AnswerConsent,
    AnswerRelease,
    AskWays,
    GiveName,
    Inbox,
    Lodged,
    LodgeReport,
    ReminderSet,
    SendMessage,
    SetReminder,
)
from services.intake.domain.ways import Situation, Ways, ways
from services.intake.domain.writers import may_name_affected
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.give_name import give_name
from services.intake.use_cases.lodge_report import lodge_report
from services.intake.use_cases.protect import answer_consent
from services.intake.use_cases.read_inbox import read_inbox
from services.intake.use_cases.release_identity import answer_release
from services.intake.use_cases.replace_code import code_for, replace_code
from services.intake.use_cases.send_message import act, add_parties, send_message
from services.intake.use_cases.set_reminder import forget_reminder, set_reminder
from services.intake.use_cases.take_over import take_over

SECURITY_SCHEME: Final = "access_code"

_SCHEME: Final = "accesscode"
_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{22,200}")
ONLY_WITH_CODE: Final[list[SecurityRequirement]] = [{SECURITY_SCHEME: []}]

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        required=True,
        description="Random and as secret as the access code: a UUIDv4 or at least 22 base64url characters.",
    ),
]


class NewCode(Struct):
    """Shown this once; the code of the request opens nothing any more."""

    access_code: str


class MessageTaken(Struct):
    item_id: UUID


class ActionTaken(Struct):
    """The outcome appears in the inbox."""

    action_id: UUID


def check_key(key: str) -> str:
    """The idempotency key. Raises Problem 400 unless it has room for the 122 random bits of a UUIDv4."""
    shape = _UUID.fullmatch(key)
    random_enough = shape[1] == "4" and shape[2].lower() in "89ab" if shape else _BASE64URL.fullmatch(key)
    if not random_enough:
        raise invalid("Idempotency-Key", "Send a UUIDv4 or at least 22 base64url characters, freshly drawn at random.")
    return key


def code_of(request: Request[Any, Any, Any]) -> AccessCode:
    """The access code of the request. One that is missing or malformed becomes a random one, which nobody was given:
    it takes the same way, with the same work and the same answer, as a wrong one.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        return AccessCode.parse(text if scheme.lower() == _SCHEME else "")
    except AccessCodeMalformed:
        return AccessCode(secrets.token_bytes(ACCESS_CODE_BYTES))


@post("/api/v1/reports", summary="Lodge a report, or add a route to an access code", security=[{}, *ONLY_WITH_CODE])
async def post_report(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    data: JSONBody[LodgeReport],
    idempotency_key: IdempotencyKey = "",
) -> Lodged:
    key = check_key(idempotency_key)
    check_complete(intake, data)
    if "authorization" in request.headers or data.take_over:
        receipt = await take_over(intake, code_of(request), data, key, utc_now())
    else:
        receipt = await lodge_report(intake, data, key, utc_now())
    return Lodged(
        next_date=receipt.next_date, access_code=UNSET if receipt.access_code is None else str(receipt.access_code)
    )


@get("/api/v1/inbox", summary="What the access code opens", security=ONLY_WITH_CODE)
async def get_inbox(request: Request[Any, Any, Any], intake: NamedDependency[Intake]) -> Inbox:
    return await read_inbox(intake, code_of(request), utc_now())


@post(
    "/api/v1/inbox/code", summary="Take a new code in place of one that somebody handed over", security=ONLY_WITH_CODE
)
async def post_code(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], idempotency_key: IdempotencyKey = ""
) -> NewCode:
    new = code_for(intake, check_key(idempotency_key))
    await replace_code(intake, code_of(request), new)
    return NewCode(str(new))


@post("/api/v1/inbox/messages", status_code=202, summary="Write to the desk of a route", security=ONLY_WITH_CODE)
async def post_message(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], data: JSONBody[SendMessage]
) -> MessageTaken:
    _check_words("text", data.text)
    return MessageTaken(await send_message(intake, code_of(request), data, utc_now()))


@post("/api/v1/inbox/actions", status_code=202, summary="Act in a case", security=ONLY_WITH_CODE)
async def post_action(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], data: JSONBody[Act]
) -> ActionTaken:
    for name, text in data.texts.items():
        _check_words(f"texts.{name}", text)
    await act(intake, code_of(request), data, utc_now())
    return ActionTaken(data.action_id)


@post(
    "/api/v1/inbox/reminders",
    summary="Be asked on a day how it is; without an access code, under a new one",
    security=[{}, *ONLY_WITH_CODE],
)
async def post_reminder(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    data: JSONBody[SetReminder],
    idempotency_key: IdempotencyKey = "",
) -> ReminderSet:
    key = check_key(idempotency_key)
    code = code_of(request) if "authorization" in request.headers else None
    return await set_reminder(intake, code, key, data.after, utc_now())


@delete("/api/v1/inbox/reminders/{reminder_id:uuid}", summary="Forget a reminder", security=ONLY_WITH_CODE)
async def delete_reminder(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], reminder_id: FromPath[UUID]
) -> None:
    await forget_reminder(intake, code_of(request), reminder_id)


@post("/api/v1/ways", status_code=200, summary="Which ways are open in such a situation; nothing is kept")
async def post_ways(data: JSONBody[AskWays]) -> Ways:
    return ways(Situation(**asdict(data)))


@post(
    "/api/v1/inbox/parties",
    status_code=202,
    summary="Say who else is not to deal with a report",
    security=ONLY_WITH_CODE,
)
async def post_parties(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], data: JSONBody[AddParties]
) -> ActionTaken:
    await add_parties(intake, code_of(request), data, utc_now())
    return ActionTaken(data.action_id)


@post("/api/v1/inbox/names", status_code=202, summary="Give a name to a route that has none", security=ONLY_WITH_CODE)
async def post_name(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], data: JSONBody[GiveName]
) -> ActionTaken:
    if data.name is None and data.staff_id is None:
        raise invalid("name", "Give a name, a staff id, or both.")
    if data.name is not None:
        _check_words("name", data.name)
    await give_name(intake, code_of(request), data, utc_now())
    return ActionTaken(data.action_id)


@post(
    "/api/v1/inbox/consents",
    status_code=204,
    summary="Agree to something, or take it back",
    security=ONLY_WITH_CODE,
)
async def post_consent(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], data: JSONBody[AnswerConsent]
) -> None:
    await answer_consent(intake, code_of(request), data, utc_now())


@post(
    "/api/v1/inbox/releases",
    status_code=204,
    summary="Agree that a handler may learn who one is, or take it back",
    security=ONLY_WITH_CODE,
)
async def post_release(
    request: Request[Any, Any, Any], intake: NamedDependency[Intake], data: JSONBody[AnswerRelease]
) -> None:
    await answer_release(intake, code_of(request), data, utc_now())


def check_complete(intake: Intake, draft: LodgeReport) -> None:
    """Raises Problem 400 for what the route does not take, and for what it makes no sense without."""
    route = intake.policy.routes.get(draft.route)
    if route is None:
        raise invalid("route", f"There is no such route. There are: {', '.join(sorted(intake.policy.routes))}.")
    offices = {one.value for one in intake.policy.offices}
    if unknown := sorted(set(draft.about_offices) - offices):
        raise invalid("about_offices", f"There is no office {unknown[0]}. There are: {', '.join(sorted(offices))}.")
    for name, choice in draft.choices.items():
        _check_choice(name, choice, route.asks)
    given = draft.answers.given()
    for name, text in given.items():
        _check_words(f"answers.{name}", text)
    for needed in route.needs:
        if needed == RECIPIENT:
            if draft.parties.recipient is None:
                raise invalid("parties.recipient", "Name the manager whom you tell, by staff id.")
        elif needed == OWN_NUMBER:
            if draft.mode == "anonymous" or draft.parties.affected_individual is None:
                raise invalid("parties.affected_individual", "Say who you are, by staff id and in confidence.")
        elif needed not in given and not draft.take_over:
            raise invalid(f"answers.{needed}", "This needs a few words.")
    _check_identity(draft, route)


def _check_identity(draft: LodgeReport, route: Route) -> None:
    """Who tells of somebody else names them with their consent alone, where the route asks for it (policy 2.7); and an
    anonymous report says nowhere who wrote it.
    """
    if draft.mode == "anonymous" and draft.parties.reporter:
        raise invalid("parties.reporter", "Leave out who you are, or report in confidence: this is anonymous.")
    agreed = "identity_consent" not in route.asks or may_name_affected(draft.choices)
    if draft.parties.affected_individual and not agreed:
        raise invalid("parties.affected_individual", "Leave out who it is: that person has not agreed to be named.")
    if (draft.parties.affected_individual or "").casefold() in map(str.casefold, draft.parties.alleged_offender):
        raise invalid("parties.alleged_offender", "Name whoever it happened to in one place: this is the other person.")


def _check_choice(name: str, choice: str, asks: Mapping[str, Sequence[str]]) -> None:
    if name not in asks:
        known = ", ".join(sorted(asks)) or "nothing"
        raise invalid("choices", f"This route asks for no such choice; it asks for {known}.")
    if asks[name] == (DAY,):
        if not _is_day(choice):
            raise invalid(f"choices.{name}", "Give a day like 2026-03-31.")
    elif choice not in asks[name]:
        raise invalid(f"choices.{name}", f"Choose one of {', '.join(asks[name])}, or leave it out.")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_words(field: str, text: str) -> None:
    if not text.strip():
        raise invalid(field, "This text is empty. Leave the field out instead.")


ROUTES: Final = [
    post_report,
    get_inbox,
    post_code,
    post_message,
    post_action,
    post_parties,
    post_name,
    post_consent,
    post_release,
    post_reminder,
    delete_reminder,
    post_ways,
]
