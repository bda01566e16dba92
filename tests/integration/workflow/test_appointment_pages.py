"""The pages of those who keep appointments: drafted by one, approved by another, and nobody else sees them."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lifecycle.in_force import InForce
from lifecycle.pages.wording import Wording
from ops.local_stack.oidc import Oidc
from policy.appointing import appointment_id
from policy.model import Role
from services.workflow.domain.appointing import Refusal
from services.workflow.web.panels import PANELS
from services.workflow.web.wording import TEXTS
from tests.integration.lifecycle.test_recent_sign_in import later
from tests.integration.web.desk import Browser, led_to, signed_out
from tests.integration.web.panels import looking_at, seen, sent
from tests.integration.workflow.house import COLLEAGUE, INVESTIGATOR, LINES, House, today

FIRST, SECOND, CHIEF, AUDITOR = "S0073", "S0074", "S0001", "S0015"
NEW = "/en/admin/appointments/new"
WORDING = Wording(TEXTS)


def on(name: str, day: object) -> dict[str, str]:
    return dict(zip((f"{name}-year", f"{name}-month", f"{name}-day"), str(day).split("-"), strict=True))


@pytest.fixture
async def browser(house: House, oidc: Oidc) -> AsyncIterator[Browser]:
    await house.people(LINES | {FIRST: CHIEF, SECOND: CHIEF, AUDITOR: CHIEF})
    async with looking_at(house.desk, oidc.issuer, "services.workflow.web", TEXTS, PANELS) as made:
        yield made


async def drafted(browser: Browser, path: str, **fields: str) -> str:
    """Where the draft is."""
    answer = await sent(browser, path, await browser.get(path), **fields)
    found = answer.headers["location"]
    assert re.fullmatch("/en/admin/drafts/[0-9a-f-]{36}", found), seen(await browser.get(found))
    return str(found)


async def decided(browser: Browser, draft: str, decision: str = "approve") -> httpx.Response:
    return await sent(browser, draft, await browser.get(draft), decision=decision)


async def signed_in_instead(browser: Browser, staff_id: str, path: str) -> httpx.Response:
    await signed_out(browser, await browser.get("/en/queue"))
    return await browser.signed_in(staff_id, path)


async def roles(house: House, staff_id: str) -> frozenset[Role]:
    await InForce(house.desk).read()
    return house.desk.policy.roles_of(staff_id, datetime.now(UTC))


async def test_one_drafts_another_approves_and_it_counts(house: House, browser: Browser) -> None:
    page = await browser.signed_in(FIRST, "/en/admin")
    assert "Waiting for a second person Nothing" in seen(page)
    asked = {"staff_id": COLLEAGUE.lower(), "role": "focal_point", "place": "selwick", **on("from", today())}
    draft = await drafted(browser, NEW, **asked, languages="fr")
    said = seen(await browser.get(draft))
    assert "You drafted this. Somebody else approves it." in said
    assert "Approve it" not in said
    again = await decided(browser, draft)
    assert again.headers["location"] == draft
    assert WORDING.known("refused", Refusal.SAME_PERSON) in (await browser.get(draft)).text
    assert await roles(house, COLLEAGUE) == set()
    listed = seen(await signed_in_instead(browser, SECOND, "/en/admin"))
    assert f"Appoint: Focal point, {COLLEAGUE}" in listed
    assert (await decided(browser, draft)).headers["location"] == "/en/admin"
    assert await roles(house, COLLEAGUE) == {Role.FOCAL_POINT}
    listed = seen(await browser.get("/en/admin"))
    assert f"{FIRST}, {SECOND}" in listed
    assert f"Appoint: Focal point, {COLLEAGUE}" not in listed
    assert (await browser.get(draft)).status_code == 404, "it is decided"


async def test_the_second_word_waits_for_a_fresh_sign_in(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.signed_in(FIRST, "/en/admin")
    asked = {"staff_id": COLLEAGUE, "role": "focal_point", "place": "selwick", **on("from", today())}
    draft = await drafted(browser, NEW, **asked)
    page = await signed_in_instead(browser, SECOND, draft)
    with monkeypatch.context() as patch:
        later(patch)
        answer = await sent(browser, draft, page, decision="approve")
    assert answer.headers["location"].startswith("/en/sign-in-again?back=")
    assert await roles(house, COLLEAGUE) == set()
    again = await browser.at_provider("/sign-in?again=true&back=" + draft)
    kept = await browser.get(led_to(await browser.get(await browser.chosen(again, SECOND))))
    assert 'value="approve" checked' in kept.text
    assert await roles(house, COLLEAGUE) == set(), "nothing is sent by coming back"
    assert (await decided(browser, draft)).headers["location"] == "/en/admin"
    assert await roles(house, COLLEAGUE) == {Role.FOCAL_POINT}


async def test_an_end_says_who_is_left_and_is_set_aside_by_whoever_drafted_it(house: House, browser: Browser) -> None:
    await browser.signed_in(FIRST, "/en/admin")
    [one] = house.desk.policy.appointed(Role.AUDITOR, datetime.now(UTC))
    path = f"/en/admin/appointments/{appointment_id(one)}/end"
    draft = await drafted(browser, path, **on("last_day", today() + timedelta(days=3)))
    assert "After that nobody holds this role." in seen(await browser.get(draft))
    assert (await decided(browser, draft, "set_aside")).headers["location"] == "/en/admin"
    assert AUDITOR in seen(await browser.get("/en/admin"))
    assert await roles(house, AUDITOR) == {Role.AUDITOR}


async def test_what_cannot_be_is_said_beside_what_was_typed(house: House, browser: Browser) -> None:
    await browser.signed_in(FIRST, "/en/admin")
    asked = {"staff_id": AUDITOR, "role": "investigator", "place": "selwick", **on("from", today())}
    answer = await sent(browser, NEW, await browser.get(NEW), **asked)
    assert answer.headers["location"] == NEW
    page = await browser.get(NEW)
    assert WORDING.known("refused", Refusal.HELD_APART) in page.text
    assert f'value="{AUDITOR}"' in page.text
    assert await house.query("select 1 from appointment_drafts") == []


async def test_nobody_else_sees_that_there_is_anything(browser: Browser) -> None:
    page = await browser.signed_in(INVESTIGATOR, "/en/queue")
    assert "/en/admin" not in page.text
    for path in ("/en/admin", NEW, "/en/admin/policy", "/en/admin/languages", "/en/admin/stations"):
        assert (await browser.get(path)).status_code == 404, path
    keeper = await signed_in_instead(browser, FIRST, "/en/queue")
    assert "/en/admin" in keeper.text


@pytest.mark.parametrize(("staff_id", "path"), [(FIRST, "/en/admin"), (CHIEF, "/en/queue"), (COLLEAGUE, "/en/queue")])
async def test_each_lands_where_their_work_is(browser: Browser, staff_id: str, path: str) -> None:
    await browser.signed_in(staff_id)
    assert (await browser.get("/en")).headers["location"] == path
