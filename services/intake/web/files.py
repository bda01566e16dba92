"""Files over HTTP: taken as they are streamed, and given back as attachments with names of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream
from msgspec import Struct

from chassis.web.attachments import MEDIA_TYPE, attachment
from chassis.web.problems import Problem
from services.intake.files.kinds import FileRefused, Refusal
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.keep_file import FileSent, keep_file, open_file
from services.intake.web.public import ONLY_WITH_CODE, code_of

_KINDS: Final = "a picture (JPEG, PNG, WebP, GIF), a PDF, a Word, Excel or PowerPoint file (docx, xlsx, pptx), or text"
_SAID: Final[Mapping[Refusal, tuple[int, str]]] = {
    Refusal.WRONG_TYPE: (415, f"This kind of file is not taken. Send {_KINDS}."),
    Refusal.MACROS: (415, "This file has programs in it. Save it as docx, xlsx or pptx and send that."),
    Refusal.TOO_LARGE: (413, "This file is too large. Send it in parts, or a smaller copy of it."),
    Refusal.IMAGE_BOMB: (413, "This picture has too many pixels. Send a smaller copy of it."),
    Refusal.ZIP_BOMB: (413, "This file unpacks to far more than it seems to hold. Send it as a PDF."),
    Refusal.TOO_MANY: (409, "There is no room for more files here. Write a message, and say what else there is."),
    Refusal.EMPTY: (400, "This file is empty. Choose it again."),
    Refusal.ENCRYPTED: (422, "This file is locked with a password. Save it without one and send that."),
    Refusal.UNREADABLE: (422, "This file cannot be opened. Save it anew, or as a PDF, and send that."),
}


class FileKept(Struct):
    """The file lies in the inbox, with what its copy does not have any more."""

    action_id: UUID


def problem_of(refused: FileRefused) -> Problem:
    """What to do about a file that is not taken."""
    status, detail = _SAID[refused.code]
    return Problem(status, f"file_{refused.code}", detail)


@dataclass
class _TakesBytes(Operation):
    """So that the description says what the body is: no handler's argument does."""

    def __post_init__(self) -> None:
        as_bytes = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, content_media_type=MEDIA_TYPE))
        self.request_body = RequestBody(content={MEDIA_TYPE: as_bytes}, required=True)


@post(
    "/api/v1/inbox/files",
    summary="Send a file to the desk of a route",
    security=ONLY_WITH_CODE,
    # Counted while it comes in.
    request_max_body_size=None,
    operation_class=_TakesBytes,
)
async def post_file(
    request: Request[Any, Any, Any],
    intake: NamedDependency[Intake],
    report_id: Annotated[UUID, HeaderParameter(name="Report-Id")],
    action_id: Annotated[UUID, HeaderParameter(name="Action-Id", description="Random; sent again, nothing follows.")],
) -> FileKept:
    if request.content_type[0] != MEDIA_TYPE:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_bytes", f"Send the file's bytes as {MEDIA_TYPE}.")
    await keep_file(intake, code_of(request), FileSent(report_id, action_id), request.stream(), utc_now())
    return FileKept(action_id)


@get("/api/v1/inbox/files/{item_id:uuid}", summary="The cleaned copy of a file you sent", security=ONLY_WITH_CODE)
async def get_file(request: Request[Any, Any, Any], intake: NamedDependency[Intake], item_id: FromPath[UUID]) -> Stream:
    found = await open_file(intake, code_of(request), item_id)
    return attachment(found.about["name"], found.content.size, found.content.parts())


ROUTES: Final = [post_file, get_file]
