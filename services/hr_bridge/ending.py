"""When it is forgotten who in HR opened or confirmed a task: HR hears of no case and of no case's end, so that the term
begins when what HR noted of the measure is not kept any more.
"""

import asyncio
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_actors
from chassis.audit_actors import KEPT_FOR
from policy.model import Policy
from services.hr_bridge.bridge import Bridge

NOTED_FOR: Final = "keep.hr_measure"
_LOOK_EVERY: Final = 60.0
_ENDED: Final = text("""
    select task_id, finished_at from tasks where finished_at is not null
        and not exists (select from actors_kept where object_ref = cast(task_id as text))
    limit 200
""")


async def note_ended(session: AsyncSession, policy: Policy) -> None:
    """Every finished task gets its term, by the policy in force."""
    if not (policy.is_set(NOTED_FOR) and policy.is_set(KEPT_FOR)):
        return
    for task_id, finished_at in (await session.execute(_ENDED)).all():
        until = policy.due(KEPT_FOR, policy.due(NOTED_FOR, finished_at))
        await audit_actors.keep_until(session, str(task_id), until)


async def note_ended_forever(bridge: Bridge) -> None:
    """Part of the background."""
    while True:
        async with bridge.database.transaction() as session:
            await note_ended(session, bridge.policy)
        await asyncio.sleep(_LOOK_EVERY)
