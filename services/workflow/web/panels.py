"""What the pages of the organisation's side have beside the cases."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar.handlers import HTTPRouteHandler

from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from lifecycle import records
from lifecycle.access import kinds_read
from lifecycle.desk import Desk
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.panels import QUEUE, Panels
from lifecycle.views import CaseSeen
from policy.model import Role
from services.workflow.desk import EMERGENCY, MEASURE, OWN_DATA, PURPOSES, REPORT, REQUEST, RESPONDENT, REVIEW, SEA
from services.workflow.domain.persons import LINE_CHANGE
from services.workflow.web import (
    appointment_pages,
    figure_pages,
    identity_pages,
    letter_pages,
    measure_pages,
    opening_pages,
    own_matter_pages,
    policy_pages,
    promise_pages,
    request_pages,
    version_pages,
)
from services.workflow.web.deciding_pages import ARRANGED
from services.workflow.web.measure_stages import bar
from services.workflow.web.naming_persons import PERSONS
from services.workflow.web.themes import THEMES

DECIDES: Final = frozenset(
    {"decide_measure", "sign_measure", "extend_measure", "vary_measure", "lift_measure", "decline_alert"}
    | {"decide_discipline", "sign_second", "decline_signature", "decide_no_sanction", "dismiss_summarily"}
    | {"decide_national_referral"}
    | {"take_managerial_action", "find_no_case", "charge", "consider_redress", "decide_review"}
    | {"notify_subject", "release_notice", "disclose_to_subject", "disclose_to_person"}
    | {"decide_disclosure", "announce_disclosure", "disclose_identity"}
    | {"separate", "end_separation"}
    | {"answer_request", "refuse_request"}
)


NOTHING_TO_DECIDE: Final = frozenset({"need_seen", "declined", "not_taken_up"})
"""States of a measure in which nobody is told of anything."""


def _routes(of: DeskPages) -> Sequence[HTTPRouteHandler]:
    return [
        *request_pages.routes(of),
        *opening_pages.routes(of, DECIDES),
        *measure_pages.routes(of),
        *letter_pages.routes(of),
        *identity_pages.routes(of),
        *own_matter_pages.routes(of),
        *figure_pages.routes(of),
        *appointment_pages.routes(of),
        *policy_pages.routes(of),
        *version_pages.routes(of),
        *promise_pages.routes(of),
    ]


def _asks_who(desk: Desk, case: CaseSeen, actor: Actor) -> bool:
    """Whether they have a part in it by which the policy lets somebody ask who reports."""
    parts = {role for role, name in case.assigned.items() if name == actor.staff_id}
    route = desk.policy.routes.get(case.lifecycle)
    kept = route is not None and route.keeps_reporter
    return kept and any(parts & set(one.roles) for one in desk.policy.identity_purposes.values())


def _shows_tab(desk: Desk, address: str, staff_id: str) -> bool:
    """What somebody has nothing to do with stands beside no queue of theirs."""
    now = datetime.now(UTC)
    match address:
        case opening_pages.HOME:
            return bool(opening_pages.theirs(desk, staff_id, now))
        case measure_pages.REVIEWS:
            return MEASURE in kinds_read(desk, staff_id, now)
        case appointment_pages.HOME:
            return appointment_pages.has_desk(desk, staff_id, now)
        case _:
            return True


def _lands(desk: Desk, staff_id: str) -> str:
    """Whoever keeps the policy and reads no case would find an empty queue."""
    now = datetime.now(UTC)
    keeps = appointment_pages.has_desk(desk, staff_id, now) and not kinds_read(desk, staff_id, now)
    return appointment_pages.HOME if keeps else QUEUE[0]


async def _has_lines(desk: Desk, case_id: UUID, actor: Actor) -> bool:
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
    return row is not None and measure_pages.shows_lines(desk, row, actor)


async def _beside(of: DeskPages, page: Page, case: CaseSeen, actor: Actor) -> Mapping[str, Any]:  # noqa: ARG001
    return {
        "has_identity": _asks_who(of.desk, case, actor),
        "has_letter": case.lifecycle == MEASURE and case.state not in NOTHING_TO_DECIDE,
        "stages": bar(case) if case.lifecycle == MEASURE else (),
        "has_lines": case.facts.get("type") == LINE_CHANGE and await _has_lines(of.desk, case.case_id, actor),
        "is_his": case.lifecycle == RESPONDENT and actor.roles == {Role.ALLEGED_OFFENDER},
    }


PANELS: Final = Panels(
    tabs=(
        ("/requests", N_("Requests made to me")),
        (opening_pages.HOME, N_("Open a matter")),
        (measure_pages.REVIEWS, N_("Reviews of measures")),
        ("/own", N_("About me")),
        ("/figures", N_("Figures")),
        (appointment_pages.HOME, N_("Appointments and policy")),
    ),
    shows_tab=_shows_tab,
    lands=_lands,
    routes=_routes,
    beside=_beside,
    decides=DECIDES,
    # Whoever reads one of these reads who is in it, whatever for. A danger alert is read at once.
    discloses={
        name: PURPOSES[name] for name in (REPORT, SEA, MEASURE, EMERGENCY, RESPONDENT, REQUEST, REVIEW, OWN_DATA)
    },
    spreads={"persons": PERSONS},
    arranged=ARRANGED,
    themes=THEMES,
    hides=frozenset(
        {"order", "begins_at", "version", "proof", "proof_hash", "body", "file", "asked_in", "effects_seen"}
    ),
)
