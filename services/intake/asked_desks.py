"""What intake asks a desk on the custodian's own sign-in: neither of the two alone decides who is kept from what."""

import hashlib
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from chassis import service_tokens
from chassis.web.sign_in import SignedIn
from chassis.web.trusted import authorities
from services.intake.intake import Intake, NothingHere, utc_now

_TIMEOUT: Final = 15.0


class DeskUnreachable(Exception):
    """The desk does not answer, or not as agreed; or nothing may be asked of it for now. Nothing was changed."""


class _Custody(msgspec.Struct):
    report_ids: list[UUID]


async def open_to_custodian(
    intake: Intake, peers: Mapping[str, str], acting: SignedIn, service: str, report_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Which of these reports the desk does not keep the custodian from: by lines, by what was declared, and by whom it
    found later (invariant 32). Raises DeskUnreachable; NothingHere where the desk knows no such custodian.
    """
    asked = sorted(set(report_ids))
    claims = {"reports": hashlib.sha256(b"".join(one.bytes for one in asked)).hexdigest()}
    answer = await ask_desk(intake, peers, acting, service, "/internal/v1/custody", claims, {"report_ids": asked})
    return frozenset(msgspec.json.decode(answer, type=_Custody).report_ids)


async def ask_desk(
    intake: Intake,
    peers: Mapping[str, str],
    acting: SignedIn,
    service: str,
    path: str,
    claims: Mapping[str, str],
    body: Mapping[str, Any],
) -> bytes:
    """What the desk answers, as JSON. Raises NothingHere where it refuses, and DeskUnreachable, also for a desk that
    this installation does not run.
    """
    if service not in peers:
        raise DeskUnreachable(service)
    token = service_tokens.mint(intake.keys.signing, "intake", service, claims, utc_now())
    headers = {
        "Authorization": f"Service {token}", "X-Acting-Token": acting.token, "Content-Type": "application/json",
    }  # fmt: skip
    async with httpx.AsyncClient(
        base_url=peers[service], timeout=_TIMEOUT, trust_env=False, verify=authorities()
    ) as client:
        try:
            answer = await client.post(path, content=msgspec.json.encode(body), headers=headers)
        except httpx.HTTPError as error:
            raise DeskUnreachable(type(error).__name__) from None
    if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
        raise NothingHere
    if not answer.is_success:
        raise DeskUnreachable(str(answer.status_code))
    return answer.content
