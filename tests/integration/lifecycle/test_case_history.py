"""`recourse case explain` and `case replay`: who did what under which rule, what was refused, how it stood."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis import audit_actors
from lifecycle import exclusions
from lifecycle.model import Refused
from ops import case_history
from policy.model import Role
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans

pytestmark = pytest.mark.stack


async def test_every_step_and_every_refusal_comes_with_its_rule(loans: Loans) -> None:
    case_id = await loans.open()
    assert isinstance(await loans.person(case_id, "give_back"), Refused)
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": _in(days=20)}))
    told = await case_history.explain(loans.desk, await loans.row(case_id))
    assert [(step["action"], step["by"], step["role"]) for step in told["steps"]] == [
        ("open", "system", None),
        ("lend", INVESTIGATOR, "investigator"),
    ]
    assert [(one["action"], one["by"], one["code"], one["rule"]) for one in told["refused"]] == [
        ("give_back", "person", "ACTION_NOT_OPEN", "lifecycle")
    ]
    # Long after the case is gone it is still said what was refused, and of whom that it is not kept.
    async with loans.desk.database.transaction() as session:
        await audit_actors.keep_until(session, str(case_id), datetime.now(UTC) - timedelta(days=1))
    assert await audit_actors.forget_due(loans.desk.database, datetime.now(UTC)) == 1
    told = await case_history.explain(loans.desk, await loans.row(case_id))
    assert [(one["by"], one["code"]) for one in told["refused"]] == [("not kept any more", "ACTION_NOT_OPEN")]


async def test_a_case_is_shown_as_it_stood(loans: Loans) -> None:
    case_id = await loans.open()
    before = datetime.now(UTC)
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": _in(days=20)}))
    row = await loans.row(case_id)
    seen = await case_history.show_as_of(loans.desk, row, before, Role.INVESTIGATOR)
    assert seen is not None
    assert (seen["state"], seen["version"], seen["deviations"]) == ("asked", 1, [])
    assert {"action": "lend", "open": True, "why_not": None} in seen["offers"]
    now = await case_history.show_as_of(loans.desk, row, datetime.now(UTC), None)
    assert now is not None
    assert (now["state"], now["offers"]) == ("lent", [])
    assert await case_history.show_as_of(loans.desk, row, before - timedelta(days=1), None) is None


async def test_a_role_is_shown_no_more_than_it_saw_that_day(loans: Loans) -> None:
    """Not what it does not read, not what everybody who held it was kept out of, and nothing written later."""
    case_id = await loans.open()
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": _in(days=20)}, {"note": "The blue one."}))
    row, now = await loans.row(case_id), datetime.now(UTC)
    seen = await case_history.show_as_of(loans.desk, row, now, Role.INVESTIGATOR)
    assert seen is not None
    assert [(one["action"], one["name"]) for one in seen["texts"]] == [("lend", "note")]
    earlier = await case_history.show_as_of(loans.desk, row, row.opened_at, Role.INVESTIGATOR)
    assert earlier is not None
    assert (earlier["state"], earlier["texts"]) == ("asked", [])
    legal = await case_history.show_as_of(loans.desk, row, now, Role.LEGAL_OFFICER)
    assert legal is not None
    assert legal["hidden"]
    assert not legal.keys() & {"state", "facts", "assigned", "clocks", "steps", "texts", "offers"}
    of_nobody = await loans.open()
    async with loans.desk.database.transaction() as session:
        for one in loans.desk.policy.appointed(Role.INVESTIGATOR, now):
            await exclusions.declare(session, loans.desk.keys.cell, of_nobody, one.staff_id)
    kept_out = await case_history.show_as_of(
        loans.desk, await loans.row(of_nobody), datetime.now(UTC), Role.INVESTIGATOR
    )
    assert kept_out is not None
    assert kept_out["hidden"]


def _in(*, days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
