"""One mail per notice, through a mail server and peers that come and go; and the mail says nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.inbox import Event
from chassis.migrations import SERVICES, differences, migrate
from chassis.outbox import add_event
from contracts.cases.v1.cases_pb2 import CaseChanged, StaffNotice
from contracts.topics import ETHICS_CASES
from ops.local_stack.guardian import Guardian
from ops.local_stack.smtp import Smtp
from policy.load import load
from services.notifications.consumers import handlers
from services.notifications.peers import Peers
from services.notifications.sender import GIVE_UP_AFTER, Notice, Sender
from services.notifications.service import Notifications
from services.notifications.tables import Base, Ending
from services.notifications.wording import WORDS, to_staff
from tests.integration.notifications.post import WORDING_KEY, Post, mails
from tests.real_parts import Database
from tests.waiting import eventually

pytestmark = pytest.mark.stack
NEUTRAL = to_staff(WORDS["en"])
PERSON, ADDRESS = "S0018", "s0018@staff.example"
OTHER, OTHER_ADDRESS = "S0019", "s0019@staff.example"


@pytest.fixture(autouse=True)
def nobody_hears_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """These run by the clock of the day, and somewhere it is always soon the hour of one."""
    policy = replace(load("iom-2024-03"), appointments=())
    monkeypatch.setattr(Post, "of_notifications", lambda post: Notifications(post.databases["notifications"], policy))


def ended(post: Post, event_id: UUID, state: str) -> Callable[..., Awaitable[bool]]:
    async def so() -> bool:
        return (await post.endings()).get(event_id) == state

    return so


def failed_as(post: Post, event_id: UUID, failure: str) -> Callable[..., Awaitable[list[object]]]:
    return lambda: post.rows(
        "select 1 from waiting where event_id = :event_id and failure = :failure", event_id=event_id, failure=failure
    )


async def test_inv_07_a_notice_becomes_one_mail_that_says_nothing(
    wired_post: Post, sink: Smtp, guardian: Guardian
) -> None:
    post = wired_post
    await post.employ(PERSON, ADDRESS)
    async with post.ethics(), post.hr_bridge(), post.delivery(guardian) as address:
        async with post.databases["ethics"].transaction() as session:
            await add_event(session, ETHICS_CASES, "r", CaseChanged(report_id="r", state="opened"))
        event_id = await post.notify(PERSON)
        await eventually(ended(post, event_id, "sent"), within=120)
        async with httpx.AsyncClient(trust_env=False) as client:
            ready = await client.get(f"{address}/health/ready")
        assert (ready.status_code, ready.json()["dependencies"]) == (
            200,
            dict.fromkeys(("database", "kafka", "mail_server", "events_in", "events_out"), "up"),
        )
    [mail] = mails(sink.maildir)
    assert mail["To"] == ADDRESS
    assert mail["Subject"] == NEUTRAL.subject
    assert mail.get_payload() == NEUTRAL.text
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version", "X-Peer", "X-MailFrom", "X-RcptTo",
    }  # fmt: skip
    raw = mail.as_string().lower().replace("-", "")
    references = await post.rows("select recipient_ref from recipients", "ethics")
    for told in (event_id.hex, WORDING_KEY, "ethics", "query", *(ref.hex for (ref,) in references)):
        assert told not in raw


async def test_inv_54_an_event_that_comes_again_sends_nothing_again(post: Post, sink: Smtp) -> None:
    await post.employ(PERSON, ADDRESS)
    await post.notify(PERSON)
    [(value, event_id)] = await post.rows("select value, event_id from outbox", "ethics")
    sender = Sender(post.notifications(), post.of_notifications(), post.keys("notifications"))
    take = handlers(sender)[ETHICS_CASES][StaffNotice]
    notice = StaffNotice.FromString(value)
    event = Event(ETHICS_CASES, "k", event_id, "ethics", 1, datetime.now(UTC), notice)

    async def comes() -> None:
        async with post.databases["notifications"].transaction() as session:
            await take(session, event)

    await comes()
    await comes()
    async with post.ethics(), post.hr_bridge(), post.sender():
        await eventually(ended(post, event_id, "sent"))
        await comes()
        marker = uuid4()
        await post.wait_here(marker, PERSON)
        await eventually(ended(post, marker, "sent"))
    assert await post.rows("select 1 from waiting") == []
    assert len(mails(sink.maildir)) == 2


async def test_while_the_mail_server_is_away_a_notice_waits(post: Post, sink: Smtp) -> None:
    event_id = uuid4()
    await post.employ(PERSON, ADDRESS)
    await sink.stop()
    async with post.ethics(), post.hr_bridge(), post.sender():
        await post.wait_here(event_id, PERSON)
        await eventually(failed_as(post, event_id, "server_unreachable"))
        assert await post.endings() == {}
        await sink.start()
        await sink.ready()
        await eventually(ended(post, event_id, "sent"))
    assert len(mails(sink.maildir)) == 1


async def test_a_desk_that_does_not_answer_holds_up_nobody_elses_notices(post: Post, sink: Smtp) -> None:
    stuck, unknown_peer, other = uuid4(), uuid4(), uuid4()
    await post.employ(PERSON, ADDRESS)
    async with post.ethics(), post.hr_bridge():
        post.peers["ombuds"] = "http://127.0.0.1:9"
        for event_id, source in ((stuck, "ombuds"), (unknown_peer, "workflow")):
            await post.wait_here(event_id, PERSON)
            await post.rows("update waiting set source = :s where event_id = :e returning 1", s=source, e=event_id)
        await post.wait_here(other, PERSON)
        async with post.sender():
            await eventually(ended(post, other, "sent"))
            await eventually(failed_as(post, stuck, "peer_unreachable"))
            await eventually(failed_as(post, unknown_peer, "peer_not_configured"))
    assert await post.endings() == {other: "sent"}


async def test_nobody_meant_is_an_ending_and_nobody_known_to_hr_is_not(post: Post, sink: Smtp) -> None:
    forgotten, newcomer = uuid4(), uuid4()
    async with post.ethics(), post.hr_bridge(), post.sender():
        await post.wait_here(newcomer, OTHER)
        await post.wait_here(forgotten, PERSON)
        await post.rows(
            "update waiting set recipient_ref = gen_random_uuid(), next_try_at = now() where event_id = :e returning 1",
            e=forgotten,
        )
        await eventually(ended(post, forgotten, "no_recipient"))
        await eventually(failed_as(post, newcomer, "address_unknown"))
        await post.employ(OTHER, OTHER_ADDRESS)
        await eventually(ended(post, newcomer, "sent"))
    assert [mail["To"] for mail in mails(sink.maildir)] == [OTHER_ADDRESS]


class Choosy:
    """A mail server that answers with the code that stands in the address, the first time or every time."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        if address.startswith("never"):
            return "550 never heard of"
        if address.startswith(("relay", "junk")):
            return "554 5.7.1 Relay access denied" if address.startswith("relay") else "550 5.7.1 Go away"
        if address.startswith("later") and self.asked.count(address) == 1:
            return "450 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "554 5.7.1 This looks like junk" if "read" in envelope.rcpt_tos[0] else "250 OK"


@asynccontextmanager
async def choosy_server(post: Post) -> AsyncIterator[Choosy]:
    choosy, loop = Choosy(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(choosy, hostname="sink.example", loop=loop), "127.0.0.1", 0)
    post.smtp_port = server.sockets[0].getsockname()[1]
    async with server:
        yield choosy


async def test_a_mail_refused_for_good_is_not_repeated_and_one_put_off_is(post: Post) -> None:
    never, later = uuid4(), uuid4()
    await post.employ(PERSON, "never@staff.example")
    await post.employ(OTHER, "later@staff.example")
    async with post.ethics(), post.hr_bridge(), choosy_server(post) as server, post.sender():
        await post.wait_here(never, PERSON)
        await post.wait_here(later, OTHER)
        await eventually(ended(post, never, "refused"))
        await eventually(ended(post, later, "sent"))
    assert sorted(server.asked) == ["later@staff.example", "later@staff.example", "never@staff.example"]


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("relay@staff.example", "address_deferred"),
        ("junk@staff.example", "address_deferred"),
        ("read@staff.example", "mail_deferred"),
    ],
)
async def test_a_server_that_takes_nothing_of_ours_ends_no_notice(post: Post, address: str, failure: str) -> None:
    """Every other would end in the same way, and nobody would hear of any."""
    event_id = uuid4()
    await post.employ(PERSON, address)
    async with post.ethics(), post.hr_bridge(), choosy_server(post), post.sender():
        await post.wait_here(event_id, PERSON)
        await eventually(failed_as(post, event_id, failure))
    assert await post.endings() == {}


async def test_a_notice_that_nobody_can_deal_with_holds_up_no_other(
    post: Post, sink: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = uuid4(), uuid4()
    dealt_with = Sender._to_staff

    async def fails(sender: Sender, notice: Notice, peers: Peers) -> Ending | None:
        if notice.event_id == broken:
            raise KeyError
        # In hand while the other fails.
        await asyncio.sleep(0.2)
        return await dealt_with(sender, notice, peers)

    monkeypatch.setattr(Sender, "_to_staff", fails)
    await post.employ(PERSON, ADDRESS)
    async with post.ethics(), post.hr_bridge():
        for event_id in (broken, other):
            await post.wait_here(event_id, PERSON)
        async with post.sender() as sending:
            await eventually(ended(post, other, "sent"))
            await asyncio.sleep(0.3)
            assert not sending.done()
    assert await post.endings() == {other: "sent"}


async def test_after_three_days_a_notice_is_given_up(post: Post, sink: Smtp) -> None:
    event_id = uuid4()
    await sink.stop()
    await post.employ(PERSON, ADDRESS)
    await post.wait_here(event_id, PERSON)
    long_ago = GIVE_UP_AFTER + timedelta(seconds=1)
    await post.rows("update waiting set goes_at = now() - cast(:ago as interval) returning 1", ago=long_ago)
    async with post.ethics(), post.hr_bridge(), post.sender():
        await eventually(ended(post, event_id, "gave_up"))
    assert await post.rows("select 1 from waiting") == []


async def test_ended_between_mail_and_record_it_sends_the_same_mail_again(post: Post, sink: Smtp) -> None:
    """At least once, on purpose; a mail system can tell the second by its Message-ID."""
    event_id = uuid4()
    await post.employ(PERSON, ADDRESS)
    await post.wait_here(event_id, PERSON)

    async def arrived() -> bool:
        return len(mails(sink.maildir)) == 1

    async with post.ethics(), post.hr_bridge():
        async with post.databases["notifications"].transaction() as session:
            await session.execute(sa.text("lock table sent in exclusive mode"))
            async with post.sender() as task:
                await eventually(arrived)
                task.cancel()
                await asyncio.wait([task])
        assert await post.endings() == {}
        # The claim runs out after some minutes.
        await post.rows("update waiting set next_try_at = now() returning 1")
        async with post.sender():
            await eventually(ended(post, event_id, "sent"))
    first, second = mails(sink.maildir)
    assert first["Message-ID"] == second["Message-ID"]


async def test_two_senders_share_the_work_and_send_each_notice_once(post: Post, sink: Smtp) -> None:
    await post.employ(PERSON, ADDRESS)
    waiting = [uuid4() for _ in range(30)]
    async with post.ethics(), post.hr_bridge():
        for event_id in waiting:
            await post.wait_here(event_id, PERSON)
        async with post.sender(), post.sender():

            async def all_sent() -> bool:
                return len(await post.endings()) == len(waiting)

            await eventually(all_sent)
    assert len(mails(sink.maildir)) == len(waiting)


async def test_no_address_and_nobody_is_kept_or_logged(
    post: Post, sink: Smtp, caplog: pytest.LogCaptureFixture
) -> None:
    sent, refused = uuid4(), uuid4()
    await post.employ(PERSON, ADDRESS)
    await post.employ(OTHER, "no address at all")
    with caplog.at_level(logging.DEBUG):
        async with post.ethics(), post.hr_bridge(), post.sender():
            await post.wait_here(sent, PERSON)
            await post.wait_here(refused, OTHER)
            await eventually(ended(post, sent, "sent"))
            await eventually(ended(post, refused, "refused"))
    mine = "select tablename from pg_tables where schemaname = 'notifications'"
    dump = ""
    for (table,) in await post.rows(mine):
        dump += "\n".join(str(row) for (row,) in await post.rows(f'select t::text from "{table}" t'))
    for told in (ADDRESS, PERSON, OTHER, "no address"):
        assert told not in dump
        assert told.encode().hex() not in dump
    # Nor what about, or for which office once it has ended: a mail server's log has the time and the address.
    columns = await post.rows(
        "select table_name || '.' || column_name from information_schema.columns"
        " where table_schema = 'notifications' and table_name in ('waiting', 'sent')"
    )
    assert {name for (name,) in columns} == {
        *(f"waiting.{one}" for one in ("event_id", "source", "recipient_ref", "received_at", "next_try_at", "tries")),
        *(f"waiting.{one}" for one in ("failure", "may_wait", "late_office", "goes_with", "goes_at")),
        *(f"sent.{one}" for one in ("event_id", "channel", "state", "at")),
    }
    ours = [record for record in caplog.records if record.name.startswith(("services", "chassis", "lifecycle"))]
    assert not any(told in record.getMessage() for record in ours for told in (ADDRESS, PERSON, OTHER))


async def test_the_migration_makes_what_the_code_declares_and_takes_it_away_again(
    fresh_database: Callable[..., Awaitable[Database]],
) -> None:
    database = await fresh_database()
    dsn, chain = database.migration_dsn("notifications"), SERVICES / "notifications" / "migrations"
    await migrate(dsn, chain)
    assert await differences(dsn, Base.metadata) == []
    await migrate(dsn, chain, "base")
    await migrate(dsn, chain)
    assert await differences(dsn, Base.metadata) == []
