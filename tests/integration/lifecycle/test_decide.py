"""What one transaction does to a case, on a real database."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap
from sqlalchemy.exc import ProgrammingError

from chassis.database import savepoint
from contracts.cases.v1.cases_pb2 import CaseChanged, CaseErased
from lifecycle import bodies, decide, erasing, exclusions, records
from lifecycle.desk import PinnedPackMissing
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.records import CaseRow
from tests.integration.lifecycle.loans import ETHICS_OFFICER, INVESTIGATOR, OTHER_INVESTIGATOR, Loans
from tests.waiting import eventually

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IN_A_MINUTE = {"until_at": (NOW + timedelta(minutes=1)).isoformat()}


async def news(loans: Loans) -> list[CaseChanged]:
    rows = await loans.query("select value from outbox where type = 'contracts.cases.v1.CaseChanged' order by id")
    return [CaseChanged.FromString(row.value) for row in rows]


async def trail(loans: Loans) -> list[dict[str, object]]:
    rows = await loans.query("select entry_json from audit_readable order by shard, number")
    return [json.loads(row.entry_json) for row in rows]


async def test_an_action_changes_the_row_and_writes_its_news_and_its_trail(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    signed = await loans.sign(case_id, "lend", IN_A_MINUTE)

    decided = await loans.decide(signed, NOW)

    assert (decided.version, decided.next_due_at) == (2, NOW + timedelta(seconds=52))
    row = await loans.row(case_id)
    assert (row.state, row.version, tuple(row.handlers)) == ("lent", 2, (INVESTIGATOR,))
    opened, changed = await news(loans)
    assert (opened.state, opened.version, [one.action for one in opened.offers]) == (
        "asked", 1, ["remark", "keep_in_touch"],
    )  # fmt: skip
    assert (changed.state, changed.version, changed.wording_key) == ("lent", 2, "loan.lent")
    assert {one.action for one in changed.offers} == {"remark", "keep_in_touch", "give_back"}
    assert changed.next_date.ToDatetime(tzinfo=UTC) == NOW + timedelta(minutes=1)
    assert changed.next_clock == "im.end"
    said = [(entry["act"], entry["actor"]) for entry in await trail(loans)]
    assert said == [("case.opened", None), ("case.acted", INVESTIGATOR)]


async def test_an_action_sent_twice_gets_the_first_answer_and_happens_once(loans: Loans) -> None:
    case_id, action_id = await loans.open(now=NOW), uuid4()
    first = await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, action_id=action_id), NOW)
    await loans.decide(await loans.sign(case_id, "remark"), NOW)

    again = await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, action_id=action_id, seen=1), NOW)

    assert again.answer == first.answer
    assert again.version == 3
    assert (await loans.row(case_id)).version == 3


async def test_whoever_waited_for_a_case_sees_the_step_that_they_waited_for(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)

    async def wait_for_it() -> CaseRow | None:
        async with loans.desk.database.transaction() as session:
            return await records.lock(session, case_id)

    async with loans.desk.database.transaction() as session:
        await records.lock(session, case_id)
        waiting = asyncio.create_task(wait_for_it())
        await eventually(lambda: loans.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))
        remark = Action(uuid4(), "remark")
        await decide.decide_as(session, loans.desk, case_id, remark, Actor(ActorKind.PERSON), NOW)
    row = await waiting
    assert row is not None
    assert (row.version, [step.version for step in row.data["steps"]]) == (2, [1, 2])


async def test_a_case_beside_is_woken_by_the_commit_and_by_no_savepoint(loans: Loans) -> None:
    case_id = await loans.open()
    while not loans.desk.to_wake.empty():
        loans.desk.to_wake.get_nowait()
    async with loans.desk.database.transaction() as session:
        async with savepoint(session):
            loans.desk.wake(session, case_id)
        assert loans.desk.to_wake.empty(), "nobody else could see the change yet"
    assert loans.desk.to_wake.get_nowait() == case_id
    assert loans.desk.to_wake.empty()


async def test_an_action_id_that_was_used_for_something_else_is_refused(loans: Loans) -> None:
    case_id, action_id = await loans.open(now=NOW), uuid4()
    await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, action_id=action_id), NOW)

    other_action = await loans.decide(await loans.sign(case_id, "remark", action_id=action_id), NOW)
    other_case = await loans.decide(
        await loans.sign(await loans.open(now=NOW), "lend", IN_A_MINUTE, action_id=action_id), NOW
    )

    assert other_action == other_case == Refused("ACTION_ID_TAKEN", "decide")


async def test_a_stale_version_is_refused_and_leaves_only_an_audit_row(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    await loans.decide(await loans.sign(case_id, "remark"), NOW)
    before = await loans.row(case_id)

    refused = await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, seen=1), NOW)

    assert refused == Refused("VERSION_STALE", "decide")
    assert await loans.row(case_id) == before
    assert len(await news(loans)) == 2
    last = (await trail(loans))[-1]
    assert (last["act"], last["actor"], last["facts"]) == (
        "action.refused", INVESTIGATOR, {"code": "VERSION_STALE", "action": "lend"},
    )  # fmt: skip


async def test_a_forged_changed_or_expired_signature_is_refused_and_audited(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    honest = await loans.sign(case_id, "lend", IN_A_MINUTE)
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    wrong = [
        honest.sign(Ed25519PrivateKey.generate()),
        replace(honest, staff_id=OTHER_INVESTIGATOR),
        replace(honest, facts={"until_at": (NOW + timedelta(days=9)).isoformat()}),
        replace(honest, signature=""),
        replace(honest, signature="not base64"),
        await loans.sign(case_id, "lend", IN_A_MINUTE, at=long_ago),
    ]

    outcomes = [await loans.decide(signed, NOW) for signed in wrong]

    assert outcomes == [Refused("ACTION_FORGED", "decide")] * len(wrong)
    assert (await loans.row(case_id)).version == 1
    refusals = [entry for entry in await trail(loans) if entry["act"] == "action.refused"]
    assert [(one["actor"], one["facts"]) for one in refusals] == [(None, {"code": "ACTION_FORGED"})] * len(wrong)


async def test_a_text_exchanged_after_signing_is_refused(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    signed = await loans.sign(case_id, "lend", IN_A_MINUTE, {"note": "the red one"})
    await loans.query("update action_bodies set ciphertext = ciphertext || '\\x00' returning 1")

    assert await loans.decide(signed, NOW) == Refused("ACTION_FORGED", "decide")


async def test_roles_are_those_of_today_and_not_those_that_were_signed(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)

    refused = await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, staff_id=ETHICS_OFFICER), NOW)

    assert refused == Refused("CASE_UNKNOWN", "decide")


async def test_an_excluded_person_is_refused_and_stands_in_the_trail_under_a_tag(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    async with loans.desk.database.transaction() as session:
        await exclusions.exclude(session, loans.desk.keys.cell, case_id, Parties(alleged_offender=(INVESTIGATOR,)), NOW)

    refused = await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE), NOW)

    assert refused == Refused("CASE_UNKNOWN", "decide")
    last = (await trail(loans))[-1]
    assert last["act"] == "action.refused"
    assert str(last["actor"]).startswith("tag:")
    assert INVESTIGATOR not in json.dumps(last)


async def test_nobody_sees_a_case_before_its_exclusions_are_known(loans: Loans) -> None:
    case_id = await loans.open(tagged=False, now=NOW)

    assert await loans.decide(await loans.sign(case_id, "remark"), NOW) == Refused("CASE_UNKNOWN", "decide")


async def test_a_person_acts_without_a_version_and_a_refusal_of_hers_is_audited(loans: Loans) -> None:
    case_id, action_id = await loans.open(now=NOW), uuid4()
    await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE), NOW)
    person = Actor(ActorKind.PERSON)
    async with loans.desk.database.transaction() as session:
        back = await decide.decide_as(session, loans.desk, case_id, Action(action_id, "give_back"), person, NOW)
        again = await decide.decide_as(session, loans.desk, case_id, Action(action_id, "give_back"), person, NOW)
        late = await decide.decide_as(session, loans.desk, case_id, Action(uuid4(), "give_back"), person, NOW)

    assert isinstance(back, decide.Decided)
    assert isinstance(again, decide.Decided)
    assert back.answer == again.answer
    assert isinstance(late, Refused)
    assert (late.code, late.params) == ("ACTION_NOT_OPEN", {"action": "give_back", "state": "returned"})
    assert (await trail(loans))[-1]["actor"] == "person"
    assert (await loans.row(case_id)).closed_at == NOW


async def test_opening_twice_finds_the_same_case(loans: Loans) -> None:
    report_id = uuid4()
    async with loans.desk.database.transaction() as session:
        facts = {"lodged_at": NOW.isoformat()}
        first = await decide.open_case(session, loans.desk, report_id, "loan", 1, facts, NOW)
        second = await decide.open_case(session, loans.desk, report_id, "loan", 1, facts, NOW)

    assert first == second
    assert len(await news(loans)) == 1


async def test_reminders_and_the_end_ring_once_each_and_in_order(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE), NOW)

    first = await loans.ring(case_id, NOW + timedelta(seconds=52))
    assert (first.version, first.next_due_at) == (3, NOW + timedelta(seconds=56))
    assert await loans.ring(case_id, NOW + timedelta(seconds=53)) == first
    last = await loans.ring(case_id, NOW + timedelta(minutes=2))

    assert (last.version, last.next_due_at) == (6, None)
    assert loans.noticed == ["loan.ends", "loan.ends", "loan.ends", "loan.overdue"]
    assert (await loans.row(case_id)).state == "overdue"


async def give_back(loans: Loans) -> tuple[object, object]:
    case_id, lend = await loans.open(now=NOW), uuid4()
    await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, {"note": "the red one"}, action_id=lend), NOW)
    async with loans.desk.database.transaction() as session:
        await decide.decide_as(session, loans.desk, case_id, Action(uuid4(), "give_back"), Actor(ActorKind.PERSON), NOW)
    return case_id, lend


async def test_an_irreversible_clock_does_not_follow_a_jump_that_the_database_has_not_made(loans: Loans) -> None:
    case_id, _ = await give_back(loans)
    due = (await loans.row(case_id)).next_due_at
    assert due == NOW + timedelta(seconds=5)
    async with loans.desk.database.transaction() as session:
        behind = NOW - timedelta(days=3) - await records.clock_now(session)
    await loans.move_clock(behind)

    waits = await loans.ring(case_id, NOW + timedelta(days=1))

    assert waits.version == 3
    assert waits.next_due_at == NOW + timedelta(days=1, hours=1)
    assert (await loans.row(case_id)).state == "returned"
    assert (await trail(loans))[-1]["act"] == "clock.refused"

    await loans.move_clock(behind + timedelta(days=4))
    rung = await loans.ring(case_id, NOW + timedelta(days=1))
    assert (await loans.row(case_id)).state == "forgotten"
    assert rung.errands == ("erase:4",)


async def test_the_service_itself_cannot_move_the_clock(loans: Loans) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        await loans.query("insert into clock_shift values (true, interval '1 day') returning 1")


async def test_erasing_closes_every_text_in_a_copy_and_keeps_the_answers(loans: Loans) -> None:
    case_id, lend = await give_back(loans)
    row = await loans.row(case_id)
    async with loans.desk.database.transaction() as session:
        assert [one.text for one in await bodies.texts_of(session, loans.desk, row)] == ["the red one"]
    copied = await loans.query("select body_id, ciphertext, wrapped from action_bodies")

    await erasing.erase(loans.desk, case_id)
    await erasing.erase(loans.desk, case_id)

    stub = await loans.row(case_id)
    assert stub.data == {"steps": ()}
    assert stub.erased_at is not None
    for table in ("action_bodies", "case_tags", "case_steps"):
        assert await loans.query(f"select 1 from {table}") == []
    assert await loans.desk.keystore.matter_key(case_id) is None
    # Whoever has the copy, the row of before and every key of today gets another key, under which nothing opens.
    anew = await bodies.case_key(loans.desk, row)
    with pytest.raises(InvalidUnwrap):
        bodies.open_under(
            anew, copied[0].ciphertext, copied[0].wrapped, item_id=copied[0].body_id, context=f"case|{case_id}"
        )
    erased = await loans.query("select value from outbox where type = 'contracts.cases.v1.CaseErased'")
    (told,) = [CaseErased.FromString(one.value) for one in erased]
    assert told.report_id == str(row.report_id)
    # Who opened it is kept for a while longer, by the case's own policy.
    until = loans.desk.policy_of(row).due("keep.access_log", stub.erased_at)
    assert until > stub.erased_at
    assert told.actors_until.ToDatetime(UTC) == until
    kept = await loans.query("select object_ref, until from actors_kept order by object_ref")
    assert [tuple(one) for one in kept] == sorted((str(one), until) for one in (case_id, row.report_id))

    lent = await loans.query("select answer, actor from case_actions where action_id = :id", id=lend)
    assert lent[0].answer["version"] == 2
    assert INVESTIGATOR not in lent[0].actor


async def test_an_action_sent_again_after_erasure_is_answered_as_before(loans: Loans) -> None:
    case_id, lend = await give_back(loans)
    signed = await loans.sign(case_id, "lend", IN_A_MINUTE, action_id=lend, seen=1)
    await erasing.erase(loans.desk, case_id)

    again = await loans.decide(signed, NOW)
    new = await loans.decide(replace(signed, action_id=str(uuid4())).sign(loans.desk.keys.signing), NOW)

    assert again.answer == {"case_id": str(case_id), "version": 2, "state": "lent", "next_date": "2026-03-02"}
    assert again.over
    assert new == Refused("CASE_UNKNOWN", "decide")


async def test_a_case_keeps_the_policy_it_began_with(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    changed_in_place = replace(loans.desk.policy, content_hash="something else")
    row = await loans.row(case_id)
    newer = replace(loans.desk.policy, version="2", content_hash="something else")

    loans.desk.policy = newer
    assert loans.desk.policy_of(row).version == "1"
    loans.desk.policy = changed_in_place
    assert loans.desk.policy_of(row).content_hash == row.policy_hash
    row = replace(row, policy_hash="of files that nobody has")
    with pytest.raises(PinnedPackMissing):
        loans.desk.policy_of(row)


async def test_texts_of_actions_that_were_not_taken_are_swept_after_an_hour(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    await loans.sign(case_id, "lend", IN_A_MINUTE, {"note": "never sent"})
    await loans.decide(await loans.sign(case_id, "lend", IN_A_MINUTE, {"note": "taken"}), NOW)
    async with loans.desk.database.transaction() as session:
        await bodies.sweep(session)
    assert len(await loans.query("select 1 from action_bodies")) == 2
    await loans.query("update action_bodies set created_at = created_at - interval '61 minutes' returning 1")

    async with loans.desk.database.transaction() as session:
        await bodies.sweep(session)
        assert [one.text for one in await bodies.texts_of(session, loans.desk, await loans.row(case_id))] == ["taken"]
    assert len(await loans.query("select 1 from action_bodies")) == 1
