"""Figures are counted once, in whole regions, and a file of them says what the page says."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

from contracts.counts.v1.counts_pb2 import TalksCounted
from contracts.topics import OMBUDS_COUNTS
from lifecycle.durable import Decided
from lifecycle.figures import DELAY, OTHERS, UNKNOWN, period_of, span
from services.workflow import figures
from tests.integration.web.desk import Browser, signed_out
from tests.integration.web.panels import seen
from tests.integration.workflow.house import COLLEAGUE, INVESTIGATOR, House

HERE = "Northern offices"
KEEPER = "S0073"


def when_it_has_rested(house: House, period: str) -> datetime:
    return span(period)[1] + timedelta(days=house.desk.policy.thresholds[DELAY].value)


async def reports(house: House, number: int) -> None:
    for _ in range(number):
        await house.route(await house.open())


async def published(house: House, period: str) -> dict[tuple[str, str, str], int | None]:
    async with house.desk.database.transaction() as session:
        return dict(await figures.shown(session, period))


async def test_a_half_year_is_counted_when_it_has_rested_and_never_again(house: House) -> None:
    await house.people()
    period = period_of(datetime.now(UTC))
    await reports(house, 12)
    await house.open()  # of which nobody knows where it belongs
    rested = when_it_has_rested(house, period)
    await figures.publish_due(house.desk, rested - timedelta(seconds=1))
    assert await published(house, period) == {}
    await figures.publish_due(house.desk, rested)
    seen = await published(house, period)
    assert {place: about for place, about in seen.items() if about is not None} == {("formal_report", "open", HERE): 10}
    assert ("formal_report", "open", UNKNOWN) in seen
    assert ("sea_report", "closed", OTHERS) in seen
    await reports(house, 5)
    await figures.publish_due(house.desk, rested + timedelta(days=1))
    assert await published(house, period) == seen


async def test_whoever_keeps_policy_sees_how_often_a_promise_was_kept(house: House, browser: Browser) -> None:
    await house.people()
    for _ in range(11):
        case_id = await house.open()
        await house.route(case_id)
        assert isinstance(await house.act(INVESTIGATOR, case_id, "acknowledge"), Decided)
    period = period_of(datetime.now(UTC))
    await figures.publish_due(house.desk, when_it_has_rested(house, period))
    async with house.desk.database.transaction() as session:
        measured = await figures.rates(session, period)
    assert measured["formal_report", "report.ack"] == 10, "all that were closed were met"
    assert measured["formal_report", "report.feedback"] is None, "it runs out unmet"
    assert measured["review", "review.decide"] is None
    assert (await browser.signed_in(COLLEAGUE, "/en/admin/promises")).status_code == 404
    await signed_out(browser, await browser.get("/en/figures"))
    page = await browser.signed_in(KEEPER, "/en/admin/promises")
    said = seen(page)
    assert "report.ack 300 seconds (D)" in said
    assert "Kept, but for few or none" in said
    assert re.search(r"Informal resolution \(\d+\)", said)
    assert re.search(r"Choice and consent \(\d+\)", said)
    assert "Not told by ombuds" in said
    assert re.search(r'<td class="govuk-table__cell rows__anywhere"[^>]*><bdi[^>]*>test_inv_14_', page.text)
    assert "test_inv_14_only_her_own_word_ends_a_talk" in said


async def test_what_the_ombuds_cell_has_told_first_stays(house: House) -> None:
    for about in (15, 25):
        message = TalksCounted(period="2026-H1", region=HERE, about=about)
        await house.receive(OMBUDS_COUNTS, f"2026-H1/{HERE}", message)
    await house.receive(OMBUDS_COUNTS, "2026-H1/", TalksCounted(period="2026-H1", region=UNKNOWN))
    assert await published(house, "2026-H1") == {
        (figures.TALKS, figures.ASKED, HERE): 15,
        (figures.TALKS, figures.ASKED, UNKNOWN): None,
    }


async def test_the_file_says_what_the_page_says(house: House, browser: Browser) -> None:
    await house.people()
    await reports(house, 11)
    period = period_of(datetime.now(UTC))
    await figures.publish_due(house.desk, when_it_has_rested(house, period))
    await house.receive(OMBUDS_COUNTS, f"{period}/{HERE}", TalksCounted(period=period, region=HERE, about=20))
    page = (await browser.signed_in(COLLEAGUE, "/en/figures")).text
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    on_page = [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)]
        for table in tables
        for line in re.findall(r"<tr.*?</tr>", table.partition("<tbody")[2], re.DOTALL)
    ]
    answer = await browser.get(f"/en/figures.csv?period={period}")
    assert answer.headers["content-type"].startswith("text/csv")
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert [line[1:] for line in lines] == on_page
    assert HERE in head
    shown = {(line[0], line[1]): line[-1] for line in lines if line[-1] != "Not shown"}
    assert shown == {("Informal talks", "Asked for"): "20", ("Formal report", "Still open"): "10"}
    # The drawing says the same, and holds nothing that is not shown.
    assert re.findall(r'class="chart__number"[^>]*>([^<]*)<', page) == [line[-1] for line in lines]
    assert page.count('class="chart__hidden"') == sum(line[-1] == "Not shown" for line in lines)
    assert "style=" not in page
    assert (await browser.get("/en/figures?period=2020-H1")).status_code == 404
