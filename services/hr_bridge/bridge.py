"""What the parts of the HR bridge work with, and what is sealed to HR's own key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.sealing import SealNotOpened, open_from, seal_to
from policy.model import Policy
from services.hr_bridge.adapters.tryton import Tryton
from services.hr_bridge.domain.by_hand import Order
from services.hr_bridge.domain.line_change import Persons, PersonsUnreadable, TaskKind
from services.hr_bridge.settings import HrBridgeSettings
from services.hr_bridge.tables import Task

OFFICE = "hr"
# One size for all, so that nothing about a task can be told from the length of what is kept of it.
SEALED_SIZE = 256


@dataclass(eq=False)
class Bridge:
    """`policy`: its list of people is replaced while it runs."""

    settings: HrBridgeSettings
    database: Database
    keys: ServiceKeys
    tryton: Tryton
    policy: Policy


@dataclass(frozen=True)
class BeforeImage:
    """Whose line is to go from whom to whom, all by staff id; or who is to go from which duty station to which."""

    person: str
    from_: str
    to: str


def read_persons(keys: ServiceKeys, measure_id: UUID, sealed: bytes) -> Persons:
    """Raises PersonsUnreadable when it was not sealed to HR for this measure or is not what was agreed."""
    return Persons.parse(_opened(keys, sealed, _measure(measure_id)))


def _opened(keys: ServiceKeys, sealed: bytes, context: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(open_from(keys.desk(OFFICE), sealed, context=context))
    except (SealNotOpened, ValueError):
        raise PersonsUnreadable("persons") from None
    if not isinstance(found, Mapping):
        raise PersonsUnreadable("persons")
    return found


def read_order(keys: ServiceKeys, task: Task) -> Order:
    """Raises PersonsUnreadable like `read_persons`; whatever the measure is, or for a hold."""
    context = _hold(task.measure_id) if task.kind == TaskKind.HOLD else _measure(task.measure_id)
    return Order.parse(_opened(keys, task.sealed_persons, context))


def seal_before_image(keys: ServiceKeys, task_id: UUID, image: BeforeImage) -> bytes:
    plaintext = json.dumps([image.person, image.from_, image.to]).encode()
    return seal_to(keys.desk(OFFICE).public, plaintext, context=_task(task_id), size=SEALED_SIZE)


def read_before_image(keys: ServiceKeys, task: Task) -> BeforeImage | None:
    """None while the HR system was not touched for this task. Raises SealNotOpened when the row was tampered with."""
    if task.before_image is None:
        return None
    return BeforeImage(*json.loads(open_from(keys.desk(OFFICE), task.before_image, context=_task(task.task_id))))


def _measure(measure_id: UUID) -> bytes:
    return b"measure|" + str(measure_id).encode()


def _hold(hold_id: UUID) -> bytes:
    return b"hold|" + str(hold_id).encode()


def _task(task_id: UUID) -> bytes:
    return b"task|" + str(task_id).encode()
