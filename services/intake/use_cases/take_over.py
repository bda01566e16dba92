"""Adding a route to a code that the person has: what she ticked of earlier routes is opened with her code in memory and
sealed anew, under new ids, to the new desk. Nothing on the new route points back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from chassis.access_code import AccessCode
from services.intake.bodies import LodgeReport
from services.intake.domain.carried import MESSAGE
from services.intake.files.kept import File, opened
from services.intake.files.kinds import Kind, Removed
from services.intake.intake import Intake
from services.intake.items import items_of, open_items
from services.intake.parties import NOBODY, UNNAMED, Parties
from services.intake.route_list import routes_of
from services.intake.tables import Direction, Item, ItemKind, Report
from services.intake.use_cases.hold_file import Draft, Held
from services.intake.use_cases.keep_file import check_room
from services.intake.use_cases.lodge_report import Carried, Receipt, Request, answered, lodge


class NotToBeTakenOver(Exception):
    """A ticked item is not one that she wrote and that can still be opened; `place` is its place in the list."""

    def __init__(self, place: int) -> None:
        super().__init__("a ticked item cannot be taken over")
        self.place = place


class TooManyFiles(Exception):
    """What was ticked and what was added are more files together than one route takes: `most`."""

    def __init__(self, most: int) -> None:
        super().__init__("more files than one route takes")
        self.most = most


async def take_over(
    intake: Intake,
    code: AccessCode,
    draft: LodgeReport,
    key: str,
    now: datetime,
    held: Sequence[Held] = (),
    sent_in: Draft | None = None,
) -> Receipt:
    """Lodge a further report under `code`; the same `key` with the same draft and files gets the same answer.

    Raises NothingHere for an unknown code, NotToBeTakenOver, TooManyRoutes, where there are files TooManyFiles, and
    FileRefused where all her routes have no room for them, and what `lodge_report` raises.
    """
    async with intake.database.transaction() as session:
        report_ids = await routes_of(session, intake, code)
    request = Request.of(intake, key, draft, code, held=held)
    if before := await answered(intake, request):
        return before
    carried = await _opened(intake, code, report_ids, draft)
    carried = replace(carried, files=[*carried.files, *(one.file(intake.database) for one in held)])
    if not carried.files:
        return await lodge(intake, request, draft, carried, now, sent_in)
    if len(carried.files) > intake.receiving.most:
        raise TooManyFiles(intake.receiving.most)
    async with intake.receiving.carrying():
        async with intake.database.transaction() as session:
            await check_room(session, intake, report_ids, len(carried.files))
        return await lodge(intake, request, draft, carried, now, sent_in)


async def _opened(intake: Intake, code: AccessCode, report_ids: Sequence[UUID], draft: LodgeReport) -> Carried:
    ticked = draft.take_over
    if not ticked:
        return Carried()
    by_consent = "identity_consent" in intake.policy.routes[draft.route].asks
    async with intake.database.transaction() as session:
        items = [item for item in await items_of(session, report_ids) if item.item_id in set(ticked)]
        without_name = col(Report.report_id).in_(report_ids), col(Report.mode) == "anonymous"
        anonymous = set(await session.scalars(select(col(Report.report_id)).where(*without_name)))
    own = {item.item_id: item for item in items if item.direction == Direction.PERSON}
    contents: dict[UUID, dict[str, Any]] = {}
    for report_id in {item.report_id for item in own.values()}:
        of_route = [item for item in own.values() if item.report_id == report_id]
        contents |= await open_items(intake.keystore, of_route, code.route_key(report_id))
    answers, parties, files = list[dict[str, str]](), NOBODY, list[File]()
    for place, item_id in enumerate(dict.fromkeys(ticked)):
        if item_id not in contents:
            raise NotToBeTakenOver(place)
        content = contents[item_id]
        match own[item_id].kind:
            case ItemKind.PARTIES:
                named = Parties.read(content)
                if own[item_id].report_id in anonymous and named.affected_individual:
                    # Without a name nobody has said that this is herself.
                    named = replace(named, reporter=named.reporter or UNNAMED)
                parties = parties.joined_with(named.taken_to(draft, by_consent=by_consent))
            case ItemKind.FILE:
                files.append(await _file(intake, code, own[item_id], content, place))
            case ItemKind.ORIGINAL:
                raise NotToBeTakenOver(place)  # it goes with its copy
            case _:
                answers.append({"name": content.get("name", MESSAGE), "text": content["text"]})
    return Carried(answers, parties, files)


async def _file(intake: Intake, code: AccessCode, item: Item, content: Mapping[str, Any], place: int) -> File:
    """Its copy as it is, and its original."""
    async with intake.database.transaction() as session:
        sent = await session.get(Item, UUID(content["original"]))
    route_key = code.route_key(item.report_id)
    copy = await opened(intake.database, intake.keystore, item, route_key)
    original = await opened(intake.database, intake.keystore, sent, route_key) if sent else None
    if copy is None or original is None:
        raise NotToBeTakenOver(place)
    removed = [Removed(one) for one in content["removed"]]
    return File(Kind(content["media_type"]), removed, copy.content, original.content)
