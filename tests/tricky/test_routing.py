"""The tricky cases of policy section 6 that concern who takes a matter: on the real engine, tables and stores."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from chassis.sealing import SealNotOpened, unwrap
from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from lifecycle import access, api, parties, recusal
from lifecycle.model import Refused
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.guardian import Guardian
from ops.local_stack.oidc import Oidc
from policy.model import Office, Role
from tests import real_parts
from tests.integration.ethics.office import open_office
from tests.integration.workflow.house import House
from tests.tricky.whole_organisation import (
    ALTERNATE,
    COMMITTEE,
    DIRECTOR_GENERAL,
    HEAD_OF_MISSION,
    HEAD_OF_OVERSIGHT,
    OFFENDER,
    OUTSIDE_COUNSEL,
    OUTSIDE_INVESTIGATOR,
    OVERSIGHT,
    about,
    appoint,
    appointment,
    investigated,
    lodge,
    measure_of,
    parts,
    readers,
    routed,
    staffed,
    told,
)

Fresh = Callable[..., Awaitable[real_parts.Database]]
HEADS, HR_DIRECTOR, LEGAL = {"S0003", "S0004"}, "S0002", "S0003"


@pytest.fixture
async def house(house: House) -> House:
    """Where everybody works."""
    return await staffed(house)


async def test_the_alleged_offender_is_head_of_mission(house: House) -> None:
    """Another head decides; he gets no notice; oversight has the report as ever."""
    case_id = await routed(house, await lodge(house, "oio_away"), about(HEAD_OF_MISSION))
    assert await readers(house, case_id) == OVERSIGHT
    measure = await measure_of(house, case_id, about(HEAD_OF_MISSION))
    assert await readers(house, measure) == OVERSIGHT | HEADS | {HR_DIRECTOR}
    assert HEAD_OF_MISSION not in await told(house)


async def test_another_head_at_the_same_duty_station_takes_no_part(house: House) -> None:
    head = appointment("S0022", Role.ADMINISTRATIVE_HEAD, office=Office.ADMINISTRATION)
    appoint(house, replace(head, place="selwick"))
    usual = await routed(house, await lodge(house), about(OFFENDER))
    assert "S0022" in await readers(house, await measure_of(house, usual, about(OFFENDER)))
    case_id = await routed(house, await lodge(house), about(HEAD_OF_MISSION))
    assert (await house.row(case_id)).desk == "oio_away", "also where intake did not know"
    assert "S0022" not in await readers(house, await measure_of(house, case_id, about(HEAD_OF_MISSION)))


@pytest.mark.parametrize("offender", ["S0006", HEAD_OF_OVERSIGHT])
async def test_inv_32_the_alleged_offender_is_of_the_oversight_office(house: House, offender: str) -> None:
    """The committee and an investigator from outside have it from the first moment, and oversight never knows."""
    case_id = await routed(house, await lodge(house, "committee"), about(offender))
    row = await house.row(case_id)
    assert (row.desk, house.desk.office_of(row)) == ("committee", "committee")
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    assert await told(house) == COMMITTEE
    wrapped = await house.desk.keystore.matter_key(case_id)
    assert wrapped is not None
    assert unwrap(wrapped, house.desk.keys.desk("committee"), context=b"case|" + case_id.bytes)
    with pytest.raises(SealNotOpened):
        unwrap(wrapped, house.desk.keys.desk("oio"), context=b"case|" + case_id.bytes)

    assert not isinstance(await house.act("S0062", case_id, "acknowledge"), Refused)
    refused = await house.act("S0005", case_id, "start_assessment")
    assert isinstance(refused, Refused)
    assert refused.code == "CASE_UNKNOWN"
    assert not isinstance(await house.act(OUTSIDE_INVESTIGATOR, case_id, "start_assessment"), Refused)
    assert (await house.row(case_id)).data["assigned"]["investigator"] == OUTSIDE_INVESTIGATOR


async def test_inv_32_oversight_is_answered_as_if_there_were_no_such_report(house: House, oidc: Oidc) -> None:
    case_id = await routed(house, await lodge(house, "committee"), about("S0006"))
    sign_in = SignIn(oidc.issuer)
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:

        async def get(path: str, staff_id: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, staff_id)}"}
            return await http.get(f"/api/v1/cases{path}", headers=headers)

        for staff_id in ("S0005", "S0006", HEAD_OF_OVERSIGHT):
            hidden, unknown = await get(f"/{case_id}", staff_id), await get(f"/{uuid4()}", staff_id)
            assert (hidden.status_code, hidden.content) == (404, unknown.content)
            assert (await get("", staff_id)).json() == {"cases": [], "next_cursor": None}
        seen = await get(f"/{case_id}", "S0063")
        assert seen.status_code == 200
        assert {one["action"] for one in seen.json()["offers"] if one["open"]} >= {"acknowledge"}
        assert [one["case_id"] for one in (await get("", "S0063")).json()["cases"]] == [str(case_id)]
    await sign_in.close()


async def test_inv_33_the_alleged_offender_is_the_director_general(house: House) -> None:
    """Whoever answers to him takes no part; alert and decision are still by different people."""
    named = about(DIRECTOR_GENERAL)
    case_id = await routed(house, await lodge(house, "governing_body"), named)
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    measure = await measure_of(house, case_id, named)
    row = await house.row(measure)
    assert (row.desk, house.desk.office_of(row)) == ("governing_body", "committee")
    assert await readers(house, measure) == COMMITTEE | {OUTSIDE_INVESTIGATOR, OUTSIDE_COUNSEL}
    assert await parts(house, measure, OUTSIDE_COUNSEL) == {Role.LEGAL_OFFICER}
    assert await parts(house, measure, "S0062") >= {Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR}
    assert await told(house) <= COMMITTEE | {OUTSIDE_INVESTIGATOR, OUTSIDE_COUNSEL}


async def test_inv_32_at_the_top_of_every_line_somebody_still_decides(house: House) -> None:
    """He stands in everybody's line: what he does by deciding is left to him, and nothing else."""
    appoint(house, appointment(DIRECTOR_GENERAL, Role.INVESTIGATOR))
    case_id = await routed(house, await lodge(house), about(OFFENDER))
    assert await parts(house, case_id, DIRECTOR_GENERAL) == frozenset()
    async with house.desk.database.transaction() as session:
        row = await house.row(case_id)
        actor = await access.actor_of(session, house.desk, row, DIRECTOR_GENERAL, datetime.now(UTC))
    assert (actor.roles, actor.excluded) == ({Role.EXECUTIVE_HEAD}, False)


async def test_an_intake_officer_who_investigates_keeps_the_case(house: House) -> None:
    """The table lets him take the part, so he is not taken for somebody who is not appointed to it."""
    await investigated(house, about(OFFENDER), "S0005")
    appoint(house, appointment("S0005", Role.INTAKE_OFFICER), without=["S0005"])
    assert await recusal.release_the_unfit(house.desk) == 0


@pytest.mark.parametrize(
    ("offender", "desk", "out", "instead"),
    [
        (HR_DIRECTOR, "oio_without_dhr", {HR_DIRECTOR}, {}),
        ("S0050", "oio_outside_counsel", set(), {OUTSIDE_COUNSEL: {Role.LEGAL_OFFICER}}),
        ("S0007", "oio_alternate_ethics", {"S0007"}, {}),
    ],
)
async def test_the_alleged_offender_is_in_hr_legal_or_ethics(
    house: House, offender: str, desk: str, out: set[str], instead: dict[str, set[Role]]
) -> None:
    """The decider is another, counsel comes from outside, and the ethics office has an alternate."""
    case_id = await routed(house, await lodge(house), about(offender))
    assert (await house.row(case_id)).desk == desk
    assert await readers(house, case_id) == OVERSIGHT
    measure = await measure_of(house, case_id, about(offender))
    found = {staff_id: await parts(house, measure, staff_id) for staff_id in await readers(house, measure)}
    assert not out & found.keys()
    assert instead.items() <= found.items()
    assert [one for one, roles in found.items() if roles & {Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR}]
    assert not [one for one, roles in found.items() if Role.LEGAL_OFFICER in roles and one == LEGAL and instead]


async def test_inv_32_the_alleged_retaliator_is_in_the_ethics_office(
    fresh_database: Fresh, fresh_keystore: Fresh, guardian: Guardian, tmp_path: Path
) -> None:
    """The alternate acts in the office's place, and the office does not know."""
    folder = tmp_path / "ethics"
    folder.mkdir()
    office = await open_office(
        await fresh_database("ethics"), await fresh_keystore("ethics"), guardian, folder, policy="iom-2024-03"
    )
    case_id = await office.request(offenders=("S0007",))
    assert (await office.row(case_id)).desk == "ethics_outside"
    everybody = {one.staff_id for one in office.desk.policy.appointments}
    assert {one for one in everybody if await office.sees(case_id, one)} == {ALTERNATE}
    await office.walk(case_id, ("acknowledge", ALTERNATE))
    assert (await office.row(case_id)).data["assigned"] == {"ethics_officer": ALTERNATE}
    assert await recusal.release_the_unfit(office.desk) == 0
    await office.close()


async def test_inv_32_where_nobody_of_a_desk_is_left_the_next_body_has_it(house: House) -> None:
    """She trusts nobody of oversight, and says so: the committee has it; when it is out too, nobody has."""
    case_id = await routed(house, await lodge(house), about(OFFENDER, refused=tuple(sorted(OVERSIGHT))))
    assert (await house.row(case_id)).desk == "committee"
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    nobody = about(OFFENDER, refused=(*sorted(OVERSIGHT | COMMITTEE), OUTSIDE_INVESTIGATOR))
    closed = await routed(house, await lodge(house), nobody)
    assert await readers(house, closed) == set()
    assert not await told(house, "formal_report") & (OVERSIGHT | {OUTSIDE_INVESTIGATOR}), "it fails closed"


@pytest.mark.parametrize(
    ("refused", "desk", "legal"),
    [
        ("S0005", None, {LEGAL}),
        ("S0006", None, {LEGAL}),
        (LEGAL, "oio_outside_counsel", {OUTSIDE_COUNSEL}),
    ],
)
async def test_inv_32_each_part_is_somebodys_or_the_next_bodys(
    house: House, refused: str, desk: str | None, legal: set[str]
) -> None:
    """One officer may be out and a colleague left, who does what is to be done; the only lawyer leaves nobody."""
    case_id = await routed(house, await lodge(house), about(OFFENDER, refused=(refused,)))
    assert (await house.row(case_id)).desk == desk
    row = await house.row(case_id)
    policy, now = house.desk.policy_of(row), datetime.now(UTC)
    assert {one.staff_id for one in policy.appointed(Role.LEGAL_OFFICER, now)} == legal
    officer = "S0006" if refused == "S0005" else "S0005"
    assert not isinstance(await house.act(officer, case_id, "acknowledge"), Refused), "nobody's silence holds it up"


async def test_inv_32_whoever_says_that_they_are_in_conflict_may_leave_a_part_to_the_next_body(house: House) -> None:
    case_id = await routed(house, await lodge(house), about(OFFENDER))
    assert (await house.row(case_id)).desk is None
    async with house.desk.database.transaction() as session:
        await recusal.step_aside(session, house.desk, case_id, LEGAL)
    await parties.retag(house.desk)
    assert (await house.row(case_id)).desk == "oio_outside_counsel"


async def test_her_own_word_moves_a_report_as_a_name_does(house: House) -> None:
    case_id = await routed(house, await lodge(house, "committee"), about(about=("oio",)))
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    elsewhere = await routed(house, await lodge(house), about(about=("oio",)))
    assert (await house.row(elsewhere)).desk == "committee", "also where intake had sealed it to oversight"
