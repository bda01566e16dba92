"""Another code for whoever has lost hers, up to the desk's answer, which is that of the desk's keys in the world."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.access_code import AccessCode
from chassis.desk_keys import DeskPublicKey
from chassis.keystore import Keystore
from chassis.sealing import ROUTE, desk_label, unwrap, wrap, wrap_context
from chassis.web.sign_in import SignedIn
from services.intake.asked_desks import DeskUnreachable
from services.intake.intake import Intake, NothingHere
from services.intake.items import add_items, seal_item
from services.intake.tables import Direction, ItemKind, Report
from services.intake.use_cases import reissue_code as reissuing
from services.intake.use_cases.choose_mails import Wish, choose_mails, tell_her
from services.intake.use_cases.lodge_report import IdempotencyKeyReused
from services.intake.use_cases.reissue_code import MOST, WITHIN, Lost, TooManySearches, find_report, reissue_code
from tests.integration.intake.releasing import Desk
from tests.integration.intake.test_handed_over import take_new_code
from tests.integration.intake.test_passing import ask, lodged, put, rewrapped
from tests.integration.intake.world import World, code_of_new, formal, inbox, key, with_code

pytestmark = pytest.mark.stack
CUSTODIAN = SignedIn("S0061", "no token is needed where no desk is asked")
WORDS = "He shouts in every meeting."
Reissue = Callable[[str, AccessCode], Awaitable[None]]


@pytest.fixture
def reissue(world: World, monkeypatch: pytest.MonkeyPatch) -> Reissue:
    """Gives another code, as the custodian does; the desk wraps whatever it can open, as its process does it."""

    async def by_desk(
        _: Intake, __: Any, ___: SignedIn, report: Report, own: Mapping[UUID, bytes], new: AccessCode
    ) -> dict[UUID, bytes]:
        report_id, label = report.report_id, desk_label(report.service, report.office)
        private, public = world.keys[report.service].desk(report.office), new.route_key(report_id).public
        keys = {
            item_id: unwrap(wrapped, private, context=wrap_context(report_id, item_id, label))
            for item_id, wrapped in own.items()
        }
        return {
            item_id: wrap(data_key, public, context=wrap_context(report_id, item_id, ROUTE))
            for item_id, data_key in keys.items()
        }

    async def reissue(report_id: str, new: AccessCode) -> None:
        await reissue_code(world.intake, {}, CUSTODIAN, UUID(report_id), new)

    monkeypatch.setattr(reissuing, "_wrapped_by_desk", by_desk)
    return reissue


def fresh(world: World) -> AccessCode:
    return AccessCode.from_idempotency(world.intake.keys.secret("code"), key())


async def words(client: httpx.AsyncClient, code: str) -> set[str]:
    """What its holder wrote on the one route of this code."""
    (route,) = (await inbox(client, code))["routes"]
    return {one["text"] for one in route["answers"]}


async def lost_for_good(client: httpx.AsyncClient, lost: str) -> None:
    found = await inbox(client, lost)
    assert (found["routes"], found["given_anew"]) == ([], 1)


async def test_inv_08_a_named_reporter_lost_the_code_and_what_opens_something_else_is_no_other_code(
    client: httpx.AsyncClient, world: World, reissue: Reissue
) -> None:
    lost, others = await code_of_new(client, formal()), await code_of_new(client, formal())
    report_id, new = await world.report_id(client, lost), fresh(world)
    with pytest.raises(IdempotencyKeyReused):
        await reissue(report_id, AccessCode.parse(others))
    assert WORDS in await words(client, lost)
    assert WORDS in await words(client, others)
    # One that opens this is the same again.
    for _ in range(2):
        await reissue(report_id, new)
    await lost_for_good(client, lost)
    assert WORDS in await words(client, await take_new_code(client, str(new)))


async def test_no_mail_goes_on_to_the_address_that_was_chosen_with_the_lost_code(
    client: httpx.AsyncClient, world: World, reissue: Reissue
) -> None:
    lost, new = await code_of_new(client, formal()), fresh(world)
    report_id, at = await world.report_id(client, lost), datetime.now(UTC)
    wish = Wish("finder@mail.example", 0, 24, "Europe/Paris", "en")
    await choose_mails(world.intake, AccessCode.parse(lost), UUID(report_id), wish, at)
    async with world.intake.database.transaction() as session:
        await tell_her(session, UUID(report_id), at)
    await reissue(report_id, new)
    for table in ("mail_wishes", "mail_notices"):
        assert await world.rows(f"select from {table} where report_id = $1", UUID(report_id)) == []
    versions = "select version, given from consents where report_id = $1 and consent = 'mails' order by version"
    assert [tuple(one) for one in await world.rows(versions, UUID(report_id))] == [(1, True), (2, False)]
    (route,) = (await inbox(client, await take_new_code(client, str(new))))["routes"]
    assert route["mails"] is False


async def test_while_a_report_goes_on_to_another_desk_nothing_is_taken_from_her(
    client: httpx.AsyncClient, world: World, reissue: Reissue
) -> None:
    lost, report_id = await lodged(world, client)
    begun = (await ask(world, client, "", report_id)).json()
    new = fresh(world)
    with pytest.raises(DeskUnreachable):
        await reissue(report_id, new)
    assert WORDS in await words(client, lost)
    assert (await put(world, client, report_id, rewrapped(world, report_id, begun))).status_code == 200
    await reissue(report_id, new)
    await lost_for_good(client, lost)
    assert WORDS in await words(client, await take_new_code(client, str(new)))


async def test_what_is_under_way_as_another_code_is_given_is_not_kept_under_the_lost_one(
    client: httpx.AsyncClient, world: World, reissue: Reissue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for send in (message, file):
        lost, new = await code_of_new(client, formal()), fresh(world)
        report_id = await world.report_id(client, lost)
        items = "select item_id from items where report_id = $1 order by number"
        before = await world.rows(items, UUID(report_id))
        with monkeypatch.context() as patched:
            patched.setattr(Keystore, "put_wraps", put_wraps_and(partial(reissue, report_id, new)))
            answer = await send(client, lost, report_id)
        assert answer.status_code == 503, answer.text
        assert await world.rows(items, UUID(report_id)) == before
        await lost_for_good(client, lost)
        own = await take_new_code(client, str(new))
        assert (await send(client, own, report_id)).status_code in {201, 202}
        assert WORDS in await words(client, own)


def put_wraps_and(then: Callable[[], Awaitable[None]]) -> Any:
    """Something happens once the wraps of what is sent are kept, before its contents are."""
    put_wraps = Keystore.put_wraps

    async def put(store: Keystore, wraps: Any, *, ahead: bool = False) -> None:
        await put_wraps(store, wraps, ahead=ahead)
        await then()

    return put


async def message(client: httpx.AsyncClient, code: str, report_id: str) -> httpx.Response:
    body = {"report_id": report_id, "text": "One more thing."}
    return await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))


async def file(client: httpx.AsyncClient, code: str, report_id: str) -> httpx.Response:
    headers = {"Report-Id": report_id, "Action-Id": str(uuid4()), "Content-Type": "application/octet-stream"}
    return await client.post("/api/v1/inbox/files", content=b"A line.\n", headers=with_code(code) | headers)


async def test_one_item_that_does_not_open_leaves_the_rest_of_the_inbox(
    client: httpx.AsyncClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    code = await code_of_new(client, formal())
    report_id = UUID(await world.report_id(client, code))
    private, another = world.keys["workflow"].desk("oio"), fresh(world).route_key(report_id).public
    desk = DeskPublicKey("workflow", "oio", private.key_id, private.public)
    item = seal_item(report_id, ItemKind.MESSAGE, {"text": "To another code."}, desk, another)
    await world.intake.keystore.put_wraps(item.wraps)
    async with world.intake.database.transaction() as session:
        await add_items(session, report_id, [item], datetime.now(UTC), Direction.PERSON)
    (route,) = (await inbox(client, code))["routes"]
    assert (route["messages"], WORDS in {one["text"] for one in route["answers"]}) == ([], True)
    assert "what the person sent does not open" in caplog.messages


async def test_cut_off_before_the_new_code_is_given_the_lost_one_opens_all_and_the_same_again_gives_it(
    client: httpx.AsyncClient, world: World, reissue: Reissue, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, new = await code_of_new(client, formal()), fresh(world)
    report_id = await world.report_id(client, lost)

    async def cut_off(*_: Any, **__: Any) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(reissuing, "tell_desks", cut_off)
        with pytest.raises(OSError):  # noqa: PT011  the power cut above
            await reissue(report_id, new)
    assert WORDS in await words(client, lost)
    with monkeypatch.context() as patched:
        patched.setattr(Keystore, "exchange_wraps", cut_off)
        with pytest.raises(OSError):  # noqa: PT011  the power cut above
            await reissue(report_id, new)
    await lost_for_good(client, lost)
    await reissue(report_id, new)
    assert WORDS in await words(client, await take_new_code(client, str(new)))
    given = [one for one in await world.audit() if one["object"] == report_id and one["act"] == "code_reissued"]
    assert len(given) == 1


async def test_a_custodian_looks_for_a_few_people_a_day_and_a_refusal_stands_in_the_trail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever may search finds out who has reported by going through everybody."""
    monkeypatch.setattr(reissuing, "open_to_custodian", Desk().open_to)
    today = datetime.now(UTC).date()

    before = len([one for one in await world.audit() if one["object"] == "identities"])

    async def search(staff_id: str, by: str = "S0064") -> UUID:
        return await find_report(world.intake, {}, Lost(staff_id, "formal_report", today), SignedIn(by, ""))

    for number in range(MOST):
        with pytest.raises(NothingHere):
            await search(f"S{number:04}")
    for _ in range(2):
        with pytest.raises(TooManySearches):
            await search("S0031")
    with pytest.raises(NothingHere):
        await search("S0031", by="S0065")
    acts = [one["act"] for one in await world.audit() if one["object"] == "identities"][before:]
    assert acts == ["identity_searched"] * MOST + ["identity_search_refused"] * 2 + ["identity_searched"]

    monkeypatch.setattr(reissuing, "utc_now", lambda: datetime.now(UTC) + WITHIN)
    with pytest.raises(NothingHere):
        await search("S0031")


async def test_what_the_desk_keeps_from_the_custodian_is_not_there_when_looked_for(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one who stands in somebody's line learns that this person has reported, before the desk says no."""
    desk = Desk()
    monkeypatch.setattr(reissuing, "open_to_custodian", desk.open_to)
    hers = "S0031"
    parties = {"affected_individual": hers, "alleged_offender": ["S0017"]}
    report_id = await world.report_id(client, await code_of_new(client, formal(parties=parties)))
    today = datetime.now(UTC).date()

    async def found(staff_id: str) -> UUID:
        return await find_report(world.intake, {}, Lost(staff_id, "formal_report", today), CUSTODIAN)

    assert await found(hers) == UUID(report_id)
    desk.keeps_out = {CUSTODIAN.staff_id}
    with pytest.raises(NothingHere):
        await found(hers)
    desk.answers = False
    for anybody in (hers, "S0099"):
        with pytest.raises(DeskUnreachable):
            await found(anybody)
