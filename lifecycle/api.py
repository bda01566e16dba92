"""The staff's HTTP interface to the cases of any desk (`lifecycle.at_desk` does it)."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream

from chassis.web.attachments import attachment
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.access import is_party
from lifecycle.desk import Desk
from lifecycle.sender import Sender
from lifecycle.views import (
    CasePage,
    CaseSeen,
    ContentsSeen,
    MessageWritten,
    ReadContents,
    TakeAction,
    Taken,
    WriteMessage,
    cursor_of,
    etag,
    listed,
    position_of,
    shown,
)

_PAGE: Final = 50
_LARGEST_PAGE: Final = 200


def routes(desk: Desk, sender: Sender) -> list[HTTPRouteHandler]:
    """For `create_app(…, sign_in=…)`."""

    @get("/api/v1/cases", summary="The cases you may see, newest first")
    async def list_cases(
        signed_in: NamedDependency[SignedIn],
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=_LARGEST_PAGE)] = _PAGE,
    ) -> CasePage:
        after = position_of(desk.keys.cell, signed_in.staff_id, cursor) if cursor else None
        found, rest = await at_desk.list_cases(desk, signed_in.staff_id, after, limit)
        now, unread = datetime.now(UTC), await at_desk.unread_in(desk, found)
        cases = [listed(row, now, unread[row.case_id], counted=not is_party(actor)) for row, actor in found]
        return CasePage(cases=cases, next_cursor=cursor_of(desk.keys.cell, signed_in.staff_id, rest) if rest else None)

    @get("/api/v1/cases/{case_id:uuid}", summary="One case, and what you may do with it")
    async def show_case(case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn]) -> Response[CaseSeen]:
        row, actor = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        unread = (await at_desk.unread_in(desk, [(row, actor)]))[case_id]
        return Response(
            shown(desk, row, actor, datetime.now(UTC), unread), headers={"ETag": f'"{etag(desk, row, actor)}"'}
        )

    @post("/api/v1/cases/{case_id:uuid}/conflicts", status_code=202, summary="Say that you have a conflict in a case")
    async def declare_conflict(case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn]) -> None:
        await at_desk.declare_conflict(desk, case_id, signed_in.staff_id)

    @post("/api/v1/cases/{case_id:uuid}/actions", status_code=200, summary="Take an action in a case")
    async def take_action(
        case_id: FromPath[UUID],
        signed_in: NamedDependency[SignedIn],
        data: JSONBody[TakeAction],
        if_match: Annotated[str | None, HeaderParameter(name="If-Match")] = None,
    ) -> Response[Taken]:
        answer = await at_desk.take_action(desk, sender, case_id, data, signed_in.staff_id, if_match)
        # A party reads the case again: how many steps there were is not theirs to know.
        version = answer["version"]
        return Response(Taken(**answer), headers={"ETag": f'"{version}"'} if version is not None else None)

    @post(
        "/api/v1/cases/{case_id:uuid}/contents-readings",
        status_code=200,
        summary="Read what was written, for a purpose",
    )
    async def read_contents(
        case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn], data: JSONBody[ReadContents]
    ) -> ContentsSeen:
        return ContentsSeen(items=await at_desk.read_contents(desk, case_id, signed_in, data.purpose))

    @post(
        "/api/v1/cases/{case_id:uuid}/contents-readings/{item_id:uuid}",
        status_code=200,
        summary="Read a file, for a purpose: its cleaned copy, or as evidence what was sent",
    )
    async def read_file(
        case_id: FromPath[UUID],
        item_id: FromPath[UUID],
        signed_in: NamedDependency[SignedIn],
        data: JSONBody[ReadContents],
    ) -> Stream:
        found = await at_desk.read_file(desk, case_id, item_id, signed_in, data.purpose)
        return attachment(found.name, found.size, found.parts)

    @post("/api/v1/cases/{case_id:uuid}/messages", status_code=202, summary="Write to the person")
    async def write_message(
        case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn], data: JSONBody[WriteMessage]
    ) -> MessageWritten:
        return MessageWritten(item_id=await at_desk.write_message(desk, case_id, signed_in, data))

    return [list_cases, show_case, declare_conflict, take_action, read_contents, read_file, write_message]
