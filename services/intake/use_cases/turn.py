"""What somebody was told turns out to be another matter, of another desk: what she writes from here on goes there, and
what she wrote before does not. She alone may carry that over.
"""

from chassis import audit_trail
from chassis.desk_keys import desk_key
from services.intake.intake import Intake, NothingHere, audit_object, lock_report
from services.intake.use_cases.pass_on import Moving, desk_in_place


async def turn(intake: Intake, asked: Moving, route: str) -> None:
    """Nothing is wrapped anew: the old desk is handed nothing any more, the new one what is written after this. The
    same again changes nothing. Raises NothingHere, AlreadyErased, NotToBePassedOn, DeskKeyUnknown.
    """
    target = desk_in_place(intake, route, asked.service, asked.desk)
    async with intake.database.transaction() as session:
        report = await lock_report(session, asked.report_id)
        if (report.service, report.office, report.lifecycle) == (target.service, target.key, route):
            return
        if (report.service, report.office) != (asked.service, asked.office):
            raise NothingHere
        await desk_key(session, target.service, target.key)  # there has to be one: she may write at any moment
        report.office, report.lifecycle = target.key, route
        facts: dict[str, str | int] = {"from": asked.office, "to": target.key}
        await audit_trail.record(session, "route_turned", object_ref=audit_object(report), actor=None, facts=facts)
