"""A mediation beside its talk: who is let in, who learns what, and how it ends."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from contracts.cases.v1.cases_pb2 import CaseChanged, CaseErased
from contracts.ids import CaseId
from lifecycle import bodies, erasing
from lifecycle.access import part_name
from lifecycle.decide import decide
from lifecycle.desk import EffectRefused
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Refused
from lifecycle.records import CaseRow
from lifecycle.recusal import release_the_unfit
from lifecycle.sender import Sender
from lifecycle.serial import from_json
from lifecycle.views import CaseSeen, etag, shown
from policy.model import Role
from tests.integration.ombuds.cell import (
    ELSEWHERE,
    FURTHER,
    HERSELF,
    LINES,
    OMBUDSPERSON,
    PERSON,
    SUPERVISOR,
    Cell,
    taken,
)

NEVER = {"exploitation_or_abuse": "no", "sexual_assault": "no", "minor_involved": "no"}
NAMED = {"other_party": SUPERVISOR}


async def mediations(cell: Cell, talk: UUID) -> list[CaseRow]:
    report_id = (await cell.row(talk)).report_id
    rows = await cell.query(
        "select case_id from cases where report_id = :report_id and lifecycle = 'mediation' order by number",
        report_id=report_id,
    )
    return [await cell.row(row.case_id) for row in rows]


async def proposed(cell: Cell) -> tuple[CaseId, UUID]:
    """(the talk, the mediation opened from it)"""
    await cell.people()
    talk = await cell.talk()
    taken(await cell.act(talk, "propose_mediation", await cell.as_staff(talk, ELSEWHERE), **NEVER))
    (mediation,) = await mediations(cell, talk)
    return talk, mediation.case_id


async def invited(cell: Cell) -> tuple[CaseId, UUID]:
    talk, mediation = await proposed(cell)
    taken(await cell.act(mediation, "agree_to_mediation", HERSELF))
    taken(await cell.act(mediation, "invite_other_party", await cell.as_staff(mediation, OMBUDSPERSON), NAMED))
    return talk, mediation


async def both_agreed(cell: Cell) -> tuple[CaseId, UUID]:
    talk, mediation = await invited(cell)
    taken(await cell.act(mediation, "accept_invitation", await cell.as_staff(mediation, SUPERVISOR)))
    return talk, mediation


async def test_it_opens_beside_the_talk_and_the_other_party_sees_neither(cell: Cell) -> None:
    talk, mediation = await proposed(cell)

    assert (await cell.row(talk)).state == "talking"
    row = await cell.row(mediation)
    assert (row.state, row.number, row.report_id) == ("proposed", 1, (await cell.row(talk)).report_id)
    assert cell.desk.to_wake.get_nowait()
    assert [await cell.sees(mediation, one) for one in (OMBUDSPERSON, SUPERVISOR, ELSEWHERE, FURTHER)] == [
        True, False, False, False,
    ]  # fmt: skip
    assert all(staff_id != SUPERVISOR for staff_id, _ in await cell.told())


async def test_a_second_one_waits_until_the_first_is_over(cell: Cell) -> None:
    talk, mediation = await proposed(cell)
    listener = await cell.as_staff(talk, ELSEWHERE)
    with pytest.raises(EffectRefused) as refusal:
        await cell.act(talk, "propose_mediation", listener, **NEVER)
    assert refusal.value.refused.code == "MEDIATION_RUNS"

    taken(await cell.act(mediation, "decline_mediation", HERSELF))
    taken(await cell.act(talk, "propose_mediation", listener, **NEVER))
    assert [(row.number, row.state) for row in await mediations(cell, talk)] == [(1, "stopped"), (2, "proposed")]


async def test_inv_20_what_must_not_be_mediated_is_refused_and_opens_nothing(cell: Cell) -> None:
    await cell.people()
    talk = await cell.talk()
    listener = await cell.as_staff(talk, ELSEWHERE)
    for risk in NEVER:
        outcome = await cell.act(talk, "propose_mediation", listener, **{**NEVER, risk: "yes"})
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.rule) == ("NEVER_MEDIATED", "invariant 20")
    assert await mediations(cell, talk) == []


async def test_inv_14_the_other_party_sees_the_mediation_alone_and_answers_for_himself(cell: Cell) -> None:
    talk, mediation = await invited(cell)

    assert [await cell.sees(mediation, SUPERVISOR), await cell.sees(talk, SUPERVISOR)] == [True, False]
    him = await cell.as_staff(mediation, SUPERVISOR)
    assert (him.roles, him.name) == (frozenset({Role.ALLEGED_OFFENDER}), part_name(cell.desk, SUPERVISOR))
    assert (await cell.told())[-1] == (SUPERVISOR, "mediation.invitation")
    for stranger in ("S0016", ELSEWHERE, FURTHER):
        assert not await cell.sees(mediation, stranger)

    taken(await cell.act(mediation, "accept_invitation", him))
    assert (await cell.row(mediation)).state == "both_agreed"
    assert (await cell.told())[-1] == (OMBUDSPERSON, "mediation.answered")


async def seen_by_him(cell: Cell, mediation: UUID) -> tuple[CaseSeen, str]:
    row, him = await cell.row(mediation), await cell.as_staff(mediation, SUPERVISOR)
    return shown(cell.desk, row, him, datetime.now(UTC)), etag(cell.desk, row, him)


async def test_inv_14_he_is_not_told_when_she_thought_of_it_nor_when_she_said_yes(cell: Cell) -> None:
    _, mediation = await invited(cell)
    earlier = datetime(2026, 3, 2, 9, 17, 31, 250_001, tzinfo=UTC)
    await cell.query(
        "update cases set opened_at = :earlier where case_id = :id returning 1", earlier=earlier, id=mediation
    )
    hers = [one.at for one in from_json((await cell.row(mediation)).data).steps if one.action == "agree_to_mediation"]
    seen, _ = await seen_by_him(cell, mediation)

    assert [(one.version, one.action) for one in seen.steps] == [(1, "invite_other_party"), (2, "let_in_other_party")]
    assert {one.at.time() for one in seen.steps} == {datetime.min.time()}
    assert [clock.key for clock in seen.clocks] == ["mediation.consent"]
    assert seen.opened_on == seen.steps[0].at.date()
    assert len(hers) == 1
    assert hers[0] not in {one.started_at for one in seen.clocks}


async def test_he_is_not_told_how_many_steps_there_were_nor_that_she_said_yes_once_more(cell: Cell) -> None:
    _, mediation = await both_agreed(cell)
    before, tag = await seen_by_him(cell, mediation)
    taken(await cell.act(mediation, "agree_to_mediation", HERSELF))
    after, same = await seen_by_him(cell, mediation)
    taken(await cell.act(mediation, "issue_letter", await cell.as_staff(mediation, OMBUDSPERSON)))
    _, other = await seen_by_him(cell, mediation)

    assert before == after
    assert (before.version, before.placed_version, before.number) == (None, None, None)
    assert tag == same != other
    row, mediator = await cell.row(mediation), await cell.as_staff(mediation, OMBUDSPERSON)
    assert etag(cell.desk, row, mediator) == str(row.version) not in (tag, other)


async def test_the_other_party_stands_in_no_row_and_no_trail_by_his_staff_id(cell: Cell) -> None:
    _, mediation = await both_agreed(cell)
    tables = await cell.query(
        "select table_name from information_schema.tables where table_schema = current_schema()"
        " and table_name not in ('people', 'people_history')"
    )
    for one in tables:
        rows = str([tuple(row) for row in await cell.query(f'select t::text from "{one.table_name}" t')])
        for staff_id in (PERSON, SUPERVISOR):
            assert staff_id not in rows, one.table_name
            assert staff_id.encode().hex() not in rows, one.table_name
    assert (await cell.row(mediation)).data["assigned"]["alleged_offender"].startswith("part:")


@pytest.mark.parametrize(
    ("action", "hers"), [("revoke_consent", True), ("leave_mediation", False)], ids=["hers", "his"]
)
async def test_inv_15_a_yes_taken_back_ends_it_at_once_for_both(cell: Cell, action: str, hers: bool) -> None:
    talk, mediation = await both_agreed(cell)
    mediator = await cell.as_staff(mediation, OMBUDSPERSON)
    meeting = {"session_at": datetime.now(UTC).replace(year=2099).isoformat(), "form": "apart"}
    taken(await cell.act(mediation, "schedule_session", mediator, **meeting))

    taken(await cell.act(mediation, action, HERSELF if hers else await cell.as_staff(mediation, SUPERVISOR)))

    assert (await cell.row(mediation)).state == "stopped"
    assert not await cell.sees(mediation, SUPERVISOR)
    assert (await cell.told())[-1] == (OMBUDSPERSON, "mediation.off")
    again = await cell.act(mediation, "schedule_session", mediator, **meeting)
    assert isinstance(again, Refused)
    assert (await cell.row(talk)).state == "talking", "the talk goes on"


async def test_nobody_is_invited_whom_she_has_not_named(cell: Cell) -> None:
    _, mediation = await proposed(cell)
    row = await cell.row(mediation)

    async def check(other_party: str) -> object:
        action = Action(uuid4(), "invite_other_party", {}, frozenset({"other_party"}))
        async with cell.desk.database.transaction_if_needed() as begun:
            return await cell.desk.check(begun, row, action, {"other_party": other_party})

    for wrong in ("S0016", PERSON, "S9999", "", SUPERVISOR.lower()):
        with pytest.raises(Problem) as refusal:
            await check(wrong)
        assert (refusal.value.status, refusal.value.facts) == (400, {"field": "texts.other_party"})
    assert await check(SUPERVISOR) is None


async def test_what_he_reads_is_what_both_agreed_to(cell: Cell) -> None:
    _, mediation = await both_agreed(cell)
    mediator = await cell.as_staff(mediation, OMBUDSPERSON)
    meeting = {"session_at": datetime.now(UTC).replace(year=2099).isoformat(), "form": "together"}
    taken(await cell.act(mediation, "schedule_session", mediator, **meeting))
    taken(
        await cell.act(mediation, "record_agreement", mediator, {"terms": "We meet on Mondays."}, outcome="agreement")
    )

    row = await cell.row(mediation)
    async with cell.desk.database.transaction() as session:
        read = [(one.name, one.text) for one in await bodies.texts_of(session, cell.desk, row)]
    assert read == [("other_party", SUPERVISOR), ("terms", "We meet on Mondays.")]
    assert row.lifecycle not in cell.desk.talks, "intake hands out nothing of the talk for it"
    assert set(row.data["facts"]) == {"part", "session_at", "form", "outcome"}


async def test_it_ends_with_the_talk_and_nothing_of_it_is_left(cell: Cell) -> None:
    talk, mediation = await both_agreed(cell)
    taken(await cell.act(talk, "end_talk", HERSELF, outcome="not_resolved"))

    ended = await cell.row(mediation)
    assert (ended.state, list(ended.handlers)) == ("ended", [])
    assert not await cell.sees(mediation, SUPERVISOR)
    purge = [(await cell.row(one)).data["clocks"]["ombuds.purge"]["due_at"] for one in (talk, mediation)]
    assert purge[0] == purge[1]

    for one in (mediation, talk):
        await cell.ring(one, datetime.fromisoformat(purge[0]))
    assert [(await cell.row(one)).state for one in (talk, mediation)] == ["purged", "purged"]
    for one in (mediation, talk):
        await erasing.erase(cell.desk, CaseId(one))
    assert await cell.query("select 1 from case_tags union all select 1 from case_parties") == []
    assert await cell.query("select 1 from action_bodies") == []
    rows = await cell.query("select value from outbox where type = 'contracts.cases.v1.CaseErased' order by id")
    assert [CaseErased.FromString(row.value).lifecycle for row in rows] == ["mediation", "informal_resolution"]


async def test_a_mediator_in_conflict_is_released_and_the_external_one_takes_over(cell: Cell) -> None:
    _, mediation = await both_agreed(cell)
    await cell.people({"S0067": ""})
    await cell.people({OMBUDSPERSON: LINES[OMBUDSPERSON]}, active=False)

    assert await release_the_unfit(cell.desk) == 1

    row = await cell.row(mediation)
    assert (row.state, row.data["assigned"].keys()) == ("both_agreed", {"alleged_offender"})
    taken(await cell.act(mediation, "take_mediation", await cell.as_staff(mediation, "S0067")))
    assert (await cell.row(mediation)).data["assigned"]["ombudsperson"] == "S0067"


async def test_what_happens_while_nobody_mediates_is_heard_by_whoever_may(cell: Cell) -> None:
    _, mediation = await invited(cell)
    await cell.people({"S0067": ""})
    await cell.people({OMBUDSPERSON: LINES[OMBUDSPERSON]}, active=False)
    await release_the_unfit(cell.desk)

    await cell.ring(mediation, datetime.now(UTC) + timedelta(days=30))
    taken(await cell.act(mediation, "accept_invitation", await cell.as_staff(mediation, SUPERVISOR)))
    heard = [wording for who, wording in await cell.told() if who == "S0067"]
    assert heard == ["mediation.mediator_needed", "mediation.no_answer", "mediation.answered"]


async def test_whoever_has_a_conflict_in_the_talk_has_it_in_the_mediation(cell: Cell) -> None:
    await cell.people({**LINES, "S0067": ""})
    talk = await cell.talk()
    await cell.steps_aside(talk, OMBUDSPERSON)
    taken(await cell.act(talk, "propose_mediation", await cell.as_staff(talk, ELSEWHERE), **NEVER))
    (mediation,) = await mediations(cell, talk)

    assert [await cell.sees(mediation.case_id, one) for one in (OMBUDSPERSON, "S0067")] == [False, True]


async def test_her_inbox_hears_of_each_step_and_never_who_the_other_party_is(cell: Cell) -> None:
    await both_agreed(cell)
    rows = await cell.query("select value from outbox where type = 'contracts.cases.v1.CaseChanged' order by id")
    news = [CaseChanged.FromString(row.value) for row in rows]
    states = [one.state for one in news if one.lifecycle == "mediation"]
    assert list(dict.fromkeys(states)) == ["proposed", "person_agreed", "invited", "both_agreed"]
    last = [one for one in news if one.lifecycle == "mediation"][-1]
    assert {offer.action for offer in last.offers} == {"agree_to_mediation", "revoke_consent"}


async def test_an_earlier_signature_of_somebody_let_go_is_refused(cell: Cell) -> None:
    """`decide` asks for the part of this moment: a yes that was signed while he was in it does not count later."""
    _, mediation = await invited(cell)
    row = await cell.row(mediation)
    async with cell.desk.database.transaction_if_needed() as begun:
        signed = await Sender(cell.desk).sign(begun, row, Action(uuid4(), "accept_invitation"), {}, SUPERVISOR)
    taken(await cell.act(mediation, "revoke_consent", HERSELF))
    async with cell.desk.database.transaction() as session:
        outcome = await decide(session, cell.desk, signed, datetime.now(UTC))
    assert isinstance(outcome, Refused)
    assert outcome.code == "CASE_UNKNOWN"


def test_parties_are_not_printed() -> None:
    assert SUPERVISOR not in repr(Parties(PERSON, (SUPERVISOR,)))
