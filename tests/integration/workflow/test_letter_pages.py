"""The letter on a measure as a file: a draft for whoever decides, what he was told for him, and nothing for others."""

import io
import json
import re
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from contracts.measures.v1.measures_pb2 import MeasureApplied
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Refused
from tests.integration.lifecycle.test_recent_sign_in import later
from tests.integration.web.desk import Browser, signed_out
from tests.integration.web.panels import seen
from tests.integration.workflow.formal_reports import took
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.measures import (
    HOW,
    acknowledged,
    decided_and_told,
    extended,
    name_at_hr,
    placed,
    told_of_a_measure,
    varied,
    words,
)
from tests.integration.workflow.test_alerts_and_results import RISK

SHOWN = {"serious_misconduct": True, "hearing": "heard", "redeployment_considered": True}

pytestmark = pytest.mark.stack


def text_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


async def test_whoever_decides_sees_the_letter_before_and_it_says_that_it_is_a_draft(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = await acknowledged(house)
    page = await browser.signed_in(OTHER_HEAD, f"/en/cases/{measure}")
    assert "See the letter as it stands" in page.text
    path = f"/en/cases/{measure}/letter"
    with monkeypatch.context() as patch:
        later(patch)
        assert "again=true" in (await browser.get(path)).headers["location"]
    draft = text_of(await browser.get(path))
    assert "A draft: nothing has been decided." in draft
    assert not re.search(f"{PERSON}|{SUPERVISOR}", draft)
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert [(one["actor"], one["facts"]) for one in trail if one["act"] == "letter.read"] == [
        (OTHER_HEAD, {"purpose": "measure"})
    ]


async def test_he_keeps_the_letter_and_nobody_elses_name_is_in_it(house: House, browser: Browser) -> None:
    measure = await told_of_a_measure(house)
    page = await browser.signed_in(SUPERVISOR, "/en/own")
    (path,) = re.findall(r'href="(/en/cases/[0-9a-f-]{36}/letter)"', page.text)
    assert str(measure) not in path
    answer = await browser.get(path)
    headers = answer.headers
    assert headers["content-disposition"] == 'attachment; filename="document.pdf"'
    assert (headers["content-type"], headers["x-content-type-options"]) == ("application/pdf", "nosniff")
    assert "no-store" in headers["cache-control"]
    said = text_of(answer)
    for expected in ("You stay at home.", "What was decided", "Suspension with pay", "From:", "Ends on:", "review"):
        assert expected in said
    assert not re.search(f"{PERSON}|{INVESTIGATOR}|{OTHER_HEAD}|draft|harass", said)
    assert (await browser.get(path)).content == answer.content
    assert (await browser.get(f"/en/cases/{measure}/letter")).status_code == 404
    await signed_out(browser, page)
    await browser.signed_in(OTHER_MANAGER, "/en/own")
    assert (await browser.get(path)).status_code == 404


async def test_he_keeps_the_letter_that_came_to_him_whatever_is_decided_later(house: House, browser: Browser) -> None:
    measure = await told_of_a_measure(house, Parties(PERSON, (SUPERVISOR, OTHER_MANAGER)))
    page = await browser.signed_in(SUPERVISOR, "/en/own")
    (path,) = re.findall(r'href="(/en/cases/[0-9a-f-]{36}/letter)"', page.text)
    his = await browser.get(path)
    assert "Human" not in text_of(his)
    texts = words(person=OTHER_MANAGER) | {"arrangement": HOW, "reasons": "It was the other one who went to her door."}
    assert isinstance(await house.act(HR_DIRECTOR, measure, "vary_measure", varied(**SHOWN), texts), Decided)
    assert (await browser.get(path)).content == his.content
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    await placed(house, measure)
    await house.run_errands()
    await took(house, INVESTIGATOR, measure, "release_notice", {}, {"letter": "You work from home."})
    assert (await browser.get(path)).content == his.content
    await signed_out(browser, page)
    page = await browser.signed_in(OTHER_MANAGER, "/en/own")
    (path,) = re.findall(r'href="(/en/cases/[0-9a-f-]{36}/letter)"', page.text)
    said = text_of(await browser.get(path))
    assert ("You work from home." in said, "You stay at home." in said) == (True, False)


async def test_what_the_office_wrote_to_him_is_in_no_letter_for_whoever_may_neither_decide_nor_write_one(
    house: House, browser: Browser
) -> None:
    measure = await acknowledged(house)
    assert isinstance(await house.act(LEGAL_AND_HEAD, measure, "alert", {}, RISK), Decided)
    await decided_and_told(house, measure)
    path = f"/en/cases/{measure}/letter"
    for reader, reads in ((LEGAL_AND_HEAD, False), (HR_DIRECTOR, True)):
        page = await browser.signed_in(reader, f"/en/cases/{measure}")
        said = text_of(await browser.get(path))
        assert "Suspension with pay" in said
        assert ("You stay at home." in said) == reads
        await signed_out(browser, page)


async def test_where_it_goes_on_for_longer_he_gets_another_letter_once_she_knows(
    house: House, browser: Browser
) -> None:
    measure = await told_of_a_measure(house)
    page = await browser.signed_in(SUPERVISOR, "/en/own")
    (path,) = re.findall(r'href="(/en/cases/[0-9a-f-]{36}/letter)"', page.text)
    first = await browser.get(path)
    await extended(house, measure, **SHOWN)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    letter: tuple[dict[str, Any], dict[str, str]] = {}, {"letter": "You stay at home for longer."}
    early = await house.act(INVESTIGATOR, measure, "release_notice", *letter)
    assert isinstance(early, Refused)
    asked = ("interim_measure.notice_to_release", INVESTIGATOR)
    before = (await house.notices()).count(asked)
    await placed(house, measure)
    assert (await house.notices()).count(asked) > before
    assert (await browser.get(path)).content == first.content
    await took(house, INVESTIGATOR, measure, "release_notice", *letter)
    assert "You stay at home for longer." in text_of(await browser.get(path))
    assert seen(await browser.get("/en/own")) != seen(page), "with the new date"


async def test_in_arabic_it_is_in_arabic(house: House, browser: Browser) -> None:
    await told_of_a_measure(house)
    page = await browser.signed_in(SUPERVISOR, "/ar/own")
    (path,) = re.findall(r'href="(/ar/cases/[0-9a-f-]{36}/letter)"', page.text)
    found = PdfReader(io.BytesIO((await browser.get(path)).content))
    root: Any = found.trailer["/Root"]
    assert root["/Lang"] == "ar"
    assert found.metadata
    assert "مؤقت" in str(found.metadata.title)
    assert "You stay at home." in found.pages[0].extract_text(), "words are those that were written"
