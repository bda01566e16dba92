"""A report that came to the wrong desk goes on to the right one (policy 2.5): its process unwraps the keys in memory,
wraps them to the desk that intake names, and keeps nothing; and so does one whose desk may not have it any more. Nobody
reads anything on the way: keys are opened, contents never are.
"""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from chassis.sealing import desk_label, unwrap, wrap, wrap_context
from lifecycle import contents
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from policy.model import Office

_PATH, _MOVES, _TURNS = "/internal/v1/passings", "/internal/v1/moves", "/internal/v1/turns"


@dataclass(frozen=True)
class PassedOn:
    """To whom it went, and a digest of what intake did."""

    body: str
    proof: str


async def target(desk: Desk, row: CaseRow, matter: str, about: Collection[Office]) -> str | None:
    """Where a report that is such a matter would go from here; None when it may not go: it is this desk's own, or has
    come from there (invariant 34: once). Raises IntakeUnreachable, NotHandedOut.
    """
    asked = _asked(desk, row, matter, about)
    answer = await contents.ask(desk, "POST", f"{_PATH}/target", asked, asked, also={HTTPStatus.CONFLICT})
    return desk_label(answer["service"], answer["office"]) if answer else None


async def relay(desk: Desk, row: CaseRow, matter: str, about: Collection[Office]) -> PassedOn:
    """Pass the report of this case on to the desk of `matter`; `about` are the offices that it concerns. Bears being
    done twice, also after a crash half-way. Raises IntakeUnreachable, NotHandedOut, SealNotOpened.
    """
    return await _carry(desk, row, _PATH, _asked(desk, row, matter, about))


async def move(desk: Desk, row: CaseRow) -> PassedOn:
    """What she wrote goes to the desk that has the case now. Bears being done twice, also after a crash half-way.
    Raises IntakeUnreachable, NotHandedOut, SealNotOpened.
    """
    return await _carry(desk, row, _MOVES, _named(desk, row) | {"desk": row.desk or ""})


async def turn(desk: Desk, row: CaseRow, office: str) -> None:
    """What came to `office` of this service, and is this case's matter, goes from here on to the desk that has the
    case; nothing that was written before does. Bears being done twice. Raises IntakeUnreachable, NotHandedOut.
    """
    at = row.desk or desk.policy_of(row).routes[row.lifecycle].desk
    asked = {"report_id": str(row.report_id), "office": office, "desk": at, "route": row.lifecycle}
    await contents.ask(desk, "POST", _TURNS, asked, asked)


async def _carry(desk: Desk, row: CaseRow, path: str, asked: Mapping[str, Any]) -> PassedOn:
    begun = await contents.ask(desk, "POST", path, asked, asked)
    label, public = desk_label(begun["service"], begun["office"]), base64.b64decode(begun["public_key_b64"])
    wraps = [_rewrapped(desk, row, item, label, public) for item in begun["items"]]
    named = _named(desk, row)
    done = await contents.ask(desk, "PUT", _PATH, {**named, "wraps": wraps}, named)
    return PassedOn(body=label, proof=str(done["proof"]))


def _asked(desk: Desk, row: CaseRow, matter: str, about: Collection[Office]) -> dict[str, Any]:
    return _named(desk, row) | {"matter": matter, "about": sorted(office.value for office in about)}


def _named(desk: Desk, row: CaseRow) -> dict[str, Any]:
    return {"report_id": str(row.report_id), "office": desk.office_of(row)}


def _rewrapped(desk: Desk, row: CaseRow, item: dict[str, str], label: str, public: bytes) -> dict[str, str]:
    item_id = UUID(item["item_id"])
    own = desk_label(desk.service, desk.office_of(row))
    context = wrap_context(row.report_id, item_id, own)
    data_key = unwrap(base64.b64decode(item["wrapped_b64"]), desk.key_of(row), context=context)
    wrapped = wrap(data_key, public, context=wrap_context(row.report_id, item_id, label))
    return {"item_id": str(item_id), "wrapped_b64": base64.b64encode(wrapped).decode()}
