"""The organisation's side as the engine of cases sees it."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun, Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from contracts.ids import CaseId
from lifecycle import directory, parties, records, reports
from lifecycle.contents import EVIDENCE, OWN_MATTER
from lifecycle.decide import decide_as
from lifecycle.desk import Desk, Part, Team
from lifecycle.erasing import others_left
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, EffectKind, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.load import load
from policy.model import Role
from services.workflow import (
    beside,
    complaints,
    consents,
    formal_reports,
    hr_orders,
    identities,
    managers,
    measures,
    misdirected,
    named_persons,
    notices,
    respondents,
    reviews,
    sea,
)
from services.workflow.domain import (
    danger_alert,
    data_request,
    emergency_separation,
    formal_report,
    formal_rules,
    interim_measure,
    measure_parts,
    measure_readers,
    misdirected_report,
    respondent,
    review,
    sea_report,
    supervisor_parts,
    supervisor_request,
)
from services.workflow.domain.measure_parts import PROVE, RELEASE

REPORT: Final = formal_report.LIFECYCLE.name
MEASURE: Final = interim_measure.LIFECYCLE.name
EMERGENCY: Final = emergency_separation.LIFECYCLE.name
RESPONDENT: Final = respondent.LIFECYCLE.name
DANGER: Final = danger_alert.LIFECYCLE.name
REQUEST: Final = supervisor_request.LIFECYCLE.name
SEA: Final = sea_report.LIFECYCLE.name
REVIEW: Final = review.LIFECYCLE.name
MISDIRECTED: Final = misdirected_report.LIFECYCLE.name
OWN_DATA: Final = data_request.LIFECYCLE.name
LODGED: Final = frozenset({REPORT, REQUEST, SEA, OWN_DATA})
"""What a person lodges at this service, and talks about with whoever handles it."""

# Who may see any case of a kind unless excluded from it. A report is the oversight office's alone. Legal officers come
# in with the measure that oversight alerted to, and deciders see the measure and what the alert says of the risk;
# neither sees the report (policy 1: "see more of the allegation than needed").
READERS: Final = {
    REPORT: frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR}),
    MEASURE: frozenset(
        {
            Role.INTAKE_OFFICER,
            Role.INVESTIGATOR,
            Role.LEGAL_OFFICER,
            Role.ADMINISTRATIVE_HEAD,
            Role.HR_DIRECTOR,
            # Only what is theirs: measures that the ethics office has asked for, and what was escalated to them.
            Role.ETHICS_OFFICER,
            Role.ALTERNATE_ETHICS_OFFICER,
            Role.EXECUTIVE_HEAD,
            Role.OVERSIGHT_COMMITTEE,
        }
    ),
    EMERGENCY: emergency_separation.READERS,
    # Narrowed to the office that told him; and the one whom it is about, by assignment.
    RESPONDENT: respondent.HANDLERS,
    DANGER: danger_alert.RECEIVERS,
    # The manager whom it is with, by assignment, and nobody by a role.
    REQUEST: frozenset(),
    SEA: formal_rules.OVERSIGHT | sea_report.HELPERS,
    # Narrowed to those whose decision is looked at.
    REVIEW: reviews.OF_MEASURES | reviews.OF_REPORTS | {Role.REVIEWER},
    # No human hand is in it.
    MISDIRECTED: frozenset(),
    # Who sees what somebody asks about themselves sees nothing else here.
    OWN_DATA: data_request.OFFICER,
}
PURPOSES: Final = {
    REPORT: frozenset({"assessment", "investigation", "reply", "legal_review", "decision", "review", EVIDENCE}),
    MEASURE: frozenset({"measure", "review"}),
    EMERGENCY: frozenset({"safety"}),
    RESPONDENT: frozenset({OWN_MATTER, "handling", "review"}),
    DANGER: frozenset({"safety"}),
    REQUEST: frozenset({"request", "reply"}),
    SEA: frozenset({"assessment", "reply", EVIDENCE}),
    REVIEW: frozenset({"review"}),
    MISDIRECTED: frozenset(),
    OWN_DATA: frozenset({"request", "reply"}),
}
_ROUTED: Final = uuid.UUID("b0a1a4a2-54a6-4b26-9a4c-0f6f4e3c6b6d")


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises ValueError when the settings name no key store."""

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        match effect.kind:
            case EffectKind.NOTIFY:
                await notices.tell(session, desk, row, case, effect)
            case EffectKind.OPEN if effect.name == SEA:
                await sea.open_from_request(session, desk, row, case)
            case EffectKind.OPEN if effect.name == REPORT and row.lifecycle == REPORT:
                await formal_reports.open_subfile(session, desk, row, case)
            case EffectKind.OPEN if effect.name == REPORT:
                await sea.open_formal_report(session, desk, row, case)
            case EffectKind.OPEN if effect.name == MISDIRECTED:
                await misdirected.receive(session, desk, row, case)
            case EffectKind.OPEN if effect.name == REVIEW:
                await reviews.open_review(session, desk, row, case, effect)
            case EffectKind.OPEN if effect.name == RESPONDENT:
                await respondents.tell(session, desk, row, case, effect)
            case EffectKind.OPEN if effect.name == MEASURE:
                await measures.alert(session, desk, row, case, effect)
            case EffectKind.EMIT if row.lifecycle == REPORT:
                await formal_reports.emit(session, desk, row, case, effect)
            case EffectKind.EMIT if row.lifecycle == REVIEW:
                await reviews.emit(session, desk, row, case, effect)
            case EffectKind.EMIT if row.lifecycle == RESPONDENT:
                await respondents.emit(session, desk, row, case, effect)
            case EffectKind.EMIT if row.lifecycle == SEA:
                await sea.tell_handlers(session, desk, row, case, effect)
            case EffectKind.EMIT if row.lifecycle == MEASURE:
                await hr_orders.emit(session, desk, row, case, effect)
            case _:
                raise LookupError(effect.name)

    async def check(begun: Begun, row: CaseRow, action: Action, texts: Mapping[str, str]) -> Refused | None:
        await formal_reports.check(begun, desk, row, action, texts)
        refused = await misdirected.check(begun, desk, row, action)
        if refused := refused or await respondents.check(begun, desk, row, action):
            return refused
        return await consents.check(desk, row, action) or await named_persons.check(begun, desk, row, action, texts)

    def withheld(row: CaseRow, actor: Actor) -> frozenset[str]:
        return measure_readers.withheld(from_json(row.data), actor, datetime.now(UTC), desk.policy_of(row))

    async def route_case(case_id: CaseId) -> None:
        await route(desk, case_id)

    async def release_measure(case_id: CaseId) -> None:
        await measures.release(desk, case_id)

    async def pass_on(case_id: CaseId) -> None:
        await misdirected.pass_on(desk, case_id)

    async def clear(session: AsyncSession, row: CaseRow) -> None:
        await parties.forget(session, row.case_id)
        await identities.forget(session, row.case_id)
        # The key of her route serves every case of what she lodged, and goes with the last of them.
        if await reports.lodged_as(session, row.report_id) == row.lifecycle and not await others_left(
            session, row.case_id
        ):
            await reports.forget(session, row.report_id)
        # What it came from belongs to every file of it, and is kept as long as one is.
        if row.lifecycle == REPORT and not await others_left(session, row.case_id):
            await sea.end_with_formal_report(session, desk, row)

    desk = Desk(
        service="workflow",
        settings=settings,
        database=database,
        keys=keys,
        keystore=Keystore.of(settings),
        policy=load(settings.policy),
        lifecycles={
            one.name: one
            for one in (
                formal_report.LIFECYCLE,
                interim_measure.LIFECYCLE,
                emergency_separation.LIFECYCLE,
                respondent.LIFECYCLE,
                danger_alert.LIFECYCLE,
                supervisor_request.LIFECYCLE,
                sea_report.LIFECYCLE,
                review.LIFECYCLE,
                misdirected_report.LIFECYCLE,
                data_request.LIFECYCLE,
            )
        },
        offices={
            REPORT: "oio",
            MEASURE: "measures",
            EMERGENCY: "measures",
            RESPONDENT: "oio",
            DANGER: "measures",
            REQUEST: "supervisors",
            SEA: "oio",
            REVIEW: "oio",
            MISDIRECTED: "oio",
            OWN_DATA: "data_protection",
        },
        readers=READERS,
        purposes=PURPOSES,
        effects=effects,
        notices_office="oio",
        routed_as=REPORT,
        talks=LODGED,
        blind={SEA: sea_report.HELPERS},
        parts={REQUEST: {Role.MANAGER: Part(frozenset(), managers.closing)}},
        narrows={MEASURE: _measure_of, RESPONDENT: _respondent_of, REVIEW: reviews.readers},
        teams={
            REPORT: Team(formal_rules.TEAM, formal_rules.SHARED_OUTSIDE),
            RESPONDENT: Team(formal_rules.TEAM, respondent.BETWEEN_HIM_AND_US, frozenset({respondent.FILE.name})),
        },
        withholds={MEASURE: withheld},
        errands={
            "route": route_case,
            RELEASE.name: release_measure,
            PROVE.name: lambda case_id: consents.prove(desk, case_id),
            supervisor_parts.FIND_MANAGER.name: lambda case_id: managers.find_manager(desk, case_id),
            supervisor_parts.LEVEL_UP.name: lambda case_id: managers.hand_up(desk, case_id),
            "pass_on": pass_on,
            "tell_of_complaint": lambda case_id: complaints.tell(desk, case_id),
        },
        check=check,
        clear=clear,
        came_above_her=lambda session, row: measures.note_line(session, desk, row),
        parts_lost=identities.end_lost,
    )
    return desk


async def route(desk: Desk, case_id: CaseId) -> None:
    """Find out who must not see the case, and only then have anybody told of it. Bears being done twice. Raises
    PartiesNotHere while the parties are not to be had, DirectoryNotHere while nobody's line is.
    """
    async with desk.database.transaction() as session:
        await directory.need(session)
    await parties.find_exclusions(
        desk, case_id, beside.parties_of_others if await _is_measure(desk, case_id) else beside.parties_of
    )
    await sea.take_route(desk, case_id)
    async with desk.database.transaction() as session:
        action = Action(uuid.uuid5(_ROUTED, str(case_id)), "record_routed")
        await decide_as(session, desk, case_id, action, Actor(ActorKind.SYSTEM), await records.clock_now(session))
    await sea.go_on(desk, case_id)


async def _is_measure(desk: Desk, case_id: CaseId) -> bool:
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        return row is not None and row.lifecycle == MEASURE


def _measure_of(row: CaseRow) -> frozenset[Role]:
    return measure_parts.may_see(from_json(row.data))


def _respondent_of(row: CaseRow) -> frozenset[Role]:
    return respondent.handlers(from_json(row.data))
