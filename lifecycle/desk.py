"""What a service gives to the engine of cases: its procedures, its keys, and what follows from a change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.consumer import AfterCommit
from chassis.database import Begun, Database, after_commit
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.sealing import DeskPrivateKey
from chassis.settings import Settings
from chassis.web.problems import Problem
from contracts.ids import CaseId
from lifecycle.migration import pins
from lifecycle.model import Action, Actor, Case, Effect, Facts, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.table import Lifecycle
from policy.entry import PolicyBroken
from policy.load import load
from policy.model import Policy, Role
from policy.routing import standing

Effects = Callable[[AsyncSession, CaseRow, Case, Effect], Awaitable[None]]
"""Writes what follows from a change as rows, in its transaction; `row` is the case's as it is now. Raises EffectRefused
when it would be refused where it is to happen.
"""
RunErrand = Callable[[CaseId], Awaitable[None]]
"""Does something outside the house. Bears being done twice; raises until it is done."""
OwnContents = Callable[[AsyncSession, CaseRow, str], Awaitable[Sequence[Mapping[str, Any]]]]
"""What a service itself keeps sealed about a case, opened for a purpose: items as the API gives them."""
Check = Callable[[Begun, CaseRow, Action, Mapping[str, str]], Awaitable[Refused | None]]
"""Looks at the texts of an action, in clear by their names, before they are sealed and it is sent: what a rule says
against it. Most actions need no look into the database, so the transaction for it is begun by whoever does. Raises
Problem for what cannot be read at all.
"""
Narrow = Callable[[CaseRow], frozenset[Role]]
"""Which roles may see this very case."""
Withhold = Callable[[CaseRow, Actor], frozenset[str]]
"""The names of the texts that this reader of this very case is not shown."""
Clear = Callable[[AsyncSession, CaseRow], Awaitable[None]]
"""Deletes what the service itself keeps about a case that is being erased."""
CameAboveHer = Callable[[AsyncSession, CaseRow], Awaitable[None]]
"""What else follows when somebody whom a case is about has become the affected individual's supervisor."""


PartsLost = Callable[[AsyncSession, CaseRow], Awaitable[None]]
"""What else follows when somebody has lost a part in a case, or it is closed or opened again; the row is as it is now.
"""

Opens = Callable[[Facts], Sequence[Facts]]
"""The opening facts of each case that one lodged report opens, from what was chosen when it was lodged."""


class EffectRefused(Exception):
    """What an action is to bring about in another case is refused there: it is rolled back whole, never half taken."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


class PinnedPackMissing(Problem):
    """What a case is pinned to is neither kept nor among the packs: 503 to whoever asks for the case."""

    template = "desk/rules_missing.html"

    def __init__(self, pin: str) -> None:
        detail = (
            f"The rules that this case goes by ({pin}) cannot be read now. Nothing was changed, and nothing that was"
            " written is lost. Tell whoever runs this system: they can put these rules back."
        )
        super().__init__(503, "rules_missing", detail, headers={"Retry-After": "60"}, policy=pin)
        self.pin = pin


async def _clears_nothing(session: AsyncSession, row: CaseRow) -> None:
    """A service whose only rows about a case are those of this package."""


async def _takes_all(begun: Begun, row: CaseRow, action: Action, texts: Mapping[str, str]) -> None:
    """A service that takes texts as they are."""


async def _waits_for_its_handlers(session: AsyncSession, row: CaseRow) -> None:
    """A service that does no more about it than telling whoever handles the case."""


async def _rests_on_no_part(session: AsyncSession, row: CaseRow) -> None:
    """A service in which nothing of its own rests on who has a part."""


async def _has_nothing(session: AsyncSession, row: CaseRow, purpose: str) -> Sequence[Mapping[str, Any]]:  # noqa: ARG001
    """A service that keeps no contents of its own."""
    return ()


def _opens_one(facts: Facts) -> Sequence[Facts]:
    """A service whose reports open one case each."""
    return (facts,)


@dataclass(frozen=True)
class Team:
    """Who works on cases of a kind and reads all that was written in them. Others who see such a case read what was
    written beside these actions, and nothing else (invariant 9); the one whom it is about sees no other step of it, and
    of its facts none that `hides` names.
    """

    roles: frozenset[Role]
    shares: frozenset[str]
    hides: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Part:
    """A part that somebody has in a case by assignment: by which roles they may have it (none: no appointment is asked
    for), and the action of the system by which they lose it, which may depend on the case; without one, the bare step
    `recuse`.
    """

    appointed: frozenset[Role]
    release: str | Callable[[Case], str] | None = None


@dataclass
class Packs:
    """What this process knows of the packs that its cases are pinned to (`lifecycle.pinned`): those that are `kept`, by
    their hash, and the `missing`, as `name/version` and hash.
    """

    kept: dict[str, Policy] = field(default_factory=dict)
    missing: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Desk:
    """One service's cases. Built once, in `services/<name>/desk.py`.

    `offices`: for each lifecycle, the office whose desk key the key of a case is wrapped to. `readers`: for each
    lifecycle, the roles that may see any case of it; everybody else sees those assigned to them. `talks`:
    lifecycles whose handlers read what the person wrote and write to her, through intake. `purposes`: for each
    lifecycle, what its contents may be read for. `notices_office`: whose desk key keeps who a notice is for.
    `blind`: roles that see cases of a lifecycle and none of what was written in those in which they have no part.
    `narrows`: lifecycles of which not every reader may see every case. `teams`: lifecycles that others than those
    who work on them see too. `withholds`: lifecycles of which not every reader is shown every text. `routed_as`:
    the route by whose table of desks lifecycles go that are no route of their own. `parts`: for each lifecycle, the
    parts by assignment that are not simply a role's own.
    """

    service: str
    settings: Settings
    database: Database
    keys: ServiceKeys
    keystore: Keystore
    policy: Policy
    lifecycles: Mapping[str, Lifecycle]
    offices: Mapping[str, str]
    readers: Mapping[str, frozenset[Role]]
    purposes: Mapping[str, frozenset[str]]
    effects: Effects
    notices_office: str
    talks: frozenset[str] = frozenset()
    opens: Opens = _opens_one
    blind: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    routed_as: str | None = None
    parts: Mapping[str, Mapping[Role, Part]] = field(default_factory=dict)
    narrows: Mapping[str, Narrow] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    withholds: Mapping[str, Withhold] = field(default_factory=dict)
    errands: Mapping[str, RunErrand] = field(default_factory=dict)
    own_contents: OwnContents = _has_nothing
    check: Check = _takes_all
    clear: Clear = _clears_nothing
    came_above_her: CameAboveHer = _waits_for_its_handlers
    parts_lost: PartsLost = _rests_on_no_part
    packs: Packs = field(default_factory=Packs)
    to_wake: "asyncio.Queue[UUID]" = field(default_factory=asyncio.Queue)

    def poke(self, *case_ids: UUID) -> AfterCommit:
        """What a consumer returns: once its transaction is committed, the workflows of these cases look again. When
        that is lost, the sweeper finds them.
        """

        async def wake() -> None:
            for case_id in case_ids:
                self.to_wake.put_nowait(case_id)

        return wake

    def wake(self, session: AsyncSession, *case_ids: UUID) -> None:
        """As `poke`, for a case that is opened or changed beside the one at hand: once this transaction is committed.
        A workflow woken before would still find the case as it was.
        """

        def wake() -> None:
            for case_id in case_ids:
                self.to_wake.put_nowait(case_id)

        after_commit(session, wake)

    @property
    def task_queue(self) -> str:
        """Two stacks on one Temporal, told apart by their prefix, do not take each other's tasks."""
        return f"{self.settings.kafka_prefix}{self.service}"

    def desk_key(self, lifecycle: str) -> DeskPrivateKey:
        return self.keys.desk(self.offices[lifecycle])

    def office_of(self, row: CaseRow) -> str:
        """Whose desk key the case's key, and what the person wrote, are wrapped to."""
        return row.office or self.offices[row.lifecycle]

    def key_of(self, row: CaseRow) -> DeskPrivateKey:
        return self.keys.desk(self.office_of(row))

    def lifecycles_read_by(self, roles: frozenset[Role]) -> Sequence[str]:
        return [name for name, readers in self.readers.items() if readers & roles]

    def readers_of(self, row: CaseRow) -> frozenset[Role]:
        readers, narrow = self.readers[row.lifecycle], self.narrows.get(row.lifecycle)
        return readers if narrow is None or row.erased_at is not None else readers & narrow(row)

    def policy_of(self, row: CaseRow) -> Policy:
        """The rules that the case goes by, with today's appointments as they count at the case's desk. Raises
        PinnedPackMissing.
        """
        return self._at_desk(row, self.pack_of(row))

    def pack_of(self, row: CaseRow) -> Policy:
        """The rules that the case goes by, with today's appointments. Raises PinnedPackMissing."""
        return self._pinned(f"{row.policy_name}/{row.policy_version}", row.policy_hash)

    def policies_of(self, row: CaseRow) -> Mapping[int, Policy]:
        """Every policy that the case has gone by, by the version of the case from which on it counts. Raises
        PinnedPackMissing.
        """
        pinned = pins(from_json(row.data))
        gone_by = {since: self._at_desk(row, self._pinned(pin, content_hash)) for since, pin, content_hash in pinned}
        return gone_by or {1: self.policy_of(row)}

    def _at_desk(self, row: CaseRow, pack: Policy) -> Policy:
        return replace(pack, appointments=standing(pack, pack.desks[row.desk])) if row.desk else pack

    def _pinned(self, pin: str, content_hash: str) -> Policy:
        policy, (name, version) = self.policy, pin.split("/")
        if (policy.pin, policy.content_hash) == (pin, content_hash):
            return policy
        found = self.packs.kept.get(content_hash) or _pack(name, version)
        if found is None or found.content_hash != content_hash:
            raise PinnedPackMissing(pin)
        return replace(found, name=name, version=version, appointments=policy.appointments)


@cache
def _pack(name: str, version: str) -> Policy | None:
    """As its files were when it was read first; None where there are none that can be read."""
    try:
        return load(name, version)
    except PolicyBroken:
        return None
