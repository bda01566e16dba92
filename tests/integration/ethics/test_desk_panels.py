"""The ethics office's own pages on its real stores: the register, what needs a look, when to ask how it is."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from chassis.web import desk_sign_in
from lifecycle.model import Actor, ActorKind
from ops.local_stack.oidc import Oidc
from services.ethics.use_cases import register
from services.ethics.web.panels import PANELS
from services.ethics.web.wording import TEXTS
from tests.integration.ethics.office import ETHICS_OFFICER, PROTECTED, UNPROTECTED, Office
from tests.integration.web.desk import Browser
from tests.integration.web.panels import looking_at, seen, sent

PERSON = Actor(ActorKind.PERSON)
NOTHING = "There is nothing here for you now."


@pytest.fixture
async def browser(quiet_office: Office, oidc: Oidc) -> AsyncIterator[Browser]:
    async with looking_at(quiet_office.desk, oidc.issuer, "services.ethics.web", TEXTS, PANELS) as made:
        yield made


async def test_the_register_names_only_whoever_agreed_to_be_contacted(quiet_office: Office, browser: Browser) -> None:
    agreed = await quiet_office.protect(PROTECTED, contact=True)
    silent = await quiet_office.protect(UNPROTECTED, contact=False)
    page = await browser.signed_in(ETHICS_OFFICER, "/en/protected")
    assert str(agreed) in page.text
    assert PROTECTED in page.text
    assert str(silent) in page.text
    assert UNPROTECTED not in page.text
    assert "Not shown" in seen(page)
    assert "Reported something" in seen(page)
    (entry,) = await quiet_office.audited("register.shown")()
    assert (entry["actor"], entry["facts"]) == (ETHICS_OFFICER, {"count": 2})


async def test_whoever_works_above_or_below_the_reader_is_not_in_the_register(
    quiet_office: Office, browser: Browser
) -> None:
    await quiet_office.person(PROTECTED, line=ETHICS_OFFICER)
    await quiet_office.person(UNPROTECTED, line=PROTECTED)
    await quiet_office.person(ETHICS_OFFICER, line="S0001")
    hidden = [await quiet_office.protect(one) for one in (f"{PROTECTED.lower()} ", UNPROTECTED, "S0001")]
    other = await quiet_office.protect("S0020")
    text = (await browser.signed_in(ETHICS_OFFICER, "/en/protected")).text
    assert str(other) in text
    assert [one for one in hidden if str(one) in text] == []


async def test_a_page_of_the_register_tells_of_no_protection_that_is_hidden(
    quiet_office: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_PAGE", 2)
    monkeypatch.setattr(register, "_AT_ONCE", 2)
    kept_from = {2, 3, 4, 7}
    for number in range(1, 8):
        whom = ETHICS_OFFICER if number in kept_from else PROTECTED
        await quiet_office.protect(whom, protection_id=UUID(int=number))
    page = await browser.signed_in(ETHICS_OFFICER, "/en/protected")
    assert ids(page) == [1, 5]
    assert [str(UUID(int=number))[:8] for number in ids(page)] == re.findall(
        r'<th scope="row"[^>]*><bdi dir="ltr">([^<]*)<', page.text
    ), "what somebody reads of it is short"
    (more,) = re.findall(r'href="(/en/protected\?after=[^"]*)"', page.text)
    assert more.endswith(str(UUID(int=5)))
    page = await browser.get(more)
    assert ids(page) == [6]
    assert "?after=" not in page.text, "what is left is hidden"
    assert [one["facts"] for one in await quiet_office.audited("register.shown")()] == [
        {"count": 2},
        {"count": 1, "after": str(UUID(int=5))},
    ]


async def test_the_register_is_shown_to_a_sign_in_of_the_last_minutes(
    quiet_office: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await quiet_office.protect(PROTECTED)
    await browser.signed_in(ETHICS_OFFICER, "/en/queries")
    monkeypatch.setattr(desk_sign_in, "RECENT", timedelta())
    answer = await browser.get("/en/protected")
    assert answer.headers["location"] == "/sign-in?back=%2Fen%2Fprotected&again=true"
    assert await quiet_office.audited("register.shown")() == []


def ids(page: httpx.Response) -> list[int]:
    return [UUID(one).int for one in re.findall(r'<tr [^>]*id="([0-9a-f-]{36})"', page.text)]


async def test_nobody_finds_himself_in_the_register_and_nobody_else_finds_anybody(
    quiet_office: Office, browser: Browser
) -> None:
    await quiet_office.protect(ETHICS_OFFICER)
    assert NOTHING in seen(await browser.signed_in(ETHICS_OFFICER, "/en/protected"))
    await quiet_office.protect(PROTECTED)
    assert PROTECTED in seen(await browser.get("/en/protected"))


async def test_whoever_has_no_part_in_the_office_finds_nothing(quiet_office: Office, browser: Browser) -> None:
    await quiet_office.protect(PROTECTED)
    assert NOTHING in seen(await browser.signed_in("S0005", "/en/protected"))
    assert await quiet_office.audited("register.shown")() == []
    (entry,) = await quiet_office.audited("register.hidden")()
    assert (entry["actor"], entry["facts"]) == ("S0005", {"count": 0})


async def test_a_personnel_action_needs_a_look_and_is_read_in_words(quiet_office: Office, browser: Browser) -> None:
    await quiet_office.protect(PROTECTED, contact=False)
    await quiet_office.see(quiet_office.next_action(PROTECTED))
    page = await browser.signed_in(ETHICS_OFFICER, "/en/queries")
    assert "A personnel action needs your look" in seen(page)
    (entry,) = await quiet_office.audited("queries.shown")()
    assert (entry["actor"], entry["facts"]) == (ETHICS_OFFICER, {"count": 1})
    (case,) = re.findall(r"/en/cases/([0-9a-f-]{36})", page.text)
    path = f"/en/cases/{case}/reading"
    await sent(browser, path, await browser.get(path), purpose="review")
    read = await browser.get(f"/en/cases/{case}/contents")
    text = seen(read)
    assert "What HR did Poor appraisal" in text
    assert "What the person did that is protected Reported something" in text
    assert "{" not in text
    assert PROTECTED not in read.text, "the person agreed to no contact"


async def test_check_ins_say_what_comes_next_and_what_was_said_last(quiet_office: Office, browser: Browser) -> None:
    case_id = await quiet_office.request("fear")
    steps = (("acknowledge", ETHICS_OFFICER), ("propose_steps", ETHICS_OFFICER), ("agree_steps", PERSON))
    await quiet_office.walk(case_id, *steps)
    assert NOTHING in seen(await browser.signed_in(ETHICS_OFFICER, "/en/check-ins"))
    await quiet_office.walk(case_id, ("start_monitoring", ETHICS_OFFICER))
    page = await browser.get("/en/check-ins")
    assert "First check-in" in seen(page)
    assert "None yet" in seen(page)
    await quiet_office.act(case_id, "answer_check_in", PERSON, answer="not_well")
    assert "Not well," in seen(await browser.get("/en/check-ins"))
    shown = await quiet_office.audited("check_ins.shown")()
    assert [(one["actor"], one["facts"]["count"]) for one in shown] == [(ETHICS_OFFICER, n) for n in (0, 1, 1)]
