"""The one thing that leaves the cell: that somebody is in danger and what is needed, in words that the ombuds person
wrote for that. It goes under a random id that belongs to no talk, sealed to those who can separate people.
"""

import json
from collections.abc import Mapping
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import seal_to
from chassis.web.problems import invalid
from contracts.alerts.v1.alerts_pb2 import DangerRaised
from contracts.ids import new_id
from contracts.topics import OMBUDS_ALERTS
from lifecycle import bodies
from lifecycle.desk import Desk
from lifecycle.model import Case
from lifecycle.parties import parties_of
from lifecycle.records import CaseRow
from services.ombuds.domain.informal_resolution import RAISE_IMMINENT_HARM

RECEIVERS: Final = ("workflow", "measures")
"""Service and office: whoever may separate people at once (policy 2.11)."""
TEXT: Final = "danger"
LONGEST: Final = 2_000
"""Characters. It is to say what is needed, not what was told."""
_SIZE: Final = 16_384  # the same for every one, so that its length tells nothing


def check_length(texts: Mapping[str, str]) -> None:
    """Raises Problem 400."""
    if len(texts.get(TEXT, "")) > LONGEST:
        raise invalid(f"texts.{TEXT}", f"Say in at most {LONGEST} characters who is in danger and what is needed.")


async def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """The people of the matter go along for one purpose: that those in conflict with them do not see it. Raises
    DeskKeyUnknown until workflow has published its keys.
    """
    named = await parties_of(session, desk, row)
    sealed = {
        TEXT: await bodies.words_of(session, desk, row, TEXT, RAISE_IMMINENT_HARM),
        "affected_individual": named.affected_individual if named else None,
        "alleged_offender": list(named.alleged_offender) if named else [],
    }
    plaintext = json.dumps(sealed, ensure_ascii=False).encode()
    danger_id = str(new_id())
    key = await desk_key(session, *RECEIVERS)
    message = DangerRaised(
        danger_id=danger_id,
        needed=str(case.facts["needed"]),
        sealed_danger=seal_to(key.public, plaintext, context=b"danger|" + danger_id.encode(), size=_SIZE),
        raised_at=case.steps[-1].at,
    )
    await add_event(session, OMBUDS_ALERTS, danger_id, message)
