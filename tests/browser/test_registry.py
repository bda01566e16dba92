"""The registrar's desk in a real Chromium, and the first use of a code that was handed over."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from ops.local_stack.oidc import Oidc
from ops.local_stack.paths import KIT
from services.intake.desk.app import desk_app
from services.intake.desk.settings import DeskSettings
from services.intake.use_cases import decide_release
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served
from tests.integration.intake.conftest import client_of
from tests.integration.intake.releasing import HEAR, Desk, Request
from tests.integration.intake.world import World, build_world, code_of_new, formal
from tests.real_parts import PostgresServer

pytestmark = pytest.mark.stack
REGISTRAR, CUSTODIAN = "S0020", "S0061"
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_TOLD = {
    "received-day": "3", "received-month": "3", "received-year": "2026", "received-time": "09:30",
    "what_happened": "aVeryLongWordWithoutASpace" * 20 + "\nيصرخ في كل اجتماع",
    "alleged_offender": "S0017",
}  # fmt: skip


@dataclass
class Both:
    portal: str
    desk: str
    world: World


@pytest.fixture(scope="module")
async def both(
    postgres: PostgresServer, keystore: PostgresServer, oidc: Oidc, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Both]:
    """The two applications of intake, on the stores of one."""
    database, store = await postgres.fresh("intake"), await keystore.fresh("intake")
    (listener, portal), (beside, desk) = listening(), listening()
    # Two ports of one host are one site to a browser; provider and desk are two.
    issuer = oidc.issuer.replace("127.0.0.1", "localhost")
    world: World = await build_world(
        database, store, tmp_path_factory.mktemp("keys"), issuer, kit_dir=KIT, public_url=portal
    )
    given = world.settings.model_dump(include={*DeskSettings.model_fields} - {"portal_url", "oidc_client_id"})
    settings = DeskSettings(**given | {"public_url": desk, "portal_url": portal, "oidc_client_secret": "any"})
    app = desk_app(settings, world.intake)
    async with served(listener, world.app), served(beside, app):
        yield Both(portal, desk, world)
    await app.state.sign_in.close()
    await world.close()
    await postgres.drop(database)
    await keystore.drop(store)


async def press(page: Page, selector: str) -> None:
    async with page.expect_navigation():
        await page.locator(selector).first.click()


async def fill(page: Page) -> None:
    for name, answer in _TOLD.items():
        if await page.locator(f"[name={name}]").count():
            await page.locator(f"[name={name}]").fill(answer)
    for name, choice in (("how", "paper"), ("way", "formal_report"), ("mode", "confidential")):
        if await page.locator(f"[name={name}]").count():
            await page.locator(f"[name={name}][value={choice}]").check()


async def is_open_to_everybody(page: Page) -> None:
    assert await axe(page) == [], page.url
    assert await page.evaluate(_WIDER) <= 0, page.url


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (320, "ar")])
async def test_what_came_is_entered_and_its_code_replaced_on_pages_open_to_everybody(
    both: Both, page_factory: PageFactory, width: int, language: str
) -> None:
    page = await page_factory(width=width)
    await page.goto(f"{both.desk}/{language}")
    await page.click(f"button[value={REGISTRAR}]")
    await page.wait_for_url(f"{both.desk}/{language}/tasks")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await is_open_to_everybody(page)
    await press(page, "main a")
    await press(page, "main form button")
    await page.wait_for_selector("#what-to-do:focus")  # the browser moves there once it has drawn the page
    while "/check" not in page.url:
        await is_open_to_everybody(page)
        await fill(page)
        await press(page, "main form button")
    await is_open_to_everybody(page)
    await press(page, "button[value=lodge]")
    await is_open_to_everybody(page)
    code = await page.inner_text(".code")
    # What is printed is the code, and nothing that tells what it is for.
    await page.emulate_media(media="print")
    assert (await page.inner_text("body")).split() == code.split()
    await page.emulate_media(media="screen")
    await page.check("[name=kept]")
    await press(page, "main form button")
    await is_open_to_everybody(page)
    assert await page.inner_text(".code") == code
    await press(page, "main form button")
    assert page.url.endswith("/tasks")
    await page.goto(f"{both.portal}/{language}/back")
    await page.fill("main input[type=text]", code)
    await press(page, "main form button")
    assert page.url.endswith("/new-code")
    await is_open_to_everybody(page)
    assert await page.inner_text(".code") != code
    await page.check("[name=kept]")
    await press(page, "main form button")
    assert page.url.endswith("/inbox")
    assert said == []


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (320, "ar")])
async def test_the_custodian_is_told_on_a_page_open_to_everybody_that_nothing_can_be_given(
    both: Both, page_factory: PageFactory, width: int, language: str
) -> None:
    page = await page_factory(width=width)
    await page.goto(f"{both.desk}/{language}")
    await page.click(f"button[value={CUSTODIAN}]")
    await page.wait_for_url(f"{both.desk}/{language}/tasks")
    await press(page, "main a")
    await is_open_to_everybody(page)
    for name, answer in {"staff_id": "S0018", "day-day": "3", "day-month": "3", "day-year": "2026"}.items():
        await page.fill(f"[name={name}]", answer)
    await page.check("[name=way][value=formal_report]")
    await page.check("[name=proved]")
    await press(page, "main form button")
    assert page.url.endswith("/reissue")
    await page.wait_for_selector("#what-to-do:focus")  # the browser moves there once it has drawn the page
    await is_open_to_everybody(page)


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (320, "ar")])
async def test_who_asks_for_a_name_is_answered_and_shown_on_pages_open_to_everybody(
    both: Both, page_factory: PageFactory, monkeypatch: pytest.MonkeyPatch, width: int, language: str
) -> None:
    desk = Desk()
    monkeypatch.setattr(decide_release, "open_to_custodian", desk.open_to)
    async with client_of(both.world) as client:
        code = await code_of_new(client, formal())
        unnamed = await code_of_new(client, formal(mode="anonymous", parties={"alleged_offender": ["S0017"]}))
        report_id = await both.world.report_id(client, code)
    given, asked = [await Request(both.world, report_id, *purpose).ask() for purpose in ((), (HEAR,))]
    page = await page_factory(width=width)
    await page.goto(f"{both.desk}/{language}")
    await page.click(f"button[value={CUSTODIAN}]")
    await page.wait_for_url(f"{both.desk}/{language}/tasks")
    await is_open_to_everybody(page)
    desk.answers = False
    await press(page, "main a[href$='/releases']")
    await is_open_to_everybody(page)
    assert await page.locator("main .calm").count() == 1, "a desk that is silent is told"
    desk.answers = True
    await page.reload()
    await is_open_to_everybody(page)
    assert await page.locator("main .calm").count() == 0
    for one, answer in ((asked, "agree"), (given, "agree")):
        await press(page, f"main a[href$='{one.asked.release_id}']")
        await is_open_to_everybody(page)
        await press(page, "main form button")
        await is_open_to_everybody(page)
        await page.check(f"[name=answer][value={answer}]")
        await press(page, "main form button")
        if one is asked:
            # She has not said yes: it goes no further.
            assert page.url.endswith(str(one.asked.release_id))
            await is_open_to_everybody(page)
            await page.goto(f"{both.desk}/{language}/releases")
    assert page.url.endswith("/releases")
    await is_open_to_everybody(page)

    for code_, form in ((code, "[name=which]"), (unnamed, "[name=name]")):
        window = await page_factory(width=width)
        await window.goto(f"{both.portal}/{language}/back")
        await window.fill("main input[type=text]", code_)
        await press(window, "main form button")
        await is_open_to_everybody(window)
        await press(window, "main a[href$='/name']")
        assert await window.locator(f"main form {form}").count() == 1
        await is_open_to_everybody(window)
        await press(window, "main form button")
        await is_open_to_everybody(window)
