"""A manager begins on what he has seen himself; on anybody else's people he cannot."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from contracts.ids import CaseId
from lifecycle import api, decide
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from services.workflow import managers
from services.workflow.web import manager_requests
from tests.integration.workflow.house import COLLEAGUE, NEXT_MANAGER, OTHER_MANAGER, PERSON, SUPERVISOR, House

Begin = Callable[..., Awaitable[httpx.Response]]
SEEN = "He shouted at her across the corridor."


@pytest.fixture
async def begin(house: House, oidc: Oidc) -> AsyncIterator[Begin]:
    sign_in = SignIn(oidc.issuer)
    routes = [*api.routes(house.desk, Sender(house.desk)), *manager_requests.routes(house.desk)]
    app = create_app(house.settings, routes, sign_in=sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:

        async def ask(staff_id: str, **changes: Any) -> httpx.Response:
            body = {
                "action_id": str(uuid4()),
                "parties": {"affected_individual": PERSON, "alleged_offender": [COLLEAGUE]},
                "what_was_seen": SEEN,
            } | changes
            headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, staff_id)}"}
            return await http.post("/api/v1/manager-requests", json=body, headers=headers)

        yield ask
    await sign_in.close()


async def test_a_manager_begins_on_what_he_has_seen_and_has_it_at_once(house: House, begin: Begin) -> None:
    await house.people()
    answer = await begin(SUPERVISOR)
    assert (answer.status_code, answer.json()["state"]) == (201, "seen_by_manager")
    case_id = answer.json()["case_id"]
    row = await house.row(case_id)
    assert (list(row.handlers), row.data["facts"]["begun_by"]) == ([SUPERVISOR], "manager")
    assert await house.query("select 1 from reports") == [], "no route and no access code belong to it"
    assert await house.excluded(row.case_id, COLLEAGUE)
    await managers.find_manager(house.desk, CaseId(row.case_id))
    assert (await house.row(case_id)).version == row.version
    stored = await house.query("select ciphertext from action_bodies")
    assert len(stored) == 1
    assert SEEN.encode() not in stored[0][0]
    told = await house.act(SUPERVISOR, row.case_id, "tell_in_person", {"told_first": True}, {"reasons": "It goes on."})
    assert told.answer["state"] == "may_act"


async def test_what_a_manager_began_and_lets_lie_is_with_the_next_one_above(house: House, begin: Begin) -> None:
    """Nobody has an inbox who could ask further; and it stops with no manager who does nothing."""
    await house.people()
    case_id = CaseId(UUID((await begin(SUPERVISOR)).json()["case_id"]))
    for manager in (NEXT_MANAGER, "S0001"):
        await breached(house, case_id, "supervisor.act")
        await house.run_errands()  # it leaves him,
        await house.run_errands()  # and the next one is found
        row = await house.row(case_id)
        assert (row.state, list(row.handlers)) == ("told", [manager])
        await managers.hand_up(house.desk, case_id)
        assert (await house.row(case_id)).version == row.version, "told anew, he has his own time"


async def test_where_nobody_is_left_the_last_one_keeps_it_and_it_is_heard_of_until_somebody_is_found(
    house: House, begin: Begin
) -> None:
    await house.people()
    case_id = CaseId(UUID((await begin(SUPERVISOR)).json()["case_id"]))
    had_it: list[str] = []
    while not had_it or had_it[-1] != (await house.row(case_id)).handlers[0]:
        had_it += (await house.row(case_id)).handlers
        await goes_by(house, case_id)
    row = await house.row(case_id)
    assert (had_it[-1], list(row.handlers)) == ("S0063", ["S0063"]), "up to the committee, which is silent too"
    assert len(had_it) == len(set(had_it))
    assert await house.notices_of(NOBODY_LEFT) == [AUDITOR]
    async with house.desk.database.transaction() as session:
        await managers.close_to_those_who_left(session, house.desk, "S0063", datetime.now(UTC))
    await house.run_errands()
    assert ((await house.row(case_id)).handlers, await house.notices_of(NOBODY_LEFT)) == ([], [AUDITOR] * 2)
    await goes_by(house, case_id)
    assert await house.notices_of(NOBODY_LEFT) == [AUDITOR] * 3
    await house.people({"S0001": "S0009", "S0009": ""})
    await goes_by(house, case_id)
    assert list((await house.row(case_id)).handlers) == ["S0009"]


NOBODY_LEFT, AUDITOR = "supervisor_request.nobody_left", "S0015"


async def goes_by(house: House, case_id: CaseId) -> None:
    """Nobody does anything in time, and the errands that follow are run, also those that one of them has asked for."""
    await breached(house, case_id, "supervisor.act")
    for _ in range(2):
        await house.run_errands()


async def breached(house: House, case_id: CaseId, key: str) -> None:
    """Its date has passed, by the clock of the database too, and has rung."""
    await house.query(
        "update cases set data = jsonb_set(data, cast(:path as text[]), to_jsonb(now() - interval '1 hour'))"
        " where case_id = :case returning 1",
        path=["clocks", key, "due_at"],
        case=case_id,
    )
    async with house.desk.database.transaction() as session:
        await decide.ring(session, house.desk, case_id, datetime.now(UTC))


async def test_sent_again_it_is_the_same_matter(house: House, begin: Begin) -> None:
    await house.people()
    action_id = str(uuid4())
    first, again = [await begin(SUPERVISOR, action_id=action_id) for _ in range(2)]
    assert first.json() == again.json()
    assert len(await house.query("select 1 from cases")) == 1
    assert len(await house.query("select 1 from action_bodies")) == 1
    other = await begin(NEXT_MANAGER, action_id=action_id)
    assert (other.status_code, other.json()["code"]) == (409, "ACTION_ID_TAKEN")


@pytest.mark.parametrize(
    ("staff_id", "parties"),
    [
        (OTHER_MANAGER, {"affected_individual": PERSON}),  # of nobody concerned
        (COLLEAGUE, {"affected_individual": PERSON}),  # a peer
        (SUPERVISOR, {"affected_individual": PERSON, "alleged_offender": ["s0017"]}),  # about himself
        (SUPERVISOR, {"affected_individual": "S0017"}),  # for himself: he has a code to ask for
    ],
)
async def test_whoever_has_no_duty_towards_a_party_cannot(
    house: House, begin: Begin, staff_id: str, parties: dict[str, Any]
) -> None:
    await house.people()
    answer = await begin(staff_id, parties=parties)
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_DUTY_TOWARDS_A_PARTY")
    assert await house.query("select 1 from cases") == []
    (trail,) = await house.query(
        "select entry_json from audit_readable where convert_from(entry_json, 'UTF8') like '%refused%'"
    )
    assert b"S0018" not in trail[0], "who was meant is in no trail"


async def test_what_cannot_be_judged_is_no_request(house: House, begin: Begin) -> None:
    assert (await begin(SUPERVISOR)).status_code == 503
    await house.people()
    assert (await begin(SUPERVISOR, parties={})).json()["field"] == "parties"
    for changes in (
        {"who": "x"},
        {"what_was_seen": ""},
        {"parties": {"alleged_offender": ["a b"]}},
        {"action_id": "1"},
    ):
        assert (await begin(SUPERVISOR, **changes)).status_code == 400, changes
    assert await house.query("select 1 from cases") == []


async def test_when_he_leaves_the_next_level_has_it_without_asking_anybody(house: House, begin: Begin) -> None:
    await house.people()
    case_id = (await begin(SUPERVISOR)).json()["case_id"]
    await house.people({SUPERVISOR: NEXT_MANAGER}, active=False)
    row = await house.row(case_id)
    assert (row.state, list(row.handlers)) == ("told", [])
    await managers.find_manager(house.desk, CaseId(row.case_id))
    assert list((await house.row(case_id)).handlers) == [NEXT_MANAGER]
