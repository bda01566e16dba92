"""What can be said in procedures of workflow: no option of the policy is lost."""

import pytest

from lifecycle import engine
from lifecycle.model import Case
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, OPENING, POLICY, REPORT, attempt, staff
from tests.unit.lifecycle.test_cells import standing

SEA = {
    "basis": "not_said told seen rumour",
    "urgent_needs": "not_said yes no",
    "affected_is": "unclear child beneficiary community_member personnel",
    "offender_class": "unknown own_personnel contractor_or_partner other_entity",
    "identity_consent": "not_given given",
    "writer": "not_said affected focal_point personnel community_member",
}


@pytest.mark.parametrize(("field", "said"), [(field, one) for field, all_ in SEA.items() for one in all_.split()])
def test_what_a_report_of_exploitation_can_say(field: str, said: str) -> None:
    facts = {**OPENING["sea_report"], field: said}
    assert engine.open_case(BY_NAME["sea_report"], REPORT, 1, facts, NOW, POLICY).facts[field] == said


@pytest.mark.parametrize("field", SEA)
def test_who_leaves_a_question_out_has_said_the_least(field: str) -> None:
    case = engine.open_case(BY_NAME["sea_report"], REPORT, 1, {"lodged_at": NOW.isoformat()}, NOW, POLICY)
    assert case.facts[field] == SEA[field].split()[0]


@pytest.mark.parametrize("office", ["ombudsperson", "staff_welfare", "human_resources", "oversight", "ethics"])
def test_where_a_manager_can_refer_somebody_to(office: str) -> None:
    lifecycle = BY_NAME["supervisor_request"]
    case = standing(lifecycle, "steps_agreed", "refer")
    after = attempt(lifecycle, case, "refer", staff("S9000", Role.MANAGER), referred_to=office)
    assert isinstance(after, Case)
    assert after.facts["referred_to"] == office
