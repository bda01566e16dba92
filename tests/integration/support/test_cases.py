"""What a wish for help does in the cell, and who hears of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.inbox import InvalidMessage
from chassis.web.problems import Problem
from contracts.cases.v1.cases_pb2 import CaseChanged, CaseErased
from contracts.intake.v1.reports_pb2 import MessagePlaced, MessageReceived
from contracts.topics import INTAKE_REPORTS_SUPPORT
from lifecycle import decide, erasing, records, told
from lifecycle.directory import DirectoryNotHere
from lifecycle.exclusions import Parties, excluded
from lifecycle.model import Action, Actor, Refused
from lifecycle.recusal import release_the_unfit, step_aside
from policy.model import Role
from tests.integration.support.cell import (
    HERSELF,
    HIS_SUPERVISOR,
    PERSON,
    PSEAH,
    SPECIALIST,
    SUPERVISOR,
    WELFARE,
    Cell,
)

COORDINATOR = Role.PSEAH_OFFICER


async def test_each_service_wished_for_opens_a_case_and_the_same_event_opens_none_again(cell: Cell) -> None:
    report_id = await cell.lodge(medical="wished", legal="wished", urgency="now", minor="no")
    rows = await cell.cases(report_id)

    shown = [(row.number, row.data["facts"]["service"], row.data["facts"]["urgency"], row.state) for row in rows]
    assert shown == [(1, "medical", "now", "offered"), (2, "legal", "now", "offered")]
    assert all("medical" not in row.data["facts"] for row in rows)
    assert {cell.desk.to_wake.get_nowait() for _ in rows} == {row.case_id for row in rows}
    assert len(await cell.query("select 1 from outbox where type = 'contracts.cases.v1.ReportOpened'")) == 1


async def test_inv_22_where_nobody_is_named_help_waits_for_nothing(cell: Cell) -> None:
    """No directory, no report, no name: the coordinators hear of it as soon as it is there."""
    case_id = await cell.routed(medical="wished")
    assert sorted(await cell.told()) == [
        (WELFARE, "support_referral.received"),
        (PSEAH, "support_referral.received"),
    ]
    await cell.route(case_id, Parties())
    assert len(await cell.told()) == 2, "told once"


async def test_where_somebody_is_named_nobody_hears_before_conflicts_are_known(cell: Cell) -> None:
    (row,) = await cell.cases(await cell.lodge())
    named = Parties(affected_individual=PERSON, alleged_offender=(HIS_SUPERVISOR,))
    with pytest.raises(DirectoryNotHere):
        await cell.route(row.case_id, named)
    assert await cell.told() == []

    await cell.people()
    await cell.route(row.case_id, named)
    assert {who for who, _ in await cell.told()} == {WELFARE, PSEAH}
    with pytest.raises(Problem):
        await cell.checked(row.case_id, "assign_specialist", specialist=SPECIALIST)
    assert await cell.checked(row.case_id, "assign_specialist", specialist=WELFARE) is None


async def test_whom_it_is_about_never_hears_of_it(cell: Cell) -> None:
    await cell.people()
    await cell.routed(Parties(alleged_offender=(WELFARE,)))
    # Whoever is trained to help stands in for a welfare officer.
    assert {who for who, _ in await cell.told()} == {PSEAH, SPECIALIST}


async def test_somebody_who_has_left_is_not_given_a_case(cell: Cell) -> None:
    await cell.people(SPECIALIST)
    case_id = await cell.routed(medical="wished")
    with pytest.raises(Problem) as refused:
        await cell.checked(case_id, "assign_specialist", specialist=SPECIALIST)
    assert refused.value.facts == {"field": "facts.specialist"}


async def helped(cell: Cell, *services: str) -> list[records.CaseRow]:
    await cell.people()
    rows = await cell.cases(await cell.lodge(**dict.fromkeys(services, "wished")))
    for row in rows:
        await cell.route(row.case_id, Parties())
        coordinator = cell.staff(PSEAH, COORDINATOR)
        await cell.act(row.case_id, "assign_specialist", coordinator, specialist=SPECIALIST)
    return rows


async def test_whoever_helps_hears_once_that_she_has_written(cell: Cell) -> None:
    first, _ = await helped(cell, "medical", "legal")
    before = len(await cell.told())
    received = MessageReceived(report_id=str(first.report_id), item_id=str(uuid4()))
    await cell.receive(INTAKE_REPORTS_SUPPORT, str(first.report_id), received)
    assert (await cell.told())[before:] == [(SPECIALIST, "support_referral.message")]


async def test_she_is_asked_only_about_words_that_her_inbox_shows(cell: Cell) -> None:
    (row,) = await helped(cell, "medical")
    sent = {"provider": "selwick_hospital", "shares": "contact"}
    unseen = await cell.checked(row.case_id, "prepare_referral", preview=str(uuid4()), **sent)
    assert isinstance(unseen, Refused)
    assert (unseen.code, unseen.rule) == ("PREVIEW_NOT_SHOWN", "invariant 15")

    shown = await cell.place(row.report_id)
    assert await cell.checked(row.case_id, "prepare_referral", preview=shown, **sent) is None
    elsewhere = await cell.place(await cell.lodge())
    assert await cell.checked(row.case_id, "prepare_referral", preview=elsewhere, **sent) == unseen
    with pytest.raises(Problem, match="invalid"):
        await cell.checked(row.case_id, "prepare_referral", preview="the-leaflet", **sent)


@pytest.mark.parametrize("provider", ["nobody", "any_lawyer"])
async def test_nobody_is_referred_to_a_place_that_is_not_known_for_it(cell: Cell, provider: str) -> None:
    (row,) = await helped(cell, "medical")
    shown = await cell.place(row.report_id)
    with pytest.raises(Problem) as refused:
        await cell.checked(row.case_id, "prepare_referral", preview=shown, provider=provider)
    assert refused.value.facts == {"field": "facts.provider"}


@pytest.mark.parametrize("provider", ["perdida_clinic", "creek_hospital"])
async def test_she_is_told_first_that_a_place_has_to_pass_on_what_it_hears(cell: Cell, provider: str) -> None:
    (row,) = await helped(cell, "medical")
    sent = {"provider": provider, "preview": await cell.place(row.report_id)}
    refused = await cell.checked(row.case_id, "prepare_referral", **sent)
    assert isinstance(refused, Refused)
    assert refused.code == "MUST_REPORT_NOT_TOLD"
    assert await cell.checked(row.case_id, "prepare_referral", must_report_told=True, **sent) is None


async def test_a_message_that_is_no_id_is_refused(cell: Cell) -> None:
    report_id = await cell.lodge()
    placed = MessagePlaced(report_id=str(report_id), item_id="x", action_id="y")
    with pytest.raises(InvalidMessage):
        await cell.receive(INTAKE_REPORTS_SUPPORT, str(report_id), placed)


async def test_another_service_opens_beside_the_first_and_only_once(cell: Cell) -> None:
    (row,) = await helped(cell, "medical")
    for _ in range(2):
        await cell.act(row.case_id, "ask_for_another", HERSELF, wanted="legal")
    first, second = await cell.cases(row.report_id)
    assert (first.state, second.number, second.data["facts"]["service"]) == ("offered", 2, "legal")
    assert second.data["facts"]["mode"] == "anonymous"
    assert cell.desk.to_wake.qsize() > 0
    await cell.act(second.case_id, "end_support", HERSELF, service="legal", outcome="no_longer_wanted")
    await cell.act(row.case_id, "ask_for_another", HERSELF, wanted="legal")
    assert [one.number for one in await cell.cases(row.report_id)] == [1, 2, 3], "it may be asked for again"


async def test_inv_15_each_consent_is_its_own_and_taking_one_back_stops_that_one_at_once(cell: Cell) -> None:
    medical, legal = await helped(cell, "medical", "legal")
    specialist = cell.staff(SPECIALIST, Role.SPECIALIST)
    for row, service in ((medical, "medical"), (legal, "legal")):
        shown = await cell.place(row.report_id)
        await cell.act(row.case_id, "give_consent", HERSELF, service=service, scope="contact")
        sent = {"provider": "any_doctor", "preview": shown, "shares": "contact"}
        await cell.act(row.case_id, "prepare_referral", specialist, **sent)
        await cell.act(row.case_id, "approve_referral", HERSELF, service=service, preview=shown)
    await cell.act(medical.case_id, "revoke_consent", HERSELF, service="medical")

    answer = await cell.act(medical.case_id, "record_referred", specialist)
    assert isinstance(answer, Refused)
    assert answer.code == "ACTION_NOT_OPEN"
    assert (await cell.row(legal.case_id)).state == "approved"
    assert not isinstance(await cell.act(legal.case_id, "record_referred", specialist), Refused)
    dated = await cell.query(
        "select action, at from case_actions where case_id = :id and actor = 'person' order by version",
        id=medical.case_id,
    )
    assert [row.action for row in dated] == ["give_consent", "approve_referral", "revoke_consent"]
    assert all(row.at is not None for row in dated)


async def test_what_lies_with_intake_goes_with_the_last_case_of_the_report(cell: Cell) -> None:
    rows = await helped(cell, "medical", "legal")
    await cell.place(rows[0].report_id)
    for row, service in zip(rows, ("medical", "legal"), strict=True):
        await cell.act(row.case_id, "end_support", HERSELF, service=service, outcome="helped")

    async def state() -> tuple[int, int, int]:
        erased = await cell.query("select 1 from outbox where type = :name", name=CaseErased.DESCRIPTOR.full_name)
        known = await cell.query("select 1 from reports")
        return len(erased), len(known), len(await cell.query("select 1 from shown"))

    await erasing.erase(cell.desk, rows[0].case_id)
    assert await state() == (0, 1, 1), "the other case still needs what was written"
    await erasing.erase(cell.desk, rows[1].case_id)
    assert await state() == (1, 0, 0)
    async with cell.desk.database.transaction() as session:
        assert await told.route_key(session, rows[0].report_id) is None


async def test_somebody_who_declares_a_conflict_is_out_at_once(cell: Cell) -> None:
    (row,) = await helped(cell, "medical")
    async with cell.desk.database.transaction() as session:
        await step_aside(session, cell.desk, row.case_id, SPECIALIST)
    async with cell.desk.database.transaction() as session:
        assert await excluded(session, cell.desk.keys.cell, row.case_id, SPECIALIST)
        assert not await excluded(session, cell.desk.keys.cell, row.case_id, PSEAH)
    assert (await cell.row(row.case_id)).data["assigned"] == {}
    last = (await cell.told())[-2:]
    assert sorted(last) == [(WELFARE, "support_referral.needs_somebody"), (PSEAH, "support_referral.needs_somebody")]


async def test_whom_it_concerns_is_never_given_the_case(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.routed(Parties(affected_individual=SPECIALIST, alleged_offender=(SUPERVISOR,)))
    with pytest.raises(Problem):
        await cell.checked(case_id, "assign_specialist", specialist=SPECIALIST)


async def test_whoever_may_help_no_longer_loses_it_by_a_step_that_gives_no_reason(cell: Cell) -> None:
    (row,) = await helped(cell, "medical")
    assert await release_the_unfit(cell.desk) == 0
    await cell.people(SPECIALIST)
    before = len(await cell.told())
    assert await release_the_unfit(cell.desk) == 1
    assert await release_the_unfit(cell.desk) == 0
    released = (await cell.row(row.case_id)).data
    assert (released["assigned"], released["steps"][-1].facts) == ({}, {})
    assert {wording for _, wording in (await cell.told())[before:]} == {"support_referral.needs_somebody"}


async def test_inv_53_the_cell_holds_what_it_has_closed_and_she_is_shown_the_new_date(cell: Cell) -> None:
    (row,) = await helped(cell, "medical")
    await cell.act(row.case_id, "end_support", HERSELF, service="medical", outcome="helped")
    until = (datetime.now(UTC) + timedelta(days=365 * 9)).replace(microsecond=0)
    facts = {"hold_until": until.isoformat()}
    for outside in (cell.staff("S0003", Role.LEGAL_OFFICER), cell.staff(SPECIALIST, Role.SPECIALIST)):
        refused = await with_reasons(cell, row.case_id, "set_hold", outside, **facts)
        assert isinstance(refused, Refused)
        assert refused.code == "ROLE_NOT_ALLOWED", "whatever a court asks for, nobody outside learns of it"
    named = await with_reasons(
        cell, row.case_id, "set_hold", cell.staff(PSEAH, COORDINATOR), **facts, hold_owner="S0003"
    )
    assert isinstance(named, Refused)
    assert named.code == "NOT_APPOINTED", "nor answers for it"
    await with_reasons(cell, row.case_id, "set_hold", cell.staff(PSEAH, COORDINATOR), **facts, hold_owner=WELFARE)
    assert await her_date(cell) == ("hold.set", until)
    await with_reasons(cell, row.case_id, "release_hold", cell.staff(WELFARE, Role.WELFARE_OFFICER))
    clocks = (await cell.row(row.case_id)).data["clocks"]
    goes = max(datetime.fromisoformat(clocks[key]["due_at"]) for key in ("keep.support", "keep.release"))
    assert await her_date(cell) == ("support_referral.closed", goes)


async def with_reasons(cell: Cell, case_id: UUID, name: str, actor: Actor, **facts: str) -> object:
    action = Action(uuid4(), name, facts, frozenset({"reasons"}))
    async with cell.desk.database.transaction() as session:
        return await decide.decide_as(session, cell.desk, case_id, action, actor, datetime.now(UTC))


async def her_date(cell: Cell) -> tuple[str, datetime]:
    """What her inbox says of the newest change, and the date that it shows."""
    query = "select value from outbox where type = :name order by id desc limit 1"
    [row] = await cell.query(query, name=CaseChanged.DESCRIPTOR.full_name)
    news = CaseChanged.FromString(row.value)
    return news.wording_key, news.next_date.ToDatetime(UTC)
