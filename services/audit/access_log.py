"""Who looked at what, as what and for what: those entries of the record that name a purpose (invariant 3)."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from policy.model import Policy
from services.audit.tables import NAMES_A_PURPOSE

PARTIES: Final = "parties.opened"
LOOKS: Final = frozenset(
    {"contents_handed_out", "file_handed_out", "original_handed_out", "identity_handed_out"} | {PARTIES, "letter.read"}
)
"""The acts by which somebody gets to see something. What intake hands out it writes down for every desk, once."""
PAGE: Final = 50
NO_ROLE: Final = "none"
"""Whoever is appointed to nothing: somebody who looks at a matter of their own."""
SERVICE: Final = "service"
"""No human being: a service opens whom a matter concerns, to find out who must not see it. Listed where it is asked
for: hundreds of these would hide the looks of people.
"""
NOT_KEPT: Final = "not_kept"
"""Whoever looked is forgotten, and with them as what."""

_ACCESSES: Final = sa.text(f"""
    select number, entries.source, entry_json, actor from entries left join actors using (number)
    where {NAMES_A_PURPOSE} and received_at >= :since order by number desc
""")  # noqa: S608 -- our own words


@dataclass(frozen=True)
class Access:
    """One look. `roles`: as what; those that the reader was appointed to at that moment, where the entry names none.
    `actor`: None for a service itself, for whoever is not counted outside of the ombuds cell, and where it is
    `forgotten`.
    """

    number: int
    at: datetime
    source: str
    act: str
    object_ref: str
    actor: str | None
    roles: tuple[str, ...]
    purpose: str
    forgotten: bool


@dataclass(frozen=True)
class Asked:
    """What is to be seen: of the last so many days, of one role (else of people) or purpose alone, from before one
    entry on.
    """

    days: int
    role: str | None = None
    purpose: str | None = None
    before: int = 2**62


@dataclass(frozen=True)
class Found:
    """Those asked for, newest first, and how often in all these days each role looked for each purpose. `rest`: before
    which entry the next page begins.
    """

    accesses: Sequence[Access]
    often: Mapping[tuple[str, str], int]
    rest: int | None


async def accesses(session: AsyncSession, policy: Policy, asked: Asked, now: datetime) -> Found:
    """Each access is counted under every role that its reader had."""
    rows = await fetch(session, _ACCESSES, {"since": now - timedelta(days=asked.days)})
    every = list(_read(rows, policy))
    often = Counter((role, one.purpose) for one in every for role in one.roles)
    found = [one for one in every if _is_meant(one, asked)]
    page = found[:PAGE]
    return Found(page, dict(sorted(often.items())), page[-1].number if len(found) > PAGE else None)


def _read(rows: Sequence[Any], policy: Policy) -> Iterator[Access]:
    for row in rows:
        entry = json.loads(row["entry_json"])
        facts = entry["facts"]
        if entry["act"] not in LOOKS or "purpose" not in facts:
            continue
        at, actor = datetime.fromisoformat(entry["at"]), row["actor"]
        forgotten = actor is None and entry["actor"] is not None
        held = [facts["role"]] if "role" in facts else sorted(policy.roles_of(actor, at)) if actor else []
        nobody = SERVICE if entry["act"] == PARTIES and entry["actor"] is None else NO_ROLE
        roles = tuple(held) or (NOT_KEPT if forgotten else nobody,)
        about = row["source"], entry["act"], entry["object"]
        yield Access(row["number"], at, *about, actor, roles, facts["purpose"], forgotten)


def _is_meant(one: Access, asked: Asked) -> bool:
    is_theirs = SERVICE not in one.roles if asked.role is None else asked.role in one.roles
    return is_theirs and asked.purpose in (None, one.purpose) and one.number < asked.before
