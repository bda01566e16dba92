"""Her consent at the moment that something rests on it: a measure takes effect over her work (invariant 38), her report
or her name goes further (invariant 15). Fetched afresh, and nothing happens without it.

What she said may be on its way here or have been taken back a second ago; intake knows.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.web.problems import unavailable
from contracts.ids import CaseId
from lifecycle import consents, records
from lifecycle.consents import Proof
from lifecycle.contents import IntakeUnreachable
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, ActorKind, Case, Facts, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Policy
from services.workflow.domain import formal_naming, formal_referral
from services.workflow.domain.measure_parts import is_held, rests_on_her_word
from services.workflow.domain.measure_rules import GIVES_CONSENT, HERS

_PROVEN: Final = uuid.UUID("3b7c0d0e-2f0a-4a6e-8f6e-6d1c1f0b7a55")
_LAST_YES: Final = text("""
    select action_id from case_actions where case_id = :case_id and action = any(:actions)
    order by version desc limit 1
""")


@dataclass(frozen=True)
class _Rest:
    """`when`: whether a step of this case, with what it says, rests on her word; `by`: the acts by which she gives it;
    `rule`: what asks for it; `to`: which of several consents it is.
    """

    when: Callable[[Case, Facts], bool]
    by: frozenset[str]
    rule: str
    to: str = ""


_MEASURE: Final = _Rest(lambda case, _: rests_on_her_word(case), GIVES_CONSENT, HERS)
_REFERRAL: Final = _Rest(
    lambda case, _: formal_referral.rests_on_her_yes(case), formal_referral.GIVES_WORD, formal_referral.RULE
)
_NAMING: Final = _Rest(formal_naming.rests_on_her_yes, formal_naming.GIVES_WORD, formal_naming.RULE, "naming")
_RESTS: Final[Mapping[tuple[str, str], _Rest]] = {
    ("interim_measure", "release_notice"): _MEASURE,
    **dict.fromkeys((("formal_report", action) for action in formal_referral.REFER), _REFERRAL),
    ("formal_report", formal_naming.DISCLOSE): _NAMING,
}


class ConsentUnsettled(Exception):
    """She has said something that has not arrived here yet; asked again."""


async def prove(desk: Desk, case_id: CaseId) -> None:
    """The errand of a decision over her work whose day has come: HR is asked now that she agrees, or it has not begun.
    Bears being done twice. Raises IntakeUnreachable, ConsentUnsettled: till then HR is asked for nothing.
    """
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
    if row is None or not is_held(from_json(row.data)):
        return
    proof = await fetched(desk, row)
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is not None and is_held(from_json(row.data)):
            await record(session, desk, row, "record_proof" if proof else "record_no_proof", proof or {})


async def check(desk: Desk, row: CaseRow, action: Action) -> Refused | None:
    """What rests on her word goes with a proof: the letter by which the other side learns of a measure over her work,
    her report to a body outside, and her name on the ground of her consent. Raises Problem 503.
    """
    rest = _RESTS.get((row.lifecycle, action.name))
    if rest is None or not rest.when(from_json(row.data), action.facts):
        return None
    try:
        proof = await fetched(desk, row, rest)
    except (IntakeUnreachable, ConsentUnsettled):
        raise unavailable("Whether the person still agrees cannot be asked at this moment. Try again soon.") from None
    return None if proof else Refused("CONSENT_NOT_PROVEN", rest.rule, {"field": "proof"})


async def fetched(desk: Desk, row: CaseRow, rest: _Rest = _MEASURE) -> Facts | None:
    """The proof as a fact of the step that rests on it; None where she does not agree, or said so too long ago. Raises
    IntakeUnreachable, ConsentUnsettled.
    """
    proof = await consents.proof_of(desk, row, rest.to)
    async with desk.database.transaction() as session:
        now = await records.clock_now(session)
        known: UUID | None = await session.scalar(
            _LAST_YES, params={"case_id": row.case_id, "actions": sorted(rest.by)}
        )
    if not _stands(proof, desk.policy_of(row), now):
        return None
    if proof.action_id != known:
        raise ConsentUnsettled
    return {"proof": proof.digest}


async def record(session: AsyncSession, desk: Desk, row: CaseRow, name: str, facts: Facts) -> None:
    """A step of the system, at this version of the case once."""
    action = Action(uuid.uuid5(_PROVEN, f"{row.case_id}:{name}:{row.version}"), name, facts)
    await decide_as(session, desk, row.case_id, action, Actor(ActorKind.SYSTEM), await records.clock_now(session))


def _stands(proof: Proof, policy: Policy, now: datetime) -> bool:
    return proof.given and proof.at is not None and now <= policy.due("consent.refresh", proof.at)
