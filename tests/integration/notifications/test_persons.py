"""Mails and texts to persons: at a moment of the hours they chose, to where they chose by then, the same for all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.web.pages.words import OWN_NAMES
from ops.local_stack.smtp import Smtp
from services.intake.use_cases.choose_mails import Wish, forget_mails
from services.notifications.wording import WORDS, to_person, to_phone
from tests.integration.notifications.post import Post, mails
from tests.waiting import eventually

pytestmark = pytest.mark.stack
ADDRESS = "ann@mail.example"
NUMBER = "+12025550123"
WISH = Wish(ADDRESS, 17, 22, "Asia/Kathmandu", "en")
MIDDAY = datetime.combine(datetime.now(UTC).date() + timedelta(days=2), datetime.min.time(), UTC) + timedelta(hours=6)
"""Before five in the afternoon in Kathmandu, which is at 11:15 in UTC."""
EVENING = MIDDAY.replace(hour=11, minute=15)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def planned(post: Post, event_id: UUID) -> Callable[[], Awaitable[list[datetime]]]:
    async def when() -> list[datetime]:
        rows = await post.rows(
            "select goes_at from waiting"
            " where event_id = :event_id and goes_with is not null and next_try_at = goes_at",
            event_id=event_id,
        )
        return [row.goes_at for row in rows]

    return when


def ended(post: Post, event_id: UUID, state: str) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return (await post.endings()).get(event_id) == state

    return so


async def test_s26_a_mail_goes_at_a_random_moment_of_the_chosen_hours_and_says_nothing(post: Post, sink: Smtp) -> None:
    clock = Clock(MIDDAY)
    event_id = await post.news_for(report_id := await post.person_chose(WISH))
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.5) as sending:
        [goes_at] = await eventually(planned(post, event_id))
        assert goes_at == EVENING + timedelta(minutes=90)
        assert mails(sink.maildir) == []
        sending.cancel()  # what is planned is not lost with the process
        await asyncio.wait([sending])
        clock.at = goes_at
        async with post.sender(clock=clock, share=lambda: 0.5):
            await eventually(ended(post, event_id, "sent"))
    [mail] = mails(sink.maildir)
    said = to_person(WORDS["en"], "Staff services")
    assert (mail["To"], mail["Subject"], mail.get_payload()) == (ADDRESS, said.subject, said.text)
    assert mail["X-MailFrom"] == "post@work.example"
    assert mail["Reply-To"] is None
    assert str(report_id) not in mail.as_string()


@pytest.mark.parametrize("language", sorted(OWN_NAMES))
async def test_s26_it_comes_in_the_language_she_chose_for_mails(post: Post, sink: Smtp, language: str) -> None:
    clock = Clock(EVENING)
    event_id = await post.news_for(await post.person_chose(Wish(ADDRESS, 0, 24, "UTC", language)))
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.0):
        await eventually(ended(post, event_id, "sent"))
    [mail] = mails(sink.maildir)
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode() == to_person(WORDS[language], "Staff services").text


async def test_s26_a_text_goes_to_the_gateway_in_the_chosen_hours_and_says_nothing(post: Post, sink: Smtp) -> None:
    clock = Clock(MIDDAY)
    event_id = await post.news_for(report_id := await post.person_chose(Wish(NUMBER, 17, 22, "Asia/Kathmandu", "fr")))
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.5):
        [goes_at] = await eventually(planned(post, event_id))
        assert goes_at == EVENING + timedelta(minutes=90)
        assert mails(sink.maildir) == []
        clock.at = goes_at
        await eventually(ended(post, event_id, "sent"))
    [mail] = mails(sink.maildir)
    assert (mail["To"], mail["X-RcptTo"]) == ("12025550123@text.example.org",) * 2
    assert (mail["Subject"], mail["Reply-To"]) == (None, None)
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode() == to_phone(WORDS["fr"]).text
    assert str(report_id) not in mail.as_string()
    # No row tells who chose which.
    assert await post.rows("select channel from sent") == [("mail",)]


async def test_without_a_gateway_any_more_a_text_waits_and_goes_nowhere(
    post: Post, sink: Smtp, caplog: pytest.LogCaptureFixture
) -> None:
    post.text_gateway = ""
    event_id = await post.news_for(await post.person_chose(Wish(NUMBER, 0, 24, "UTC", "en")))

    async def why() -> list[str]:
        rows = await post.rows("select failure from waiting where event_id = :id and failure is not null", id=event_id)
        return [row.failure for row in rows]

    async with post.intake(), post.sender(share=lambda: 0.0):
        assert await eventually(why) == ["no_text_gateway"]
    assert mails(sink.maildir) == []
    assert not any("2025550123" in str(vars(record)) for record in caplog.records)
    post.text_gateway = "{number}@text.example.org"
    async with post.intake(), post.sender(share=lambda: 0.0):
        await eventually(ended(post, event_id, "sent"))
    assert [mail["To"] for mail in mails(sink.maildir)] == ["12025550123@text.example.org"]


async def test_who_takes_it_back_while_a_mail_waits_gets_none(post: Post, sink: Smtp) -> None:
    clock = Clock(MIDDAY)
    event_id = await post.news_for(report_id := await post.person_chose(WISH))
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.5):
        [goes_at] = await eventually(planned(post, event_id))
        async with post.databases["intake"].transaction() as session:
            await forget_mails(session, report_id)
        clock.at = goes_at
        await eventually(ended(post, event_id, "no_recipient"))
    assert mails(sink.maildir) == []


async def test_several_news_before_the_mail_went_are_one_mail(post: Post, sink: Smtp) -> None:
    clock = Clock(MIDDAY)
    report_id = await post.person_chose(WISH)
    first = await post.news_for(report_id)
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.5):
        [goes_at] = await eventually(planned(post, first))
        second = await post.news_for(report_id)
        await eventually(ended(post, second, "joined"))
        clock.at = goes_at
        await eventually(ended(post, first, "sent"))
        third = await post.news_for(report_id)
        await eventually(planned(post, third))
    assert len(mails(sink.maildir)) == 1


async def test_what_came_while_nothing_was_sent_is_one_mail(post: Post, sink: Smtp) -> None:
    """All of it is taken up together, and planned side by side."""
    clock = Clock(MIDDAY)
    report_id = await post.person_chose(WISH)
    news = [await post.news_for(report_id) for _ in range(8)]
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.5):

        async def all_joined_but_one() -> bool:
            endings = await post.endings()
            return [endings.get(one) for one in news].count("joined") == len(news) - 1

        async def sent() -> bool:
            return "sent" in (await post.endings()).values()

        await eventually(all_joined_but_one)
        clock.at = EVENING + timedelta(minutes=90)
        await eventually(sent)
    assert len(mails(sink.maildir)) == 1


async def test_a_mail_that_could_not_go_in_its_hours_waits_for_the_next(post: Post, sink: Smtp) -> None:
    clock = Clock(MIDDAY)
    event_id = await post.news_for(await post.person_chose(WISH))
    async with post.intake(), post.sender(clock=clock, share=lambda: 0.5):
        await eventually(planned(post, event_id))
        clock.at = EVENING + timedelta(hours=6)

        async def tomorrow() -> bool:
            return await planned(post, event_id)() == [EVENING + timedelta(days=1, minutes=90)]

        await eventually(tomorrow)
    assert mails(sink.maildir) == []


async def test_inv_07_a_persons_address_or_number_is_not_kept_and_not_logged(
    post: Post, sink: Smtp, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = Wish("later@mail.example", 17, 22, "Asia/Kathmandu", "en")
    waiting_text = Wish("+41791234567", 17, 22, "Asia/Kathmandu", "en")
    no_address = Wish("no address at all", 0, 24, "UTC", "en")
    clock = Clock(MIDDAY)
    with caplog.at_level(logging.DEBUG):
        async with post.intake(), post.sender(clock=clock, share=lambda: 0.0):
            gone = await post.news_for(await post.person_chose(Wish(ADDRESS, 0, 24, "UTC", "en")))
            refused = await post.news_for(await post.person_chose(no_address))
            texted = await post.news_for(await post.person_chose(Wish(NUMBER, 0, 24, "UTC", "en")))
            await eventually(planned(post, await post.news_for(await post.person_chose(waiting_text))))
            await eventually(planned(post, await post.news_for(await post.person_chose(waiting))))
            await eventually(ended(post, gone, "sent"))
            await eventually(ended(post, texted, "sent"))
            await eventually(ended(post, refused, "refused"))
    dump = ""
    for service in ("notifications", "intake"):
        mine = f"select tablename from pg_tables where schemaname = '{service}'"
        for (table,) in await post.rows(mine, service):
            dump += "\n".join(str(row) for (row,) in await post.rows(f'select t::text from "{table}" t', service))
    ours = [record for record in caplog.records if record.name.startswith(("services", "chassis", "aiosmtplib"))]
    for told in (ADDRESS, "later@mail.example", "no address", "Kathmandu", "2025550123", "791234567"):
        assert told not in dump
        assert told.encode().hex() not in dump
        assert not any(told in f"{record.getMessage()} {record.exc_text} {vars(record)}" for record in ours)
