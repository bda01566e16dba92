"""What the ombuds cell tells of a danger: a case of its own, whose words nobody in conflict with its people sees."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.consumer import AfterCommit, Event, Handler, InvalidMessage
from chassis.sealing import SealNotOpened, open_from
from contracts.alerts.v1.alerts_pb2 import DangerRaised
from contracts.ids import new_id
from lifecycle import bodies, directory, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, ActorKind
from services.workflow.domain.danger_alert import DANGER, LIFECYCLE, NEEDS, RECORD

NAME: Final = LIFECYCLE.name


def handler(desk: Desk) -> Handler:
    """For ombuds.alerts.v1. Nothing twice: its own id is that of the case's matter."""

    async def raised(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = event.message
        assert isinstance(message, DangerRaised)
        danger_id = _id(message, event.key)
        if await records.find(session, danger_id, NAME, 1) is not None:
            return None
        # The event waits for it: nobody's conflicts could be told.
        await directory.need(session)
        plaintext, now = _opened(desk, message), datetime.now(UTC)
        case_id = await open_case(session, desk, danger_id, NAME, 1, {}, now)
        row = await records.lock(session, case_id)
        assert row is not None
        await parties.bring(session, desk, row, parties.read([plaintext]))
        action = Action(new_id(), RECORD, {"needed": message.needed}, frozenset({DANGER}))
        texts, _ = await bodies.store(session, desk, row, action.id, {DANGER: json.loads(plaintext)[DANGER]})
        await decide_as(session, desk, case_id, action, Actor(ActorKind.SYSTEM), now, texts)
        return desk.poke(case_id)

    return raised


def _id(message: DangerRaised, key: str) -> UUID:
    if message.danger_id != key or message.needed not in NEEDS:
        raise InvalidMessage("danger_unreadable")
    try:
        return UUID(message.danger_id)
    except ValueError:
        raise InvalidMessage("danger_unreadable") from None


def _opened(desk: Desk, message: DangerRaised) -> bytes:
    try:
        context = b"danger|" + message.danger_id.encode()
        return open_from(desk.desk_key(NAME), message.sealed_danger, context=context)
    except SealNotOpened:
        raise InvalidMessage("danger_unreadable") from None
