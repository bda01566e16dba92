"""Desks beside the processes of `whole`, in the process of the test: the custodian's and workflow's pages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from chassis.settings import Settings
from services.intake.desk.app import build
from services.intake.desk.settings import DeskSettings
from services.workflow import service as workflow_service
from tests.integration.web.desk import DESK, Browser, csrf
from tests.integration.workflow.whole import Whole

CUSTODIAN = "S0061"


@asynccontextmanager
async def custodian_desk(whole: Whole) -> AsyncIterator[Browser]:
    """A browser at the desk, in which nobody is signed in yet."""
    names = {f"RECOURSE_{name}".upper(): name for name in DeskSettings.model_fields}
    given = {names[name]: value for name, value in whole.environment("intake").items() if name in names}
    peers = {service: whole.url(service) for service in whole.processes}
    own = {"service": "intake", "peers": peers, "public_url": DESK, "oidc_client_secret": "any"}
    service = build(DeskSettings(**given | own))
    browser = Browser(service.app)
    try:
        yield browser
    finally:
        await browser.client.aclose()
        await service.app.state.sign_in.close()
        for close in service.close:
            await close()


@asynccontextmanager
async def workflow_desk(whole: Whole) -> AsyncIterator[Browser]:
    """A browser at workflow's own pages, on the stores of its process."""
    names = {f"RECOURSE_{name}".upper(): name for name in Settings.model_fields}
    given = {names[name]: value for name, value in whole.environment("workflow").items() if name in names}
    peers = {service: whole.url(service) for service in whole.processes}
    own = {"service": "workflow", "peers": peers, "public_url": DESK, "oidc_client_secret": "any"}
    service = workflow_service.build(Settings(**given | own))
    browser = Browser(service.app)
    try:
        yield browser
    finally:
        await browser.client.aclose()
        await service.app.state.sign_in.close()
        for close in service.close:
            await close()


async def asked_for(desk: Browser, staff_id: str, way: str = "formal_report", **more: str) -> httpx.Response:
    """The page that comes after the search for a report of today."""
    today = datetime.now(UTC)
    day = {"day-day": f"{today.day}", "day-month": f"{today.month}", "day-year": f"{today.year}"}
    fields = {"staff_id": staff_id, "way": way, "proved": "yes"} | day | more
    page = await desk.get("/en/reissue")
    answer = await desk.send("/en/reissue", csrf=csrf(page), **fields)
    assert answer.status_code == 303, answer.text
    return await desk.get(answer.headers["location"])


async def given(desk: Browser, page: httpx.Response) -> str:
    """The code that is shown once the custodian says yes on `page`."""
    answer = await desk.send("/en/reissue/confirm", csrf=csrf(page))
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/code"), answer.headers
    shown = await desk.get("/en/code")
    return "-".join(re.findall(r"<span>([2-9A-Z]{4})</span>", shown.text))
