"""A danger that the ombuds cell told of: who sees it, who never does, and what it does not say."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.inbox import InvalidMessage
from chassis.sealing import seal_to
from contracts.alerts.v1.alerts_pb2 import DangerRaised
from contracts.topics import OMBUDS_ALERTS
from lifecycle import access, bodies
from lifecycle.directory import DirectoryNotHere
from lifecycle.model import Refused
from tests.integration.workflow.house import (
    COLLEAGUE,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    LINES,
    NEXT_MANAGER,
    OTHER_HEAD,
    PERSON,
    SUPERVISOR,
    House,
)

WORDS, SECURITY = "Somebody may be hurt tonight. Please keep them apart.", "S0069"
PEOPLE = {**LINES, SECURITY: "S0001"}


def danger(
    house: House, danger_id: UUID | str, *, offenders: tuple[str, ...] = (SUPERVISOR,), **changes: Any
) -> DangerRaised:
    sealed = {"danger": WORDS, "affected_individual": PERSON, "alleged_offender": list(offenders)}
    context = b"danger|" + str(danger_id).encode()
    public = house.desk.keys.desk("measures").public
    fields = {"danger_id": str(danger_id), "needed": "separation", **changes}
    message = DangerRaised(sealed_danger=seal_to(public, json.dumps(sealed).encode(), context=context), **fields)
    message.raised_at.FromDatetime(datetime.now(UTC))
    return message


async def arrives(house: House, **changes: Any) -> UUID:
    danger_id = uuid4()
    await house.receive(OMBUDS_ALERTS, str(danger_id), danger(house, danger_id, **changes))
    rows = await house.query("select case_id from cases where report_id = :danger_id", danger_id=danger_id)
    return UUID(str(rows[0].case_id))


async def seen_by(house: House, case_id: UUID) -> set[str]:
    row, found = await house.row(case_id), set[str]()
    async with house.desk.database.transaction() as session:
        for staff_id in PEOPLE:
            actor = await access.actor_of(session, house.desk, row, staff_id, datetime.now(UTC))
            found |= {staff_id} if access.may_see(house.desk, row, actor) else set()
    return found


async def test_those_who_can_act_hear_of_it_and_the_other_party_does_not(house: House) -> None:
    await house.people(PEOPLE)
    case_id = await arrives(house)

    assert await seen_by(house, case_id) >= {SECURITY, LEGAL_AND_HEAD, OTHER_HEAD, HR_DIRECTOR}
    assert not await seen_by(house, case_id) & {SUPERVISOR, PERSON, COLLEAGUE, NEXT_MANAGER, INVESTIGATOR}
    told = {staff_id for wording, staff_id in await house.notices() if wording == "danger_alert.raised"}
    assert told >= {SECURITY, OTHER_HEAD}
    assert SUPERVISOR not in told, "he holds an administrative head's appointment and is the one it is about"


async def test_it_says_what_is_needed_and_nothing_else(house: House) -> None:
    await house.people(PEOPLE)
    case_id = await arrives(house)

    row = await house.row(case_id)
    assert dict(row.data["facts"]) == {"needed": "separation"}
    async with house.desk.database.transaction() as session:
        texts = [(one.name, one.text) for one in await bodies.texts_of(session, house.desk, row)]
    assert texts == [("danger", WORDS)]
    assert row.lifecycle not in house.desk.talks


async def test_the_same_event_again_opens_nothing_twice(house: House) -> None:
    await house.people(PEOPLE)
    danger_id = uuid4()
    for _ in range(2):
        await house.receive(OMBUDS_ALERTS, str(danger_id), danger(house, danger_id))
    assert len(await house.query("select 1 from cases where lifecycle = 'danger_alert'")) == 1


async def test_it_waits_for_the_directory_because_nobody_in_conflict_may_see_it(house: House) -> None:
    danger_id = uuid4()
    with pytest.raises(DirectoryNotHere):
        await house.receive(OMBUDS_ALERTS, str(danger_id), danger(house, danger_id))
    assert await house.query("select 1 from cases") == []


async def test_what_cannot_be_read_is_set_aside(house: House) -> None:
    await house.people(PEOPLE)
    danger_id = uuid4()
    for key, message in (
        (str(uuid4()), danger(house, danger_id)),
        (str(danger_id), danger(house, danger_id, needed="gossip")),
        ("no id", danger(house, "no id")),
        (str(danger_id), DangerRaised(danger_id=str(danger_id), needed="police", sealed_danger=b"x")),
    ):
        with pytest.raises(InvalidMessage):
            await house.receive(OMBUDS_ALERTS, key, message)


async def test_somebody_takes_it_in_hand_and_says_how_it_ended(house: House) -> None:
    await house.people(PEOPLE)
    case_id = await arrives(house)
    assert not isinstance(await house.act(SECURITY, case_id, "take_in_hand"), Refused)
    closing = {"reason": "separated"}, {"reasons": "They are apart until Monday."}
    assert isinstance(await house.act(SUPERVISOR, case_id, "close_alert", *closing), Refused)
    assert not isinstance(await house.act(SECURITY, case_id, "close_alert", *closing), Refused)
    assert (await house.row(case_id)).state == "closed"
