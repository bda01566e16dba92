"""The ethics office as the engine of cases sees it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun, Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from contracts.ids import CaseId
from lifecycle import notices, parties, reports
from lifecycle.desk import Desk, Part
from lifecycle.model import Action, Case, Effect, EffectKind, Refused
from lifecycle.records import CaseRow
from policy.load import load
from policy.model import Role
from services.ethics.domain import query, recommendation, retaliation, retaliation_parts
from services.ethics.use_cases import act_beside, check, pass_on, route_case
from services.ethics.use_cases.ask import IMMINENT_HARM, REVIEW, facts_of, forget_facts
from services.ethics.use_cases.names import OFFICE

QUERY: Final = query.LIFECYCLE.name
RETALIATION: Final = retaliation.LIFECYCLE.name
RECOMMENDATION: Final = recommendation.NAME
ECO: Final = frozenset({Role.ETHICS_OFFICER})
READERS: Final = {
    QUERY: ECO,
    # Whoever reviews or investigates sees the one case they are assigned to (invariant 31).
    RETALIATION: ECO,
    RECOMMENDATION: ECO | {*recommendation.DECIDERS},
}
PURPOSES: Final = {
    QUERY: frozenset({REVIEW, IMMINENT_HARM}),
    RETALIATION: frozenset({"assessment", "protection", "reply", "review", "investigation"}),
    RECOMMENDATION: frozenset({"decision"}),
}


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises ValueError when the settings name no key store."""

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        match effect.kind:
            case EffectKind.NOTIFY:
                notices.tell(session, desk, row, case, effect)
            case EffectKind.OPEN:
                await act_beside.open_beside(session, desk, row, case, effect)
            case EffectKind.EMIT if effect.name == "taken_on":
                await check.keep_sides_apart(session, desk, row, case)
            case EffectKind.EMIT:
                await act_beside.emit(session, desk, row, case, effect)

    async def own_contents(session: AsyncSession, row: CaseRow, purpose: str) -> Sequence[Mapping[str, Any]]:
        return await facts_of(session, desk, row, purpose) if row.lifecycle == QUERY else ()

    async def checked(begun: Begun, row: CaseRow, action: Action, texts: Mapping[str, str]) -> Refused | None:
        return await check.check(begun, desk, row, action, texts)

    async def route(case_id: CaseId) -> None:
        await route_case.route(desk, case_id)

    async def find_reviewer(case_id: CaseId) -> None:
        await route_case.find_reviewer(desk, case_id)

    async def hand_on(case_id: CaseId) -> None:
        await pass_on.pass_on(desk, case_id)

    desk = Desk(
        service="ethics",
        settings=settings,
        database=database,
        keys=keys,
        keystore=Keystore.of(settings),
        policy=load(settings.policy),
        lifecycles={one.name: one for one in (query.LIFECYCLE, retaliation.LIFECYCLE, recommendation.LIFECYCLE)},
        offices=dict.fromkeys((QUERY, RETALIATION, RECOMMENDATION), OFFICE),
        readers=READERS,
        purposes=PURPOSES,
        notices_office=OFFICE,
        routed_as=RETALIATION,
        parts={RETALIATION: {Role.REVIEWER: Part(retaliation_parts.REVIEWERS, retaliation_parts.RELEASE_REVIEWER)}},
        effects=effects,
        talks=frozenset({RETALIATION}),
        errands={"route": route, "find_reviewer": find_reviewer, "pass_on": hand_on},
        own_contents=own_contents,
        check=checked,
        clear=_clear,
    )
    return desk


async def _clear(session: AsyncSession, row: CaseRow) -> None:
    await parties.forget(session, row.case_id)
    if row.lifecycle == QUERY:
        await forget_facts(session, row)
    if row.lifecycle == RETALIATION:
        await act_beside.forget_holds(session, row.case_id)
        await reports.forget(session, row.report_id)
