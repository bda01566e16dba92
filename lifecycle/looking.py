"""A case as an action in it needs it: with whether the action is known already, and what keeps its sender out."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database, fetch
from lifecycle.exclusions import KINDS, Conflict, case_tag, conflicts_from
from lifecycle.records import COLUMNS, ActionRow, CaseRow, is_mixed, row_from

_KNOWN: Final = "(select to_jsonb(taken) from case_actions taken where action_id = :action_id) as known"
_LOAD_AND_KNOWN: Final = text(f"select {COLUMNS}, {_KNOWN} from cases where case_id = :case_id")  # noqa: S608 -- our own words
_LOCK_AND_KNOWN: Final = text(f"select {COLUMNS}, {_KNOWN} from cases where case_id = :case_id for update")  # noqa: S608
_ASKED: Final = "(select cast(:case_id as uuid) as of_case, cast(:tag as bytea) as tag) asked"
# Answers for a case that is not there as well: who may not see one learns nothing from the time it takes.
_LOOK: Final = text(f"""
    select there.*, {_KNOWN}, {KINDS}
    from {_ASKED} left join (select {COLUMNS} from cases) there on there.case_id = asked.of_case
""")  # noqa: S608 -- our own words
_LOCK_FREE: Final = text(f"""
    select {COLUMNS}, {_KNOWN}, {KINDS}
    from {_ASKED} join cases on case_id = asked.of_case for update of cases skip locked
""")  # noqa: S608
_KNOWN_ACTION: Final = text(
    "select action_id, case_id, version, action, actor, roles, bodies, body_hash, at, answer"
    " from case_actions where action_id = :action_id"
)


class Looked(NamedTuple):
    """A case; the action of an id where it is known already, of any case; and somebody's conflicts in the case, None
    where they are not computed yet.
    """

    row: CaseRow | None
    known: ActionRow | None
    conflicts: frozenset[Conflict] | None


async def look(database: Database, cell_key: bytes, case_id: UUID, action_id: UUID, staff_id: str) -> Looked:
    """By one way to the server, with nothing locked."""
    [found] = await database.look(_LOOK, _asked(cell_key, case_id, action_id, staff_id))
    return _looked(found)


async def lock_free(
    session: AsyncSession, cell_key: bytes, case_id: UUID, action_id: UUID, staff_id: str
) -> Looked | None:
    """As `look`, and nobody else's change to the row until this transaction ends. None where somebody has it, or there
    is no such case: what is read beside a row that was waited for is of before the wait, so it is to be read anew.
    """
    found = await fetch(session, _LOCK_FREE, _asked(cell_key, case_id, action_id, staff_id))
    looked = _looked(found[0]) if found else None
    return None if looked is None or looked.row is None or is_mixed(looked.row) else looked


def _asked(cell_key: bytes, case_id: UUID, action_id: UUID, staff_id: str) -> dict[str, object]:
    return {"case_id": case_id, "action_id": action_id, "tag": case_tag(cell_key, case_id, staff_id)}


def _looked(found: Mapping[str, Any]) -> Looked:
    columns = dict(found)
    conflicts = conflicts_from(columns.pop("kinds"), computed=columns.pop("computed"))
    known = _known(columns.pop("known"))
    return Looked(row_from(**columns) if columns["case_id"] else None, known, conflicts)


async def lock_and_known(
    session: AsyncSession, case_id: UUID, action_id: UUID
) -> tuple[CaseRow | None, ActionRow | None]:
    """The row, with nobody else's change to it until this transaction ends; and the action of this id where it is known
    already, of any case.
    """
    row, known = await _one_and_known(session, _LOCK_AND_KNOWN, case_id, action_id)
    if row and is_mixed(row):
        return await _one_and_known(session, _LOAD_AND_KNOWN, case_id, action_id)
    return row, known


async def _one_and_known(
    session: AsyncSession, statement: TextClause, case_id: UUID, action_id: UUID
) -> tuple[CaseRow | None, ActionRow | None]:
    found = await fetch(session, statement, {"case_id": case_id, "action_id": action_id})
    if not found:
        return None, None
    columns = dict(found[0])
    known = columns.pop("known")
    return row_from(**columns), _known(known)


def _known(taken: Mapping[str, Any] | None) -> ActionRow | None:
    return msgspec.convert(taken, ActionRow, strict=False) if taken else None


async def known_action(session: AsyncSession, action_id: UUID) -> ActionRow | None:
    found = await fetch(session, _KNOWN_ACTION, {"action_id": action_id})
    return ActionRow(**found[0]) if found else None
