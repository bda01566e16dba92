"""The ethics office as the engine of cases sees it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database, before_commit
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from contracts.topics import ETHICS_CASES
from lifecycle.desk import Desk
from lifecycle.exclusions import excluded
from lifecycle.model import Case, Effect, EffectKind
from lifecycle.notices import add_notice
from lifecycle.recipients import recipients
from lifecycle.records import CaseRow
from policy.load import load
from policy.model import Role
from services.ethics.domain import query
from services.ethics.use_cases import IMMINENT_HARM, OFFICE, QUERY, REVIEW, facts_of, forget_facts

_NOTICES: Final = "ethics_notices"


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises ValueError when the settings name no key store."""

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        # Who is excluded from a case stands only once its tags do, and those of a case that is being opened come
        # after its opening: so the office is told at the end of the transaction.
        if effect.kind is EffectKind.NOTIFY:
            session.info.setdefault(_NOTICES, []).append((row, case, effect))
            before_commit(session, tell)

    async def tell(session: AsyncSession) -> None:
        for row, case, effect in session.info.pop(_NOTICES):
            for staff_id in recipients(case, effect, desk.policy_of(row), case.steps[-1].at):
                if not await excluded(session, keys.cell, row.case_id, staff_id):
                    office = keys.desk(OFFICE)
                    await add_notice(session, ETHICS_CASES, row.report_id, staff_id, effect.name, desk_key=office)

    async def own_contents(session: AsyncSession, row: CaseRow, purpose: str) -> Sequence[Mapping[str, Any]]:
        return await facts_of(session, desk, row, purpose)

    desk = Desk(
        service="ethics",
        settings=settings,
        database=database,
        keys=keys,
        keystore=Keystore.of(settings),
        policy=load(settings.policy),
        lifecycles={QUERY: query.LIFECYCLE},
        offices={QUERY: OFFICE},
        readers={QUERY: frozenset({Role.ETHICS_OFFICER})},
        purposes={QUERY: frozenset({REVIEW, IMMINENT_HARM})},
        effects=effects,
        own_contents=own_contents,
        clear=forget_facts,
    )
    return desk
