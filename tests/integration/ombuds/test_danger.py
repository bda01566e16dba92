"""What leaves the cell when somebody is in danger, and what does not."""

import json
from uuid import uuid4

import pytest

from chassis.desk_keys import DeskKeyUnknown
from chassis.sealing import open_from
from chassis.web.problems import Problem
from contracts.alerts.v1.alerts_pb2 import DangerRaised
from lifecycle.model import Action, Actor, ActorKind, Refused
from policy.model import Role
from services.ombuds.danger import LONGEST
from tests.e2e.leak_scan import Scanner
from tests.integration.ombuds.cell import ELSEWHERE, FURTHER, OMBUDSPERSON, PERSON, SUPERVISOR, Cell, taken

WORDS = "Somebody may be hurt tonight at the guesthouse. Please send somebody, and keep them apart."
FACTS = {"needed": "security", "person_told": True}


async def raised(cell: Cell) -> list[tuple[str, DangerRaised]]:
    rows = await cell.query("select key, value from outbox where topic = 'ombuds.alerts.v1' order by id")
    return [(row.key, DangerRaised.FromString(row.value)) for row in rows]


async def test_the_organisation_learns_that_there_is_danger_and_nothing_of_the_talk(cell: Cell) -> None:
    await cell.people()
    theirs = await cell.workflow_key()
    talk = await cell.talk()
    before = await cell.row(talk)
    taken(await cell.act(talk, "raise_imminent_harm", await cell.as_staff(talk, ELSEWHERE), {"danger": WORDS}, **FACTS))

    ((key, message),) = await raised(cell)
    assert (key, message.needed) == (message.danger_id, "security")
    context = b"danger|" + message.danger_id.encode()
    opened = json.loads(open_from(theirs.desk("measures"), message.sealed_danger, context=context))
    assert opened == {"danger": WORDS, "affected_individual": PERSON, "alleged_offender": [SUPERVISOR]}

    row = await cell.row(talk)
    assert row.state == "talking"
    for of_the_talk in (row.case_id, row.report_id, row.workflow_id, before.report_id):
        assert str(of_the_talk) not in str(message) + key
    assert (
        Scanner({"words": WORDS, "person": PERSON, "him": SUPERVISOR, "listener": ELSEWHERE}).scan(
            message.SerializeToString(), "event"
        )
        == set()
    )
    steps = [(one.action, one.by, one.facts) for one in row.data["steps"]]
    assert steps[-1] == ("raise_imminent_harm", ELSEWHERE, FACTS)
    acts = [entry for entry in await cell.trail() if entry.get("facts", {}).get("action") == "raise_imminent_harm"]
    assert [entry["actor"] for entry in acts] == [ELSEWHERE], "audited, in the cell's own chain"
    assert WORDS not in str(await cell.trail())


async def test_each_one_looks_alike_from_outside(cell: Cell) -> None:
    await cell.people()
    await cell.workflow_key()
    talk = await cell.talk()
    listener = await cell.as_staff(talk, ELSEWHERE)
    for words in ("Help.", "\U0001f198" * LONGEST):
        taken(await cell.act(talk, "raise_imminent_harm", listener, {"danger": words}, **FACTS))

    (first, one), (second, other) = await raised(cell)
    assert len(one.sealed_danger) == len(other.sealed_danger)
    assert first != second


async def test_only_whoever_listens_or_answers_for_it_raises_it(cell: Cell) -> None:
    await cell.people()
    await cell.workflow_key()
    case_id = await cell.wish()
    await cell.match(case_id)
    # At the first opening, before anything is accepted.
    taken(
        await cell.act(
            case_id, "raise_imminent_harm", await cell.as_staff(case_id, ELSEWHERE), {"danger": "x"}, **FACTS
        )
    )
    ombudsperson = await cell.as_staff(case_id, OMBUDSPERSON)
    taken(await cell.act(case_id, "raise_imminent_harm", ombudsperson, {"danger": "x"}, **FACTS))
    for other in (FURTHER, SUPERVISOR):
        actor = Actor(ActorKind.STAFF, other, frozenset({Role.FOCAL_POINT}))
        assert isinstance(await cell.act(case_id, "raise_imminent_harm", actor, {"danger": "x"}, **FACTS), Refused)
        assert not await cell.sees(case_id, other)
    assert len(await raised(cell)) == 2


async def test_what_is_longer_than_what_is_needed_is_sent_back(cell: Cell) -> None:
    await cell.people()
    row = await cell.row(await cell.talk())
    action = Action(uuid4(), "raise_imminent_harm", FACTS, frozenset({"danger"}))
    with pytest.raises(Problem) as refusal:
        async with cell.desk.database.transaction_if_needed() as begun:
            await cell.desk.check(begun, row, action, {"danger": "x" * (LONGEST + 1)})
    assert refusal.value.facts == {"field": "texts.danger"}


async def test_until_there_is_somebody_to_seal_it_to_nothing_is_recorded(cell: Cell) -> None:
    await cell.people()
    talk = await cell.talk()
    listener = await cell.as_staff(talk, ELSEWHERE)
    with pytest.raises(DeskKeyUnknown):
        await cell.act(talk, "raise_imminent_harm", listener, {"danger": WORDS}, **FACTS)
    assert (await cell.row(talk)).data["steps"][-1].action == "accept_match"
