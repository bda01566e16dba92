"""The release of an identity as intake keeps it: for one handler and one purpose, with her yes where it needs one."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chassis.sealing import (
    SEED_BYTES,
    DeskPrivateKey,
    SealNotOpened,
    handler_label,
)
from services.intake.asked_desks import DeskUnreachable
from services.intake.intake import NothingHere
from services.intake.use_cases.decide_release import (
    HerAnswerMissing,
    request_for,
    requests_for,
)
from services.intake.use_cases.release_identity import (
    RefusedLately,
    end_over,
    hand_out_identity,
)
from tests.integration.intake.conftest import Browse
from tests.integration.intake.releasing import (
    CUSTODIAN,
    FACTS,
    HEAR,
    INVESTIGATOR,
    RISK,
    Desk,
    Request,
    acting,
    in_place,
    releases,
    reported,
    say,
)
from tests.integration.intake.world import World, code_of_new, draft, with_code

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return in_place(monkeypatch)


async def test_inv_02_what_is_agreed_to_opens_to_that_handler_alone_and_for_a_while(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await reported(client, world)
    request = await (await Request(world, report_id).ask()).ask()
    with pytest.raises(NothingHere):
        await request.look()
    assert await releases(client, code) == []
    assert await request.waits_for()
    await request.agree()
    assert not await request.waits_for()
    assert await request.look() == '{"staff_id":"S0018"}'
    assert await request.wraps() == {handler_label(request.asked.release_id)}
    # Neither the office's key nor the key of another request opens it.
    found = await hand_out_identity(
        world.intake, "workflow", request.asked.release_id, request.asked.report_id, INVESTIGATOR, datetime.now(UTC)
    )
    for other in (world.keys["workflow"].desk("oio"), DeskPrivateKey.from_seed(os.urandom(SEED_BYTES))):
        with pytest.raises(SealNotOpened):
            request.opened(found, other)
    for who, at in (("S0012", None), (INVESTIGATOR, datetime.now(UTC) + timedelta(days=31))):
        with pytest.raises(NothingHere):
            await request.look(who, at)
    (seen,) = await releases(client, code)
    assert (seen["role"], seen["purpose"], seen["asked"], seen["over"]) == ("investigator", FACTS, False, False)
    assert await request.trail() == [
        ("identity_asked", INVESTIGATOR),
        ("identity_handed_out", INVESTIGATOR),
        ("identity_handed_out", INVESTIGATOR),
        ("identity_released", CUSTODIAN),
    ]
    assert await request.answers() == [True]


async def test_a_refused_request_is_not_asked_again_of_anybody_until_its_days_are_over(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    await request.refuse()
    assert (await request.wraps(), await releases(client, code)) == (set(), [])
    assert await request.answers() == [False]
    assert await request.trail() == [("identity_asked", INVESTIGATOR), ("identity_refused", CUSTODIAN)]
    for who in (CUSTODIAN, "S0069"):
        assert not await request.waits_for(who)
        with pytest.raises(NothingHere):
            await request.agree(who)
    again = Request(world, report_id)
    with pytest.raises(RefusedLately):
        await again.ask()
    assert await again.rows() == []
    # Somebody else, or for something else, asks as before.
    for other in (Request(world, report_id, staff_id="S0005"), Request(world, report_id, "imminent_harm")):
        assert await (await other.ask()).waits_for()
    days = timedelta(days=world.intake.policy.identity_purposes[FACTS].days)
    await end_over(world.intake, datetime.now(UTC) + days - timedelta(hours=1))
    assert len(await request.rows()) == 1
    await end_over(world.intake, datetime.now(UTC) + days)
    assert await request.rows() == []
    assert await (await again.ask()).waits_for()


async def test_inv_15_her_no_before_or_after_it_was_given_is_not_asked_about_again(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await reported(client, world)
    before, given = await Request(world, report_id, HEAR).ask(), await Request(world, report_id, RISK).ask()
    await say(client, code, given, True)
    await given.agree()
    for one in (before, given):
        await say(client, code, one, False)
        with pytest.raises(RefusedLately):
            await Request(world, report_id, one.asked.purpose).ask()
        assert not await one.waits_for()
    assert [one["purpose"] for one in await releases(client, code)] == [RISK]


@pytest.mark.parametrize(
    ("lodged", "changes"),
    [
        ({"mode": "anonymous", "parties": {"alleged_offender": ["S0017"]}}, {}),
        ({"parties": {"alleged_offender": ["S0017"]}}, {}),  # in confidence, and without a number
        ({}, {"purpose": "curiosity"}),
        ({}, {"purpose": FACTS, "role": "intake_officer"}),
        ({}, {"lifecycle": "interim_measure", "purpose": "no"}),
        ({"not_these_people": [INVESTIGATOR]}, {}),
    ],
)
async def test_nothing_is_asked_where_there_is_nothing_or_for_whom_or_what_it_is_not(
    client: httpx.AsyncClient, world: World, lodged: dict[str, Any], changes: dict[str, Any]
) -> None:
    _, report_id = await reported(client, world, **lodged)
    request = Request(world, report_id, **changes)
    with pytest.raises(NothingHere):
        await request.ask()
    assert (await request.rows(), await request.trail()) == ([], [])


async def test_inv_28_on_the_persons_side_nobody_asks(client: httpx.AsyncClient, world: World) -> None:
    report_id = await world.report_id(client, await code_of_new(client, draft()))
    for service in ("ombuds", "workflow"):
        with pytest.raises(NothingHere):
            await Request(world, report_id, lifecycle="informal_resolution").ask(service)


async def test_two_persons_and_nobody_whom_it_names_decide(client: httpx.AsyncClient, world: World) -> None:
    _, report_id = await reported(client, world, not_these_people=[CUSTODIAN])
    request = await Request(world, report_id).ask()
    assert not await request.waits_for()
    with pytest.raises(NothingHere):
        await request.agree()
    assert await request.waits_for("S0069")
    assert not await request.waits_for(INVESTIGATOR)
    with pytest.raises(NothingHere):
        await request.agree(INVESTIGATOR)


async def test_inv_32_whom_the_desk_keeps_out_neither_sees_nor_decides_and_nobody_while_it_does_not_answer(
    client: httpx.AsyncClient, world: World, desk: Desk
) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    desk.keeps_out = {CUSTODIAN}
    assert not await request.waits_for()
    assert await request.waits_for("S0069")
    for decide in (request.agree, request.refuse):
        with pytest.raises(NothingHere):
            await decide()
    with pytest.raises(NothingHere):
        await request_for(world.intake, {}, request.asked.release_id, acting(CUSTODIAN))
    assert (await requests_for(world.intake, {}, acting("S0069"))).whole
    desk.answers = False
    # Told of the desk's silence also where intake itself keeps everything from him.
    assert [(await requests_for(world.intake, {}, acting(one))).whole for one in ("S0069", INVESTIGATOR)] == [False] * 2
    assert not await request.waits_for("S0069")
    for decide in (request.agree, request.refuse):
        with pytest.raises(DeskUnreachable):
            await decide("S0069")
    assert (await request.wraps(), await request.answers()) == (set(), [])
    assert await request.trail() == [("identity_asked", INVESTIGATOR)]


async def test_who_decides_stands_in_the_trail_in_no_part_of_the_handlers(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    given, refused = await Request(world, report_id).ask(), await Request(world, report_id, "imminent_harm").ask()
    await given.agree()
    await refused.refuse()
    entries = [one for one in await world.audit() if one["object"] == report_id and one["actor"] == CUSTODIAN]
    assert {one["act"]: one["facts"] for one in entries} == {
        "identity_released": {"purpose": FACTS, "for_role": "investigator"},
        "identity_refused": {"purpose": "imminent_harm", "for_role": "investigator"},
    }


async def test_inv_15_where_it_needs_her_yes_it_waits_for_it_and_ends_with_her_no(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    code, report_id = await reported(client, world)
    request = await Request(world, report_id, HEAR).ask()
    with pytest.raises(HerAnswerMissing):
        await request.agree()
    (asked,) = await releases(client, code)
    assert (asked["asked"], asked["agrees"], asked["since"]) == (True, None, None)
    browser = await browse(code)
    await browser.follow("Whether somebody may learn who you are")
    assert "To meet the person and hear what they can tell" in browser.text
    field = f"agreed-{str(request.asked.release_id)[:8]}"
    await browser.fill(button="Save")
    assert "Choose yes or no, or go back." in browser.text
    await browser.fill({field: "yes"}, button="Save")
    assert "This has been changed." in browser.text
    assert "Whether somebody may learn who you are" not in browser.text
    await request.agree()
    assert "S0018" in await request.look()
    answer = {"report_id": report_id, "release_id": str(request.asked.release_id), "agreed": False}
    others, _ = await reported(client, world)
    for by, status in ((others, 404), (code, 204)):
        sent = await client.post("/api/v1/inbox/releases", json=answer, headers=with_code(by))
        assert sent.status_code == status
    with pytest.raises(NothingHere):
        await request.look()
    assert await request.wraps() == set()
    consents = await world.rows(
        "select given from consents where consent = $1 order by version", f"identity.{request.asked.release_id}"
    )
    assert [row["given"] for row in consents] == [True, False]
    assert await request.answers() == [True, False]
    await browser.go("/inbox")
    await browser.follow("Who knows my name")
    assert "This has ended." in browser.text
