"""What the person sees with her code: opened in memory, kept nowhere."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from chassis.access_code import AccessCode
from chassis.sealing import SealNotOpened, open_from, told_context
from services.intake.bodies import (
    AnswerSeen,
    CaseSeen,
    FileSeen,
    Inbox,
    MessageSeen,
    PartiesSeen,
    RefusedAction,
    ReleaseSeen,
    RouteSeen,
)
from services.intake.intake import Intake
from services.intake.items import items_of, open_items
from services.intake.route_list import given_anew, routes_of
from services.intake.tables import Direction, IdentityRelease, Item, ItemKind, PersonAction, Report, RouteCase
from services.intake.use_cases.choose_mails import MAILS
from services.intake.use_cases.give_name import CONFIDENTIAL, all_named, is_numbered
from services.intake.use_cases.protect import ETHICS_CONTACT, answers_of
from services.intake.use_cases.release_identity import asks_her, shows_her
from services.intake.use_cases.set_reminder import reminders_of

logger = logging.getLogger(__name__)


async def read_inbox(intake: Intake, code: AccessCode, now: datetime) -> Inbox:
    """Every route of the code with its cases, messages and what she wrote, and the days she wants to be asked on.
    Raises NothingHere for an unknown code.
    """
    async with intake.database.transaction() as session:
        report_ids, anew = await routes_of(session, intake, code), await given_anew(session, intake, code)
        found = await session.scalars(select(Report).where(col(Report.report_id).in_(report_ids)))
        reports = {report.report_id: report for report in found}
        of_cases = select(RouteCase).where(col(RouteCase.report_id).in_(report_ids))
        cases = list(await session.scalars(of_cases.order_by(col(RouteCase.lifecycle), col(RouteCase.number))))
        of_hers = select(PersonAction).where(col(PersonAction.report_id).in_(report_ids))
        refused = list(await session.scalars(of_hers.where(col(PersonAction.refused).is_not(None))))
        items = await items_of(session, report_ids)
        of_releases = select(IdentityRelease).where(col(IdentityRelease.report_id).in_(report_ids))
        of_releases = of_releases.order_by(col(IdentityRelease.asked_at))
        releases = [one for one in await session.scalars(of_releases) if shows_her(intake, one)]
        answers = {report_id: await answers_of(session, report_id) for report_id in report_ids}
    return Inbox(
        routes=[
            _route(
                reports[report_id],
                [case for case in cases if case.report_id == report_id],
                [action for action in refused if action.report_id == report_id],
                # What she sent as it was is not opened to show her inbox.
                own := [item for item in items if item.report_id == report_id and item.kind != ItemKind.ORIGINAL],
                await open_items(intake.keystore, own, code.route_key(report_id)),
                answers[report_id],
                [_release(intake, one, now) for one in releases if one.report_id == report_id],
                code,
            )
            for report_id in report_ids
            # Listed and not there: a lodging that did not come to its end.
            if report_id in reports
        ],
        reminders=await reminders_of(intake, code, now),
        given_anew=anew,
    )


def _route(
    report: Report,
    cases: Sequence[RouteCase],
    refused: Sequence[PersonAction],
    items: Sequence[Item],
    contents: dict[UUID, dict[str, Any]],
    answers: dict[str, tuple[int, bool]],
    releases: list[ReleaseSeen],
    code: AccessCode,
) -> RouteSeen:
    opened = [(item, contents[item.item_id]) for item in items if item.item_id in contents]
    # Without a yes before it there is no answer at all.
    _, mails = answers.get(MAILS, (0, None))
    return RouteSeen(
        report_id=report.report_id,
        route=report.lifecycle,
        lodged_at=report.lodged_at,
        next_date=None if report.erased_at else report.next_date,
        closed=report.erased_at is not None,
        named=report.mode == CONFIDENTIAL,
        numbered=is_numbered(
            report, items, all_named(content for item, content in opened if item.kind == ItemKind.PARTIES)
        ),
        cases=[_case(case, code) for case in cases],
        refused_actions=[RefusedAction(action_id=one.action_id, code=one.refused or "") for one in refused],
        messages=[
            MessageSeen(
                item_id=item.item_id,
                from_="you" if item.direction == Direction.PERSON else "desk",
                text=content["text"],
                day=item.day,
            )
            for item, content in opened
            if item.kind == ItemKind.MESSAGE
        ],
        answers=[
            AnswerSeen(item_id=item.item_id, name=content["name"], text=content["text"])
            for item, content in opened
            if item.kind == ItemKind.ANSWERS
        ],
        parties=[
            PartiesSeen(item_id=item.item_id, **content) for item, content in opened if item.kind == ItemKind.PARTIES
        ],
        files=[_file(item, content) for item, content in opened if item.kind == ItemKind.FILE],
        releases=releases,
        ethics_contact=answers.get(ETHICS_CONTACT, (0, False))[1],
        mails=mails is True,
        mails_ended=mails is False,
    )


def _release(intake: Intake, release: IdentityRelease, now: datetime) -> ReleaseSeen:
    return ReleaseSeen(
        release_id=release.release_id,
        purpose=release.purpose,
        role=release.role,
        asked=asks_her(intake, release),
        agrees=release.agrees,
        since=release.given_at.date() if release.given_at else None,
        until=release.until.date() if release.until else None,
        over=release.ended_at is not None or (release.until is not None and release.until <= now),
    )


def _file(item: Item, content: dict[str, Any]) -> FileSeen:
    return FileSeen(
        item_id=item.item_id,
        name=content["name"],
        media_type=content["media_type"],
        size=content["size"],
        removed=content["removed"],
        day=item.day,
    )


def _case(case: RouteCase, code: AccessCode) -> CaseSeen:
    return CaseSeen(
        lifecycle=case.lifecycle,
        number=case.number,
        state=case.state,
        next_date=case.next_date,
        next_clock=case.next_clock,
        wording_key=case.wording_key,
        offers=case.offers,
        facts=_told(case, code) if case.sealed_facts else {},
    )


def _told(case: RouteCase, code: AccessCode) -> dict[str, str]:
    """What the desk sealed to her. A desk that sealed it otherwise does not close her inbox to her."""
    context = told_context(case.report_id, case.lifecycle, case.number, case.version)
    try:
        told = json.loads(open_from(code.route_key(case.report_id), case.sealed_facts or b"", context=context))
    except (SealNotOpened, ValueError) as error:
        logger.error("what a desk told her does not open", extra={"error": type(error).__name__})  # noqa: TRY400
        return {}
    return {str(part): str(who) for part, who in told.items()} if isinstance(told, dict) else {}
