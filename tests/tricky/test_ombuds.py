"""The tricky cases of policy section 6 that concern the ombuds cell, on the real engine and stores."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from lifecycle import parties
from lifecycle.exclusions import Parties
from lifecycle.model import Action
from lifecycle.recusal import release_the_unfit
from tests import real_parts
from tests.integration.ombuds.cell import (
    ELSEWHERE,
    FURTHER,
    HERSELF,
    LINES,
    OMBUDSPERSON,
    PERSON,
    SUPERVISOR,
    Cell,
    build_cell,
    taken,
)

Fresh = Callable[..., Awaitable[real_parts.Database]]
EXTERNAL = "S0067"


@pytest.fixture
async def cell(fresh_database: Fresh, fresh_keystore: Fresh, tmp_path: Path) -> AsyncIterator[Cell]:
    made = await build_cell(await fresh_database("ombuds"), await fresh_keystore("ombuds"), tmp_path)
    await made.people({**LINES, EXTERNAL: ""})
    yield made
    await made.close()


async def asked_by_hand(cell: Cell, case_id: UUID, focal_point: str) -> bool:
    """Whether somebody may be asked to listen at all, whoever asks them."""
    action = Action(uuid4(), "offer_match", {"focal_point": focal_point})
    row = await cell.row(case_id)
    async with cell.desk.database.transaction_if_needed() as begun:
        try:
            await cell.desk.check(begun, row, action, {})
        except Problem:
            return False
    return True


async def test_the_alleged_offender_is_the_ombudsperson(cell: Cell) -> None:
    """He neither sees it nor is asked nor hears that it waits; who stands above him is outside the organisation."""
    about_him = Parties(
        affected_individual=PERSON, alleged_offender=(OMBUDSPERSON,), refused=(ELSEWHERE, FURTHER, "S0013")
    )
    case_id = await cell.wish()

    assert await cell.match(case_id, about_him) == EXTERNAL
    assert [await cell.sees(case_id, one) for one in (OMBUDSPERSON, EXTERNAL)] == [False, True]
    assert not await asked_by_hand(cell, case_id, OMBUDSPERSON)
    now = datetime.now(UTC)
    for minutes in (2, 4, 6):
        await cell.ring(case_id, now + timedelta(minutes=minutes))
    told = await cell.told()
    assert (EXTERNAL, "informal_resolution.late") in told
    assert OMBUDSPERSON not in {staff_id for staff_id, _ in told}


async def test_the_alleged_offender_is_a_focal_point(cell: Cell) -> None:
    """He is on nobody's list, and whoever stands in his line is not either."""
    about_him = Parties(affected_individual=PERSON, alleged_offender=(ELSEWHERE,))
    case_id = await cell.wish()

    assert await cell.match(case_id, about_him) == FURTHER
    assert not await cell.sees(case_id, ELSEWHERE)
    assert not await asked_by_hand(cell, case_id, ELSEWHERE)
    assert ELSEWHERE not in {staff_id for staff_id, _ in await cell.told()}


async def test_the_listener_is_the_alleged_offenders_friend(cell: Cell) -> None:
    """No list shows a friendship. Whoever has one says so, loses everything at once and is asked for no reason."""
    case_id = await cell.talk()
    await cell.steps_aside(case_id, ELSEWHERE)

    assert not await cell.sees(case_id, ELSEWHERE)
    assert not await asked_by_hand(cell, case_id, ELSEWHERE)
    row = await cell.row(case_id)
    assert (row.state, row.data["steps"][-1].facts) == ("rematching", {})
    assert await cell.match(case_id) == FURTHER


async def test_the_interpreter_or_listener_she_cannot_trust_is_named_by_herself(cell: Cell) -> None:
    """A compatriot whom she does not want has not to be explained: "not these people" is enough."""
    wanted_nowhere = Parties(PERSON, (SUPERVISOR,), refused=(ELSEWHERE,))
    case_id = await cell.wish()
    assert await cell.match(case_id, wanted_nowhere) == FURTHER
    assert not await asked_by_hand(cell, case_id, ELSEWHERE)


async def test_an_office_of_four_people(cell: Cell) -> None:
    """Somebody elsewhere listens by default, nothing that a desk lists says where she works, and her own word counts
    more than the habit.
    """
    four = (PERSON, SUPERVISOR, ELSEWHERE, "S0013")
    await cell.people(LINES, stations={staff_id: "creek" if staff_id in four else "valmora" for staff_id in LINES})
    case_id = await cell.wish()

    assert await cell.match(case_id) == FURTHER
    row = await cell.row(case_id)
    assert "creek" not in str((row.data, row.handlers, row.state))
    assert await cell.match(await cell.wish(not_from_my_office="no")) == ELSEWHERE


async def test_self_harm_words_arrive_at_night(cell: Cell) -> None:
    """Nobody waits for office hours or for an acceptance: whoever opens it first can say at once what is needed, and
    her page had said that nobody watches it.
    """
    await cell.workflow_key()
    case_id = await cell.wish()
    await cell.match(case_id)
    listener = await cell.as_staff(case_id, ELSEWHERE)
    words = {"danger": "Somebody may hurt themselves tonight. Please ring the duty counsellor."}
    taken(await cell.act(case_id, "raise_imminent_harm", listener, words, needed="medical", person_told=True))

    alerts = await cell.query("select 1 from outbox where topic = 'ombuds.alerts.v1'")
    assert len(alerts) == 1
    assert (await cell.row(case_id)).state == "offered", "her talk stays as it is"
    assert "Messages here are not read day and night" in cell.desk.policy.wording["informal_resolution.requested"]


async def test_the_listener_becomes_the_alleged_offenders_acting_supervisor(cell: Cell) -> None:
    """Re-checked when the lines change, not only when the talk began."""
    case_id = await cell.talk()
    await cell.people({SUPERVISOR: ELSEWHERE})
    await parties.retag(cell.desk)

    assert not await cell.sees(case_id, ELSEWHERE)
    assert await release_the_unfit(cell.desk) == 1
    assert (await cell.row(case_id)).state == "rematching"


async def test_the_focal_point_leaves_the_organisation(cell: Cell) -> None:
    case_id = await cell.talk()
    await cell.people({ELSEWHERE: LINES[ELSEWHERE]}, active=False)
    assert await release_the_unfit(cell.desk) == 1
    assert await cell.match(case_id) == FURTHER


async def test_the_matter_turns_out_to_be_abuse_of_those_the_organisation_serves(cell: Cell) -> None:
    """Nobody brings the two together any more; the talk itself stays hers, and what her listener has to report was
    said before the first word.
    """
    case_id = await cell.talk()
    listener = await cell.as_staff(case_id, ELSEWHERE)
    answers = {"exploitation_or_abuse": "yes", "sexual_assault": "no", "minor_involved": "no"}
    refused = await cell.act(case_id, "propose_mediation", listener, **answers)
    assert refused.rule == "invariant 20"
    row = await cell.row(case_id)
    assert row.state == "talking"
    assert row.data["facts"]["told_limits"] is True
    taken(await cell.act(case_id, "end_talk", HERSELF, outcome="stopped"))
