"""Referrals beyond their table: what the directory says of a provider, what she was shown, another service."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun
from chassis.web.problems import invalid
from lifecycle import records
from lifecycle.decide import open_case
from lifecycle.desk import Desk
from lifecycle.model import Action, Case, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from services.support import routing
from services.support.domain.guards import CONSENT, POLICY
from services.support.domain.help import HELPS_WITH, Directory, Entry
from services.support.domain.support_referral import LIFECYCLE as TABLE

LIFECYCLE: Final = TABLE.name
# What the person chose for one service holds for the next; what was said to a child, or agreed to, does not.
_CARRIED: Final = (
    "mode", "language", "spoken_language", "urgency", "safe_contact", "contact_gender",
    "minor", "works_here", "for_whom",
)  # fmt: skip

_SHOW: Final = text("insert into shown (item_id, report_id) values (:item_id, :report_id) on conflict do nothing")
_SHOWN: Final = text("select true from shown where item_id = :item_id and report_id = :report_id")
_FORGET: Final = text("delete from shown where report_id = :report_id")


async def show(session: AsyncSession, report_id: UUID, item_id: UUID) -> None:
    """Intake has placed a message of the cell's in her inbox."""
    await session.execute(_SHOW, {"item_id": item_id, "report_id": report_id})


async def forget(session: AsyncSession, report_id: UUID) -> None:
    await session.execute(_FORGET, {"report_id": report_id})


async def open_another(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """A case of its own for another service, beside the first. One that is open for it already is enough."""
    wanted, now = str(case.facts["wanted"]), case.steps[-1].at
    there = await records.of_report(session, row.report_id, LIFECYCLE)
    open_for = {from_json(one.data).facts["service"] for one in there if one.closed_at is None}
    if wanted in open_for:
        return
    carried = {name: case.facts[name] for name in _CARRIED if name in case.facts}
    facts = {**carried, "service": wanted, "lodged_at": now.isoformat()}
    number = max(one.number for one in there) + 1
    case_id = await open_case(session, desk, row.report_id, LIFECYCLE, number, facts, now)
    desk.wake(session, case_id)


async def check(begun: Begun, desk: Desk, places: Directory, row: CaseRow, action: Action) -> Refused | None:
    """What the table cannot know. Raises Problem for a name or an id that means nothing here."""
    match action.name:
        case "assign_specialist":
            if not await routing.may_help(await begun(), desk, row, str(action.facts.get("specialist", ""))):
                raise invalid("facts.specialist", "This person cannot help in this matter. Ask somebody else.")
        case "prepare_referral":
            provider = _provider(places, row, str(action.facts.get("provider", "")))
            return await _not_shown(await begun(), row, action) or _not_warned(provider, action)
    return None


async def _not_shown(session: AsyncSession, row: CaseRow, action: Action) -> Refused | None:
    """She agrees to words that lie before her, never to a description of them. Intake's word that they do may be a
    moment behind the message itself.
    """
    try:
        named = {"item_id": UUID(str(action.facts.get("preview", ""))), "report_id": row.report_id}
    except ValueError:
        raise invalid("facts.preview", "Give the item_id of the message that holds the words to be shared.") from None
    shown = await session.scalar(_SHOWN, params=named)
    return None if shown else Refused("PREVIEW_NOT_SHOWN", CONSENT, {"field": "preview"})


def _provider(places: Directory, row: CaseRow, key: str) -> Entry:
    entry = places.entry(key)
    if entry is None or entry.service not in HELPS_WITH[str(from_json(row.data).facts["service"])]:
        raise invalid("facts.provider", "The directory of help has no such provider for this service.")
    return entry


def _not_warned(provider: Entry, action: Action) -> Refused | None:
    """Whoever has to pass on what they hear may set the police on her: she is told before she agrees to anything."""
    passes_on = bool(provider.must_report) or not provider.confidential
    warned = action.facts.get("must_report_told") is True
    return Refused("MUST_REPORT_NOT_TOLD", POLICY, {"field": "must_report_told"}) if passes_on and not warned else None
