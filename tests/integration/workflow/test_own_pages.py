"""The page of whoever a matter is about: what they were told, until when, and what they can do, and nothing before."""

import json
import re
from uuid import UUID

import pytest

from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureRestored
from lifecycle import at_desk
from lifecycle.access import part_name
from lifecycle.durable import Decided
from tests.integration.web.desk import Browser, signed_out
from tests.integration.web.panels import seen
from tests.integration.workflow.formal_reports import investigating
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.measures import (
    acknowledged,
    extended,
    line_changed,
    name_at_hr,
    placed,
    told_of_a_measure,
    varied,
    words,
)

NOTHING = "There is nothing here for you now."


async def test_his_own_page_is_empty_until_he_is_told_and_then_has_his_side_alone(
    house: House, browser: Browser
) -> None:
    await investigating(house)
    before = await browser.signed_in(SUPERVISOR, "/en/own")
    assert NOTHING in seen(before)
    await signed_out(browser, before)
    somebody = await browser.signed_in("S0019", "/en/own")
    assert seen(somebody) == seen(before), "who is concerned and not told sees what everybody sees"


async def test_whoever_was_told_of_a_measure_without_a_letter_reads_that_and_until_when(
    house: House, browser: Browser
) -> None:
    measure = await line_changed(house)
    page = await browser.signed_in(SUPERVISOR, "/en/own")
    text = seen(page)
    assert "A temporary measure concerns you. It is not a finding against you." in text
    assert re.search(r"From \d+ \w+ \d{4}, \d\d:\d\d UTC Until \d+ \w+", text)
    assert ("It has ended." in text, NOTHING in text) == (False, False)
    assert not re.search(f"{PERSON}|{OTHER_MANAGER}|{str(measure)[:8]}", page.text)
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert ("parties.opened", part_name(house.desk, SUPERVISOR)) in [(one["act"], one["actor"]) for one in trail]
    assert SUPERVISOR not in {one["actor"] for one in trail}, "an auditor is not told whom a measure concerns"
    await signed_out(browser, page)
    assert seen(await browser.signed_in(PERSON, "/en/own")).endswith(NOTHING), "hers stands in her inbox"


async def test_what_changes_or_ends_stands_on_his_page_only_once_she_knows(house: House, browser: Browser) -> None:
    measure = await line_changed(house)
    at_hr = await name_at_hr(house, measure)
    first = seen(await browser.signed_in(SUPERVISOR, "/en/own"))
    named = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
    texts = words(**named, next_level_manager="S0016", approver=OTHER_HEAD) | {"reasons": "The mission ends earlier."}
    assert isinstance(await house.act(OTHER_HEAD, measure, "vary_measure", varied(), texts), Decided)
    assert seen(await browser.get("/en/own")) == first
    await house.hr_answers(at_hr, MeasureApplied)
    assert seen(await browser.get("/en/own")) == first
    await placed(house, measure)
    await house.run_errands()
    told = seen(await browser.get("/en/own"))
    assert told != first, "it ends earlier"
    lift = {"safety_check": True}, {"reasons": "She works elsewhere now."}
    assert isinstance(await house.act(HR_DIRECTOR, measure, "lift_measure", *lift), Decided)
    assert seen(await browser.get("/en/own")) == told
    await house.hr_answers(at_hr, MeasureRestored)
    assert seen(await browser.get("/en/own")) == told
    await placed(house, measure)
    assert "It has ended." in seen(await browser.get("/en/own"))


async def test_an_extension_reaches_him_once_hr_has_done_it_and_her_inbox_shows_it(
    house: House, browser: Browser
) -> None:
    measure = await line_changed(house)
    first = seen(await browser.signed_in(SUPERVISOR, "/en/own"))
    notice = ("respondent.letter", SUPERVISOR)
    before = (await house.notices()).count(notice)
    await extended(house, measure)
    assert seen(await browser.get("/en/own")) == first
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    assert seen(await browser.get("/en/own")) == first
    await placed(house, measure)
    assert seen(await browser.get("/en/own")) != first, "it ends later"
    assert (await house.notices()).count(notice) == before + 1
    await placed(house, measure)
    assert (await house.notices()).count(notice) == before + 1, "once"


async def test_of_a_measure_that_he_was_not_told_of_nothing_is_opened_for_his_page(
    house: House, browser: Browser
) -> None:
    """Else a page would take longer for him than for others."""
    measure = await acknowledged(house)
    await house.query("update case_parties set ciphertext = '' where case_id = :case returning 1", case=measure)
    assert NOTHING in seen(await browser.signed_in(SUPERVISOR, "/en/own"))


async def test_he_reads_what_he_was_told_and_what_he_can_do_in_words(house: House, browser: Browser) -> None:
    measure = await told_of_a_measure(house)
    page = await browser.signed_in(SUPERVISOR, "/en/own")
    text = seen(page)
    assert "You were told of something" in text
    assert "Time to respond" in text
    for act in ("Respond", "Name a companion", "Ask for more time", "Ask for a review"):
        assert act in text
    assert "Whom to turn to" in text
    assert PERSON not in page.text
    assert str(measure) not in page.text
    (case,) = set(re.findall(r"/en/cases/([0-9a-f-]{36})/reading", page.text))
    own = seen(await browser.get(f"/en/cases/{case}"))
    assert "This is your side of a matter that concerns you." in own
    assert "You were told of something" in own, "as it is said to him, and not as his desk says it"
    assert "Put nobody under pressure" in own
    assert "The one whom it concerns You" in own
    assert "conflict of interest" not in own
    assert "part:" not in own
    # What is written to him is his to read: no list of relations keeps him from it, and no handler's reason is asked.
    reading = await browser.get(f"/en/cases/{case}/reading")
    assert "Do not open it" not in seen(reading)
    assert "conflict of interest" not in seen(reading)
    assert re.findall('name="purpose" type="radio" value="([^"]+)"( checked)?', reading.text) == [
        ("own_matter", " checked")
    ]
    # His list names his own side and what he reads by his office, and none of the other kinds that there are.
    queue = await browser.get("/en/queue")
    assert f"/en/cases/{case}" in queue.text
    assert "Formal report" not in seen(queue)
    await signed_out(browser, page)
    assert "Formal report" in seen(await browser.signed_in(INVESTIGATOR, "/en/queue"))
    handlers = await browser.get(f"/en/cases/{case}/reading")
    assert "Do not open it if one of these is true" in seen(handlers)
    assert "own_matter" not in handlers.text
    for reader, wrong in ((SUPERVISOR, "handling"), (SUPERVISOR, "review"), (INVESTIGATOR, "own_matter")):
        with pytest.raises(Problem, match="NOT_ASSIGNED") as refused:
            await at_desk.note_reading(house.desk, UUID(case), SignedIn(reader, "token"), wrong, "contents.read")
        assert refused.value.status == 409
