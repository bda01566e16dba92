"""A handler gossips (policy section 6): she sees as what, for what and on which day somebody opened what she sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from chassis import audit_actors, audit_trail
from policy.model import Role
from services.ethics.desk import PURPOSES as ETHICS_PURPOSES
from services.ethics.desk import READERS as ETHICS_READERS
from services.intake.use_cases.hand_out import hand_out_contents
from services.intake.web.pages.words_of_readers import PURPOSES, READERS
from services.support.desk import PURPOSES as SUPPORT_PURPOSES
from services.support.domain.referral_acts import CELL
from services.workflow.desk import LODGED
from services.workflow.desk import PURPOSES as WORKFLOW_PURPOSES
from services.workflow.desk import READERS as WORKFLOW_READERS
from tests.integration.intake.conftest import Browse
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.world import World, code_of_new, draft, formal

pytestmark = pytest.mark.stack
OFFICER, INVESTIGATOR = "S0005", "S0006"


async def opened(world: World, report_id: str, *looks: tuple[str, str]) -> None:
    for staff_id, purpose in looks:
        await hand_out_contents(world.intake, "workflow", UUID(report_id), staff_id, purpose)


async def shown(browser: PortalBrowser, code: str) -> str:
    await browser.follow("See what I sent")
    await browser.fill({"code": code}, button="Continue")
    await browser.follow("See who has opened it")
    return " ".join(browser.text.split())


async def test_inv_02_she_sees_as_what_and_for_what_each_reader_has_opened_what_she_sent(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code, other = await code_of_new(client, formal()), await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    assert "Nobody has opened it." in await shown(await browse(code), code)
    await opened(world, report_id, (OFFICER, "assessment"), (OFFICER, "assessment"), (INVESTIGATOR, "investigation"))
    await opened(world, await world.report_id(client, other), (INVESTIGATOR, "legal_review"))
    text = await shown(await browse(code), code)
    assert text.count("To assess it") == 1, "each kind once a day"
    first, second = text.index("To look into what happened"), text.index("To assess it")
    assert "Investigator of the oversight office" in text[:first]
    assert first < second, "newest first"
    assert "Intake officer of the oversight office" in text[:second]
    assert "legal review" not in text, "of her other matter, or of anybody else's"
    assert not [one for one in (OFFICER, INVESTIGATOR) if one in text]


@pytest.mark.parametrize("told", [True, False])
async def test_what_the_policy_does_not_tell_her_of_is_not_told_by_this_list_either(
    client: httpx.AsyncClient, browse: Browse, world: World, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    policy = world.intake.policy
    purposes = {**policy.identity_purposes, "check_facts": replace(policy.identity_purposes["check_facts"], told=told)}
    monkeypatch.setattr(world.intake, "policy", replace(policy, identity_purposes=purposes))
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    async with world.intake.database.transaction() as session:
        for purpose in ("check_facts", "hear_the_person"):
            facts = {"purpose": purpose, "role": "investigator"}
            await audit_trail.record(
                session, "identity_handed_out", object_ref=report_id, actor=INVESTIGATOR, facts=facts
            )
    text = await shown(await browse(code), code)
    assert "To meet the person and hear what they can tell" in text, "she is asked for it"
    assert ("To compare what was told with records" in text) is told


async def test_whoever_holds_her_code_alone_is_asked_for_it_again(client: httpx.AsyncClient, browse: Browse) -> None:
    browser = await browse(code := await code_of_new(client, formal()))
    await browser.go("/inbox/whole/readers")
    assert browser.path != browser.at("/inbox/whole/readers")
    await browser.go("/inbox")
    await shown(browser, code)
    await browser.go("/inbox")
    await browser.go("/inbox/whole/readers")
    assert browser.path != browser.at("/inbox/whole/readers"), "closed with the page it stands beside"


async def test_who_has_read_is_not_made_up_once_it_is_forgotten(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    await opened(world, report_id, (INVESTIGATOR, "investigation"))
    now = datetime.now(UTC)
    async with world.intake.database.transaction() as session:
        await audit_actors.keep_until(session, report_id, now - timedelta(hours=1))
    await audit_actors.forget_due(world.intake.database, now)
    text = await shown(await browse(code), code)
    assert "Who it was is not kept any more" in text
    assert "Investigator" not in text


async def test_inv_28_of_a_talk_nobody_can_tell_her_when_it_was_read(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    """The cell's entries name no talk: two talks look alike, and so do one that was read and one that was not."""
    code = await code_of_new(client, draft())
    await hand_out_contents(world.intake, "ombuds", UUID(await world.report_id(client, code)), "S0001", "conversation")
    text = await shown(await browse(code), code)
    assert "Only the focal point or ombudsperson who listens to you reads this." in text
    assert "Nobody has opened it." not in text


def test_every_purpose_of_a_desk_and_every_role_that_reads_has_words_for_her() -> None:
    lodged = {**{name: WORKFLOW_PURPOSES[name] for name in LODGED}, "retaliation": ETHICS_PURPOSES["retaliation"]}
    purposes = {one for found in (*lodged.values(), *SUPPORT_PURPOSES.values()) for one in found}
    assert purposes <= PURPOSES.keys()
    roles = {one for name in LODGED for one in WORKFLOW_READERS[name]} | {*ETHICS_READERS["retaliation"], *CELL}
    assert roles | {Role.REVIEWER} <= READERS.keys()
