"""Forms with a file: its bytes pass through as they come. Litestar's own reading would put them on a disk."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from chassis.web.bodies import check_text

_MOST_FIELDS: Final = 50
_LONGEST_FIELD: Final = 4_096


class NotAnUpload(ValueError):
    """No form of ours sends this: another encoding, no file in it, or fields too many or too long before it."""


@dataclass(frozen=True)
class Upload:
    """The fields that stand before the file, and the file. Whatever stands after it is not read. `chosen`: whether
    there was one to send at all.
    """

    fields: Mapping[str, Sequence[str]]
    file: AsyncIterator[bytes]
    chosen: bool


async def read_upload(request: Request[Any, Any, Any]) -> Upload:
    """The form puts its fields (with the token against forgery) before its one file input. Nothing is kept of the
    file's own name: none is there where none was chosen, and then the file is empty. Raises NotAnUpload, also while the
    file is read; Problem for control characters.
    """
    content_type, options = request.content_type
    boundary = options.get("boundary", "")
    if content_type != "multipart/form-data" or not boundary:
        raise NotAnUpload
    events = _events(request, boundary)
    fields: dict[str, list[str]] = {}
    async for event in events:
        if not isinstance(event, MultipartSegment):
            raise NotAnUpload
        if event.filename is not None:
            return Upload(fields, _file(events), chosen=bool(event.filename))
        if sum(map(len, fields.values())) >= _MOST_FIELDS:
            raise NotAnUpload
        fields.setdefault(event.name, []).append(await _text(events))
    raise NotAnUpload


async def _events(request: Request[Any, Any, Any], boundary: str) -> AsyncIterator[MultipartSegment | bytes | None]:
    try:
        with PushMultipartParser(boundary, strict=True) as parser:
            async for piece in request.stream():
                for event in parser.parse(piece):
                    yield bytes(event) if isinstance(event, bytearray) else event
                if parser.closed:
                    return
    except MultipartError:
        raise NotAnUpload from None


async def _text(events: AsyncIterator[MultipartSegment | bytes | None]) -> str:
    raw = b""
    async for event in events:
        if not isinstance(event, bytes):
            break
        raw += event
        if len(raw) > _LONGEST_FIELD:
            raise NotAnUpload
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise NotAnUpload from None
    check_text(text, None)
    return text


async def _file(events: AsyncIterator[MultipartSegment | bytes | None]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event
