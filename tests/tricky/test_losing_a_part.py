"""The tricky cases of policy section 6 in which somebody can take part no more, or a case moves on: on the real engine,
tables and stores.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import PartiesAdded
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import api, parties, recusal
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Refused
from lifecycle.records import CaseRow
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from policy.model import Appointment, Office, Role
from tests.integration.workflow.house import House
from tests.tricky.whole_organisation import (
    COMMITTEE,
    HEAD_OF_MISSION,
    OFFENDER,
    OUTSIDE_INVESTIGATOR,
    OVERSIGHT,
    PERSON,
    about,
    appoint,
    appointment,
    import_person,
    investigated,
    lodge,
    measure_of,
    parts,
    readers,
    routed,
    staffed,
    told,
)


@pytest.fixture
async def house(house: House) -> House:
    """Where everybody works."""
    return await staffed(house)


async def recused(house: House, case_id: CaseId) -> bool:
    """Whether the investigator has lost the case, by a step that gives no reason."""
    row = await house.row(case_id)
    steps = [one for one in row.data["steps"] if one.action == "recuse"]
    assert all(one.facts in ({"role": "investigator"}, {"role": "intake_officer"}) for one in steps)
    return "investigator" not in row.data["assigned"]


async def test_inv_32_an_investigator_who_becomes_her_acting_supervisor_is_recused(house: House) -> None:
    case_id = await investigated(house, about(OFFENDER))
    assert await recusal.release_the_unfit(house.desk) == 0
    await import_person(house, PERSON, line_staff_id="S0006")
    await parties.retag(house.desk)
    assert await parts(house, case_id, "S0006") == frozenset()
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)
    assert await told(house, "handover.waiting") == {"S0005"}
    assert not isinstance(await house.act("S0005", case_id, "hand_over", {"investigator": "S0005"}), Refused)
    assert await recusal.release_the_unfit(house.desk) == 0


async def test_inv_32_who_stands_in_for_her_supervisor_stands_in_her_line_from_that_day_on(house: House) -> None:
    today, case_id = datetime.now(UTC).date(), await investigated(house, about(OFFENDER))
    before = house.desk.policy
    appoint(house, stands_in("S0006", "S0016", from_=today + timedelta(days=2)))
    await parties.retag(house.desk)
    assert await recusal.release_the_unfit(house.desk) == 0, "not before the day"
    house.desk.policy = before
    appoint(house, stands_in("S0006", "S0016", from_=today))
    await parties.retag(house.desk)
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)


async def test_the_alleged_offender_becomes_her_acting_supervisor(house: House) -> None:
    """Whoever handles it hears, once and without a word of why, that something has to be arranged."""
    case_id, today = await investigated(house, about(OFFENDER)), datetime.now(UTC).date()
    appoint(house, stands_in(OFFENDER, HEAD_OF_MISSION, from_=today + timedelta(days=2)))
    await parties.retag(house.desk)
    assert not await told(house, "handover.line_changed")
    appoint(house, stands_in(OFFENDER, HEAD_OF_MISSION), without=[OFFENDER])
    for _ in range(2):
        await parties.retag(house.desk)
    heard = [staff_id for key, staff_id in await house.notices() if key == "handover.line_changed"]
    assert sorted(heard) == sorted(OVERSIGHT)
    assert await readers(house, case_id) == OVERSIGHT


async def test_a_handler_who_says_that_they_have_a_conflict_is_out_of_it(house: House, oidc: Oidc) -> None:
    case_id = await investigated(house, about(OFFENDER))
    sign_in = SignIn(oidc.issuer)
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)
    headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, 'S0006')}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:
        answers = [await http.post(f"/api/v1/cases/{case_id}/conflicts", headers=headers) for _ in range(2)]
    await sign_in.close()
    assert [answer.status_code for answer in answers] == [202, 404]
    assert await readers(house, case_id) == {"S0005"}
    assert await recused(house, case_id), "in the same moment"
    assert await recusal.release_the_unfit(house.desk) == 0
    trail = await house.query("select convert_from(entry_json, 'UTF8') as entry from audit_readable")
    assert not [one.entry for one in trail if "conflict.declared" in one.entry and "S0006" in one.entry]


def stands_in(staff_id: str, absent: str, **more: Any) -> Appointment:
    """An acting head, in somebody's place."""
    return appointment(staff_id, Role.ADMINISTRATIVE_HEAD, office=Office.ADMINISTRATION, substitute_for=absent, **more)


async def test_the_alleged_offender_becomes_a_heads_stand_in(house: House) -> None:
    """The office he now holds is his in every other matter, and not in this one."""
    case_id = await routed(house, await lodge(house), about(OFFENDER))
    measure, other = await measure_of(house, case_id, about(OFFENDER)), await house.open("interim_measure")
    await routed(house, other, Parties(affected_individual="S0027"))
    appoint(house, stands_in(OFFENDER, "S0004"))
    await parties.retag(house.desk)
    assert await parts(house, measure, OFFENDER) == frozenset()
    assert await parts(house, other, OFFENDER) == {Role.ADMINISTRATIVE_HEAD}
    assert (await house.row(case_id)).desk == "oio_away", "and the heads beside him stand aside"


async def test_a_report_moves_on_once_he_is_appointed_to_the_office_that_has_it(house: House) -> None:
    case_id = await investigated(house, about(OFFENDER))
    appoint(house, appointment(OFFENDER, Role.INVESTIGATOR))
    assert await parties.retag(house.desk) == 1
    assert (await house.row(case_id)).desk == "committee"
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    assert await told(house, "handover.waiting") == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    assert await recusal.release_the_unfit(house.desk) == 2, "both who had a part in it"
    assert await recused(house, case_id)
    appoint(house, without=[OFFENDER])
    await parties.retag(house.desk)
    assert (await house.row(case_id)).desk == "committee", "and never back"


async def test_an_investigator_who_leaves_hands_over_before_the_last_day(house: House) -> None:
    case_id, today = await investigated(house, about(OFFENDER)), datetime.now(UTC).date()
    deadlines = house.desk.policy.deadlines
    three_days = replace(deadlines[recusal.BEFORE], amount=3 * 86400)
    house.desk.policy = replace(house.desk.policy, deadlines={**deadlines, recusal.BEFORE: three_days})
    appoint(house, appointment("S0016", Role.INVESTIGATOR, substitute_for="S0006"))
    appoint(house, appointment("S0032", Role.INVESTIGATOR, substitute_for="S0006"))
    await parties.retag(house.desk)
    await import_person(house, "S0006", contract_ends_on=(today + timedelta(days=5)).isoformat())
    assert await recusal.release_the_unfit(house.desk) == 0, "it is long till then"
    await import_person(house, "S0006", contract_ends_on=(today + timedelta(days=2)).isoformat())
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await told(house, "handover.ahead") == {"S0006", "S0032"}, "and whoever stands in, but not S0016 in her line"
    assert not await recused(house, case_id)
    assert await recusal.release_the_unfit(house.desk) == 0, "told once"
    await import_person(house, "S0006", contract_ends_on=today.isoformat())
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)


async def test_an_investigator_who_is_gone_or_no_longer_appointed_has_nothing_left(house: House) -> None:
    gone, dismissed = await investigated(house, about(OFFENDER)), await investigated(house, about(OFFENDER), "S0005")
    await import_person(house, "S0006", active=False)
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, gone)
    appoint(house, appointment("S0026", Role.INTAKE_OFFICER), without=["S0005"])
    assert await recusal.release_the_unfit(house.desk) == 3, "as intake officer of both, and as investigator of one"
    assert await recused(house, dismissed)


async def test_an_interpreter_or_investigator_who_is_his_friend_is_named_by_her_later(house: House) -> None:
    """From the moment the word comes nobody sees the case; then everybody but whom she has refused."""
    named = about(OFFENDER)
    case_id = await investigated(house, named)
    measure = await measure_of(house, case_id, named)
    report_id = str((await house.row(case_id)).report_id)
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, PartiesAdded(report_id=report_id, item_id=str(uuid4())))
    assert await readers(house, case_id) == set()
    assert await recusal.release_the_unfit(house.desk) == 0, "nobody is taken for refused meanwhile"

    async def away(_: Desk, __: CaseRow) -> Parties:
        raise parties.PartiesNotHere("IntakeUnreachable")

    with pytest.raises(parties.PartiesNotHere):
        await parties.retag(house.desk, away)
    assert await readers(house, case_id) == set(), "and as long as intake is away"

    async def handed_out(_: Desk, __: CaseRow) -> Parties:
        return replace(named, refused=("s0006",))

    assert await parties.retag(house.desk, handed_out) == 2
    assert await readers(house, case_id) == {"S0005"}
    assert "S0006" not in await readers(house, measure)
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)
    async with house.desk.database.transaction() as session:
        known = await parties.parties_of(session, house.desk, await house.row(case_id))
    assert known == Parties(PERSON, (OFFENDER,), ("S0006",))


async def test_more_people_named_while_a_report_is_being_routed_are_not_missed(house: House) -> None:
    case_id = await lodge(house)
    report_id = str((await house.row(case_id)).report_id)

    async def meanwhile(_: Desk, __: CaseRow) -> Parties:
        """Intake answers, and right after that the person refuses somebody."""
        added = PartiesAdded(report_id=report_id, item_id=str(uuid4()))
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, added)
        return about(OFFENDER)

    await parties.find_exclusions(house.desk, case_id, meanwhile)
    assert await readers(house, case_id) == set()

    async def handed_out(_: Desk, __: CaseRow) -> Parties:
        return about(OFFENDER, refused=("S0005",))

    await parties.retag(house.desk, handed_out)
    assert await readers(house, case_id) == {"S0006"}


async def test_while_an_investigator_is_away_the_substitute_acts_in_his_place(house: House) -> None:
    """From the first to the last day of it, and no longer; the case stays his."""
    case_id, today = await investigated(house, about(OFFENDER)), datetime.now(UTC).date()
    before = house.desk.policy
    substitute = appointment("S0032", Role.INVESTIGATOR, substitute_for="S0006", to=today)
    appoint(house, substitute)
    await parties.retag(house.desk)
    assert await parts(house, case_id, "S0032") == {Role.INVESTIGATOR}
    assert not isinstance(await house.act("S0032", case_id, "send_update"), Refused)
    assert await recusal.release_the_unfit(house.desk) == 0
    house.desk.policy = before
    past = today - timedelta(days=1)
    appoint(house, replace(substitute, from_=past, to=past))
    assert await parts(house, case_id, "S0032") == frozenset()
