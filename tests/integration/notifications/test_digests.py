"""What may wait goes to staff at fixed hours of their working days, counted by item, and also when there is nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

import pytest

from chassis.web.pages.words import Language
from ops.local_stack.smtp import Smtp
from policy.model import Office
from services.notifications import digests
from services.notifications.peers import Meant, Peers
from services.notifications.sender import ClaimLost, Notice, Sender
from services.notifications.tables import Ending
from services.notifications.wording import WORDS, digest, to_staff, to_staff_above
from tests.integration.notifications.post import Post, mails
from tests.waiting import eventually

pytestmark = pytest.mark.stack
OFFICER, OTHER, MANAGER = "S0007", "S0005", "S0044"
"""Two who are appointed, the one at a place by the clock of Zurich, and one who is not."""
MONDAY = date(2027, 2, 8)
EARLY = datetime(2027, 2, 8, 5, 30, tzinfo=UTC)
FIRST, SECOND = datetime(2027, 2, 8, 7, tzinfo=UTC), datetime(2027, 2, 8, 13, tzinfo=UTC)
ENGLISH: Language = WORDS["en"]


class Clock:
    """Set to a time, from which it goes on: what is put off comes again."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def set(self, at: datetime) -> None:
        self._at, self._set = at, monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=monotonic() - self._set)


def address(staff_id: str) -> str:
    return f"{staff_id.lower()}@staff.example"


def planned(post: Post, *event_ids: UUID) -> Callable[[], Awaitable[bool]]:
    async def all_are() -> bool:
        rows = await post.rows("select event_id from waiting where goes_with is not null")
        return {row.event_id for row in rows} >= set(event_ids)

    return all_are


def ended(post: Post, event_id: UUID, state: str = "sent") -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return (await post.endings()).get(event_id) == state

    return so


def digest_at(post: Post, slot: datetime, staff_id: str = OFFICER) -> UUID:
    return digests.digest_id(post.keys("notifications"), staff_id, slot)


async def case(post: Post, *, unmet_at: datetime | None = None, closed: bool = False) -> UUID:
    """A case of the ethics office, as far as a digest asks of it."""
    case_id = uuid4()
    await post.rows(
        "insert into cases (case_id, report_id, lifecycle, number, state, version, data, policy_name, policy_version,"
        " policy_hash, workflow_id, unmet_at, errands, handlers, opened_at, changed_at, closed_at)"
        " values (:case_id, gen_random_uuid(), 'query', 1, 'opened', 1, '{}', 'p', '1', 'h',"
        " cast(gen_random_uuid() as text), :unmet_at,"
        " '{}', '{}', now(), now(), case when :closed then now() end) returning 1",
        "ethics",
        case_id=case_id,
        unmet_at=unmet_at,
        closed=closed,
    )
    return case_id


async def news(post: Post, staff_id: str = OFFICER, case_id: UUID | None = None, *, late: str = "") -> UUID:
    """A notice that may wait, unless something is `late`; it has arrived, without Kafka."""
    await post.notify(staff_id, case_id, may_wait=not late, late_office=late)
    [(reference,)] = await post.rows("select recipient_ref from recipients order by created_at desc limit 1", "ethics")
    event_id = uuid4()
    await post.rows(
        "insert into waiting (event_id, source, recipient_ref, may_wait, late_office)"
        " values (:event_id, 'ethics', :reference, :may_wait, :late) returning 1",
        event_id=event_id,
        reference=reference,
        may_wait=not late,
        late=late,
    )
    return event_id


async def test_what_may_wait_is_one_mail_at_the_hour_that_counts_items_and_says_by_when(post: Post, sink: Smtp) -> None:
    clock = Clock(EARLY)
    await post.employ(OFFICER, address(OFFICER))
    one = await case(post, unmet_at=datetime(2027, 2, 20, 23, 30, tzinfo=UTC))
    other, over = await case(post), await case(post, closed=True)
    waiting = [await news(post, case_id=which) for which in (one, one, other, over)]
    async with post.ethics(), post.hr_bridge(), post.sender(clock=clock) as sending:
        await eventually(planned(post, *waiting))
        assert mails(sink.maildir) == []
        sending.cancel()  # what is planned is not lost with the process
        await asyncio.wait([sending])
        clock.set(FIRST + timedelta(minutes=20))
        async with post.sender(clock=clock), post.sender(clock=clock):
            await eventually(ended(post, digest_at(post, FIRST)))
    [mail] = mails(sink.maildir)
    # In Zurich it is the next day by then.
    assert mail["Subject"] == digest(ENGLISH, 2, date(2027, 2, 21)).subject
    assert mail.get_payload() == digest(ENGLISH, 2, date(2027, 2, 21)).text
    assert {state for event_id, state in (await post.endings()).items() if event_id in waiting} == {"sent"}
    assert await post.rows("select 1 from waiting where goes_with is not null") == []
    raw = mail.as_string().replace("-", "")
    assert not any(one.hex in raw for one in (one, other, over, *waiting))


async def test_what_needs_somebody_before_the_next_digest_does_not_wait_for_it(post: Post, sink: Smtp) -> None:
    """On a Friday evening Monday's digest is the next, and a date that was days away lies before it."""
    friday, monday = datetime(2027, 2, 12, 15, tzinfo=UTC), datetime(2027, 2, 15, 7, tzinfo=UTC)
    await post.employ(OFFICER, address(OFFICER))
    on_sunday = await news(post, case_id=await case(post, unmet_at=monday - timedelta(hours=12)))
    on_monday = await news(post, case_id=await case(post, unmet_at=monday + timedelta(hours=3)))
    undated = await news(post, case_id=await case(post))
    async with post.ethics(), post.hr_bridge(), post.sender(clock=Clock(friday)):
        await eventually(ended(post, on_sunday))
        await eventually(planned(post, on_monday, undated))
    assert [mail["Subject"] for mail in mails(sink.maildir)] == [to_staff(ENGLISH).subject]


async def test_a_digest_comes_also_when_there_is_nothing_and_only_once(post: Post, sink: Smtp) -> None:
    clock = Clock(FIRST)
    await post.employ(OFFICER, address(OFFICER))
    async with post.ethics(), post.hr_bridge():
        async with post.sender(clock=clock):
            await eventually(ended(post, digest_at(post, FIRST)))
        async with post.sender(clock=clock):  # another process, that does not know of the first
            clock.set(SECOND)
            await eventually(ended(post, digest_at(post, SECOND)))
    assert [mail["Subject"] for mail in mails(sink.maildir)] == [digest(ENGLISH, 0, None).subject] * 2


async def test_staff_is_written_to_in_the_first_language_of_their_appointment_that_mails_have(
    post: Post, sink: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose appointment names none that mails have, and who holds none, in the installation's."""
    clock, known = Clock(EARLY), post.of_notifications()
    speaks = {OFFICER: ("pt", "fr", "en"), OTHER: ("pt",)}
    appointments = [replace(one, languages=speaks.get(one.staff_id, ())) for one in known.policy.appointments]
    known.policy = replace(known.policy, appointments=tuple(appointments))
    monkeypatch.setattr(post, "of_notifications", lambda: known)
    for staff_id in (OFFICER, OTHER, MANAGER):
        await post.employ(staff_id, address(staff_id))
    async with post.ethics(), post.hr_bridge(), post.sender(clock=clock):
        for staff_id in (OFFICER, OTHER):
            await eventually(ended(post, await news(post, staff_id, late=Office.ECO.value)))
        await eventually(ended(post, await news(post, MANAGER)))
        clock.set(FIRST)
        await eventually(ended(post, digest_at(post, FIRST)))
    sent = [(mail["To"], mail["Subject"]) for mail in mails(sink.maildir)]
    said = {who: {subject for to, subject in sent if to == address(who)} for who in (OFFICER, OTHER, MANAGER)}
    french, english = (to_staff(WORDS[code]).subject for code in ("fr", "en"))
    assert said[OFFICER] == {french, digest(WORDS["fr"], 0, None).subject}
    assert said[OTHER] - {digest(ENGLISH, 0, None).subject} == said[MANAGER] == {english}


async def test_what_is_late_and_whoever_holds_no_appointment_waits_for_no_digest(post: Post, sink: Smtp) -> None:
    clock = Clock(EARLY)
    for staff_id in (OFFICER, MANAGER):
        await post.employ(staff_id, address(staff_id))
    async with post.ethics(), post.hr_bridge(), post.sender(clock=clock):
        await eventually(ended(post, await news(post, MANAGER)))
        await eventually(ended(post, await news(post, OFFICER, late=Office.ECO.value)))
    said = {mail["To"]: mail.get_payload() for mail in mails(sink.maildir)}
    name = post.of_notifications().policy.offices[Office.ECO].name
    assert said == {
        address(MANAGER): to_staff(ENGLISH).text,
        address(OFFICER): to_staff_above(ENGLISH, name).text,
    }


async def test_while_a_desk_does_not_answer_a_digest_waits_instead_of_saying_that_there_is_nothing(
    post: Post, sink: Smtp
) -> None:
    clock = Clock(EARLY)
    await post.employ(OFFICER, address(OFFICER))
    async with post.hr_bridge():
        async with post.ethics(), post.sender(clock=clock):
            event_id = await news(post, case_id=await case(post))
            await eventually(planned(post, event_id))
        post.peers["ethics"] = "http://127.0.0.1:9"
        clock.set(FIRST)
        async with post.sender(clock=clock):
            await eventually(
                lambda: post.rows(
                    "select 1 from waiting where event_id = :id and failure = 'peer_unreachable'",
                    id=digest_at(post, FIRST),
                )
            )
        assert mails(sink.maildir) == []
        clock.set(FIRST + timedelta(minutes=5))
        async with post.ethics(), post.sender(clock=clock):
            await eventually(ended(post, digest_at(post, FIRST)))
    assert [mail["Subject"] for mail in mails(sink.maildir)] == [digest(ENGLISH, 1, None).subject]
    assert (await post.endings())[event_id] == "sent"


async def three_wait(post: Post, clock: Clock) -> None:
    """For the digest at `FIRST`."""
    await post.employ(OFFICER, address(OFFICER))
    waiting = [await news(post, case_id=await case(post)) for _ in range(3)]
    async with post.ethics(), post.sender(clock=clock):
        await eventually(planned(post, *waiting))


async def test_a_digest_that_asks_for_longer_than_a_claim_lasts_keeps_its_claim(
    post: Post, sink: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked, claimed = Clock(EARLY), 0, set[UUID]()
    await three_wait(post, clock)
    other = Sender(post.notifications(), post.of_notifications(), post.keys("notifications"), clock=clock)
    recipient = Peers.recipient

    async def slowly(peers: Peers, source: str, reference: UUID) -> Meant:
        nonlocal asked
        asked += 1
        clock.set(clock() + timedelta(seconds=90))
        claimed.update(one.event_id for one in await other._claim(20))  # as another process that looks for what waits
        return await recipient(peers, source, reference)

    monkeypatch.setattr(Peers, "recipient", slowly)
    async with post.ethics(), post.hr_bridge():
        clock.set(FIRST)
        async with post.sender(clock=clock):
            await eventually(ended(post, digest_at(post, FIRST)))
    assert (asked, digest_at(post, FIRST) in claimed) == (3, False)
    assert [mail["Subject"] for mail in mails(sink.maildir)] == [digest(ENGLISH, 3, None).subject]


async def test_an_attempt_that_has_lost_its_claim_sends_nothing(
    post: Post, sink: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, stuck, lost = Clock(EARLY), False, asyncio.Event()
    await three_wait(post, clock)
    recipient, attempt = Peers.recipient, Sender._digest

    async def once_for_long(peers: Peers, source: str, reference: UUID) -> Meant:
        nonlocal stuck
        if not stuck:
            stuck = True
            clock.set(clock() + timedelta(minutes=3))
            async with post.sender(clock=clock):
                await eventually(ended(post, digest_at(post, FIRST)))
        return await recipient(peers, source, reference)

    async def noting_a_lost_claim(sender: Sender, notice: Notice, peers: Peers) -> Ending | None:
        try:
            return await attempt(sender, notice, peers)
        except ClaimLost:
            if notice.event_id == digest_at(post, FIRST):
                lost.set()
            raise

    monkeypatch.setattr(Peers, "recipient", once_for_long)
    monkeypatch.setattr(Sender, "_digest", noting_a_lost_claim)
    async with post.ethics(), post.hr_bridge():
        clock.set(FIRST)
        async with post.sender(clock=clock):
            await asyncio.wait_for(lost.wait(), timeout=60)
    assert [mail["Subject"] for mail in mails(sink.maildir)] == [digest(ENGLISH, 3, None).subject]


async def test_a_digest_that_could_not_go_gives_way_to_the_next_and_loses_nothing(post: Post, sink: Smtp) -> None:
    clock = Clock(EARLY)
    await post.employ(OFFICER, address(OFFICER))
    await sink.stop()
    async with post.ethics(), post.hr_bridge(), post.sender(clock=clock):
        event_id = await news(post, case_id=await case(post))
        await eventually(planned(post, event_id))
        clock.set(FIRST)
        await eventually(
            lambda: post.rows("select 1 from waiting where event_id = :id and tries > 0", id=digest_at(post, FIRST))
        )
        clock.set(SECOND)
        await eventually(ended(post, digest_at(post, FIRST), "overtaken"))
        await sink.start()
        await sink.ready()
        clock.set(SECOND + timedelta(minutes=5))
        await eventually(ended(post, digest_at(post, SECOND)))
    assert [mail["Subject"] for mail in mails(sink.maildir)] == [digest(ENGLISH, 1, None).subject]
    assert (await post.endings())[event_id] == "sent"
