"""A report that came to the wrong desk goes on to the right one (policy 2.5): its process unwraps the keys in memory,
wraps them to the desk that intake names, and keeps nothing. Nobody reads anything on the way: keys are opened, contents
never are.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from chassis.sealing import desk_label, unwrap, wrap, wrap_context
from lifecycle import contents
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from policy.model import Office

_PATH: Final = "/internal/v1/passings"


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
    asked = _asked(desk, row, matter, about)
    begun = await contents.ask(desk, "POST", _PATH, asked, asked)
    label, public = desk_label(begun["service"], begun["office"]), base64.b64decode(begun["public_key_b64"])
    wraps = [_rewrapped(desk, row, item, label, public) for item in begun["items"]]
    named = {"report_id": str(row.report_id), "office": desk.office_of(row)}
    done = await contents.ask(desk, "PUT", _PATH, {**named, "wraps": wraps}, named)
    return PassedOn(body=label, proof=str(done["proof"]))


def _asked(desk: Desk, row: CaseRow, matter: str, about: Collection[Office]) -> dict[str, Any]:
    return {
        "report_id": str(row.report_id),
        "office": desk.office_of(row),
        "matter": matter,
        "about": sorted(office.value for office in about),
    }


def _rewrapped(desk: Desk, row: CaseRow, item: dict[str, str], label: str, public: bytes) -> dict[str, str]:
    item_id = UUID(item["item_id"])
    own = desk_label(desk.service, desk.office_of(row))
    context = wrap_context(row.report_id, item_id, own)
    data_key = unwrap(base64.b64decode(item["wrapped_b64"]), desk.key_of(row), context=context)
    wrapped = wrap(data_key, public, context=wrap_context(row.report_id, item_id, label))
    return {"item_id": str(item_id), "wrapped_b64": base64.b64encode(wrapped).decode()}
