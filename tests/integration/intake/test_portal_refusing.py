"""What the pages of the portal do not take, since no page of ours has sent it."""

import httpx
import pytest

from tests.integration.intake.portal_walk import begin, choose, data_of
from tests.integration.intake.world import World

pytestmark = pytest.mark.stack
PAGES = ("/s/1", "/s/3", "/s/6", "/check", "/sent", "/kept")


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Content-Type": "text/plain"},
    ],
    ids=str,
)
async def test_what_no_page_of_ours_has_sent_is_not_taken(
    client: httpx.AsyncClient, world: World, sent: dict[str, str]
) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    for path in PAGES:
        await browser.go(path if path != "/kept" else "/s/6")
        form = browser.form()
        form.action = browser.at(path)
        answer = await browser.send(form, {}, **sent)
        assert answer.headers["location"] == "/en/said/not_taken", path


async def test_a_form_without_the_token_of_its_session_or_without_origin_is_not_taken(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    stranger = await begin(client, world)
    for path in PAGES:
        for token in ("", "x", stranger.form().hidden["csrf"]):
            answer = await client.post(
                browser.at(path),
                data={"csrf": token, "step": "send"},
                headers={"Cookie": browser.cookie, "Origin": world.settings.public_url},
            )
            assert (answer.status_code, answer.headers["location"]) == (303, "/en/said/not_taken")
        token = (await browser.go("/s/4")).text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = await client.post(browser.at(path), data={"csrf": token}, headers={"Cookie": browser.cookie})
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/said/not_taken")


@pytest.mark.parametrize(
    ("number", "posted"),
    [
        (1, {"now": "everything"}),
        (2, {"affected_is": "nobody"}),
        (3, {"way": "another"}),
        (4, {"mode": "named"}),
        (5, {"about_offices": "eco"}),
        (5, {"language": "tlh"}),
        (6, {"step": "back"}),
    ],
)
async def test_what_was_never_offered_is_not_taken(
    client: httpx.AsyncClient, world: World, number: int, posted: dict[str, str]
) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    await browser.go(f"/s/{number}")
    form = browser.form()
    for name, value in posted.items():
        form.fields = [one for one in form.fields if one[0] != name]
        form.offered.setdefault(name, []).append(value)
    before = await data_of(world, browser)
    answer = await browser.send(form, posted)
    assert answer.headers["location"] == "/en/said/not_taken"
    assert await data_of(world, browser) == before


async def test_there_is_no_page_before_the_first_and_none_after_the_last(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    for path in ("/s/0", "/s/-1", "/s/x"):
        assert (await browser.go(path)).status_code == 404
    await browser.go("/s/1")
    await choose(browser, "informal_resolution")
    assert (await browser.go("/s/11")).status_code == 404
