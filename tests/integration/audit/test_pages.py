"""The auditor's page: one button, plain sentences, a proof file."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from chassis import keys
from chassis.web.pages.words import Words
from ops.local_stack.oidc import Oidc
from policy.load import load
from services.audit import access_log
from services.audit.service import build
from services.audit.settings import AuditSettings
from services.audit.verify import Fault, Finding
from services.audit.web import words
from services.audit.web.findings import sentence_in
from services.ethics import desk as ethics
from services.ombuds import desk as ombuds
from services.support import desk as support
from services.workflow import desk as workflow
from tests.integration.audit.sources import World
from tests.integration.web.desk import DESK, Browser, csrf
from tests.waiting import eventually

pytestmark = pytest.mark.stack
AUDITOR, SUPERVISOR, INVESTIGATOR = "S0015", "S0018", "S0064"


@pytest.fixture
async def browser(world: World, oidc: Oidc, tmp_path: Path) -> AsyncIterator[Browser]:
    public = keys.create("audit", tmp_path / "audit")
    (tmp_path / "services.json").write_text(json.dumps({"audit": public}))
    settings = AuditSettings(
        service="audit",
        database_dsn=world.test_database.dsn("audit"),
        kafka_bootstrap="127.0.0.1:1",
        temporal_address="",
        oidc_issuer=oidc.issuer,
        oidc_client_secret="any",
        http_port=0,
        public_url=DESK,
        keys_dir=tmp_path / "audit",
        service_keys=tmp_path / "services.json",
    )
    service = build(settings)
    browser = Browser(service.app)
    yield browser
    await browser.client.aclose()
    await service.app.state.sign_in.close()
    for close in service.close:
        await close()


async def read_record(browser: Browser) -> str:
    """Presses the button; the page once the record was read."""
    page = await browser.get("/en/record")
    answer = await browser.send("/en/record", csrf=csrf(page))
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/record")

    async def read() -> str | None:
        text = (await browser.get("/en/record")).text
        return text if "What was found" in text and 'http-equiv="refresh"' not in text else None

    return await eventually(read)


async def test_one_button_says_that_the_record_is_whole_and_gives_the_proof(browser: Browser, world: World) -> None:
    await world.act("workflow", "case-1", "case-2")
    await world.beat("workflow")
    await world.take_all()
    first = await browser.signed_in(AUDITOR, "/en/record")
    assert "What was found" not in first.text
    assert (await browser.get("/en/record/proof")).status_code == 404
    assert (await browser.get("/en")).headers["location"] == "/en/record"
    page = await read_record(browser)
    assert "Nothing was changed and nothing is missing." in page
    assert "2 entries" in page
    # There is no broker here.
    assert "The published checkpoints could not be read" in page
    proof = await browser.get("/en/record/proof")
    assert proof.headers["content-disposition"].startswith('attachment; filename="record-')
    assert proof.headers["x-content-type-options"] == "nosniff"
    assert (proof.json()["ok"], proof.json()["entries"]) == (True, 2)


async def test_a_removed_row_is_said_in_a_sentence(browser: Browser, world: World) -> None:
    await world.act("workflow", "case-1", "case-2")
    await world.take_all()
    await world.as_owner("delete from entries where number = 1")
    await browser.signed_in(AUDITOR, "/en/record")
    page = await read_record(browser)
    assert "The record is not as it was written." in page
    assert "<li>Entry 1 was removed from the record.</li>" in page
    assert "Entry 1 was removed" not in (french := (await browser.get("/fr/record")).text)
    assert "<li>L'entrée 1 a été retirée du registre.</li>" in unescape(french)


def test_whatever_can_be_wrong_has_words_with_its_numbers() -> None:
    sentence = sentence_in(Words()["en"])
    for fault in Fault:
        for last in (41, 42):
            known_by = "ombuds" if fault is Fault.SILENT else "41"
            assert known_by in sentence(Finding(fault, 41, last, "", "ombuds", 7))
    assert "ombuds" in sentence(Finding(Fault.REFUSED, 0, 0, "", "ombuds"))
    assert "42" in sentence(Finding(Fault.MISSING, 41, 42, "", "ombuds", 7))
    follows = sentence(Finding(Fault.CHANGED, 41, 41, "", "ombuds", 7))
    assert "ombuds, shard 7, does not follow" in follows


def cells(page: str) -> list[str]:
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


async def test_the_access_log_says_who_looked_as_what_and_for_what_by_role_and_purpose(
    browser: Browser, world: World
) -> None:
    await world.act("workflow", "case-1")
    for case, purpose in (("case-1", "assess"), ("case-2", "evidence")):
        await world.look("workflow", case, INVESTIGATOR, "parties.opened", purpose=purpose)
    await world.look("ethics", "case-3", None, "contents_handed_out", purpose="support", service="ombuds")
    await world.look("workflow", "case-4", INVESTIGATOR, "letter.read", purpose="evidence", role="legal_officer")
    # Said of a look that intake hands out and writes down, and of no look at all.
    await world.look("workflow", "case-5", INVESTIGATOR, "contents.read", purpose="assess")
    await world.look("workflow", "case-5", INVESTIGATOR, "identity.asked", purpose="check_facts")
    await world.look("workflow", "case-6", None, "parties.opened", purpose="routing")
    await world.take_all()
    log = (await browser.signed_in(AUDITOR, "/en/accesses")).text
    assert log.count('<table class="govuk-table rows">') == log.count("<table ") == 2, "both fit a phone"
    every = cells(log)
    assert every[0] == "Role Purpose Times"
    # Counted, and listed where somebody asks for it: they would hide the looks of people.
    assert "No person: a service To find who must not see it 1" in every
    services = cells((await browser.get("/en/accesses?role=service")).text)
    (routed,) = services[services.index("When Who Role Purpose What") + 1 :]
    assert "To find who must not see it Whom a matter concerns was looked up parties.opened · workflow case-6" in routed
    assert {"Investigator from outside assess 1", "Investigator from outside As evidence 1"} <= set(every)
    assert {"Legal officer As evidence 1", "No appointment support 1"} <= set(every)
    looks = every[every.index("When Who Role Purpose What") + 1 :]
    assert len(looks) == 4
    chosen = cells((await browser.get("/en/accesses?days=7&role=outside_investigator&purpose=evidence")).text)
    (only,) = chosen[chosen.index("When Who Role Purpose What") + 1 :]
    assert f"{INVESTIGATOR} Investigator from outside As evidence Whom a matter concerns was looked up" in only


async def test_each_look_and_purpose_is_said_in_the_readers_language(browser: Browser, world: World) -> None:
    await world.look("workflow", "case-1", INVESTIGATOR, "letter.read", purpose="investigation")
    await world.take_all()
    await browser.signed_in(AUDITOR, "/fr/accesses")
    page = cells((await browser.get("/fr/accesses")).text)
    assert any("Pour enquêter Une lettre a été lue letter.read" in one for one in page)


def test_no_look_and_no_purpose_of_a_desk_or_a_pack_is_left_a_code_word() -> None:
    desks = (ethics.PURPOSES, ombuds.PURPOSES, support.PURPOSES, workflow.PURPOSES)
    purposes = {purpose for desk in desks for of_kind in desk.values() for purpose in of_kind} | {"routing"}
    purposes |= {purpose for pack in ("iom-2024-03", "minimal") for purpose in load(pack).identity_purposes}
    catalog = Words(Path("services/audit/locale"))["fr"]
    said = [words.purpose(one) for one in purposes] + [words.act(one) for one in access_log.LOOKS]
    assert [one for one in said if catalog.text(one) == one] == []


async def test_who_looked_is_not_kept_for_ever(browser: Browser, world: World) -> None:
    await world.look("workflow", "case-1", INVESTIGATOR, "letter.read", purpose="assess")
    await world.look("workflow", "case-2", INVESTIGATOR, "letter.read", purpose="reply", role="legal_officer")
    await world.forget("workflow", "case-1", "case-2")
    await world.take_all()
    every = cells((await browser.signed_in(AUDITOR, "/en/accesses")).text)
    assert {"Not kept any more assess 1", "Legal officer To reply 1"} <= set(every)
    looks = sorted(every[every.index("When Who Role Purpose What") + 1 :], key=lambda one: "assess" in one)
    assert "Not kept any more Legal officer To reply A letter was read letter.read · workflow case-2" in looks[0]
    assert "Not kept any more Not kept any more assess A letter was read letter.read · workflow case-1" in looks[1]


async def test_the_access_log_goes_on_page_by_page(browser: Browser, world: World) -> None:
    for number in range(access_log.PAGE + 1):
        await world.look("workflow", f"case-{number}", INVESTIGATOR, "letter.read", purpose="assess")
    await world.take_all()
    first = (await browser.signed_in(AUDITOR, "/en/accesses")).text
    (more,) = re.findall(r'href="(/en/accesses[^"]*before=[^"]*)"', first)
    rest = (await browser.get(more.replace("&amp;", "&"))).text
    seen = [len(re.findall(r"letter\.read", one)) for one in (first, rest)]
    assert seen == [access_log.PAGE, 1]


async def test_nobody_else_finds_the_pages(browser: Browser) -> None:
    assert (await browser.signed_in(SUPERVISOR, "/en/record")).status_code == 404
    assert (await browser.get("/en/accesses")).status_code == 404
    assert (await browser.get("/en/record/proof")).status_code == 404
