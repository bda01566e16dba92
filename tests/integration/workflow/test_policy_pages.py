"""The pages about the policy: who is on which version, every value with its source, two versions, a rehearsal."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from chassis.settings import Settings
from chassis.web.app import create_app
from ops.local_stack.oidc import Oidc
from policy.changes import tables_of
from policy.load import load
from services.support import help_file
from services.support.web import help as help_page
from services.workflow.web import policy_pages
from services.workflow.web.panels import PANELS
from services.workflow.web.policy_pages import KINDS, TRUST, catalogs, help_there, values
from services.workflow.web.wording import TEXTS
from tests.integration.web.desk import Browser
from tests.integration.web.panels import looking_at, seen
from tests.integration.workflow.house import House

FIRST = "S0073"
POLICY = load("iom-2024-03")


@pytest.fixture
async def browser(house: House, oidc: Oidc) -> AsyncIterator[Browser]:
    await house.people()
    async with looking_at(house.desk, oidc.issuer, "services.workflow.web", TEXTS, PANELS) as made:
        await made.signed_in(FIRST, "/en/admin/policy")
        yield made


async def test_who_is_on_which_version(house: House, browser: Browser) -> None:
    await house.open()
    gone = await house.open()
    await house.query(
        "update cases set policy_name = 'lost', policy_version = '7' where case_id = :id returning 1", id=gone
    )
    said = seen(await browser.get("/en/admin/policy"))
    assert "New cases begin with rehearsal/1." in said
    assert "rehearsal/1 In force Not shown Not shown" in said, "a live count of few tells of each case that comes"
    assert "Cases go by lost/7, which is not there any more." in said


@pytest.mark.parametrize("kind", KINDS)
async def test_every_value_is_shown_with_its_source_and_how_far_it_can_be_trusted(browser: Browser, kind: str) -> None:
    page = await browser.get(f"/en/admin/policy/values?version=iom-2024-03/1&kind={kind}")
    assert page.status_code == 200
    said = seen(page)
    for key, one in tables_of(POLICY)[kind].items():
        assert key in said
        if kind != "wording":
            assert TRUST[one.confidence] in said
    assert len(values(POLICY, kind)) == len(tables_of(POLICY)[kind])


async def test_a_deadline_reads_as_a_length_with_where_it_comes_from(browser: Browser) -> None:
    said = seen(await browser.get("/en/admin/policy/values?version=iom-2024-03/1"))
    assert "report.ack 7 calendar_days; starts at: receipt" in said
    assert (await browser.get("/en/admin/policy/values?version=iom-2024-03/9")).status_code == 404
    assert (await browser.get("/en/admin/policy/values?kind=king")).status_code == 404


async def test_two_versions_stand_side_by_side_with_what_protects_less(browser: Browser) -> None:
    said = seen(await browser.get("/en/admin/policy/compare?before=iom-2024-03/1&after=minimal/1"))
    assert "tribunal" in said
    assert "protects less" in said
    assert "needs the word of a second office" in said
    same = seen(await browser.get("/en/admin/policy/compare?before=minimal/1&after=minimal/1"))
    assert "0 values differ." in same


async def test_of_many_cases_on_a_version_the_page_says_about_how_many(house: House, browser: Browser) -> None:
    for _ in range(12):
        await house.open()
    assert "rehearsal/1 In force 10 Not shown" in seen(await browser.get("/en/admin/policy"))


async def test_a_version_is_rehearsed_on_the_page_or_by_the_command(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.open()
    path = "/en/admin/policy/rehearse?version=iom-2024-03/1"
    few = seen(await browser.get(path))
    assert "No number is large enough to be shown." in few
    for _ in range(11):
        await house.open()
    assert "10 cases" in seen(await browser.get(path))
    monkeypatch.setattr(policy_pages, "AT_ONCE", 1)
    said = seen(await browser.get(path))
    assert "There are more than 1 cases, too many for a page." in said
    assert "recourse policy rehearse iom-2024-03/1" in said


async def test_what_is_not_translated_is_counted(browser: Browser) -> None:
    found = catalogs()
    assert found["services/intake"].keys() >= {"fr", "es", "ar"}
    assert all(texts for texts, _ in (found["policy"][code] for code in ("fr", "es", "ar")))
    said = seen(await browser.get("/en/admin/languages"))
    for owner in ("chassis/web/pages", "policy", "services/workflow"):
        assert owner in said


async def test_the_directory_of_help_is_shown_by_duty_station_with_its_last_look(
    browser: Browser, house: House
) -> None:
    assert "The directory of help does not answer." in seen(await browser.get("/en/admin/stations"))
    places = help_file.load()
    app = create_app(_plain(house.settings), [help_page.route(places, POLICY, lambda: date(2031, 1, 1))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://support") as client:
        found = await help_there(client)
    assert {"", *(one.name for one in places.stations.values())} == found.keys()
    listed = [one for there in found.values() for one in there]
    assert len(listed) == len(places.at(None)) + sum(
        len(places.at(key)) - len(places.at(None)) for key in places.stations
    )
    assert all("not_checked_lately" in one.warnings for one in listed)


def _plain(settings: Settings) -> Settings:
    return settings.model_copy(update={"service": "support"})
