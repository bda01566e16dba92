"""What a report of exploitation can say: no option of the policy is lost."""

import pytest

from lifecycle import engine
from tests.lifecycles import BY_NAME, NOW, OPENING, POLICY, REPORT

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
