"""The support cell as the engine of cases sees it: welfare, PSEAH and those trained to help, and nobody else.

What is written and noted here is for nobody outside it, whatever their office (invariant 30).
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun, Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from lifecycle import erasing, notices, parties, reports
from lifecycle.desk import Desk
from lifecycle.model import Action, Case, Effect, EffectKind, Refused
from lifecycle.records import CaseRow
from policy.load import load
from services.support import help_file, referrals, routing
from services.support.domain.guards import wishes
from services.support.domain.referral_acts import COORDINATORS
from services.support.domain.support_referral import LIFECYCLE

OFFICE: Final = "support"
REFERRAL: Final = LIFECYCLE.name
PURPOSES: Final = {REFERRAL: frozenset({"assistance", "referral", "handover"})}


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises HelpBroken, and ValueError when the settings name no key store."""
    places = help_file.load()

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        match effect.kind:
            case EffectKind.NOTIFY:
                notices.tell(session, desk, row, case, effect)
            case EffectKind.OPEN:
                await referrals.open_another(session, desk, row, case)

    async def check(begun: Begun, row: CaseRow, action: Action, texts: Mapping[str, str]) -> Refused | None:  # noqa: ARG001
        return await referrals.check(begun, desk, places, row, action)

    desk = Desk(
        service="support",
        settings=settings,
        database=database,
        keys=keys,
        keystore=Keystore.of(settings),
        policy=load(settings.policy),
        lifecycles={REFERRAL: LIFECYCLE},
        offices={REFERRAL: OFFICE},
        # Whoever helps sees what is theirs to help with; those who find somebody to help see that it is waiting.
        readers={REFERRAL: COORDINATORS},
        purposes=PURPOSES,
        notices_office=OFFICE,
        routed_as=REFERRAL,
        parts=routing.PARTS,
        effects=effects,
        talks=frozenset({REFERRAL}),
        opens=wishes,
        check=check,
        clear=_clear,
    )
    desk.errands = {"route": partial(routing.route, desk)}
    return desk


async def _clear(session: AsyncSession, row: CaseRow) -> None:
    """What serves every case of the report goes with the last of them."""
    await parties.forget(session, row.case_id)
    if not await erasing.others_left(session, row.case_id):
        await reports.forget(session, row.report_id)
        await referrals.forget(session, row.report_id)
