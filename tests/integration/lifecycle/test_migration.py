"""A running case goes over to the policy in force: by the interface, in its durable workflow, in the record."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.cases.v1.cases_pb2 import CaseChanged
from lifecycle.desk import PinnedPackMissing
from lifecycle.model import Refused
from ops import case_history
from policy.model import Approval, Policy
from tests.integration.lifecycle.at_work import at_temporal, until, working
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans
from tests.integration.lifecycle.staff import Staff
from tests.real_parts import TemporalServer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def follow(loans: Loans, seconds: int, key: str = "report.update") -> Policy:
    """From here on the service follows a second version, with another length of this deadline."""
    before = loans.desk.policy
    deadlines = {**before.deadlines, key: replace(before.deadlines[key], amount=seconds)}
    loans.desk.policy = replace(before, version="2", content_hash="2" * 64, deadlines=deadlines)
    return loans.desk.policy


async def migrate(loans: Loans, case_id: UUID, **more: Any) -> Any:
    facts = {"policy_hash": loans.desk.policy.content_hash} | more
    return await loans.decide(await loans.sign(case_id, "migrate_policy", facts), NOW)


async def trail(loans: Loans, case_id: UUID) -> list[dict[str, Any]]:
    query = "select entry_json from audit_readable where object_ref = :case_id order by object_number"
    return [json.loads(row.entry_json) for row in await loans.query(query, case_id=str(case_id))]


async def test_the_action_goes_through_like_any_other_and_the_workflow_waits_for_the_new_date(
    staff: Staff, temporal: TemporalServer
) -> None:
    loans = at_temporal(staff.loans, temporal.address)
    # No sweeper: only the workflow itself can notice that its clock is due in seconds and no longer in ten minutes.
    async with working(loans, sweeps=False):
        case_id, began = await loans.open(), datetime.now(UTC)
        await loans.person(case_id, "keep_in_touch")
        remarked = await staff.act(case_id, "remark", seen='"2"')
        target = follow(loans, 300)
        shown = (await staff.get(f"/{case_id}")).json()
        body = {"action_id": str(uuid4()), "action": "migrate_policy", "facts": {"policy_hash": target.content_hash}}
        unseen = await staff.post(f"/{case_id}/actions", body)
        stale = await staff.post(f"/{case_id}/actions", body | {"action_id": str(uuid4())}, seen='"2"')
        other = await staff.act(case_id, "migrate_policy", seen='"3"', facts={"policy_hash": "3" * 64})
        # Soon, and not already over when it is decided, however slow the machine.
        follow(loans, 12 + int((datetime.now(UTC) - began).total_seconds()))
        taken = await staff.post(f"/{case_id}/actions", body, seen='"3"')
        again = await staff.post(f"/{case_id}/actions", body, seen='"3"')
        twice = await staff.act(case_id, "migrate_policy", seen='"4"', facts={"policy_hash": target.content_hash})

        async def rang() -> bool:
            return "loan.news" in loans.noticed

        await until(rang)

    assert remarked.status_code == 200
    offer = next(one for one in shown["offers"] if one["action"] == "migrate_policy")
    assert (shown["policy"], offer["open"], offer["fields"][0]["choices"]) == ("rehearsal/1", True, ["2" * 64])
    assert (unseen.status_code, stale.status_code) == (428, 412)
    assert (other.status_code, other.json()["code"], other.json()["rule"]) == (409, "POLICY_UNKNOWN", "invariant 51")
    assert (taken.status_code, taken.json()["version"], again.json()) == (200, 4, taken.json())
    assert (twice.status_code, twice.json()["code"]) == (409, "POLICY_SAME")
    row = await loans.row(case_id)
    assert (row.policy_name, row.policy_version, row.policy_hash) == ("rehearsal", "2", "2" * 64)
    entries = await trail(loans, case_id)
    (acted,) = [one for one in entries if one["facts"].get("policy")]
    assert (acted["act"], acted["actor"]) == ("case.acted", INVESTIGATOR)
    assert {"action": "migrate_policy", "policy": "rehearsal/2", "was": "rehearsal/1"}.items() <= acted["facts"].items()
    refusals = [one["facts"] for one in entries if one["act"] == "action.refused"]
    assert {"action": "migrate_policy", "code": "POLICY_UNKNOWN"} in refusals


async def test_her_inbox_says_that_dates_may_be_others(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    follow(loans, 300)
    await migrate(loans, case_id)
    rows = await loans.query("select value from outbox where type = 'contracts.cases.v1.CaseChanged' order by id")
    assert CaseChanged.FromString(rows[-1].value).wording_key == "policy.migrated"


async def test_less_protection_is_refused_and_audited_until_a_second_office_has_waited(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    weaker = follow(loans, 6000)
    before = await loans.row(case_id)
    assert await migrate(loans, case_id) == Refused(
        "SECOND_OFFICE_MISSING", "policy.waiting", {"policy": "rehearsal/2"}
    )
    long_ago = NOW - timedelta(days=365)
    approval = Approval("rehearsal/1", "S0002", NOW, "S0062", NOW)
    loans.desk.policy = replace(weaker, approvals=(approval,))
    early = await migrate(loans, case_id)
    assert isinstance(early, Refused)
    assert early.code == "TOO_EARLY"
    assert await loans.row(case_id) == before, "a refusal leaves nothing but its audit row"
    said = [one["facts"]["code"] for one in await trail(loans, case_id) if one["act"] == "action.refused"]
    assert said == ["SECOND_OFFICE_MISSING", "TOO_EARLY"]
    loans.desk.policy = replace(weaker, approvals=(replace(approval, proposed_at=long_ago, confirmed_at=long_ago),))
    await migrate(loans, case_id)
    assert (await loans.row(case_id)).policy_version == "2"


async def test_inv_53_what_erases_keeps_the_day_that_it_had(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": (NOW + timedelta(days=1)).isoformat()}), NOW)
    await loans.person(case_id, "give_back", NOW)
    promised = (await loans.row(case_id)).next_due_at
    follow(loans, 1, "ombuds.purge")
    await migrate(loans, case_id)
    row = await loans.row(case_id)
    assert (row.policy_version, row.next_due_at) == ("2", promised)


async def test_the_history_tells_of_it_and_plays_each_step_under_its_policy(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    await loans.person(case_id, "keep_in_touch", NOW)
    follow(loans, 60)
    await migrate(loans, case_id)
    await loans.ring(case_id, NOW + timedelta(seconds=61))
    row = await loans.row(case_id)

    told = await case_history.explain(loans.desk, row)
    moved = next(step for step in told["steps"] if step["action"] == "migrate_policy")
    assert (moved["by"], moved["role"], moved["rules"]) == (INVESTIGATOR, "investigator", ["invariant 51"])
    assert (moved["facts"]["was"], moved["facts"]["policy"], told["policy"]) == (
        "rehearsal/1", "rehearsal/2", "rehearsal/2",
    )  # fmt: skip
    then = await case_history.show_as_of(loans.desk, row, NOW, None)
    later = await case_history.show_as_of(loans.desk, row, NOW + timedelta(seconds=61), None)
    assert then is not None
    assert later is not None
    assert (later["policy"], later["deviations"]) == ("rehearsal/2", [])
    assert [step["action"] for step in later["steps"]] == ["open", "keep_in_touch", "migrate_policy", "ring"]


async def test_a_pack_that_is_not_what_it_was_plays_nothing(loans: Loans) -> None:
    case_id = await loans.open(now=NOW)
    follow(loans, 60)
    await migrate(loans, case_id)
    loans.desk.policy = replace(loans.desk.policy, content_hash="4" * 64)
    loans.desk.packs.kept.clear()
    with pytest.raises(PinnedPackMissing):
        loans.desk.policies_of(await loans.row(case_id))
