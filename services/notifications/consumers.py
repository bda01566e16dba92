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
from policy.names import Office
from services.notifications.sender import Sender

_KEEP = text("""
    insert into waiting (event_id, source, recipient_ref, may_wait, late_office)
    select :event_id, :source, :recipient_ref, :may_wait, :late_office
    where not exists (select from sent where event_id = :event_id)
    on conflict (event_id) do nothing
""")


def handlers(sender: Sender) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    """Each wakes the sender once the notice is committed."""

    async def keep(session: AsyncSession, event: Event, *, may_wait: bool, late_office: str) -> AfterCommit:
        assert isinstance(event.message, StaffNotice | ReporterNotice)
        try:
            recipient_ref = UUID(event.message.recipient_ref)
        except ValueError:
            raise InvalidMessage("recipient_ref_not_an_id") from None
        parameters = {"event_id": event.id, "source": event.source, "recipient_ref": recipient_ref}
        await session.execute(_KEEP, params=parameters | {"may_wait": may_wait, "late_office": late_office})
        return sender.wake

    async def of_staff(session: AsyncSession, event: Event) -> AfterCommit:
        notice = event.message
        assert isinstance(notice, StaffNotice)
        if notice.late_office and notice.late_office not in set(Office):
            raise InvalidMessage("late_office_unknown")
        return await keep(session, event, may_wait=notice.may_wait, late_office=notice.late_office)

    async def of_person(session: AsyncSession, event: Event) -> AfterCommit:
        return await keep(session, event, may_wait=False, late_office="")

    return {
        **{topic: {StaffNotice: of_staff} for topic in (OMBUDS_CASES, SUPPORT_CASES, WORKFLOW_CASES, ETHICS_CASES)},
        INTAKE_NOTICES: {ReporterNotice: of_person},
    }
