"""`recourse case explain` and `case replay`: who did what under which rule, what was refused, how it stood."""

from datetime import UTC, datetime, timedelta

import pytest

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


async def test_a_case_is_shown_as_it_stood(loans: Loans) -> None:
    case_id = await loans.open()
    before = datetime.now(UTC)
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": _in(days=20)}))
    row = await loans.row(case_id)
    seen = case_history.show_as_of(loans.desk, row, before, Role.INVESTIGATOR)
    assert seen is not None
    assert (seen["state"], seen["version"], seen["deviations"]) == ("asked", 1, [])
    assert {"action": "lend", "open": True, "why_not": None} in seen["offers"]
    now = case_history.show_as_of(loans.desk, row, datetime.now(UTC), None)
    assert now is not None
    assert (now["state"], now["offers"]) == ("lent", [])
    assert case_history.show_as_of(loans.desk, row, before - timedelta(days=1), None) is None


def _in(*, days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
