"""Sends what waits, each notice on its own: one whose mail server or peer is down is tried again later and holds up
nobody else's.

At least once, on purpose: a notice that is lost may cost somebody a deadline, one that comes twice costs a glance. An
attempt is claimed (and put off) before anything is sent, its ending is written after; a crash in between repeats the
mail under the same Message-ID.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis import audit_trail
from chassis.keys import ServiceKeys
from chassis.web.pages.words import Language
from lifecycle.in_force import HasPolicy
from policy.names import Office
from services.notifications import digests, mail, persons
from services.notifications.hours import moment
from services.notifications.peers import NotAnswered, Peers, Unknown
from services.notifications.settings import NotificationsSettings
from services.notifications.slots import last_slot, next_slot
from services.notifications.tables import Ending
from services.notifications.wording import WORDS, Said, digest, to_person, to_phone, to_staff, to_staff_above

logger = logging.getLogger(__name__)

CHANNEL: Final = "mail"
"""Also of a text, which goes as a mail: no row tells who chose which."""
GIVE_UP_AFTER: Final = timedelta(days=3)
_AT_ONCE: Final = 20
_LOOK_EVERY: Final = 5.0
# Longer than two questions and one mail can take; what asks more keeps its claim on the way.
_CLAIMED_FOR: Final = timedelta(minutes=2)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)

_MISSED_AFTER: Final = timedelta(hours=1)
_RANDOM: Final = random.SystemRandom()

_CLAIM: Final = text("""
    update waiting set next_try_at = cast(:now as timestamptz) + cast(:claimed_for as interval), tries = tries + 1
    where event_id in (
        select event_id from waiting where next_try_at <= :now order by next_try_at limit :free
        for update skip locked
    )
    returning event_id, source, recipient_ref, tries, may_wait, late_office, goes_with, goes_at
""")
# Every claim counts one more try: by that an attempt knows its own.
_KEEP: Final = text("""
    update waiting set next_try_at = cast(:now as timestamptz) + cast(:claimed_for as interval)
    where event_id = :event_id and tries = :tries
    returning event_id
""")
_PUT_OFF: Final = text("""
    update waiting set next_try_at = cast(:now as timestamptz) + cast(:pause as interval), failure = :failure
    where event_id = :event_id
""")
_PLAN: Final = text("""
    update waiting set goes_with = :goes_with, goes_at = :at, next_try_at = :looked_at, tries = 0, failure = null
    where event_id = :event_id
""")
_ON_ITS_WAY: Final = text("""
    select exists (
        select from waiting where goes_with = :goes_with and next_try_at > :now and tries = 0 and event_id <> :event_id
    )
""")
_ONE_AT_A_TIME: Final = text("select pg_advisory_xact_lock(hashtext(:goes_with))")
_END: Final = text("""
    with ended as (delete from waiting where event_id = :event_id)
    insert into sent (event_id, channel, state) values (:event_id, :channel, :state)
    on conflict (event_id) do nothing
    returning event_id
""")


@dataclass(frozen=True)
class Notice:
    event_id: UUID
    source: str
    recipient_ref: UUID
    tries: int
    may_wait: bool
    late_office: str
    goes_with: UUID | None
    goes_at: datetime


class ClaimLost(Exception):
    """Another attempt has this notice now, or has ended it: this one does no more about it."""


Way = Callable[[Notice, Peers], Awaitable[Ending | None]]
"""One attempt: how the notice ended, or None while it goes on waiting."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """`run` until cancelled; `wake` when something new waits. `share`: the random part of a delay, from 0 to 1."""

    def __init__(
        self,
        settings: NotificationsSettings,
        of: HasPolicy,
        keys: ServiceKeys,
        *,
        clock: Callable[[], datetime] = utc_now,
        share: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self._settings, self._of, self._database, self._keys = settings, of, of.database, keys
        self._clock, self._share = clock, share
        self._new = asyncio.Event()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._planned: dict[str, datetime] = {}
        self._asked: tuple[str, datetime] | None = None

    async def wake(self) -> None:
        self._new.set()

    async def run(self) -> None:
        settings = self._settings
        async with Peers(settings.peers, settings.service, self._keys.signing) as peers, asyncio.TaskGroup() as group:
            while True:
                self._new.clear()
                await self._plan_digests()
                for notice in await self._claim(_AT_ONCE - len(self._in_hand)):
                    task = group.create_task(self._send(notice, peers))
                    self._in_hand.add(task)
                    task.add_done_callback(self._finished)
                with contextlib.suppress(TimeoutError):
                    # wait_for (until Python 3.12) loses a cancellation that comes together with what it waits for.
                    async with asyncio.timeout(_LOOK_EVERY):
                        await self._new.wait()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._new.set()

    async def _claim(self, free: int) -> list[Notice]:
        if not free:
            return []
        parameters = {"free": free, "claimed_for": _CLAIMED_FOR, "now": self._clock()}
        async with self._database.transaction() as session:
            found = await session.execute(_CLAIM, params=parameters)
            return [Notice(**row) for row in found.mappings()]

    async def _send(self, notice: Notice, peers: Peers) -> None:
        try:
            try:
                ending = await self._ways.get(notice.source, self._to_staff)(notice, peers)
            except ClaimLost:
                logger.warning("a notice took so long that another attempt has it")
            except Unknown:
                await self._end(notice, Ending.NO_RECIPIENT)
            except mail.Refused:
                logger.warning("a notice was refused for good", extra={"code": Ending.REFUSED.value})
                await self._end(notice, Ending.REFUSED)
            except (NotAnswered, mail.NotTaken) as failure:
                await self._put_off(notice, str(failure))
            else:
                if ending:
                    await self._end(notice, ending)
        except Exception as error:
            # Whatever it is: it stays claimed, is tried again when the claim runs out, and ends nobody else's attempt.
            logger.warning("a notice's outcome was not written", exc_info=error)

    @cached_property
    def _ways(self) -> Mapping[str, Way]:
        return {persons.INTAKE: self._to_person, digests.SOURCE: self._digest}

    async def _to_staff(self, notice: Notice, peers: Peers) -> Ending | None:
        """At once, or not yet: whoever holds an appointment gets a digest of what may wait till then. Over a weekend or
        a feast at their place it may not, where it needs somebody before that is over.
        """
        policy, now = self._of.policy, self._clock()
        meant = await peers.recipient(notice.source, notice.recipient_ref)
        calendar = digests.calendar_of(policy, meant.staff_id, now) if notice.may_wait else None
        at = next_slot(now, digests.hours_of(policy), calendar) if calendar else None
        if at is not None and (meant.before is None or at < meant.before):
            of_it = {"event_id": notice.event_id, "goes_with": digests.goes_with(self._keys, meant.staff_id)}
            # The digest ends it. What is still there long after has missed it, and is planned once more.
            await self._write(_PLAN, of_it | {"at": at, "looked_at": at + _MISSED_AFTER})
            return None
        address = await peers.mail_address(meant.staff_id)
        language = self._language_of(meant.staff_id)
        late = policy.offices[Office(notice.late_office)].name if notice.late_office else ""
        await self._mail(notice.event_id, address, to_staff_above(language, late) if late else to_staff(language))
        return Ending.SENT

    async def _plan_digests(self) -> None:
        """Kept before anything goes, so that a digest is not lost with the process; once is enough. They are due at
        full minutes: between two of them another answer can only come from other appointments.
        """
        policy, now = self._of.policy, self._clock()
        asked = policy.appointments_hash, now.replace(second=0, microsecond=0)
        if asked == self._asked:
            return
        slots = digests.due(policy, now)
        new = {staff_id: slot for staff_id, slot in slots.items() if self._planned.get(staff_id) != slot}
        if new:
            async with self._database.transaction() as session:
                await digests.plan(session, self._keys, new)
            self._planned |= new
        self._asked = asked

    async def _digest(self, notice: Notice, peers: Peers) -> Ending | None:
        """With it end the notices that it counts."""
        policy, keys, now = self._of.policy, self._keys, self._clock()
        staff_id = digests.recipient(policy, keys, notice.event_id, notice.goes_at, now)
        calendar = digests.calendar_of(policy, staff_id, now) if staff_id else None
        if staff_id is None or calendar is None:
            return Ending.NO_RECIPIENT
        if last_slot(now, digests.hours_of(policy), calendar) != notice.goes_at:
            return Ending.OVERTAKEN
        async with self._database.transaction() as session:
            news = await digests.news_of(session, keys, staff_id)
        keep = partial(self._keep, notice)
        found = await digests.counted(staff_id, news, calendar, peers, keep)
        await keep()
        address = await peers.mail_address(staff_id)
        before = found.before.astimezone(calendar.zone).date() if found.before else None
        said = digest(self._language_of(staff_id), found.items, before)
        await self._mail(notice.event_id, address, said)
        await self._end_all((*found.news, notice.event_id), Ending.SENT)
        return None

    def _language_of(self, staff_id: str) -> Language:
        return WORDS[digests.language_of(self._of.policy, staff_id) or self._settings.staff_language]

    async def _keep(self, notice: Notice) -> None:
        """The claim begins anew, so that nobody else sends it meanwhile. Raises ClaimLost."""
        of_it = {"event_id": notice.event_id, "tries": notice.tries, "claimed_for": _CLAIMED_FOR, "now": self._clock()}
        async with self._database.transaction() as session:
            if (await session.execute(_KEEP, params=of_it)).first() is None:
                raise ClaimLost

    async def _to_person(self, notice: Notice, peers: Peers) -> Ending | None:
        """First its moment within the hours that she chose, then the mail or the text. None: not yet."""
        wish, now = persons.opened(self._keys, *await peers.wish(notice.recipient_ref)), self._clock()
        if notice.goes_with is None or not wish.hours.hold(now):
            return await self._plan(notice, wish.wish_id, moment(now, wish.hours, self._share()))
        language, settings = WORDS[wish.language], self._settings
        if wish.number:
            await self._mail(notice.event_id, mail.to_gateway(settings, wish.number), to_phone(language))
        else:
            await self._mail(notice.event_id, wish.address, to_person(language, settings.portal_name))
        return Ending.SENT

    async def _plan(self, notice: Notice, goes_with: UUID, at: datetime) -> Ending | None:
        """Whoever has a mail coming needs no second one that says the same. Notices that are planned side by side would
        not see one another.
        """
        of_it = {"event_id": notice.event_id, "goes_with": goes_with}
        async with self._database.transaction() as session:
            await session.execute(_ONE_AT_A_TIME, params={"goes_with": str(goes_with)})
            if await session.scalar(_ON_ITS_WAY, params=of_it | {"now": self._clock()}):
                return Ending.JOINED
            await session.execute(_PLAN, params=of_it | {"at": at, "looked_at": at})
        return None

    async def _mail(self, event_id: UUID, address: str, said: Said) -> None:
        mail_from = self._settings.mail_from
        message_id = mail.message_id(self._keys.cell, event_id, mail.domain_of(mail_from))
        await mail.deliver(self._settings, mail.compose(mail_from, address, message_id, said, self._clock()))

    async def _put_off(self, notice: Notice, failure: str) -> None:
        now = self._clock()
        if now - notice.goes_at > GIVE_UP_AFTER:
            logger.error("a notice was given up", extra={"code": failure})
            await self._end(notice, Ending.GAVE_UP)
            return
        if notice.tries == 1:
            logger.warning("a notice is tried again later", extra={"code": failure})
        pause = min(_FIRST_PAUSE * 2 ** min(notice.tries - 1, 10), _LONGEST_PAUSE)
        parameters = {"event_id": notice.event_id, "pause": pause, "failure": failure, "now": now}
        await self._write(_PUT_OFF, parameters)
        asyncio.get_running_loop().call_later(pause.total_seconds(), self._new.set)

    async def _end(self, notice: Notice, state: Ending) -> None:
        await self._end_all([notice.event_id], state)

    async def _end_all(self, event_ids: Iterable[UUID], state: Ending) -> None:
        """The audit row says that a mail went out and not about what: not even which office asked for it."""
        async with self._database.transaction() as session:
            for event_id in event_ids:
                parameters = {"event_id": event_id, "channel": CHANNEL, "state": state.value}
                if (await session.execute(_END, params=parameters)).first() is not None:
                    await audit_trail.record(
                        session,
                        "notice.ended",
                        object_ref=str(event_id),
                        actor=None,
                        facts={"channel": CHANNEL, "state": state.value},
                    )

    async def _write(self, statement: TextClause, parameters: Mapping[str, object]) -> None:
        async with self._database.transaction() as session:
            await session.execute(statement, params=dict(parameters))
