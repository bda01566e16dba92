"""Somebody whom a report is about joins the oversight office: the committee has it from then on, through the real
parts, and nothing at the old desk opens what she wrote.
"""

from uuid import UUID

from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.sealing import SealNotOpened, desk_label, unwrap
from contracts.topics import HR_PEOPLE
from lifecycle.bodies import key_context
from tests.integration.workflow.house import INVESTIGATOR, NEXT_MANAGER, SUPERVISOR, person
from tests.integration.workflow.test_measure_path import WORDS, reported
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

OUTSIDE_INVESTIGATOR = "S0064"
OFFICES = ("oio", "committee")
LATER = "It happened again today."


async def holders(whole: Whole, report_id: str) -> set[str]:
    """Whose desk has a wrap of what she wrote, by the key store itself."""
    store = Keystore(whole.store.dsn("intake"))
    try:
        rows = await whole.query("select item_id from items where report_id = :id", "intake", id=UUID(report_id))
        ids = [row.item_id for row in rows]
        return {office for office in OFFICES if await store.wraps_of(ids, desk_label("workflow", office))}
    finally:
        await store.close()


async def openers(whole: Whole, case_id: str) -> set[str]:
    """Whose desk key opens the case's own key."""
    store, found = Keystore(whole.store.dsn("workflow")), set[str]()
    try:
        wrapped = await store.matter_key(UUID(case_id))
    finally:
        await store.close()
    assert wrapped is not None
    keys = ServiceKeys.load(whole.folder / "workflow")
    for office in OFFICES:
        try:
            unwrap(wrapped, keys.desk(office), context=key_context(UUID(case_id)))
        except SealNotOpened:
            continue
        found.add(office)
    return found


async def test_the_new_handler_reads_what_she_wrote_and_the_old_one_cannot(whole: Whole) -> None:
    reporter, report_id, case_id = await reported(whole)
    old, new = await whole.staff(INVESTIGATOR), await whole.staff(OUTSIDE_INVESTIGATOR)
    await old.act("acknowledge", case_id)
    await old.act("start_assessment", case_id)
    assert WORDS in {item["text"] for item in await old.read_contents(case_id, "assessment")}
    assert (await new.ask(case_id)).status_code == 404
    assert (await holders(whole, report_id), await openers(whole, case_id)) == ({"oio"}, {"oio"})

    joined = person(SUPERVISOR, NEXT_MANAGER)
    joined.unit = "OIO"
    await whole.hr.emit(HR_PEOPLE, SUPERVISOR, joined)

    async def moved() -> bool:
        return (await old.ask(case_id)).status_code == 404 and await openers(whole, case_id) == {"committee"}

    await eventually(moved)
    assert await holders(whole, report_id) == {"committee"}, "the old desk's wraps are gone"

    async def read() -> set[str]:
        answer = await new.read(case_id, "assessment")
        return {item["text"] for item in answer.json()["items"]} if answer.status_code == 200 else set()

    assert WORDS in await eventually(read)
    assert (await old.read(case_id, "assessment")).status_code == 404
    ((facts,),) = await whole.query(
        "select entry -> 'facts' from (select convert_from(entry_json, 'utf8')::json as entry from audit_trail) trail"
        " where entry ->> 'act' = 'case.rewrapped'"
    )
    assert (facts["from"], facts["to"], len(facts["proof"])) == ("oio", "committee", 64)

    # She notices nothing of it: what she writes and what she is answered goes to and fro as before.
    await reporter.write(report_id, LATER)

    async def arrived() -> bool:
        return LATER in await read()

    await eventually(arrived)
    await new.write(case_id, "Thank you.")
    assert "Thank you." in {one["text"] for one in (await reporter.route("formal_report"))["messages"]}
    assert await holders(whole, report_id) == {"committee"}
