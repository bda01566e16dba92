"""Which events ask for a mail: `StaffNotice` on any desk's topic about its cases, and intake's `ReporterNotice`.
Everything else there is not ours.
"""

from collections.abc import Mapping
from uuid import UUID

from google.protobuf.message import Message
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.consumer import AfterCommit, Event, Handler, InvalidMessage
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.intake.v1.reports_pb2 import ReporterNotice
from contracts.topics import ETHICS_CASES, INTAKE_NOTICES, OMBUDS_CASES, SUPPORT_CASES, WORKFLOW_CASES, Topic
from services.notifications.sender import Sender

_KEEP = text("""
    insert into waiting (event_id, source, recipient_ref)
    select :event_id, :source, :recipient_ref
    where not exists (select from sent where event_id = :event_id)
    on conflict (event_id) do nothing
""")


def handlers(sender: Sender) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    """Each wakes the sender once the notice is committed."""

    async def notice(session: AsyncSession, event: Event) -> AfterCommit:
        assert isinstance(event.message, StaffNotice | ReporterNotice)
        try:
            recipient_ref = UUID(event.message.recipient_ref)
        except ValueError:
            raise InvalidMessage("recipient_ref_not_an_id") from None
        parameters = {"event_id": event.id, "source": event.source, "recipient_ref": recipient_ref}
        await session.execute(_KEEP, params=parameters)
        return sender.wake

    return {
        **{topic: {StaffNotice: notice} for topic in (OMBUDS_CASES, SUPPORT_CASES, WORKFLOW_CASES, ETHICS_CASES)},
        INTAKE_NOTICES: {ReporterNotice: notice},
    }
