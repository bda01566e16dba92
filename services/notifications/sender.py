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
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import audit_trail
from chassis.database import Database
from chassis.keys import ServiceKeys
from services.notifications import mail, persons
from services.notifications.hours import moment
from services.notifications.peers import NotAnswered, Peers, Unknown
from services.notifications.settings import NotificationsSettings
from services.notifications.tables import Ending
from services.notifications.wording import WORDS, Said, to_person, to_staff

logger = logging.getLogger(__name__)

CHANNEL: Final = "mail"
GIVE_UP_AFTER: Final = timedelta(days=3)
_AT_ONCE: Final = 20
_LOOK_EVERY: Final = 5.0
# Longer than two questions and one mail can take.
_CLAIMED_FOR: Final = timedelta(minutes=2)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)

_RANDOM: Final = random.SystemRandom()

_CLAIM: Final = text("""
    update waiting set next_try_at = cast(:now as timestamptz) + cast(:claimed_for as interval), tries = tries + 1
    where event_id in (
        select event_id from waiting where next_try_at <= :now order by next_try_at limit :free
        for update skip locked
    )
    returning event_id, source, recipient_ref, tries, goes_with, goes_at
""")
_PUT_OFF: Final = text("""
    update waiting set next_try_at = cast(:now as timestamptz) + cast(:pause as interval), failure = :failure
    where event_id = :event_id
""")
_PLAN: Final = text("""
    update waiting set goes_with = :goes_with, goes_at = :at, next_try_at = :at, tries = 0, failure = null
    where event_id = :event_id
""")
_ON_ITS_WAY: Final = text("""
    select exists (
        select from waiting where goes_with = :goes_with and next_try_at > :now and tries = 0 and event_id <> :event_id
    )
""")
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
    goes_with: UUID | None
    goes_at: datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """`run` until cancelled; `wake` when something new waits. `share`: the random part of a delay, from 0 to 1."""

    def __init__(
        self,
        settings: NotificationsSettings,
        database: Database,
        keys: ServiceKeys,
        *,
        clock: Callable[[], datetime] = utc_now,
        share: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self._settings, self._database, self._keys = settings, database, keys
        self._clock, self._share = clock, share
        self._new = asyncio.Event()
        self._in_hand: set[asyncio.Task[None]] = set()

    async def wake(self) -> None:
        self._new.set()

    async def run(self) -> None:
        settings = self._settings
        async with Peers(settings.peers, settings.service, self._keys.signing) as peers, asyncio.TaskGroup() as group:
            while True:
                self._new.clear()
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
                ending = await (self._to_person if notice.source == persons.INTAKE else self._to_staff)(notice, peers)
            except Unknown:
                await self._end(notice, Ending.NO_RECIPIENT)
            except mail.Refused:
                await self._end(notice, Ending.REFUSED)
            except (NotAnswered, mail.NotTaken) as failure:
                await self._put_off(notice, str(failure))
            else:
                if ending:
                    await self._end(notice, ending)
        except (SQLAlchemyError, OSError) as error:
            # It stays claimed, and is tried again when the claim runs out.
            logger.warning("a notice's outcome was not written", extra={"error": type(error).__name__})

    async def _to_staff(self, notice: Notice, peers: Peers) -> Ending:
        staff_id = await peers.recipient(notice.source, notice.recipient_ref)
        address = await peers.mail_address(staff_id)
        await self._mail(notice.event_id, address, to_staff(WORDS[self._settings.staff_language]))
        return Ending.SENT

    async def _to_person(self, notice: Notice, peers: Peers) -> Ending | None:
        """First its moment within the hours that she chose, then the mail. None: not yet."""
        wish, now = persons.opened(self._keys, *await peers.wish(notice.recipient_ref)), self._clock()
        if notice.goes_with is None or not wish.hours.hold(now):
            return await self._plan(notice, wish.wish_id, moment(now, wish.hours, self._share()))
        said = to_person(WORDS[wish.language], self._settings.portal_name)
        await self._mail(notice.event_id, wish.address, said)
        return Ending.SENT

    async def _plan(self, notice: Notice, goes_with: UUID, at: datetime) -> Ending | None:
        """Whoever has a mail coming needs no second one that says the same."""
        of_it = {"event_id": notice.event_id, "goes_with": goes_with}
        async with self._database.transaction() as session:
            if await session.scalar(_ON_ITS_WAY, params=of_it | {"now": self._clock()}):
                return Ending.JOINED
            await session.execute(_PLAN, params=of_it | {"at": at})
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
        async with self._database.transaction() as session:
            await session.execute(_PUT_OFF, params=parameters)
        asyncio.get_running_loop().call_later(pause.total_seconds(), self._new.set)

    async def _end(self, notice: Notice, state: Ending) -> None:
        """The audit row says that a mail went out and not about what: not even which office asked for it."""
        parameters = {"event_id": notice.event_id, "channel": CHANNEL, "state": state.value}
        async with self._database.transaction() as session:
            if (await session.execute(_END, params=parameters)).first() is not None:
                await audit_trail.record(
                    session,
                    "notice.ended",
                    object_ref=str(notice.event_id),
                    actor=None,
                    facts={"channel": CHANNEL, "state": state.value},
                )
