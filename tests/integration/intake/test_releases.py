"""The release of an identity as intake keeps it: for one handler and one purpose, with her yes where it needs one."""

import asyncio
import os
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.keystore import Keystore
from chassis.sealing import (
    SEED_BYTES,
    DeskPrivateKey,
    Sealed,
    SealNotOpened,
    handler_label,
    item_context,
    open_sealed,
    unwrap,
    wrap_context,
)
from chassis.web.sign_in import SignedIn
from contracts.cases.v1.cases_pb2 import CaseErased, IdentityReleaseEnded
from contracts.intake.v1.reports_pb2 import IdentityAnswered
from contracts.topics import WORKFLOW_CASES
from services.intake.asked_desks import DeskUnreachable
from services.intake.intake import Intake, NothingHere, lock_report
from services.intake.tables import Exclusion
from services.intake.use_cases import decide_release
from services.intake.use_cases.decide_release import (
    HerAnswerMissing,
    agree_to_release,
    refuse_release,
    request_for,
    requests_for,
)
from services.intake.use_cases.hand_out import HandedOut
from services.intake.use_cases.release_identity import (
    Asked,
    RefusedLately,
    ask_release,
    end_over,
    end_release,
    hand_out_identity,
)
from tests.integration.intake.conftest import Browse
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, with_code
from tests.waiting import eventually

pytestmark = pytest.mark.stack
CUSTODIAN, INVESTIGATOR = "S0061", "S0006"
FACTS, HEAR, RISK = "check_facts", "hear_the_person", "protect_from_retaliation"


class Desk:
    """What the desk of the case answers of a custodian: its own processes answer it in `workflow/test_files_path`."""

    def __init__(self) -> None:
        self.keeps_out: set[str] = set()
        self.answers = True

    async def open_to(
        self, _: Intake, __: Any, acting: SignedIn, service: str, report_ids: Collection[UUID]
    ) -> frozenset[UUID]:
        assert service == "workflow"
        if not self.answers:
            raise DeskUnreachable
        return frozenset() if acting.staff_id in self.keeps_out else frozenset(report_ids)


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr(decide_release, "open_to_custodian", made.open_to)
    return made


def acting(staff_id: str) -> SignedIn:
    return SignedIn(staff_id, "no token is needed where no desk is asked")


class Request:
    """A handler's request with its key, as workflow's desk makes it."""

    def __init__(self, world: World, report_id: str, purpose: str = FACTS, **changes: Any) -> None:
        self.world, self.private = world, DeskPrivateKey.from_seed(os.urandom(SEED_BYTES))
        given: dict[str, Any] = {"role": "investigator", "staff_id": INVESTIGATOR, "lifecycle": "formal_report"}
        self.asked = Asked(
            uuid4(), UUID(report_id), purpose=purpose, public_key=self.private.public, **(given | changes)
        )

    async def ask(self, service: str = "workflow") -> "Request":
        await ask_release(self.world.intake, service, self.asked, datetime.now(UTC))
        return self

    async def agree(self, custodian: str = CUSTODIAN) -> None:
        who, at = acting(custodian), datetime.now(UTC)
        await agree_to_release(self.world.intake, {}, self.asked.release_id, who, at)

    async def refuse(self, custodian: str = CUSTODIAN) -> None:
        await refuse_release(self.world.intake, {}, self.asked.release_id, acting(custodian), datetime.now(UTC))

    async def look(self, staff_id: str = INVESTIGATOR, at: datetime | None = None) -> str:
        one = self.asked
        found = await hand_out_identity(
            self.world.intake, "workflow", one.release_id, one.report_id, staff_id, at or datetime.now(UTC)
        )
        return self.opened(found, self.private)

    def opened(self, found: HandedOut, private: DeskPrivateKey) -> str:
        label = handler_label(self.asked.release_id)
        key = unwrap(found.wrapped, private, context=wrap_context(self.asked.report_id, found.item_id, label))
        sealed = Sealed(found.item_id, found.ciphertext)
        return open_sealed(sealed, key, context=item_context(self.asked.report_id)).decode()

    async def waits_for(self, custodian: str = CUSTODIAN) -> bool:
        waiting = await requests_for(self.world.intake, {}, acting(custodian))
        return self.asked.release_id in {one.release_id for one in waiting.requests}

    async def rows(self) -> list[Any]:
        return await self.world.rows("select * from identity_releases where release_id = $1", self.asked.release_id)

    async def wraps(self) -> set[str]:
        found = await self.world.wraps(str(self.asked.report_id))
        return {row["recipient"] for row in found if row["recipient"].startswith("handler/")}

    async def answers(self) -> list[bool]:
        """What the desk was told of it: whether it is given."""
        told = [one.message for one in await self.world.events(str(self.asked.report_id))]
        return [one.HasField("until") for one in told if isinstance(one, IdentityAnswered)]

    async def trail(self) -> list[tuple[str, str | None]]:
        entries = [one for one in await self.world.audit() if one["object"] == str(self.asked.report_id)]
        return sorted((one["act"], one["actor"]) for one in entries if one["act"].startswith("identity_"))


async def reported(client: httpx.AsyncClient, world: World, **changes: Any) -> tuple[str, str]:
    code = await code_of_new(client, formal(**changes))
    return code, await world.report_id(client, code)


async def releases(client: httpx.AsyncClient, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await inbox(client, code))["routes"][0]["releases"]
    return found


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


async def say(client: httpx.AsyncClient, code: str, request: Request, agreed: bool) -> None:
    one = request.asked
    answer = {"report_id": str(one.report_id), "release_id": str(one.release_id), "agreed": agreed}
    sent = await client.post("/api/v1/inbox/releases", json=answer, headers=with_code(code))
    assert sent.status_code == 204, sent.text


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


async def test_nothing_is_given_to_a_handler_whom_she_has_refused_since(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    async with world.intake.database.transaction() as session:
        tag = world.intake.exclusion_tag(UUID(report_id), INVESTIGATOR)
        session.add(Exclusion(report_id=UUID(report_id), tag=tag))
    with pytest.raises(NothingHere):
        await request.agree()
    assert (await request.wraps(), await request.answers()) == (set(), [])


async def test_inv_53_what_a_cut_off_yes_has_left_with_the_key_store_goes_with_the_request(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, report_id = await reported(client, world)
    refused, unanswered = await Request(world, report_id).ask(), await Request(world, report_id, "imminent_harm").ask()
    put_wraps = Keystore.put_wraps

    async def put(store: Keystore, wraps: Any, *, ahead: bool = False) -> None:
        await put_wraps(store, wraps, ahead=ahead)
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(Keystore, "put_wraps", put)
        for request in (refused, unanswered):
            with pytest.raises(ConnectionError):
                await request.agree()
    assert await refused.wraps() == {handler_label(one.asked.release_id) for one in (refused, unanswered)}
    await refused.refuse()
    assert await unanswered.wraps() == {handler_label(unanswered.asked.release_id)}
    await end_over(world.intake, datetime.now(UTC) + timedelta(days=31))
    assert await unanswered.wraps() == set()


async def test_inv_53_nothing_is_wrapped_for_anybody_in_a_report_that_is_erased_meanwhile(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    async with world.intake.database.transaction() as session:
        report = await lock_report(session, UUID(report_id))
        under_way = asyncio.create_task(request.agree())
        waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%FROM reports%'"
        await eventually(lambda: world.rows(waiting))
        report.erased_at = datetime.now(UTC)
    with pytest.raises(NothingHere):
        await under_way
    assert await request.wraps() == set()


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


async def test_it_ends_with_its_time_with_the_handlers_part_and_with_the_matter(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    timed, left, unanswered = [
        await Request(world, report_id, purpose).ask() for purpose in (FACTS, "imminent_harm", HEAR)
    ]
    await timed.agree()
    await left.agree()
    told = IdentityReleaseEnded(report_id=report_id, request_id=str(left.asked.release_id))
    await world.tell("workflow", WORKFLOW_CASES, report_id, told)
    with pytest.raises(NothingHere):
        await left.look()
    assert await timed.wraps() == {handler_label(timed.asked.release_id)}
    assert await end_over(world.intake, datetime.now(UTC) + timedelta(days=31)) >= 2
    assert (await timed.wraps(), await unanswered.rows()) == (set(), [])
    (row,) = await timed.rows()
    assert row["ended_at"] is not None

    _, report_id = await reported(client, world)
    erased = await Request(world, report_id).ask()
    await erased.agree()
    gone = CaseErased(report_id=report_id, lifecycle="formal_report", number=1)
    await world.tell("workflow", WORKFLOW_CASES, report_id, gone)
    assert (await erased.rows(), await erased.wraps()) == ([], set())


async def test_another_desk_ends_nothing(client: httpx.AsyncClient, world: World) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    await request.agree()
    async with world.intake.database.transaction() as session:
        await end_release(session, world.intake, "ethics", UUID(report_id), request.asked.release_id, datetime.now(UTC))
    assert "S0018" in await request.look()
