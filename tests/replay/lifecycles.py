"""One case of every lifecycle, by its own table: people, chosen by lot, take what is open to them, and clocks ring.

A case lives in memory under the rehearsal's policy, and a minute of it takes a second.
"""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy

from chassis.temporal import worker
from lifecycle import engine
from lifecycle.durable import Act, Decided, Errand, Procedure, RefusedAction, Ring, Running, Verdict
from lifecycle.model import Actor, ActorKind, Case, EffectKind, Refused
from lifecycle.signed import SignedAction
from policy.load import load
from tests.lifecycles import BY_NAME, NOW, OPENING, PERSON, SYSTEM, attempt, staff, valid_facts
from tests.replay.recorded import keep

FOLDER: Final = "lifecycles"
PATHS: Final = tuple(BY_NAME)
_QUEUE: Final = "record-lifecycles"
_POLICY: Final = load("rehearsal")
_MINUTE: Final = 60
_STEPS: Final = 12
_RINGS_WITHIN: Final = 5.0


class Walk:
    def __init__(self, name: str) -> None:
        self.lifecycle, self.begun_at = BY_NAME[name], datetime.now(UTC)
        opening = {
            key: self.begun_at.isoformat() if fact == NOW.isoformat() else fact for key, fact in OPENING[name].items()
        }
        self.case = engine.open_case(self.lifecycle, uuid4(), 1, opening, self.begun_at, _POLICY)
        self.errands: list[str] = []
        self.lot = random.Random(name)
        self.taken: set[str] = set()

    @property
    def over(self) -> bool:
        return self.case.state == "erased"

    @property
    def staff(self) -> dict[str, Actor]:
        """Everybody with an appointment or a part in the case, as what they are."""
        parts = {role: staff_id for role, staff_id in self.case.assigned.items() if staff_id}
        return {
            one: staff(one, *_POLICY.roles_of(one, self.begun_at), *(role for role in parts if parts[role] == one))
            for one in sorted({*(one.staff_id for one in _POLICY.appointments), *parts.values()})
        }

    def time(self, real: datetime) -> datetime:
        return self.begun_at + (real - self.begun_at) * _MINUTE

    def take(self, changed: Case) -> None:
        self.case = changed
        self.errands += [f"{one.name}:{changed.version}" for one in changed.effects if one.kind is EffectKind.ERRAND]

    def stands(self) -> Decided:
        due = engine.next_due(self.lifecycle, self.case, _POLICY)
        due_at = self.begun_at + (due.at - self.begun_at) / _MINUTE if due else None
        return Decided(self.lifecycle.name, self.case.version, due_at, tuple(self.errands), self.over)

    def attempt(self, name: str, actor: Actor, now: datetime) -> Case | Refused:
        changed = attempt(self.lifecycle, self.case, name, actor, now=now, policy=_POLICY)
        if isinstance(changed, Case):
            self.take(changed)
        return changed

    def ring(self, now: datetime) -> None:
        while (due := engine.next_due(self.lifecycle, self.case, _POLICY)) and due.at <= now:
            self.take(engine.on_due(self.lifecycle, self.case, due, now, _POLICY))

    def next(self, *, closing: bool) -> tuple[Actor, str] | None:
        """What nobody has done yet before what somebody has, and by the staff where they may; what closes the case only
        late, or where nothing else is open.
        """
        now = self.time(datetime.now(UTC))
        found = [
            (actor, offer.action)
            for actor in (*self.staff.values(), PERSON, SYSTEM)
            for offer in engine.offers(self.lifecycle, self.case, actor, now, _POLICY)
            if offer.open
        ]
        states, rules = self.lifecycle.state_of, self.lifecycle.rule_of
        stays = [one for one in found if not states[rules[self.case.state, one[1]].to or self.case.state].closed]
        found = found if closing else stays or found
        found = [one for one in found if one[1] not in self.taken] or found
        of_staff = [one for one in found if one[0].kind is ActorKind.STAFF]
        if not found:
            return None
        chosen = self.lot.choice(of_staff or found)
        self.taken.add(chosen[1])
        return chosen


class Walks:
    """The activities of every case."""

    def __init__(self) -> None:
        self.of = {name: Walk(name) for name in PATHS}

    @activity.defn(name="decide")
    async def decide(self, act: Act) -> Verdict:
        walk = self.of[act.case_id]
        changed = walk.attempt(act.signed.name, walk.staff[act.signed.staff_id], walk.time(act.now))
        if isinstance(changed, Refused):
            return Verdict(refused=RefusedAction(changed.code, changed.rule, dict(changed.params)))
        return Verdict(decided=walk.stands())

    @activity.defn(name="ring")
    async def ring(self, ring: Ring) -> Decided:
        walk = self.of[ring.case_id]
        walk.ring(walk.time(ring.now))
        return walk.stands()

    @activity.defn(name="run_errand")
    async def run_errand(self, errand: Errand) -> None:
        walk = self.of[errand.case_id]
        walk.errands = [one for one in walk.errands if one != errand.errand]


async def record(client: Client, names: list[str]) -> None:
    walks = Walks()
    activities = [walks.decide, walks.ring, walks.run_errand]
    async with worker(client, _QUEUE, workflows=[Procedure], activities=activities):
        await asyncio.gather(*(_record(client, walks.of[name]) for name in names))


async def _record(client: Client, walk: Walk) -> None:
    name = walk.lifecycle.name
    await _wake(client, name)
    for step in range(_STEPS):
        chosen = None if walk.over else walk.next(closing=step > _STEPS // 2)
        if chosen is None:
            break
        actor, action = chosen
        if actor.kind is ActorKind.STAFF:
            await _act(client, walk, actor, action)
        elif isinstance(walk.attempt(action, actor, walk.time(datetime.now(UTC))), Case):
            await _wake(client, name)
    version = walk.case.version
    try:
        async with asyncio.timeout(_RINGS_WITHIN):
            while walk.case.version == version:
                await asyncio.sleep(0.1)
    except TimeoutError:
        print(f"{name}: nothing rang")  # of one that is closed for good, or whose clocks are long
    await keep(client.get_workflow_handle_for(Procedure.run, name), FOLDER, name)


async def _wake(client: Client, name: str) -> None:
    await client.start_workflow(Procedure.run, Running(name), id=name, task_queue=_QUEUE, start_signal="wake")


async def _act(client: Client, walk: Walk, actor: Actor, action: str) -> None:
    name, now = walk.lifecycle.name, walk.time(datetime.now(UTC))
    facts = valid_facts(walk.lifecycle.rule_of[walk.case.state, action], now, _POLICY)
    signed = SignedAction(
        name, walk.case.version, str(uuid4()), action, facts, {}, "", actor.staff_id or "",
        tuple(sorted(actor.roles)), (now + timedelta(minutes=1)).isoformat(),
    )  # fmt: skip
    starting = WithStartWorkflowOperation(
        Procedure.run, Running(name), id=name, task_queue=_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )  # fmt: skip
    try:
        await client.execute_update_with_start_workflow(Procedure.act, signed, start_workflow_operation=starting)
    except WorkflowUpdateFailedError:
        return  # refused for its facts: that is in the history, too
