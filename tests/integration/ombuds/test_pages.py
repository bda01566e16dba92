"""The ombuds cell's own pages on its real stores: the day of the purge, and the conversation before all else."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.web.pages.words import Words
from ops.local_stack.oidc import Oidc
from services.ombuds.web.panels import PANELS
from services.ombuds.web.wording import TEXTS
from tests.integration.ombuds.cell import ELSEWHERE, HERSELF, Cell, taken
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
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text)


async def test_a_mediation_has_no_conversation_of_its_own(cell: Cell, browser: Browser) -> None:
    talk = await cell.talk()
    kinds = ("exploitation_or_abuse", "sexual_assault", "minor_involved")
    no: dict[str, Any] = dict.fromkeys(kinds, "no")
    taken(await cell.act(talk, "propose_mediation", await cell.as_staff(talk, ELSEWHERE), **no))
    ((mediation,),) = await cell.query("select case_id from cases where lifecycle = 'mediation'")
    ombudsperson = await browser.signed_in("S0010", f"/en/cases/{mediation}")
    text = seen(ombudsperson)
    assert "Proposed to the person" in text
    assert "Conversation" not in text
    assert "Mediate this" in text
