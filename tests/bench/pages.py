"""What pages cost: the server's time for a page, and how long somebody on a slow line looks at nothing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import httpx
from playwright.async_api import async_playwright
from sqlalchemy import text

from lifecycle import decide, exclusions
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from ops.browser import find
from services.workflow.web.panels import PANELS
from services.workflow.web.wording import TEXTS
from tests.integration.web.panels import looking_at

CASES, ROUNDS = 10_000, 30
OFFICER: Final = "S0005"
PORTAL: Final = ("", "/before", "/online", "/privacy", "/told", "/back")
SLOW: Final = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Milliseconds there and back, bytes a second; beside it a processor at a quarter of its pace."""
_PAINTED: Final = """async () => {
    const seen = type => new Promise(found => {
        new PerformanceObserver(all => found(all.getEntries())).observe({type, buffered: true});
        setTimeout(() => found([]), 500);
    });
    const [largest, long] = [await seen("largest-contentful-paint"), await seen("longtask")];
    return [largest.at(-1).startTime, long.reduce((sum, one) => sum + one.duration - 50, 0)];
}"""
"""The largest paint; and of every task that took longer than 50 ms, what it took more."""
_COPY: Final = text("""
    with copied as (
        insert into cases (case_id, report_id, lifecycle, number, state, version, data, policy_name, policy_version,
            policy_hash, workflow_id, unmet_at, opened_at, changed_at, started_at)
        select gen_random_uuid(), gen_random_uuid(), lifecycle, number, state, version, data, policy_name,
            policy_version, policy_hash, gen_random_uuid()::text, now() + n * interval '1 minute',
            opened_at - n * interval '1 minute', now(), now()
        from cases, generate_series(1, :number) n where case_id = :case_id
        returning case_id
    ), stepped as (
        insert into case_steps (case_id, version, step)
        select copied.case_id, kept.version, kept.step from copied, case_steps kept where kept.case_id = :case_id
    )
    insert into case_exclusions (case_id, directory_version, appointments_hash, computed_at)
    select copied.case_id, kept.directory_version, kept.appointments_hash, kept.computed_at
    from copied, case_exclusions kept where kept.case_id = :case_id
""")


async def portal(address: str) -> list[float]:
    """Milliseconds for each of a few pages of the portal, again and again."""
    times = []
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        for path in (*PORTAL, *PORTAL * ROUNDS):
            began = time.perf_counter()
            (await http.get(f"{address}/en{path}")).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
    return times[len(PORTAL) :]  # the first of each is drawn for the first time


async def queue(desk: Desk, issuer: str) -> list[float]:
    """Milliseconds for a page of a desk's queue among ten thousand cases, and for the next one."""
    now = datetime.now(UTC)
    async with desk.database.transaction() as session:
        case_id = await decide.open_case(
            session, desk, uuid4(), "formal_report", 1, {"lodged_at": now.isoformat()}, now
        )
        await exclusions.exclude(session, desk.keys.cell, case_id, Parties(), now, desk.policy)
        await session.execute(_COPY, params={"number": CASES, "case_id": case_id})
    times = []
    async with looking_at(desk, issuer, "services.workflow.web", TEXTS, PANELS) as browser:
        assert "/en/cases/" in (await browser.signed_in(OFFICER)).text
        for _ in range(ROUNDS):
            began = time.perf_counter()
            (await browser.get("/en/queue?lifecycle=formal_report")).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
    return times


@dataclass(frozen=True)
class Painted:
    """Milliseconds: until the largest paint, and for how long in all the browser could not answer to anybody."""

    largest: float
    blocked: float


async def painted(address: str, paths: Sequence[str], staff_id: str = "") -> list[Painted]:
    """Of a first visit, and of the pages after it, on a slow line; with `staff_id` signed in before, by a window that
    keeps nothing of what a page needs.
    """
    found = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        kept = None
        if staff_id:
            door = await (await browser.new_context()).new_page()
            await door.goto(f"{address}/en/queue")
            await door.click(f"button[value={staff_id}]")
            await door.wait_for_url(f"{address}/en/queue")
            kept = await door.context.storage_state()
        page = await (await browser.new_context(storage_state=kept)).new_page()
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        await devtools.send("Network.emulateNetworkConditions", SLOW)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        for path in paths:
            await page.goto(f"{address}/en{path}", wait_until="networkidle")
            found.append(Painted(*await page.evaluate(_PAINTED)))
        await browser.close()
    return found
