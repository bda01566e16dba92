"""The ombuds cell's own pages on its real stores: the day of the purge, and the conversation before all else."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from chassis.web.pages.words import Words
from lifecycle import reports, unread
from ops.local_stack.oidc import Oidc
from services.ombuds.domain import mediation
from services.ombuds.web.panels import PANELS, SAID_YES
from services.ombuds.web.wording import TEXTS
from tests.integration.ombuds.cell import ELSEWHERE, HERSELF, OMBUDSPERSON, PERSON, SUPERVISOR, Cell, taken
from tests.integration.ombuds.test_mediations import invited, proposed
from tests.integration.web.desk import Browser
from tests.integration.web.panels import looking_at, seen


@pytest.fixture
async def browser(cell: Cell, oidc: Oidc) -> AsyncIterator[Browser]:
    await cell.people()
    async with looking_at(cell.desk, oidc.issuer, "services.ombuds.web", TEXTS, PANELS) as made:
        yield made


async def test_a_talk_says_when_it_would_be_destroyed_and_once_ended_when_it_is(cell: Cell, browser: Browser) -> None:
    talk = await cell.talk()
    before = seen(await browser.signed_in(ELSEWHERE, f"/en/cases/{talk}"))
    assert "Not part of any formal file." in before
    assert "some time after the person ends the talk" in before
    taken(await cell.act(talk, "end_talk", HERSELF, outcome="resolved"))
    due = datetime.fromisoformat((await cell.row(talk)).data["clocks"]["ombuds.purge"]["due_at"])
    after = seen(await browser.get(f"/en/cases/{talk}"))
    assert "It is destroyed on " + Words()["en"].day(due) + "." in after
    assert due > datetime.now(UTC) - timedelta(minutes=5)
    assert "some time after" not in after


async def test_the_conversation_comes_before_the_steps_and_all_stands_in_words(cell: Cell, browser: Browser) -> None:
    talk = await cell.talk()
    page = await browser.signed_in(ELSEWHERE, f"/en/cases/{talk}")
    text = seen(page)
    assert text.index("Conversation") < text.index("What you can do now")
    assert "Talking" in text
    assert "Propose a mediation" in text
    assert "Yes, I listen You (Focal point)" in text
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text)


async def test_the_queue_says_first_where_she_has_written(cell: Cell, browser: Browser) -> None:
    talk = await cell.talk()
    row = await cell.row(talk)
    quiet = seen(await browser.signed_in(ELSEWHERE))
    assert "With no step for you now" in quiet
    assert "new message" not in quiet
    async with cell.desk.database.transaction() as session:
        await reports.keep(session, row.report_id, row.lifecycle, b"k", datetime.now(UTC))
        await unread.count(session, row.report_id)
    queue = seen(await browser.get("/en/queue"))
    assert f"{str(talk)[:8]} 1 new message Talk Talking Read what was written" in queue
    assert "With no step for you now" not in queue
    assert "Read what was written 1 new message" in seen(await browser.get(f"/en/cases/{talk}"))


async def test_a_mediation_shows_whose_yes_it_has_and_no_conversation(cell: Cell, browser: Browser) -> None:
    _, case_id = await proposed(cell)
    before = seen(await browser.signed_in(OMBUDSPERSON, f"/en/cases/{case_id}"))
    assert "Proposed to the person" in before
    assert "The person has said yes No The other party has said yes No" in before
    assert "Conversation" not in before
    taken(await cell.act(case_id, "agree_to_mediation", HERSELF))
    after = seen(await browser.get(f"/en/cases/{case_id}"))
    assert "The person has said yes Yes The other party has said yes No" in after


async def test_whoever_is_asked_to_a_mediation_reads_that_it_is_his_to_say(cell: Cell, browser: Browser) -> None:
    _, case_id = await invited(cell)
    page = seen(await browser.signed_in(SUPERVISOR, f"/en/cases/{case_id}"))
    assert "It is yours to say yes or no." in page
    assert "Say yes to the mediation" in page
    assert "Say no to the mediation" in page
    assert "has said yes" not in page
    assert PERSON not in page


def test_whose_yes_is_shown_as_long_as_the_mediation_rests_on_it() -> None:
    assert {"proposed", "person_agreed", "invited", "both_agreed", "in_sessions"} == SAID_YES.keys()
    assert SAID_YES.keys() <= {one.name for one in mediation.LIFECYCLE.states}
