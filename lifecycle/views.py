"""What the staff's HTTP interface takes and shows, field by field."""

import base64
import binascii
import os
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import UNSET, Meta, Struct, UnsetType, field, structs
from msgspec.structs import asdict

from chassis.sealing import tag
from chassis.web.problems import invalid
from lifecycle import engine, migration
from lifecycle.access import Position, is_party
from lifecycle.bodies import StaffText
from lifecycle.changes import field_of
from lifecycle.clocks import standing
from lifecycle.desk import Desk, Team
from lifecycle.model import RING, Actor, Case, Clock, Fact, Step
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.table import Offer
from policy.model import Policy, Role

_ETAG_LENGTH: Final = 32
_NONCE_BYTES: Final = 12
LONGEST_TEXT: Final = 20_000
"""Characters of one text beside an action."""
LONGEST_MESSAGE: Final = 16_000
"""Characters of a message: whichever they are, sealed they are no more than intake takes."""

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$(?!\n)")]
Words = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]


class CaseInList(Struct, kw_only=True):
    """`overdue`: the next date has gone by, and what it is for is not done. `unread`: so many messages of the person
    nobody has read who has a part in it. `version`: None for whoever the matter is about, or is the other party to it:
    how many steps there were, others' among them, is not theirs to count. Nor is `number`: how many are accused.
    """

    case_id: UUID
    lifecycle: str
    number: int | None
    state: str
    version: int | None
    opened_on: date
    next_date: date | None
    overdue: bool
    unread: int


class CasePage(Struct, kw_only=True):
    cases: list[CaseInList]
    next_cursor: str | None


class RefusalSeen(Struct, kw_only=True):
    code: str
    rule: str
    params: dict[str, Fact]


class OfferSeen(Struct, kw_only=True):
    """An action: open, or why not. `fields` is what it asks for."""

    action: str
    open: bool
    refused: RefusalSeen | None
    fields: list[dict[str, Any]]


class ClockSeen(Struct, kw_only=True):
    """`standing`: running, paused, met, breached (due without having been met) or met_late. `days_left`: whole days
    until it is due, below zero after that; None once it is met or paused. `source` and `confidence` are those of the
    deadline it counts by; None where a decision named the date.
    """

    key: str
    standing: str
    started_at: datetime
    due_at: datetime
    days_left: int | None
    paused_at: datetime | None
    pause_reason: str | None
    met_at: datetime | None
    source: str | None
    confidence: str | None


class StepSeen(Struct, kw_only=True):
    """`clock`: the time limit whose date had come, where nobody did anything. For a party `version` counts the steps
    that are theirs to see, and `at` is of what others did the day alone.
    """

    version: int
    action: str
    by: str
    role: str | None
    at: datetime
    clock: str | None = None


class CaseSeen(CaseInList, kw_only=True):
    """`next_clock`: the time limit whose date `next_date` is; None where it is not known. `placed_version`: the newest
    version that the person's inbox is known to show. `policy`: the pack and version that it goes by; while another is
    in force, an offer says whether it may go over to that one.
    """

    next_clock: str | None
    offers: list[OfferSeen]
    clocks: list[ClockSeen]
    assigned: dict[str, str]
    steps: list[StepSeen]
    facts: dict[str, Fact]
    placed_version: int | None
    policy: str


class TakeAction(Struct, forbid_unknown_fields=True, kw_only=True):
    """`facts` are facts of procedure; what is said in words goes into `texts` and is sealed."""

    action_id: UUID
    action: Name
    facts: Annotated[dict[Name, bool | int | str], Meta(max_length=30)] = {}
    texts: Annotated[dict[Name, Words], Meta(max_length=10)] = {}


class Taken(Struct, kw_only=True):
    """A party is told neither `version` nor `next_date`: the case tells what of it is theirs."""

    case_id: UUID
    version: int | None
    state: str
    next_date: date | None


class ReadContents(Struct, forbid_unknown_fields=True, kw_only=True):
    purpose: Name


class FileSeen(Struct, kw_only=True):
    """The cleaned copy of a file that the person sent; `size` in bytes, `removed`: what it has no more. `original`: the
    item that is the file as she sent it, for whoever reads it as evidence.
    """

    media_type: str
    size: int
    removed: list[str]
    original: UUID | UnsetType = UNSET


class ItemSeen(Struct, kw_only=True):
    """`kind`: answers, parties, message or file as the route has them; text for what staff wrote beside an action. A
    file has a name of ours and no text; `file` says what it is.
    """

    item_id: UUID
    kind: str
    from_: str = field(name="from")
    name: str
    text: str
    day: date
    action: str | UnsetType = UNSET
    file: FileSeen | UnsetType = UNSET


class ContentsSeen(Struct, kw_only=True):
    items: list[ItemSeen]


class WriteMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    action_id: UUID
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_MESSAGE)]


class MessageWritten(Struct, kw_only=True):
    item_id: UUID


def listed(row: CaseRow, now: datetime, unread: int = 0, *, counted: bool = True) -> CaseInList:
    """`counted`: whether it is for somebody who may know how many steps there were, and how many cases beside it."""
    return CaseInList(
        case_id=row.case_id,
        lifecycle=row.lifecycle,
        number=row.number if counted else None,
        state=row.state,
        version=row.version if counted else None,
        opened_on=row.opened_at.astimezone(UTC).date(),
        next_date=row.unmet_at.astimezone(UTC).date() if row.unmet_at else None,
        overdue=row.unmet_at is not None and row.unmet_at <= now,
        unread=unread,
    )


def _next_clock(desk: Desk, row: CaseRow, case: Case, roles: frozenset[Role]) -> Clock | None:
    """The clock whose date the list shows to whoever has these roles in it; `case` is the whole of it."""
    table = desk.lifecycles[row.lifecycle]
    return engine.next_clock(table, case) if _is_apart(desk, row, roles) else engine.unmet(case)


def _is_apart(desk: Desk, row: CaseRow, roles: frozenset[Role]) -> bool:
    """Whether they are the one whom it is about, where others work on it."""
    return roles == {Role.ALLEGED_OFFENDER} and row.lifecycle in desk.teams


def as_seen_by(desk: Desk, row: CaseRow, roles: frozenset[Role]) -> CaseRow:
    """The row for whoever has these roles in it: the one whom it is about, where others work on it, has no date but
    those of the clocks that are his to see, and it begins for him with the first step that is.
    """
    if not _is_apart(desk, row, roles):
        return row
    case = from_json(row.data)
    his = _his_steps(desk.teams[row.lifecycle], case)
    begun = his[0].at if his else row.opened_at
    return replace(row, unmet_at=engine.next_date(desk.lifecycles[row.lifecycle], case), opened_at=begun)


def etag(desk: Desk, row: CaseRow, actor: Actor) -> str:
    """What somebody has seen of a case, as it goes with what they do: its version. For a party a tag of their own that
    tells no number, and stays as it is while others do what is not theirs to see.
    """
    if not is_party(actor):
        return str(row.version)
    team, last = desk.teams.get(row.lifecycle), row.version
    if team is not None:
        last = max((step.version for step in _his_steps(team, from_json(row.data))), default=0)
    return tag(desk.keys.cell, "seen", str(row.case_id), actor.name, row.state, str(last)).hex()[:_ETAG_LENGTH]


def shown(desk: Desk, row: CaseRow, actor: Actor, now: datetime, unread: int = 0) -> CaseSeen:
    case, policy = from_json(row.data), desk.policy_of(row)
    following = _next_clock(desk, row, case, actor.roles)
    offers = engine.offers(desk.lifecycles[row.lifecycle], case, actor, now, policy)
    if policy.content_hash != desk.policy.content_hash:
        offers.append(migration.offer(desk.lifecycles[row.lifecycle], case, actor, now, policy, desk.policy))
    if actor.roles == {Role.ALLEGED_OFFENDER}:
        case = _his_part(desk, case, actor)
    steps = [_step(one) for one in case.steps]
    if is_party(actor):
        steps = [_uncounted(one, place, actor) for place, one in enumerate(steps, start=1)]
    return CaseSeen(
        **asdict(listed(as_seen_by(desk, row, actor.roles), now, unread, counted=not is_party(actor))),
        next_clock=following.key if following else None,
        offers=[_offer(one) for one in offers],
        clocks=[_clock(one, now, policy) for one in sorted(case.clocks.values(), key=_by_date)],
        assigned={role.value: staff_id for role, staff_id in case.assigned.items()},
        steps=steps,
        facts=dict(case.facts),
        placed_version=None if is_party(actor) else row.placed_version,
        policy=policy.pin,
    )


def without_rules(row: CaseRow, now: datetime, unread: int = 0) -> CaseSeen:
    """What a list says of a case whose rules cannot be read (`PinnedPackMissing`): that it is there, and its date."""
    return CaseSeen(
        **asdict(listed(row, now, unread)),
        next_clock=None,
        offers=[],
        clocks=[],
        assigned={},
        steps=[],
        facts={},
        placed_version=row.placed_version,
        policy=f"{row.policy_name}/{row.policy_version}",
    )


def _step(step: Step) -> StepSeen:
    clock = step.facts.get("clock") if step.action == RING else None
    return StepSeen(
        version=step.version,
        action=step.action,
        by=step.by,
        role=step.role,
        at=step.at,
        clock=None if clock is None else str(clock),
    )


def _uncounted(step: StepSeen, place: int, actor: Actor) -> StepSeen:
    """When exactly somebody else did something is not a party's to know."""
    at = step.at if step.by == actor.name else datetime.combine(step.at.astimezone(UTC).date(), time(), UTC)
    return structs.replace(step, version=place, at=at)


def _his_steps(team: Team, case: Case) -> tuple[Step, ...]:
    return tuple(one for one in case.steps if one.action in team.shares)


def _his_part(desk: Desk, case: Case, actor: Actor) -> Case:
    """The case as the one whom it is about sees it, where others work on it: a hold, or the other side's review, is
    none of his.
    """
    team, table = desk.teams.get(case.lifecycle), desk.lifecycles[case.lifecycle]
    if team is None:
        return case
    steps = _his_steps(team, case)
    # What ran before he was told runs from what somebody else did or said.
    begun = min((one.at for one in steps), default=None)
    said = {name for one in steps for name in one.facts} - team.hides
    return replace(
        case,
        steps=steps,
        facts={name: value for name, value in case.facts.items() if name in said},
        clocks={
            key: clock
            for key, clock in case.clocks.items()
            if table.clock_of[key].person_sees and begun is not None and clock.started_at >= begun
        },
        assigned={role: name for role, name in case.assigned.items() if name == actor.name},
    )


def _by_date(clock: Clock) -> tuple[bool, datetime]:
    """What is still to be met comes first."""
    return clock.met_at is not None, clock.due_at


def _clock(clock: Clock, now: datetime, policy: Policy) -> ClockSeen:
    deadline = policy.deadlines[clock.deadline] if clock.deadline else None
    return ClockSeen(
        key=clock.key,
        standing=standing(clock, now),
        started_at=clock.started_at,
        due_at=clock.due_at,
        days_left=(clock.due_at - now).days if clock.runs else None,
        paused_at=clock.paused_at,
        pause_reason=clock.pause_reason,
        met_at=clock.met_at,
        source=deadline.source if deadline else None,
        confidence=deadline.confidence if deadline else None,
    )


def _offer(offer: Offer) -> OfferSeen:
    why = offer.refused
    return OfferSeen(
        action=offer.action,
        open=offer.open,
        refused=RefusalSeen(code=why.code, rule=why.rule, params=dict(why.params)) if why else None,
        fields=[field_of(one) for one in offer.fields],
    )


def cursor_of(cell_key: bytes, staff_id: str, position: Position) -> str:
    """Where this reader goes on, sealed: the moment in it may be one that the list does not show them."""
    opened_at, case_id = position
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cursors(cell_key, staff_id).encrypt(nonce, f"{opened_at.isoformat()} {case_id}".encode(), None)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def position_of(cell_key: bytes, staff_id: str, cursor: str) -> Position:
    try:
        sealed = base64.urlsafe_b64decode(cursor)
        said = _cursors(cell_key, staff_id).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        opened_at, _, case_id = said.decode().partition(" ")
        return datetime.fromisoformat(opened_at).astimezone(UTC), UUID(case_id)
    except (binascii.Error, ValueError, OverflowError, InvalidTag):
        raise invalid("cursor", "Send the next_cursor of the page before, or none for the first page.") from None


def _cursors(cell_key: bytes, staff_id: str) -> AESGCM:
    return AESGCM(tag(cell_key, "cursor", staff_id))


def text_of(one: StaffText) -> ItemSeen:
    return ItemSeen(
        item_id=one.body_id,
        kind="text",
        from_="desk",
        name=one.name,
        text=one.text,
        day=one.at.astimezone(UTC).date(),
        action=one.action,
    )
