"""A court or a claim needs what the ethics office has closed: the office holds it, and nobody else learns of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from lifecycle import access, bodies
from lifecycle.decide import ring
from lifecycle.durable import Decided
from lifecycle.model import Refused
from lifecycle.views import shown
from tests.integration.ethics.office import ETHICS_OFFICER, Office

LEGAL_OFFICER, INVESTIGATOR = "S0003", "S0006"
YEARS = timedelta(days=365 * 9)


async def closed_query(office: Office) -> UUID:
    case_id = await office.request()
    await office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    await office.act(case_id, "open_query", ETHICS_OFFICER, about="confidentiality")
    [query] = await office.queries()
    await office.walk(query, ("close_query", ETHICS_OFFICER))
    return query


async def offered(office: Office, case_id: UUID) -> set[str]:
    """What the office's page lets whoever handles it do."""
    row, now = await office.row(case_id), datetime.now(UTC)
    async with office.desk.database.transaction() as session:
        actor = await access.actor_of(session, office.desk, row, ETHICS_OFFICER, now)
    return {one.action for one in shown(office.desk, row, actor, now).offers if one.open}


async def test_inv_53_the_office_holds_what_it_has_closed_until_it_lets_it_go(quiet_office: Office) -> None:
    office = quiet_office
    query = await closed_query(office)
    assert await offered(office, query) == {"set_hold"}
    until = datetime.now(UTC) + YEARS
    held = await office.act(query, "set_hold", ETHICS_OFFICER, hold_owner=ETHICS_OFFICER, hold_until=until.isoformat())
    assert isinstance(held, Decided), held

    async with office.desk.database.transaction() as session:
        await ring(session, office.desk, query, until - timedelta(days=40))
        words = await bodies.texts_of(session, office.desk, await office.row(query))
    assert ((await office.row(query)).state, [one.text for one in words][-1]) == ("closed", "set_hold: reasons")
    assert await offered(office, query) == {"set_hold", "release_hold"}
    done = [entry["facts"] for entry in await office.audited("case.acted")() if entry["object"] == str(query)]
    assert done[-1]["action"] == "set_hold"

    assert isinstance(await office.act(query, "release_hold", ETHICS_OFFICER), Decided)
    clocks = (await office.row(query)).data["clocks"]
    assert clocks["keep.hold"]["met_at"] is not None
    assert datetime.fromisoformat(clocks["keep.release"]["due_at"]) > datetime.now(UTC) + timedelta(days=13)


async def test_inv_31_no_other_office_holds_a_case_of_this_one_or_answers_for_a_hold(quiet_office: Office) -> None:
    office = quiet_office
    query = await closed_query(office)
    for staff_id in (LEGAL_OFFICER, INVESTIGATOR):
        assert not await office.sees(query, staff_id)
        refused = await office.act(query, "set_hold", staff_id, hold_owner=ETHICS_OFFICER)
        assert isinstance(refused, Refused)
        assert refused.code == "ROLE_NOT_ALLOWED"
        named = await office.act(query, "set_hold", ETHICS_OFFICER, hold_owner=staff_id)
        assert isinstance(named, Refused)
        assert named.code == "NOT_APPOINTED"
