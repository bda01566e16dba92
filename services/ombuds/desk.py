"""The ombuds cell as the engine of cases sees it: the person's side, which tells the organisation's side nothing."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from chassis.web.problems import invalid
from lifecycle import notices, parties, reports
from lifecycle.desk import Desk
from lifecycle.model import Action, Case, Effect, EffectKind
from lifecycle.records import CaseRow
from policy.load import load
from policy.model import Role
from services.ombuds import matching
from services.ombuds.domain import informal_resolution

OFFICE: Final = "ombuds"
OFFER_MATCH: Final = "offer_match"
TALK: Final = informal_resolution.LIFECYCLE.name


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises ValueError when the settings name no key store."""

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        if effect.kind is EffectKind.NOTIFY:
            notices.tell(session, desk, row, case, effect)

    async def check(session: AsyncSession, row: CaseRow, action: Action, texts: Mapping[str, str]) -> None:  # noqa: ARG001
        """Nobody is asked to listen, by whomever, who may not."""
        listener = str(action.facts.get("focal_point", ""))
        if action.name == OFFER_MATCH and not await matching.may_listen(session, desk, row, listener):
            raise invalid("facts.focal_point", "This person cannot hold this talk. Ask somebody else.")

    desk = Desk(
        service="ombuds",
        settings=settings,
        database=database,
        keys=keys,
        keystore=Keystore.of(settings),
        policy=load(settings.policy),
        lifecycles={TALK: informal_resolution.LIFECYCLE},
        offices={TALK: OFFICE},
        # A focal point sees the talks that are his to hold; the ombudsperson, who answers for all, sees that they are.
        readers={TALK: frozenset({Role.OMBUDSPERSON})},
        purposes={TALK: frozenset({"conversation", "handover"})},
        notices_office=OFFICE,
        effects=effects,
        talks=frozenset({TALK}),
        check=check,
        clear=_clear,
    )
    desk.errands = {informal_resolution.FIND_FOCAL_POINT.name: partial(matching.match, desk)}
    return desk


async def _clear(session: AsyncSession, row: CaseRow) -> None:
    await parties.forget(session, row.case_id)
    await reports.forget(session, row.report_id)
