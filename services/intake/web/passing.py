"""What a desk asks of intake for a report that is not its own: where it goes, what to wrap, and that it is done."""

import base64
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import Request, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from policy.model import Office
from services.intake.bodies import Code
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.pass_on import Asked, Begun, Moving, begin, finish, look
from services.intake.use_cases.turn import turn
from services.intake.web.internal import Publics, Wrapped, asking_service


class AskTarget(Struct, forbid_unknown_fields=True, kw_only=True):
    """`about`: the offices that the matter is about; no person is named."""

    report_id: UUID
    office: Code
    matter: Literal["formal_report", "retaliation"]
    about: Annotated[list[Office], Meta(max_length=30)]

    def claims(self) -> dict[str, Any]:
        return {
            "report_id": str(self.report_id),
            "office": self.office,
            "matter": self.matter,
            "about": [str(one) for one in self.about],
        }

    def asked(self, service: str) -> Asked:
        return Asked(self.report_id, service, self.office, self.matter, frozenset(self.about))


class AskMove(Struct, forbid_unknown_fields=True, kw_only=True):
    """`desk`: of the same service, by its name in the routing table."""

    report_id: UUID
    office: Code
    desk: Code

    def claims(self) -> dict[str, str]:
        return {"report_id": str(self.report_id), "office": self.office, "desk": self.desk}


class AskTurn(AskMove, kw_only=True):
    """`route`: what it is from here on. Nothing that was written before goes along."""

    route: Code

    def claims(self) -> dict[str, str]:
        return {**super().claims(), "route": self.route}


class NewWrap(Struct, forbid_unknown_fields=True, kw_only=True):
    item_id: UUID
    wrapped_b64: Wrapped


class PutWraps(Struct, forbid_unknown_fields=True, kw_only=True):
    report_id: UUID
    office: Code
    wraps: Annotated[list[NewWrap], Meta(max_length=10_000)]


class TargetOut(Struct, kw_only=True):
    service: str
    office: str


class WrapOut(Struct, kw_only=True):
    item_id: UUID
    wrapped_b64: bytes


class BegunOut(TargetOut, kw_only=True):
    """`public_key_b64`: the target's, which the keys of these items are to be wrapped to."""

    public_key_b64: str
    items: list[WrapOut]


class PassedOnOut(Struct, kw_only=True):
    proof: str


@post("/internal/v1/passings/target", status_code=200, summary="Where a misdirected report would go")
async def post_target(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskTarget],
) -> TargetOut:
    service = await asking_service(request, intake, publics, data.claims())
    target = await look(intake, data.asked(service))
    return TargetOut(service=target.service, office=target.office)


@post("/internal/v1/passings", status_code=200, summary="Lock a misdirected report, and say what to wrap anew")
async def post_passing(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskTarget],
) -> BegunOut:
    service = await asking_service(request, intake, publics, data.claims())
    return _begun(await begin(intake, data.asked(service), utc_now()))


@post("/internal/v1/moves", status_code=200, summary="Lock a report that another desk has now, and say what to wrap")
async def post_move(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskMove],
) -> BegunOut:
    service = await asking_service(request, intake, publics, data.claims())
    return _begun(await begin(intake, Moving(data.report_id, service, data.office, data.desk), utc_now()))


@post(
    "/internal/v1/turns",
    status_code=204,
    summary="What the person writes from here on goes to another desk, as another matter",
)
async def post_turn(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[AskTurn],
) -> None:
    service = await asking_service(request, intake, publics, data.claims())
    await turn(intake, Moving(data.report_id, service, data.office, data.desk), data.route)


def _begun(begun: Begun) -> BegunOut:
    return BegunOut(
        service=begun.target.service,
        office=begun.target.office,
        public_key_b64=base64.b64encode(begun.target.public).decode(),
        items=[WrapOut(item_id=item_id, wrapped_b64=wrapped) for item_id, wrapped in begun.wraps.items()],
    )


@put("/internal/v1/passings", summary="The keys of a misdirected report, wrapped to the desk it goes to")
async def put_passing(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    publics: NamedDependency[Publics],
    data: JSONBody[PutWraps],
) -> PassedOnOut:
    service = await asking_service(request, intake, publics, {"report_id": str(data.report_id), "office": data.office})
    wraps = {one.item_id: one.wrapped_b64 for one in data.wraps}
    return PassedOnOut(proof=await finish(intake, data.report_id, service, data.office, wraps, utc_now()))


ROUTES: Final = [post_target, post_passing, post_move, post_turn, put_passing]
