"""The ombuds cell as the engine of cases sees it: the person's side. Of what happens here the organisation's side is
told nothing, but that somebody is in danger.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun, Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.settings import Settings
from chassis.web.problems import invalid
from lifecycle import notices, parties, reports
from lifecycle.desk import Desk, Team
from lifecycle.model import Action, Case, Effect, EffectKind, Refused
from lifecycle.recipients import OTHER_SIDE
from lifecycle.records import CaseRow
from policy.load import load
from services.ombuds import conflicts, danger, matching, mediations
from services.ombuds.domain import informal_resolution, mediation

OFFICE: Final = "ombuds"
TALK: Final = informal_resolution.LIFECYCLE.name
MEDIATION: Final = mediation.LIFECYCLE.name
# What the person wrote is read in the talk alone: a mediation has nothing but what both parties agreed.
PURPOSES: Final = {TALK: frozenset({"conversation", "handover"}), MEDIATION: frozenset({"agreement"})}


def build_desk(settings: Settings, database: Database, keys: ServiceKeys) -> Desk:
    """Raises ValueError when the settings name no key store."""

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        match effect.kind, effect.name:
            case EffectKind.NOTIFY, _ if effect.facts["to"] == OTHER_SIDE:
                await mediations.tell_other_party(session, desk, row, case, effect)
            case EffectKind.NOTIFY, _:
                notices.tell(session, desk, row, case, effect)
            case EffectKind.OPEN, _:
                await mediations.open_one(session, desk, row, case)
            case EffectKind.EMIT, mediation.LET_HIM_IN.name:
                await mediations.let_in(session, desk, row, case)
            case EffectKind.EMIT, informal_resolution.END_MEDIATIONS.name:
                await mediations.end_all(session, desk, row, case)
            case EffectKind.EMIT, informal_resolution.RAISE_DANGER.name:
                await danger.tell(session, desk, row, case)

    async def check(begun: Begun, row: CaseRow, action: Action, texts: Mapping[str, str]) -> Refused | None:
        """Nobody is asked to listen, by whomever, who may not, and nobody invited whom she has not named."""
        match action.name:
            case informal_resolution.OFFER_MATCH:
                listener = str(action.facts.get("focal_point", ""))
                if not await conflicts.may_hold(await begun(), desk, row, listener):
                    raise invalid("facts.focal_point", "This person cannot hold this talk. Ask somebody else.")
            case mediation.INVITE:
                await mediations.check_invited(await begun(), desk, row, texts.get(mediation.INVITED, "").strip())
            case informal_resolution.RAISE_IMMINENT_HARM:
                danger.check_length(texts)
        return None

    desk = Desk(
        service="ombuds",
        settings=settings,
        database=database,
        keys=keys,
        keystore=Keystore.of(settings),
        policy=load(settings.policy),
        lifecycles={TALK: informal_resolution.LIFECYCLE, MEDIATION: mediation.LIFECYCLE},
        offices={TALK: OFFICE, MEDIATION: OFFICE},
        # A focal point sees the talks that are his to hold, a party the mediation he is asked to; the ombudspersons,
        # who answer for all, see that they are, and read those alone that are theirs to hold (invariant 2).
        readers={TALK: informal_resolution.OMBUDS, MEDIATION: informal_resolution.OMBUDS},
        blind={TALK: informal_resolution.OMBUDS, MEDIATION: informal_resolution.OMBUDS},
        purposes=PURPOSES,
        teams={MEDIATION: Team(informal_resolution.OMBUDS, mediation.WITH_BOTH)},
        notices_office=OFFICE,
        routed_as=TALK,
        parts=conflicts.PARTS,
        effects=effects,
        talks=frozenset({TALK}),
        check=check,
        clear=_clear,
    )
    desk.errands = {informal_resolution.FIND_FOCAL_POINT.name: partial(matching.match, desk)}
    return desk


async def _clear(session: AsyncSession, row: CaseRow) -> None:
    await session.execute(text("delete from talks_counted where case_id = :case_id"), params={"case_id": row.case_id})
    await parties.forget(session, row.case_id)
    if row.lifecycle == TALK:
        await reports.forget(session, row.report_id)
