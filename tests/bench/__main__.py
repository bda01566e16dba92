"""`make bench`: what the stack costs, beside its raw counterparts measured in the same run on the same servers.

Prints figures; asserts nothing (timed assertions live nowhere in the test suite).
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import httpx
from temporalio.client import Client

from ops.cases import desk_of
from ops.demo.clients import Handler, Reporter
from ops.demo.run import read_stack
from ops.demo.sign_in import access_token
from ops.local_stack import running
from ops.local_stack.settings import load
from tests.bench import cases, pages
from tests.bench.raw import news_gone, no_op_updates, raw_rows

REPORTS = 30
ACTIONS = 40
PAUSE = 0.4
IDLE_SECONDS = 20
FOCAL_POINTS = ("S0011", "S0012", "S0013")
INTAKE_OFFICER = "S0005"


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def line(what: str, value: str, goal: str = "") -> None:
    print(f"{what:<66} {value:>16}   {goal}")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(route: str) -> dict[str, object]:
    return {
        "route": route,
        "mode": "confidential",
        "language": "en",
        "answers": {"what_happened": "x" * 2000},
        "parties": {"affected_individual": "S0018", "alleged_offender": ["S0017"]},
        "consents": {},
    }


async def idle(services: list[dict[str, object]]) -> None:
    before = {str(one["name"]): cpu_seconds(int(str(one["pid"]))) for one in services}
    await asyncio.sleep(IDLE_SECONDS)
    for one in services:
        used = cpu_seconds(int(str(one["pid"]))) - before[str(one["name"])]
        line(f"idle {one['name']}", f"{100 * used / IDLE_SECONDS:.2f} % of a core", "≤ 2 %")


async def time_to_list(stack: dict[str, dict[str, dict[str, str]]], http: httpx.AsyncClient) -> list[float]:
    """Milliseconds from POST to the case in a focal point's list, one request a second."""
    desks = [
        Handler(http, stack["services"]["ombuds"]["url"], await access_token(str(stack["oidc"]["issuer"]), staff_id))
        for staff_id in FOCAL_POINTS
    ]
    seen = {case["case_id"] for desk in desks for case in await desk.cases()}
    waits = []
    for _ in range(REPORTS):
        began = time.perf_counter()
        await Reporter(http, stack["services"]["intake"]["url"]).lodge(report("informal_resolution"))
        while not (new := {case["case_id"] for desk in desks for case in await desk.cases()} - seen):
            await asyncio.sleep(0.02)
        seen |= new
        waits.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(max(0.0, 1 - waits[-1] / 1000))
    return waits


async def staff_actions(
    stack: dict[str, dict[str, dict[str, str]]], http: httpx.AsyncClient
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of an action, each on a formal report of its own: with a pause before each, in which the news of the
    one before has gone its way, in turn with an update that does nothing, after as long a pause; and in a row, beside
    that news. In turn, because the machine's pace changes, and what has just rested is slower than what has just run.
    """
    officer = Handler(
        http, stack["services"]["workflow"]["url"], await access_token(str(stack["oidc"]["issuer"]), INTAKE_OFFICER)
    )
    known = {case["case_id"] for case in await officer.cases("formal_report")}
    for _ in range(ACTIONS):
        await Reporter(http, stack["services"]["intake"]["url"]).lodge(report("formal_report"))
    new: set[str] = set()
    while len(new) < ACTIONS:
        await asyncio.sleep(0.2)
        new = {case["case_id"] for case in await officer.cases("formal_report")} - known
    await news_gone(str(stack["postgres"]["admin_dsn"]))
    actions, updates = [], []
    async with no_op_updates(await Client.connect(str(stack["temporal"]["address"]))) as update:
        for case_id in new:
            actions.append(await act(officer, case_id, "acknowledge", PAUSE))
            await asyncio.sleep(PAUSE)
            began = time.perf_counter()
            await update()
            updates.append((time.perf_counter() - began) * 1000)
    in_a_row = [await act(officer, case_id, "start_assessment") for case_id in new]
    return actions, updates, in_a_row


async def act(officer: Handler, case_id: str, action: str, pause: float = 0) -> float:
    """Milliseconds of one action on a case that was just looked at, after so many seconds of rest. Sent by the standard
    library, which waits for nothing else: what is measured is to be the desk, not the one who asks.
    """
    etag = (await officer.ask(case_id)).headers["ETag"]
    body = json.dumps({"action_id": str(uuid4()), "action": action, "facts": {}, "texts": {}})
    headers = officer.headers | {"If-Match": etag, "Content-Type": "application/json"}
    with closing(HTTPConnection(officer.desk.removeprefix("http://"), timeout=30)) as connection:
        connection.connect()
        await asyncio.sleep(pause)
        began = time.perf_counter()
        connection.request("POST", f"/api/v1/cases/{case_id}/actions", body, headers)
        answer = connection.getresponse()
        answer.read()
        took = (time.perf_counter() - began) * 1000
    if answer.status != HTTPStatus.OK:
        sys.exit(f"{action}: the desk answered {answer.status}")
    return took


async def measure() -> None:
    settings = load()
    stack = read_stack(settings.state)
    found = running.status(settings) or {}
    services = [one for one in found["processes"] if one["name"] in stack["services"] or one["name"] == "sentinel"]
    line("resident in all", f"{found['memory'] / 2**20:.0f} MB", "≤ 2,500 MB")
    await idle(services)
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        waits = await time_to_list(stack, http)
        line("POST to the case in the focal point's list, p50", f"{statistics.median(waits):.0f} ms")
        line("POST to the case in the focal point's list, p95", f"{percentile(waits, 0.95):.0f} ms", "≤ 2,000 ms")
        actions, updates, in_a_row = await staff_actions(stack, http)
    admin_dsn = str(stack["postgres"]["admin_dsn"])
    await news_gone(admin_dsn)
    raw = await raw_rows(admin_dsn, ACTIONS)
    action, row, update = (statistics.median(values) for values in (actions, raw, updates))
    line("a staff action, p50", f"{action:.1f} ms", "≤ 50 ms")
    line("  forty in a row, beside the news of those before, p50", f"{statistics.median(in_a_row):.1f} ms")
    line("  the same rows by asyncpg in one transaction, p50", f"{row:.1f} ms", f"action / this = {action / row:.1f}")
    line("  a no-op update with one local activity, p50", f"{update:.1f} ms", f"action / this = {action / update:.1f}")
    await measure_cases(str(stack["temporal"]["address"]), admin_dsn)
    services_at = {name: str(one["url"]) for name, one in stack["services"].items()}
    await measure_pages(services_at["intake"], services_at["workflow"], str(stack["oidc"]["issuer"]))


async def measure_pages(portal: str, workflow: str, issuer: str) -> None:
    line("a page of the portal, server time, p95", f"{percentile(await pages.portal(portal), 0.95):.0f} ms", "≤ 200 ms")
    painted(*await pages.painted(portal, ("", "/before")), goals=("≤ 2,500 ms", "≤ 50 ms"))
    async with desk_of("workflow") as desk:
        listed = await pages.queue(desk, issuer)
    line(f"a page of a desk's queue of {pages.CASES:,}, p95", f"{percentile(listed, 0.95):.0f} ms", "≤ 400 ms")
    of_desk = await pages.painted(workflow, ("/queue", "/queue?everything=yes"), INTAKE_OFFICER)
    painted(*of_desk, goals=("≤ 3,000 ms", "≤ 200 ms"))


def painted(first: pages.Painted, following: pages.Painted, goals: tuple[str, str]) -> None:
    line("  its largest paint on a slow line, first visit", f"{first.largest:.0f} ms", goals[0])
    line("  the page after it", f"{following.largest:.0f} ms")
    line("  for how long it answered to nothing, first visit", f"{first.blocked:.0f} ms", goals[1])


async def measure_cases(temporal: str, admin_dsn: str) -> None:
    async with desk_of("ethics") as desk:
        ours, nothing, plainly = await cases.openings(desk, temporal, admin_dsn)
        early, late = await cases.early_and_late(desk, admin_dsn)
    short, long = await cases.replays(temporal)
    line("cases opened a second, each with one local activity", f"{ours:.0f}", "")
    for what, rate in (("started alike", nothing), ("started plainly", plainly)):
        of_it = f"cases / these = {ours / rate:.2f}, ≥ 0.7"
        line(f"  workflows that do nothing, one local activity, {what}", f"{rate:.0f}", of_it)
    line(f"a decision after {cases.STEPS} steps, p50", f"{late:.1f} ms", f"late / early = {late / early:.2f}, ≤ 1.1")
    line("cold replay of the longest history, p50", f"{long:.1f} ms", f"long / fifty events = {long / short:.1f}, ≤ 5")


def main() -> None:
    when = datetime.now(UTC).date()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {when}\n")
    line("apply, p50", f"{cases.rules():.0f} µs", "≤ 50 µs")
    with tempfile.TemporaryDirectory(prefix="recourse-bench-") as folder:
        os.environ["RECOURSE_STATE"] = folder
        recourse = [sys.executable, "-m", "ops.cli"]
        for attempt in ("first start (makes every file)", "later start"):
            began = time.perf_counter()
            subprocess.run([*recourse, "up", "--detach"], check=True, stderr=subprocess.DEVNULL)
            line(f"stack ready, {attempt}", f"{time.perf_counter() - began:.1f} s", "≤ 30 s")
            if attempt == "later start":
                break
            subprocess.run([*recourse, "down"], check=True, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(measure())
        finally:
            subprocess.run([*recourse, "down"], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
