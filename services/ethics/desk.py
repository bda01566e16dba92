"""The ethics office as the engine of cases sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from lifecycle import notices
from lifecycle.desk import Desk
from lifecycle.model import Case, Effect, EffectKind
from lifecycle.records import CaseRow
from policy.load import load
from policy.model import Role
from services.ethics.domain import query
from services.ethics.use_cases import IMMINENT_HARM, OFFICE, QUERY, REVIEW, facts_of, forget_facts


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises ValueError when the settings name no key store."""

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        if effect.kind is EffectKind.NOTIFY:
            notices.tell(session, desk, row, case, effect)

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
        notices_office=OFFICE,
        effects=effects,
        own_contents=own_contents,
        clear=forget_facts,
    )
    return desk
