"""Who has opened what she sent: as what, for what and on which day (policy 6, "a handler gossips").

Read from intake's own trail, where each look stands before anything leaves. No names: whoever holds her code learns
from it how far the matter is, and not whom to lean on; who it was the auditor can see (invariant 3).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.access_code import AccessCode
from chassis.database import fetch
from policy.model import Policy
from services.intake.intake import Intake, audit_object
from services.intake.route_list import routes_of
from services.intake.tables import Report
from services.intake.use_cases.release_identity import is_told

_IDENTITY: Final = "identity_handed_out"
LOOKS: Final[Mapping[str, str]] = {
    "contents_handed_out": "words",
    "file_handed_out": "file",
    "original_handed_out": "original",
    _IDENTITY: "identity",
}
"""What somebody got to see, by the act in the trail."""
_TRAIL: Final = text("""
    select entry_json, actor from audit_trail trail left join audit_actors using (shard, number)
    where trail.object_ref = :object_ref order by trail.object_number desc
""")


@dataclass(frozen=True)
class Look:
    """`roles`: as what; those that the reader was appointed to that day where the entry names none. Empty for whoever
    is appointed to nothing, and, once it is `forgotten`, for everybody.
    """

    day: date
    what: str
    purpose: str
    roles: tuple[str, ...]
    forgotten: bool


async def readers_of(intake: Intake, code: AccessCode) -> Mapping[UUID, Sequence[Look]]:
    """For each of her routes, newest first, each kind of look once a day. Not for a talk: what is opened there is
    written down without saying of which talk. Raises NothingHere for an unknown code.
    """
    async with intake.database.transaction() as session:
        of_hers = select(Report).where(col(Report.report_id).in_(await routes_of(session, intake, code)))
        reports = [one for one in await session.scalars(of_hers) if audit_object(one) == str(one.report_id)]
        return {one.report_id: await _looks(session, intake.policy, one) for one in reports}


async def _looks(session: AsyncSession, policy: Policy, report: Report) -> Sequence[Look]:
    rows = await fetch(session, _TRAIL, {"object_ref": audit_object(report)})
    return list(dict.fromkeys(_read(rows, policy)))


def _read(rows: Sequence[Any], policy: Policy) -> Iterator[Look]:
    for row in rows:
        entry, actor = json.loads(row["entry_json"]), row["actor"]
        if entry["act"] not in LOOKS:
            continue
        at, facts = datetime.fromisoformat(entry["at"]), entry["facts"]
        if entry["act"] == _IDENTITY and not is_told(policy, facts["purpose"]):
            continue
        held = [facts["role"]] if "role" in facts else sorted(policy.roles_of(actor, at)) if actor else []
        yield Look(at.date(), LOOKS[entry["act"]], facts["purpose"], tuple(held), forgotten=actor is None)
