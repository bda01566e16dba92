"""What the desks' services ask of intake: sealed items of their own reports, and room for their replies."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Request, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from chassis import audit_trail
from chassis.sealing import key_id
from chassis.web.attachments import MEDIA_TYPE
from chassis.web.calling_service import calling_service
from chassis.web.frames import framed
from chassis.web.problems import Problem, sign_in_needed
from services.intake.bodies import CaseNumber, Code, StaffIdText
from services.intake.files.kept import chunks_of
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.choose_mails import DELIVERY, hand_out_wish
from services.intake.use_cases.hand_out import HandedOut, hand_out_contents, hand_out_file, hand_out_parties
from services.intake.use_cases.place_message import Reply, place_message
from services.intake.use_cases.prove_consent import prove_consent
from services.intake.use_cases.release_identity import Asked, ask_release, hand_out_identity

ROUTING: Final = "routing"
"""The one purpose that parties are opened for without a person."""

_ACTING: Final = "x-acting-token"
# A reply of the longest length, sealed and padded; a wrapped key.
Ciphertext = Annotated[bytes, Meta(min_length=1, max_length=65_600)]
Wrapped = Annotated[bytes, Meta(min_length=1, max_length=2_048)]
Publics = Mapping[str, Ed25519PublicKey]


class AskParties(Struct, forbid_unknown_fields=True, kw_only=True):
    report_id: UUID


class AskContents(Struct, forbid_unknown_fields=True, kw_only=True):
    report_id: UUID
    purpose: Code
    staff_id: StaffIdText


class AskFile(AskContents, kw_only=True):
    item_id: UUID


class AskConsent(Struct, forbid_unknown_fields=True, kw_only=True):
    """`to`: which, where the case rests on more than one consent."""

    report_id: UUID
    lifecycle: Code
    number: CaseNumber
    to: Code | None = None


class ReplyWraps(Struct, forbid_unknown_fields=True, kw_only=True):
    desk: Wrapped
    route: Wrapped


class PlaceMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    message_id: UUID
    report_id: UUID
    action_id: UUID
    office: Code
    ciphertext_b64: Ciphertext
    wraps: ReplyWraps


class AskRelease(Struct, forbid_unknown_fields=True, kw_only=True):
    """`public_key_b64`: whom it is to be sealed to, made for this request."""

    request_id: UUID
    report_id: UUID
    lifecycle: Code
    purpose: Code
    role: Code
    public_key_b64: Wrapped


class AskIdentity(Struct, forbid_unknown_fields=True, kw_only=True):
    request_id: UUID
    report_id: UUID


class ItemOut(Struct, kw_only=True):
    item_id: UUID
    kind: str
    direction: str
    day: date
    ciphertext_b64: bytes
    wrapped_b64: bytes


class ItemsOut(Struct, kw_only=True):
    items: list[ItemOut]


class ConsentOut(Struct, kw_only=True):
    """`proof`: what she says now, signed by intake for the service that asks."""

    proof: str


class AskDelivery(Struct, forbid_unknown_fields=True, kw_only=True):
    recipient_ref: UUID


class DeliveryOut(Struct, kw_only=True):
    """What the person chose, sealed to the delivery key under its id."""

    wish_id: UUID
    sealed_b64: bytes


class MessagePlacedOut(Struct, kw_only=True):
    message_id: UUID


@post("/internal/v1/parties", status_code=200, summary="The parties of a report, sealed, for its desk's routing")
async def post_parties(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskParties],
) -> ItemsOut:
    service = await asking_service(request, intake, publics, {"report_id": str(data.report_id), "purpose": ROUTING})
    return _out(await hand_out_parties(intake, service, data.report_id))


@post("/internal/v1/contents", status_code=200, summary="A report's sealed contents, for one person and one purpose")
async def post_contents(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskContents],
) -> ItemsOut:
    claims = {"report_id": str(data.report_id), "purpose": data.purpose, "staff_id": data.staff_id}
    service = await asking_service(request, intake, publics, claims)
    await _check_acting(request, intake, data.staff_id)
    return _out(await hand_out_contents(intake, service, data.report_id, data.staff_id, data.purpose))


@post("/internal/v1/files", status_code=200, summary="A file, sealed, for one person and one purpose")
async def post_file(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskFile],
) -> Stream:
    """Frames: the item as in `contents`, then its chunks."""
    claims = {
        "report_id": str(data.report_id), "item_id": str(data.item_id), "purpose": data.purpose,
        "staff_id": data.staff_id,
    }  # fmt: skip
    service = await asking_service(request, intake, publics, claims)
    await _check_acting(request, intake, data.staff_id)
    item = await hand_out_file(intake, service, data.report_id, data.item_id, data.staff_id, data.purpose)
    return Stream(framed(_frames(intake, item)), media_type=MEDIA_TYPE)


async def _frames(intake: Intake, item: HandedOut) -> AsyncIterator[bytes]:
    yield msgspec.json.encode(_item_out(item))
    async for chunk in chunks_of(intake.database, item.item_id):
        yield chunk


@put("/internal/v1/messages", summary="Place a desk's sealed reply in the person's inbox")
async def put_message(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[PlaceMessage],
) -> MessagePlacedOut:
    claims = {"report_id": str(data.report_id), "message_id": str(data.message_id)}
    service = await asking_service(request, intake, publics, claims)
    reply = Reply(
        message_id=data.message_id,
        report_id=data.report_id,
        action_id=data.action_id,
        staff_id=await _acting(request, intake),
        office=data.office,
        ciphertext=data.ciphertext_b64,
        wrapped_to_desk=data.wraps.desk,
        wrapped_to_route=data.wraps.route,
    )
    await place_message(intake, service, reply, utc_now())
    return MessagePlacedOut(message_id=data.message_id)


@post("/internal/v1/consent-proofs", status_code=200, summary="Whether she agrees at this moment, signed for the desk")
async def post_consent_proof(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskConsent],
) -> ConsentOut:
    claims: dict[str, str | int] = {
        "report_id": str(data.report_id), "lifecycle": data.lifecycle, "number": data.number,
        **({"to": data.to} if data.to else {}),
    }  # fmt: skip
    service = await asking_service(request, intake, publics, claims)
    about = data.report_id, data.lifecycle, data.number, data.to or ""
    proof = await prove_consent(intake, service, *about, utc_now())
    return ConsentOut(proof=proof)


@post("/internal/v1/delivery", status_code=200, summary="For notifications alone: where a person chose to have a mail")
async def post_delivery(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskDelivery],
) -> DeliveryOut:
    claims = {"recipient_ref": str(data.recipient_ref)}
    await asking_service(request, intake, publics, claims, allowed={DELIVERY[0]})
    wish = await hand_out_wish(intake, data.recipient_ref)
    return DeliveryOut(wish_id=wish.wish_id, sealed_b64=wish.sealed)


@put("/internal/v1/identity-requests", status_code=204, summary="Ask the custodian who reports, for one handler")
async def put_identity_request(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskRelease],
) -> None:
    claims = {
        "report_id": str(data.report_id), "request_id": str(data.request_id), "purpose": data.purpose,
        "role": data.role, "key_id": key_id(data.public_key_b64),
    }  # fmt: skip
    service = await asking_service(request, intake, publics, claims)
    asked = Asked(
        release_id=data.request_id,
        report_id=data.report_id,
        lifecycle=data.lifecycle,
        purpose=data.purpose,
        role=data.role,
        staff_id=await _acting(request, intake),
        public_key=data.public_key_b64,
    )
    await ask_release(intake, service, asked, utc_now())


@post("/internal/v1/identities", status_code=200, summary="Who reports, sealed to the handler it was released to")
async def post_identity(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskIdentity],
) -> ItemOut:
    claims = {"report_id": str(data.report_id), "request_id": str(data.request_id)}
    service = await asking_service(request, intake, publics, claims)
    acting = await _acting(request, intake)
    return _item_out(await hand_out_identity(intake, service, data.request_id, data.report_id, acting, utc_now()))


async def asking_service(
    request: Request[Any, Any, Any],
    intake: Intake,
    publics: Publics,
    claims: Mapping[str, str | int],
    *,
    allowed: Collection[str] = (),
) -> str:
    """The service that asks: one of the desks', or of `allowed`. Its token is used up before anything is looked at; a
    refused one is audited.
    """
    allowed = allowed or {route.service for route in intake.policy.routes.values()}
    try:
        async with intake.database.transaction() as session:
            return (await calling_service(request, session, publics, allowed=allowed, claims=claims)).source
    except Problem:
        await _audit_refusal(intake, "service_token")
        raise


async def _check_acting(request: Request[Any, Any, Any], intake: Intake, staff_id: str) -> None:
    """That the person asked for is the one who acts. Raises Problem 401; 503 without the provider."""
    if await _acting(request, intake) != staff_id:
        await _audit_refusal(intake, "acting_person")
        raise sign_in_needed(token_refused=True)


async def _acting(request: Request[Any, Any, Any], intake: Intake) -> str:
    """The person for whom the service asks, by their own sign-in. Raises Problem 401; 503 without the provider."""
    try:
        if not (token := request.headers.get(_ACTING, "")):
            raise sign_in_needed()
        staff_id: str = await request.app.state.sign_in.staff_id_of(token)
    except Problem as problem:
        if problem.status == HTTPStatus.UNAUTHORIZED:
            await _audit_refusal(intake, "acting_person")
        raise
    return staff_id


async def _audit_refusal(intake: Intake, what: str) -> None:
    async with intake.database.transaction() as session:
        await audit_trail.record(session, "request_refused", object_ref="internal", actor=None, facts={"what": what})


def _out(items: list[HandedOut]) -> ItemsOut:
    return ItemsOut(items=[_item_out(item) for item in items])


def _item_out(item: HandedOut) -> ItemOut:
    return ItemOut(
        item_id=item.item_id,
        kind=item.kind,
        direction=item.direction,
        day=item.day,
        ciphertext_b64=item.ciphertext,
        wrapped_b64=item.wrapped,
    )


ROUTES: Final = [
    post_parties,
    post_contents,
    post_consent_proof,
    post_file,
    post_delivery,
    put_message,
    put_identity_request,
    post_identity,
]
