"""Which version new cases begin with: one person drafts, a second approves, a second office where it protects less."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.policy.v1.policy_pb2 import AppointmentsInForce, PolicyInForce, PolicyVersion
from lifecycle import in_force
from ops.local_stack.oidc import Oidc
from policy.appointing import appointment_id
from policy.entry import PolicyBroken
from policy.load import load
from policy.model import Role
from services.workflow import policy_versions
from services.workflow.domain.putting_in_force import Refusal
from services.workflow.second_words import WAITING
from services.workflow.web.panels import PANELS
from services.workflow.web.wording import TEXTS
from tests.integration.web.desk import Browser
from tests.integration.web.panels import looking_at, seen, sent
from tests.integration.workflow.house import LINES, House, today
from tests.integration.workflow.test_appointment_pages import WORDING, decided, on, signed_in_instead

FIRST, SECOND, CHIEF, AUDITOR = "S0073", "S0074", "S0001", "S0015"
NEW, HOME = "/en/admin/policy/new", "/en/admin/policy"


SLOWER = {"version": "iom-2024-03/1"}
"""In days what is in force in seconds: it protects less."""


@pytest.fixture
async def browser(house: House, oidc: Oidc) -> AsyncIterator[Browser]:
    await house.people(LINES | {FIRST: CHIEF, SECOND: CHIEF, AUDITOR: CHIEF})
    async with looking_at(house.desk, oidc.issuer, "services.workflow.web", TEXTS, PANELS) as made:
        await made.signed_in(FIRST, HOME)
        yield made


async def drafted(browser: Browser, **fields: str) -> str:
    """Where the draft is."""
    return str((await sent(browser, NEW, await browser.get(NEW), **fields)).headers["location"])


async def published(house: House) -> list[PolicyInForce]:
    rows = await house.query("select value from outbox where type = 'contracts.policy.v1.PolicyInForce' order by id")
    return [PolicyInForce.FromString(row.value) for row in rows]


async def test_less_protection_needs_a_second_office_and_comes_on_its_day(house: House, browser: Browser) -> None:
    draft = await drafted(browser, **SLOWER, **on("from", today() + timedelta(days=2)))
    assert "Somebody of a second office has to approve it." in seen(await browser.get(draft))
    told = await house.notices_of(WAITING)
    assert AUDITOR in told
    assert not {FIRST, SECOND} & set(told), "who drafted it, and who cannot approve this one"
    await signed_in_instead(browser, SECOND, draft)
    assert (await decided(browser, draft)).headers["location"] == draft
    assert WORDING.known("refused", Refusal.SECOND_OFFICE_MISSING) in (await browser.get(draft)).text
    assert await published(house) == []
    led_on = await signed_in_instead(browser, AUDITOR, "/en/admin")
    assert led_on.headers["location"] == HOME, "of appointments there is nothing for the second office"
    assert "waits for a second person" in seen(await browser.get(HOME))
    assert (await decided(browser, draft)).headers["location"] == HOME
    [said_to_all] = await published(house)
    [one] = said_to_all.decided
    assert (one.pack, one.version, one.drafted_by, one.confirmed_by) == ("iom-2024-03", "1", FIRST, AUDITOR)
    assert one.content_hash == load("iom-2024-03").content_hash
    assert one.from_day == (today() + timedelta(days=2)).isoformat()
    assert f"decided by {FIRST} and {AUDITOR}" in seen(await browser.get(HOME))
    acts = await house.query(
        "select entry_json from audit_readable where object_ref = :draft order by object_number", draft=draft[-36:]
    )
    told = [json.loads(row.entry_json) for row in acts]
    assert [(one["act"], one["actor"]) for one in told] == [
        ("policy.drafted", FIRST),
        ("policy.approved.refused", SECOND),
        ("policy.approved", AUDITOR),
    ]


async def test_it_cannot_come_before_its_waiting_time(house: House, browser: Browser) -> None:
    draft = await drafted(browser, **SLOWER, **on("from", today()))
    await signed_in_instead(browser, AUDITOR, draft)
    assert (await decided(browser, draft)).headers["location"] == draft
    assert WORDING.known("refused", Refusal.TOO_EARLY) in (await browser.get(draft)).text
    assert await published(house) == []
    assert (await decided(browser, draft, "set_aside")).headers["location"] == HOME
    assert (await browser.get(draft)).status_code == 404


async def test_what_is_in_force_already_or_backwards_is_not_drafted(house: House, browser: Browser) -> None:
    for fields, why in (
        ({"version": "rehearsal/1", **on("from", today())}, Refusal.IN_FORCE_ALREADY),
        ({**SLOWER, **on("from", today() - timedelta(days=1))}, Refusal.IN_THE_PAST),
    ):
        assert await drafted(browser, **fields) == NEW
        assert WORDING.known("refused", why) in (await browser.get(NEW)).text
    assert await house.query("select 1 from policy_drafts") == []


async def test_a_process_goes_by_what_was_decided_on_and_not_by_files_edited_since(house: House) -> None:
    loaded = house.desk.policy
    decided_on = PolicyVersion(pack=loaded.name, version=loaded.version, content_hash=loaded.content_hash)
    decided_on.from_day, decided_on.drafted_by, decided_on.confirmed_by = today().isoformat(), FIRST, SECOND
    house.desk.policy = replace(loaded, content_hash="2" * 64)
    process = in_force.InForce(house.desk)
    async with house.desk.database.transaction() as session:
        assert await in_force.keep(session, PolicyInForce(number=1, decided=[decided_on]))
    await process.read()
    assert house.desk.policy.content_hash == loaded.content_hash, "the files are again what they were"
    decided_on.content_hash = "2" * 64
    async with house.desk.database.transaction() as session:
        assert await in_force.keep(session, PolicyInForce(number=2, decided=[decided_on]))
    with pytest.raises(PolicyBroken):
        await in_force.InForce(house.desk).read()


async def test_until_a_decided_version_begins_a_new_process_goes_by_what_the_first_one_began_with(house: House) -> None:
    """A folder that was put beside it since, also that of a version decided for a later day, is nobody's word."""
    began_with = house.desk.policy
    await in_force.InForce(house.desk).read()
    assert house.desk.policy is began_with
    coming = PolicyVersion(pack=began_with.name, version="2", content_hash="2" * 64)
    coming.from_day, coming.drafted_by, coming.confirmed_by = (today() + timedelta(days=9)).isoformat(), FIRST, SECOND
    async with house.desk.database.transaction() as session:
        assert await in_force.keep(session, PolicyInForce(number=1, decided=[coming]))
    house.desk.policy = replace(began_with, version="2", content_hash="2" * 64)  # as a restart loads it
    await in_force.InForce(house.desk).read()
    assert house.desk.policy == began_with
    other = load("minimal")
    house.desk.policy = other  # by the operator's setting
    await in_force.InForce(house.desk).read()
    assert house.desk.policy is other


async def test_a_version_for_which_somebody_is_missing_is_neither_drafted_nor_approved(house: House) -> None:
    """By its own list of people nothing is missing: an end was decided since."""
    desk, now, draft = house.desk, datetime.now(UTC), uuid4()
    desk.policy = as_it_is = load("iom-2024-03")
    only = as_it_is.appointed(Role.CUSTODIAN, now)
    day = today() + timedelta(days=60)
    async with desk.database.transaction() as session:
        assert await policy_versions.draft_version(session, desk, draft, "minimal/1", day, FIRST, now) is None
        ended = AppointmentsInForce(number=1)
        for one in only:
            yesterday = (today() - timedelta(days=1)).isoformat()
            ended.ended.add(appointment_id=appointment_id(one), last_day=yesterday, ended_by=FIRST, confirmed_by=SECOND)
        assert await in_force.keep(session, ended)
        refused = [
            await policy_versions.draft_version(session, desk, uuid4(), "minimal/1", day, FIRST, now),
            await policy_versions.approve(session, desk, draft, AUDITOR, now),
        ]
    assert {one and (one.code, one.params["missing"]) for one in refused} == {(Refusal.NOT_HELD, "role.custodian")}
    assert await published(house) == []


async def test_a_version_is_not_approved_while_the_files_of_a_later_one_are_gone(house: House) -> None:
    desk, now, draft = house.desk, datetime.now(UTC), uuid4()
    desk.policy = load("iom-2024-03")
    gone = PolicyVersion(pack="iom-2024-03", version="7", content_hash="7" * 64)
    gone.from_day, gone.drafted_by, gone.confirmed_by = (today() + timedelta(days=60)).isoformat(), FIRST, SECOND
    async with desk.database.transaction() as session:
        assert await in_force.keep(session, PolicyInForce(number=1, decided=[gone]))
        day = today() + timedelta(days=50)
        assert await policy_versions.draft_version(session, desk, draft, "minimal/1", day, FIRST, now) is None
        refused = await policy_versions.approve(session, desk, draft, AUDITOR, now)
    assert refused is not None
    assert refused.code == Refusal.LATER_ONE_MISSING
    assert "operator restores them" in WORDING.known("refused", refused.code)
    assert await published(house) == []


async def test_a_version_is_not_approved_while_a_later_one_would_take_it_back(house: House) -> None:
    desk, now, draft = house.desk, datetime.now(UTC), uuid4()
    desk.policy = as_it_is = load("iom-2024-03")
    later = PolicyVersion(pack=as_it_is.name, version=as_it_is.version, content_hash=as_it_is.content_hash)
    later.from_day = (today() + timedelta(days=60)).isoformat()
    async with desk.database.transaction() as session:
        assert await in_force.keep(session, PolicyInForce(number=1, decided=[later]))
        day = today() + timedelta(days=50)
        assert await policy_versions.draft_version(session, desk, draft, "rehearsal/1", day, FIRST, now) is None
        refused = await policy_versions.approve(session, desk, draft, AUDITOR, now)
    assert refused is not None
    assert refused.code == Refusal.LATER_ONE_TAKES_BACK
    assert await published(house) == []
