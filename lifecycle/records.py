"""The rows behind cases: what is kept of each, read and written. Rules live elsewhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from lifecycle.model import NO_MESSAGES, STOP_CONTACT, Facts, Step, Steps

_STEP: Final = msgspec.json.Encoder()
_STEP_FROM: Final = msgspec.json.Decoder(Step)
_STEPS: Final = msgspec.json.Decoder(tuple[Step, ...])
_CLOCK_NOW: Final = text("select clock_now()")
COLUMNS: Final = (
    "case_id, report_id, lifecycle, number, state, version, data, policy_name, policy_version, policy_hash,"
    " workflow_id, next_due_at, unmet_at, errands, handlers, placed_version, opened_at, changed_at, closed_at,"
    " erased_at, desk, office,"
    # In no order and in no brackets: both are put to it if somebody looks, and nobody waits for them before.
    " (select string_agg(step, ',') from case_steps kept where kept.case_id = cases.case_id) as steps,"
    " (select step from case_steps kept where kept.case_id = cases.case_id order by version desc limit 1) as newest"
)


def _select(which: str) -> TextClause:
    return text(f"select {COLUMNS} from cases {which}")  # noqa: S608 -- our own words


_LOAD: Final = _select("where case_id = :case_id")
_LOCK: Final = _select("where case_id = :case_id for update")
_FIND: Final = _select("where report_id = :report_id and lifecycle = :lifecycle and number = :number")
_OF_REPORT: Final = _select(
    "where report_id = :report_id and (cast(:lifecycle as text) is null or lifecycle = :lifecycle)"
    " order by opened_at, case_id"
)
_UNWANTED: Final = text("""
    select exists (
        select from cases where report_id = :report_id and erased_at is null
        and data -> 'facts' ->> :flag = 'true'
    )
""")
_LOAD_ALL: Final = _select("where case_id = any(:case_ids) order by opened_at desc, case_id desc")


@dataclass(frozen=True)
class CaseRow:
    """One case as it is kept. `data` is the pure case with its steps, which have rows of their own; `errands` are
    `name:version` and wait to be done; `handlers` are the staff it is assigned to; `placed_version` is the newest
    version that the person's inbox is known to show. `next_due_at`: what rings next; `unmet_at`: the earliest date that
    somebody has to meet, gone by or not.
    `desk`: the desk of the routing table that has it, and `office` whose desk key its key is wrapped to; None for the
    usual ones.
    """

    case_id: UUID
    report_id: UUID
    lifecycle: str
    number: int
    state: str
    version: int
    data: Mapping[str, Any]
    policy_name: str
    policy_version: str
    policy_hash: str
    workflow_id: str
    next_due_at: datetime | None
    unmet_at: datetime | None
    errands: Sequence[str]
    handlers: Sequence[str]
    placed_version: int
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    erased_at: datetime | None
    desk: str | None = None
    office: str | None = None


@dataclass(frozen=True)
class ActionRow:
    """An action that was taken, with the answer its sender got. `bodies` maps names of texts to their sealed rows."""

    action_id: UUID
    case_id: UUID
    version: int
    action: str
    actor: str
    roles: Sequence[str]
    bodies: Mapping[str, str]
    body_hash: str
    at: datetime
    answer: Mapping[str, Any]


async def contact_unwanted(session: AsyncSession, report_id: UUID, facts: Facts) -> bool:
    """Whether the person is not to be written to by the case that has these `facts`: in this case alone, or because she
    has said so in any case of her report (invariant 16).
    """
    if says_unwanted(facts):
        return True
    [(unwanted,)] = await fetch(session, _UNWANTED, {"report_id": report_id, "flag": STOP_CONTACT})
    return bool(unwanted)


def says_unwanted(facts: Facts) -> bool:
    """Whether the case that has these `facts` says so itself."""
    return facts.get(NO_MESSAGES) is True or facts.get(STOP_CONTACT) is True


async def clock_now(session: AsyncSession) -> datetime:
    """The schema's clock: the database's own, moved only by a test that owns the schema."""
    [(now,)] = await fetch(session, _CLOCK_NOW, {})
    moment: datetime = now
    return moment


def step_to_json(step: Step) -> str:
    return _STEP.encode(step).decode()


def steps_from_json(steps: str) -> tuple[Step, ...]:
    """Steps from the JSON of each, with commas between them and in any order: oldest first."""
    return tuple(sorted(_STEPS.decode(f"[{steps}]"), key=attrgetter("version")))


async def load(session: AsyncSession, case_id: UUID) -> CaseRow | None:
    return await _one(session, _LOAD, {"case_id": case_id})


async def lock(session: AsyncSession, case_id: UUID) -> CaseRow | None:
    """The row, and nobody else's change to it until this transaction ends."""
    row = await _one(session, _LOCK, {"case_id": case_id})
    return await load(session, case_id) if row and is_mixed(row) else row


def is_mixed(row: CaseRow) -> bool:
    """Whether somebody's change was waited for: the row is as they left it, all beside it is of before they had."""
    return row.erased_at is None and row.data["steps"][-1].version != row.version


async def find(session: AsyncSession, report_id: UUID, lifecycle: str, number: int) -> CaseRow | None:
    return await _one(session, _FIND, {"report_id": report_id, "lifecycle": lifecycle, "number": number})


async def of_report(session: AsyncSession, report_id: UUID, lifecycle: str | None = None) -> list[CaseRow]:
    """Every case of a report, oldest first; those of one kind alone where `lifecycle` says which."""
    return await _many(session, _OF_REPORT, {"report_id": report_id, "lifecycle": lifecycle})


async def load_all(session: AsyncSession, case_ids: Sequence[UUID]) -> list[CaseRow]:
    """Newest first."""
    return await _many(session, _LOAD_ALL, {"case_ids": list(case_ids)})


async def _many(session: AsyncSession, statement: TextClause, values: Mapping[str, object]) -> list[CaseRow]:
    return [row_from(**columns) for columns in await fetch(session, statement, values)]


def row_from(data: Mapping[str, Any], steps: str | None, newest: str | None, **columns: Any) -> CaseRow:
    """From the columns of `COLUMNS`: of the steps the newest alone is read before somebody looks at another."""
    kept = Steps(_STEP_FROM.decode(newest), lambda: steps_from_json(steps or "")) if newest else ()
    return CaseRow(data={**data, "steps": kept}, **columns)


async def _one(session: AsyncSession, statement: TextClause, values: Mapping[str, object]) -> CaseRow | None:
    found = await _many(session, statement, values)
    return found[0] if found else None


_INSERT: Final = text("""
    with opened as (
    insert into cases (case_id, report_id, lifecycle, number, state, version, data, policy_name, policy_version,
        policy_hash, workflow_id, next_due_at, unmet_at, errands, handlers, opened_at, changed_at, desk, office)
    values (:case_id, :report_id, :lifecycle, :number, :state, :version, :data, :policy_name, :policy_version,
        :policy_hash, :workflow_id, :next_due_at, :unmet_at, :errands, :handlers, :opened_at, now(), :desk,
        :office)
    on conflict (report_id, lifecycle, number) do nothing
    returning case_id
    )
    insert into case_steps (case_id, version, step) select case_id, :version, :step from opened
    returning case_id
""")


async def insert(session: AsyncSession, row: CaseRow) -> bool:
    """Whether the case is new: the same report, lifecycle and number is there at most once."""
    return bool(await fetch(session, _INSERT, _values(row)))


# A version is made by one step: saved again, it has that step already.
_UPDATE: Final = """
    kept as (
        insert into case_steps (case_id, version, step) values (:case_id, :version, :step)
        on conflict (case_id, version) do nothing
    )
    update cases set state = :state, version = :version, data = :data, next_due_at = :next_due_at,
        unmet_at = :unmet_at, errands = :errands, handlers = :handlers, changed_at = now(), closed_at = :closed_at,
        swept_at = null, policy_name = :policy_name, policy_version = :policy_version,
        policy_hash = :policy_hash
    where case_id = :case_id
    returning exists (
        select from cases other where other.report_id = cases.report_id and other.case_id <> cases.case_id
        and other.erased_at is null and other.data -> 'facts' ->> :flag = 'true'
    )
"""
_SAVE: Final = text(f"with {_UPDATE}")
_SAVE_WITH_ACTION: Final = text(f"""
    with taken as (
        insert into case_actions (action_id, case_id, version, action, actor, roles, bodies, body_hash, at, answer)
        values (:action_action_id, :action_case_id, :action_version, :action_action, :action_actor, :action_roles,
            :action_bodies, :action_body_hash, :action_at, :action_answer)
    ), {_UPDATE}
""")  # noqa: S608


async def save(session: AsyncSession, row: CaseRow, taken: "ActionRow | None" = None) -> bool:
    """Writes a row that this transaction has locked, and the action that changed it. Whether the person is not to be
    written to (`contact_unwanted`).
    """
    values = _values(row) | {"flag": STOP_CONTACT}
    if taken is not None:
        values |= {f"action_{name}": value for name, value in vars(taken).items()}
        values |= {"action_bodies": json.dumps(taken.bodies), "action_answer": json.dumps(taken.answer)}
    [(elsewhere,)] = await fetch(session, _SAVE if taken is None else _SAVE_WITH_ACTION, values)
    return bool(elsewhere) or says_unwanted(row.data["facts"])


def _values(row: CaseRow) -> dict[str, Any]:
    """The row's values for a statement, and the step that made its version."""
    data = {key: value for key, value in row.data.items() if key != "steps"}
    return {**vars(row), "data": json.dumps(data), "step": step_to_json(row.data["steps"][-1])}


async def strip_steps(session: AsyncSession, case_id: UUID) -> None:
    """Takes the facts out of every step."""
    await session.execute(
        text("update case_steps set step = jsonb_set(step::jsonb, '{facts}', '{}')::text where case_id = :case_id"),
        params={"case_id": case_id},
    )


async def finish_errand(session: AsyncSession, case_id: UUID, errand: str) -> None:
    await session.execute(
        text("update cases set errands = array_remove(errands, :errand) where case_id = :case_id"),
        params={"case_id": case_id, "errand": errand},
    )


async def settle_at(session: AsyncSession, case_id: UUID, office: str) -> None:
    """From here on the case's key is wrapped to this office's desk key."""
    await session.execute(
        text("update cases set office = :office where case_id = :case_id"),
        params={"case_id": case_id, "office": office},
    )


async def place(session: AsyncSession, case_id: UUID, version: int) -> None:
    """The person's inbox shows this version."""
    await session.execute(
        text("update cases set placed_version = greatest(placed_version, :version) where case_id = :case_id"),
        params={"case_id": case_id, "version": version},
    )
