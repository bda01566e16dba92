"""What decides, or shows who somebody is, wants a sign-in of the last minutes; what was typed waits for it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.web import desk_sign_in
from lifecycle.pages.panels import Panels
from ops.local_stack.oidc import Oidc
from tests.integration.lifecycle.loans import INVESTIGATOR, OTHER_INVESTIGATOR, Loans
from tests.integration.web.desk import Browser, led_to
from tests.integration.web.panels import looking_at, sent

PANELS = Panels(decides=frozenset({"lend"}), discloses={"loan": frozenset({"lending"})})


@pytest.fixture
async def browser(loans: Loans, oidc: Oidc) -> AsyncIterator[Browser]:
    async with looking_at(loans.desk, oidc.issuer, "services.ethics.web", {}, PANELS) as made:
        yield made


def later(patch: pytest.MonkeyPatch) -> None:
    """No sign-in is recent enough from here on."""
    patch.setattr(desk_sign_in, "RECENT", timedelta())


async def test_a_decision_waits_for_the_same_person_to_sign_in_again(
    browser: Browser, loans: Loans, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/do/lend"
    form = await browser.signed_in(INVESTIGATOR, path)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    day = {
        "until_at-day": str(tomorrow.day),
        "until_at-month": str(tomorrow.month),
        "until_at-year": str(tomorrow.year),
    }
    with monkeypatch.context() as patch:
        later(patch)
        answer = await sent(browser, path, form, note="Mind the brake.", **day)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/en/sign-in-again?back=")
    assert (await loans.row(case_id)).version == 1
    ask = await browser.get(answer.headers["location"])
    assert ask.status_code == 200
    back = await browser.get(
        await browser.chosen(await browser.at_provider("/sign-in?again=true&back=" + path), INVESTIGATOR)
    )
    kept = await browser.get(led_to(back))
    assert "Mind the brake." in kept.text
    assert "There is something to look at" not in kept.text


@pytest.mark.parametrize(("who", "there"), [(INVESTIGATOR, True), (OTHER_INVESTIGATOR, False)])
async def test_what_was_written_while_the_sign_in_ended_waits_for_the_same_person_alone(
    browser: Browser, loans: Loans, who: str, there: bool
) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/do/lend"
    form = await browser.signed_in(INVESTIGATOR, path)
    async with loans.desk.database.transaction() as session:
        await session.execute(text("delete from web_sessions"))
    day = {"until_at-day": "31", "until_at-month": "3", "until_at-year": "2030", "until_at-time": "14:30"}
    answer = await sent(browser, path, form, note="A long <b>reason</b>.", **day)
    assert answer.headers["location"].startswith("/en/signed-out?lost=true&kept=true&back=")
    said = await browser.get(answer.headers["location"])
    assert "what you wrote is on the page again" in said.text
    assert "reason" not in said.text
    back = await browser.get(await browser.chosen(await browser.at_provider(f"/sign-in?back={path}"), who))
    page = await browser.get(led_to(back))
    assert ("A long &lt;b&gt;reason&lt;/b&gt;." in page.text) == there
    assert ('value="14:30"' in page.text, 'value="2030"' in page.text) == (there, there)
    assert (await loans.row(case_id)).version == 1


@pytest.mark.parametrize("field", ["csrf", "whose"])
async def test_what_another_site_or_another_form_sent_is_not_kept(browser: Browser, loans: Loans, field: str) -> None:
    path = f"/en/cases/{await loans.open()}/do/lend"
    form = await browser.signed_in(INVESTIGATOR, path)
    async with loans.desk.database.transaction() as session:
        await session.execute(text("delete from web_sessions"))
    answer = await sent(browser, path, form, note="Planted.", **{field: "another"})
    back = await browser.get(await browser.chosen(await browser.at_provider(f"/sign-in?back={path}"), INVESTIGATOR))
    assert "Planted." not in (await browser.get(led_to(back))).text
    assert ("kept=true" in answer.headers["location"]) == (field == "whose")


async def test_another_step_needs_no_fresh_sign_in(
    browser: Browser, loans: Loans, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/do/remark"
    form = await browser.signed_in(INVESTIGATOR, path)
    later(monkeypatch)
    answer = await sent(browser, path, form)
    assert "sign-in-again" not in answer.headers["location"]


async def test_opening_who_somebody_is_wants_a_fresh_sign_in(
    browser: Browser, loans: Loans, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/reading"
    form = await browser.signed_in(INVESTIGATOR, path)
    with monkeypatch.context() as patch:
        later(patch)
        answer = await sent(browser, path, form, purpose="lending")
    assert answer.headers["location"].startswith("/en/sign-in-again?back=")
    contents = await browser.get(f"/en/cases/{case_id}/contents")
    assert contents.headers["location"] == path, "it has not been opened"
    opened = await sent(browser, path, await browser.get(path), purpose="lending")
    assert opened.headers["location"] == f"/en/cases/{case_id}/contents"
