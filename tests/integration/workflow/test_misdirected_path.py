"""What a manager gets by mistake goes on to oversight through the real parts, and nothing of it is left with him."""

from uuid import UUID

from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.sealing import desk_label
from tests.integration.workflow.house import INVESTIGATOR, NEXT_MANAGER, PERSON, SUPERVISOR
from tests.integration.workflow.test_request_path import FORMAL, REQUEST, WISH, WORDS, lodged, only_case, seen
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

PASS_ON = {"reason": "not_for_me", "matter": "formal_report"}
NAMED = {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR], "recipient": NEXT_MANAGER}


async def recipients_of(whole: Whole, report_id: str) -> set[str]:
    """Who holds a wrap of what she wrote, by the key store itself."""
    store = Keystore(whole.store.dsn("intake"))
    try:
        rows = await whole.query("select item_id from items where report_id = :id", "intake", id=UUID(report_id))
        ids = [row.item_id for row in rows]
        labels = [desk_label("workflow", office) for office in ("supervisors", "oio")]
        return {label for label in labels if await store.wraps_of(ids, label)}
    finally:
        await store.close()


async def test_inv_34_it_goes_on_once_under_its_first_date_and_no_copy_is_left(whole: Whole) -> None:
    reporter, report_id = await lodged(whole, parties=NAMED)
    manager, officer = await whole.staff(NEXT_MANAGER), await whole.staff(INVESTIGATOR)
    case_id = await only_case(manager, REQUEST)
    assert await officer.cases(FORMAL) == [], "oversight has not heard of it"
    assert {WORDS, WISH} <= {item["text"] for item in await manager.read_contents(case_id, "request")}
    assert await recipients_of(whole, report_id) == {"workflow/supervisors"}
    ((lodged_at,),) = await whole.query(
        "select lodged_at from reports where report_id = :id", "intake", id=UUID(report_id)
    )

    # He passes it on, and in the same moment it is closed to him.
    wrong = await manager.try_to("pass_on", case_id, {"reason": "not_for_me", "matter": "informal_resolution"})
    assert wrong.status_code == 409
    await manager.act("pass_on", case_id, PASS_ON)
    formal = await only_case(officer, FORMAL)
    assert await recipients_of(whole, report_id) == {"workflow/oio"}, "his wraps are gone from the key store"
    his = await manager.case(case_id)
    assert (his["state"], his["facts"]) == ("passed_on", {})
    assert not [offer for offer in his["offers"] if offer["open"]]
    assert await manager.read_contents(case_id, "request") == []
    assert (await manager.ask(formal)).status_code == 404
    again = await manager.try_to("pass_on", case_id, PASS_ON)
    assert (again.status_code, again.json()["code"]) == (409, "ACTION_NOT_OPEN")

    # Oversight has all of it, under the same id and with the time of its first receipt.
    theirs = await officer.case(formal)
    assert theirs["facts"]["lodged_at"] == lodged_at.isoformat()
    await officer.act("acknowledge", formal)
    assert {WORDS, WISH} <= {item["text"] for item in await officer.read_contents(formal, "assessment")}

    # She is told, and sees one route, at its new desk.
    await seen(reporter, FORMAL, "told", "misdirected_report")
    await seen(reporter, FORMAL, "passed_on", REQUEST)
    await seen(reporter, FORMAL, "acknowledged")
    route = await reporter.route(FORMAL)
    assert {answer["text"] for answer in route["answers"]} >= {WORDS, WISH}
    assert len((await reporter.inbox())["routes"]) == 1
    await reporter.write(report_id, "Thank you.")

    async def arrived() -> bool:
        return "Thank you." in {item["text"] for item in await officer.read_contents(formal, "assessment")}

    await eventually(arrived)


async def test_nothing_at_his_desk_opens_what_is_left_in_the_database(whole: Whole) -> None:
    """A copy of both stores, and the desk key of supervisor requests: no item, no text, no name comes out."""
    _, report_id = await lodged(whole, parties=NAMED)
    manager, officer = await whole.staff(NEXT_MANAGER), await whole.staff(INVESTIGATOR)
    known = frozenset(case["case_id"] for case in await officer.cases(FORMAL))
    before = frozenset(case["case_id"] for case in await manager.cases(REQUEST) if case["state"] == "passed_on")
    case_id = await only_case(manager, REQUEST, before)
    await manager.act("acknowledge", case_id)
    await manager.act("pass_on", case_id, PASS_ON)
    await only_case(officer, FORMAL, known)

    async def stripped() -> bool:
        acts = await whole.query("select count(*) from case_parties where case_id = :id", id=UUID(case_id))
        return bool(acts[0][0] == 0)

    await eventually(stripped)
    assert await whole.query("select 1 from action_bodies where case_id = :id", id=UUID(case_id)) == []
    store = Keystore(whole.store.dsn("workflow"))
    try:
        assert await store.matter_key(UUID(case_id)) is None
    finally:
        await store.close()
    key = ServiceKeys.load(whole.folder / "workflow").desk("supervisors")
    assert key.key_id, "the desk itself goes on; nothing of this report refers to it"
    assert await recipients_of(whole, report_id) == {"workflow/oio"}
    ((data,),) = await whole.query("select data from cases where case_id = :id", id=UUID(case_id))
    assert data["facts"] == {}
    data = str(data) + str(await whole.query("select step from case_steps where case_id = :id", id=UUID(case_id)))
    assert SUPERVISOR not in data
    assert PERSON not in data
