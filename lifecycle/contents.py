"""What the person and a desk write to one another: it lies with intake, and passes through here in clear once.

For each reading the desk shows intake a token for this report, this reader and this purpose, and beside it the reader's
own sign-in; intake checks both and its own exclusions, and writes the reading down before it hands anything out.
"""

import base64
import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import service_tokens
from chassis.sealed_streams import open_stream
from chassis.sealing import (
    ROUTE,
    Sealed,
    desk_label,
    file_context,
    item_context,
    open_sealed,
    seal,
    tag,
    unwrap,
    wrap,
    wrap_context,
)
from chassis.web.frames import FrameBroken, unframed
from chassis.web.sign_in import SignedIn
from chassis.web.trusted import authorities
from lifecycle import reports
from lifecycle.desk import Desk
from lifecycle.records import CaseRow

INTAKE: Final = "intake"
FILE: Final = "file"
"""The kind of an item that is the cleaned copy of a file."""
EVIDENCE: Final = "evidence"
"""The purpose for which files are read as they were sent."""
OWN_MATTER: Final = "own_matter"
"""The purpose for which somebody reads what is said of them, and the only one."""
_FILES: Final = "/internal/v1/files"
_TIMEOUT: Final = 10.0


class IntakeUnreachable(Exception):
    """Intake does not answer, or not as agreed; nothing was read or placed that is known of."""


class Refused(IntakeUnreachable):
    """Intake has said no to what was asked, for now."""


class NotHandedOut(Exception):
    """Intake has nothing for this reader: by its own exclusions, or because the route is erased."""


async def talks(session: AsyncSession, desk: Desk, row: CaseRow) -> bool:
    """Whether what the person writes is sealed to this case's office: one that another office's case opened reads none
    of it. Cases of a report that usually lie with one office move on together.
    """
    lodged = await reports.lodged_as(session, row.report_id) if row.lifecycle in desk.talks else None
    return lodged is not None and desk.offices[lodged] == desk.offices[row.lifecycle]


async def read(desk: Desk, row: CaseRow, reader: SignedIn, purpose: str) -> list[dict[str, Any]]:
    """Everything on the case's route, opened. Whoever calls this has checked that the reader may, and audited it.
    Raises IntakeUnreachable, NotHandedOut, SealNotOpened.
    """
    asked = {"report_id": str(row.report_id), "purpose": purpose, "staff_id": reader.staff_id}
    answer = await ask(desk, "POST", "/internal/v1/contents", asked, asked, reader)
    return [_shown(item, open_item(desk, row, item).decode(), purpose) for item in answer["items"]]


@dataclass(frozen=True)
class OpenedFile:
    """A file on its way through; `size` is in bytes. Where one of the parts does not come or open, reading raises
    IntakeUnreachable or SealNotOpened.
    """

    name: str
    size: int
    parts: AsyncIterator[bytes]


async def open_file(desk: Desk, row: CaseRow, reader: SignedIn, purpose: str, item_id: UUID) -> OpenedFile:
    """A file of the case's route, opened as it comes; rules and errors as for `read`. Also raises NotHandedOut for what
    is no file, and for one as it was sent where the purpose is not `EVIDENCE`.
    """
    asked = {
        "report_id": str(row.report_id), "item_id": str(item_id), "purpose": purpose, "staff_id": reader.staff_id,
    }  # fmt: skip
    frames = _frames(desk, asked, reader)
    item = json.loads(await anext(frames))
    data_key = _data_key(desk, row, item)
    about = json.loads(_opened(row, item, data_key))
    parts = open_stream(frames, data_key, context=file_context(row.report_id, item_id))
    return OpenedFile(about["name"], about["size"], parts)


async def _frames(desk: Desk, asked: Mapping[str, str], reader: SignedIn) -> AsyncIterator[bytes]:
    """What intake hands out: the item, then its chunks."""
    async with _client(desk) as client:
        try:
            async with client.stream("POST", _FILES, json=asked, headers=_headers(desk, asked, reader)) as answer:
                _check_answer(answer)
                async for frame in unframed(answer.aiter_bytes()):
                    yield frame
        except (httpx.HTTPError, FrameBroken) as error:
            raise IntakeUnreachable(type(error).__name__) from None


async def place_message(
    desk: Desk, row: CaseRow, writer: SignedIn, action_id: UUID, text: str, route_key: bytes
) -> UUID:
    """Seals the words to the own desk and to the route, has intake keep them, and answers the message's id, which the
    action's id decides: sent again, it is the same message. Raises IntakeUnreachable, NotHandedOut.
    """
    message_id = _message_id(desk, row, action_id)
    sealed, data_key = seal(
        msgspec.json.encode({"text": text}), item_id=message_id, context=item_context(row.report_id)
    )
    own = desk.key_of(row).public
    labels = {"desk": (desk_label(desk.service, desk.office_of(row)), own), "route": (ROUTE, route_key)}
    wraps = {
        name: wrap(data_key, public, context=wrap_context(row.report_id, message_id, label))
        for name, (label, public) in labels.items()
    }
    named = {"message_id": str(message_id), "report_id": str(row.report_id)}
    body = {
        **named,
        "action_id": str(action_id),
        "office": desk.office_of(row),
        "ciphertext_b64": base64.b64encode(sealed.ciphertext).decode(),
        "wraps": {name: base64.b64encode(wrapped).decode() for name, wrapped in wraps.items()},
    }
    await ask(desk, "PUT", "/internal/v1/messages", body, named, writer, also={HTTPStatus.CONFLICT})
    return message_id


def _message_id(desk: Desk, row: CaseRow, action_id: UUID) -> UUID:
    return UUID(bytes=tag(desk.keys.cell, "message", row.case_id.bytes, action_id.bytes)[:16], version=4)


async def ask(
    desk: Desk,
    method: str,
    path: str,
    body: Mapping[str, Any],
    claims: Mapping[str, str],
    person: SignedIn | None = None,
    also: Collection[int] = (),
) -> Any:
    """Intake's answer to the desk, or to one of its people. `also`: answers that are as good as a success here. Raises
    IntakeUnreachable, NotHandedOut.
    """
    async with _client(desk) as client:
        try:
            answer = await client.request(method, path, json=dict(body), headers=_headers(desk, claims, person))
        except httpx.HTTPError as error:
            raise IntakeUnreachable(type(error).__name__) from None
    _check_answer(answer, also)
    return answer.json() if answer.is_success and answer.content else {}


def _client(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=desk.settings.peers[INTAKE], timeout=_TIMEOUT, trust_env=False, verify=authorities()
    )


def _headers(desk: Desk, claims: Mapping[str, str], person: SignedIn | None) -> dict[str, str]:
    token = service_tokens.mint(desk.keys.signing, desk.service, INTAKE, claims, datetime.now(UTC))
    return {"Authorization": f"Service {token}"} | ({"X-Acting-Token": person.token} if person else {})


def _check_answer(answer: httpx.Response, also: Collection[int] = ()) -> None:
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise NotHandedOut
    if answer.status_code == HTTPStatus.CONFLICT and answer.status_code not in also:
        raise Refused
    if not answer.is_success and answer.status_code not in also:
        raise IntakeUnreachable(str(answer.status_code))


def open_item(desk: Desk, row: CaseRow, item: Mapping[str, Any]) -> bytes:
    """What intake handed out, opened with the key of the case's office. Raises SealNotOpened."""
    return _opened(row, item, _data_key(desk, row, item))


def _data_key(desk: Desk, row: CaseRow, item: Mapping[str, Any]) -> bytes:
    label = desk_label(desk.service, desk.office_of(row))
    context = wrap_context(row.report_id, UUID(item["item_id"]), label)
    return unwrap(base64.b64decode(item["wrapped_b64"]), desk.key_of(row), context=context)


def _opened(row: CaseRow, item: Mapping[str, Any], data_key: bytes) -> bytes:
    sealed = Sealed(UUID(item["item_id"]), base64.b64decode(item["ciphertext_b64"]))
    return open_sealed(sealed, data_key, context=item_context(row.report_id))


def _shown(item: Mapping[str, Any], plain: str, purpose: str) -> dict[str, Any]:
    """The item as the API gives it; what is not plain words is given as JSON."""
    content = json.loads(plain)
    file = {}
    if item["kind"] == FILE:
        told = ("media_type", "size", "removed", *(("original",) if purpose == EVIDENCE else ()))
        file, plain = {"file": {name: content[name] for name in told}}, ""
    return {
        **file,
        "item_id": item["item_id"],
        "kind": item["kind"],
        "from": item["direction"],
        "day": item["day"],
        "name": content.get("name", item["kind"]),
        "text": content.get("text", plain),
    }
