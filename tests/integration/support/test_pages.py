"""The pages of those who help: a referral is prepared with a place that is chosen and a message that one comes from."""

import re
from collections.abc import AsyncIterator

import pytest

from ops.local_stack.oidc import Oidc
from policy.model import Role
from services.support import help_file
from services.support.domain.help import HELPS_WITH
from services.support.web.panels import panels
from services.support.web.wording import TEXTS
from tests.integration.support.cell import HERSELF, PSEAH, SPECIALIST, Cell
from tests.integration.web.desk import Browser
from tests.integration.web.panels import looking_at, seen

PLACES = help_file.load()


@pytest.fixture
async def browser(cell: Cell, oidc: Oidc) -> AsyncIterator[Browser]:
    await cell.people()
    async with looking_at(cell.desk, oidc.issuer, "services.support.web", TEXTS, panels(PLACES)) as made:
        yield made


async def test_a_place_is_chosen_and_the_message_is_the_one_somebody_comes_from(cell: Cell, browser: Browser) -> None:
    case_id = await cell.routed(medical="wished")
    await cell.act(case_id, "assign_specialist", cell.staff(PSEAH, Role.PSEAH_OFFICER), specialist=SPECIALIST)
    await cell.act(case_id, "give_consent", HERSELF, service="medical", scope="contact")
    path = f"/en/cases/{case_id}/do/prepare_referral"
    shown = str(await cell.place((await cell.row(case_id)).report_id))
    page = await browser.signed_in(SPECIALIST, f"{path}?preview={shown}")
    helping = {one.key: one for one in PLACES.entries if one.service in HELPS_WITH["medical"]}
    assert set(re.findall(r'name="provider"[^>]*value="(\w+)"', page.text)) == helping.keys()
    text = seen(page)
    assert "Island clinic \u00b7 Isla Perdida" in text
    assert text.count("It may have to pass on what it hears.") == sum(
        bool(one.must_report) or not one.confidential for one in helping.values()
    )
    in_french = seen(await browser.get(f"{path}?preview={shown}".replace("/en/", "/fr/")))
    assert "Clinique de l&#39;île \u00b7 Isla Perdida" in in_french
    assert "Island clinic" not in in_french
    assert f'<input type="hidden" name="preview" value="{shown}">' in page.text
    assert "Words shown to the person The one from which you came" in text
    without = await browser.get(path)
    assert "Write that first: this step then stands under it." in seen(without)
    assert f'href="/en/cases/{case_id}/reading"' in without.text
    assert 'name="provider"' not in without.text, "nobody fills in what cannot be sent"
    specialist = cell.staff(SPECIALIST, Role.SPECIALIST)
    sent = {"provider": "perdida_clinic", "preview": shown, "shares": "contact", "must_report_told": True}
    await cell.act(case_id, "prepare_referral", specialist, **sent)
    case = seen(await browser.get(f"/fr/cases/{case_id}"))
    assert "Clinique de l&#39;île \u00b7 Isla Perdida" in case
    assert shown not in case, "a reference that only our own parts need"
    assert "nobody@example" not in (await browser.get(f"{path}?preview=nobody@example")).text
