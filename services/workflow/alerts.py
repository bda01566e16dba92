"""What the ethics office alerts to: a measure under her request there, which that office and the deciders see and
nobody else of this side (invariant 31).
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.consumer import AfterCommit, Event, Handler, InvalidMessage
from chassis.database import savepoint
from chassis.sealing import SealNotOpened, open_from
from contracts.requests.v1.requests_pb2 import ProtectionAlerted
from lifecycle import directory, parties, reports, told
from lifecycle.desk import Desk, EffectRefused
from lifecycle.exclusions import Parties
from lifecycle.model import Fact, Facts
from services.workflow import measures

PURPOSE: Final = {"purpose": "retaliation_risk"}
ALERT_REFUSED: Final = "alert.refused"


@dataclass(frozen=True)
class Alert:
    """As the ethics office sealed it. `route_key`: what she alone reads of the measure is sealed to it."""

    named: Parties
    facts: Facts
    words: str
    by: str
    writer: Fact
    route_key: bytes


def handler(desk: Desk) -> Handler:
    """For ethics.requests.v1."""

    async def alerted(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = event.message
        assert isinstance(message, ProtectionAlerted)
        report_id = _id(message, event.key)
        # The event waits for it: nobody's conflicts could be told.
        await directory.need(session)
        alert = _opened(desk, message)
        if alert.route_key and await told.route_key(session, report_id) is None:
            await reports.keep(session, report_id, measures.LIFECYCLE, alert.route_key, datetime.now(UTC))
        try:
            async with savepoint(session):
                case_id = await measures.alert_from(
                    session, desk, report_id, alert.words, alert.facts, alert.by, alert.writer, alert.named
                )
        except EffectRefused as stopped:
            # Who has another part in the measure (invariant 33): its own office sees what became of it.
            refused = stopped.refused
            facts = {"code": refused.code}
            await audit_trail.record(
                session, ALERT_REFUSED, object_ref=event.key, actor=alert.by, rule=refused.rule, facts=facts
            )
            return None
        return desk.poke(case_id)

    return alerted


def _id(message: ProtectionAlerted, key: str) -> UUID:
    if message.report_id != key:
        raise InvalidMessage("report_not_the_key")
    try:
        return UUID(key)
    except ValueError:
        raise InvalidMessage("alert_unreadable") from None


def _opened(desk: Desk, message: ProtectionAlerted) -> Alert:
    """Raises InvalidMessage for a seal that is not ours, or that holds no alert."""
    context = b"alert|" + message.report_id.encode()
    try:
        plaintext = open_from(desk.desk_key(measures.LIFECYCLE), message.sealed_alert, context=context)
        match json.loads(plaintext):
            case {
                "facts": dict(facts),
                "risk_facts": str(words),
                "by": str(by),
                "writer": str(writer),
                "route_key": str(key),
            }:
                route_key = base64.b64decode(key, validate=True)
                return Alert(parties.read([plaintext]), {**PURPOSE, **facts}, words, by, writer, route_key)
    except (SealNotOpened, ValueError, binascii.Error):
        raise InvalidMessage("alert_unreadable") from None
    raise InvalidMessage("alert_unreadable")
