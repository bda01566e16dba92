"""What stands in the way of a step of a report of exploitation, a review and the alleged offender's side."""

import pytest

from lifecycle.model import Facts
from tests.lifecycles import BY_NAME, at
from tests.refusals import Change, known, nobody_has_a_part, refusals, same

OTHERS = {"refer_to_entity", "tell_contract_owner"}


@pytest.mark.parametrize("name", ["sea_report", "review", "respondent"])
def test_nothing_is_refused_where_nothing_is_missing(name: str) -> None:
    assert refusals(BY_NAME[name], same) == {}


@pytest.mark.parametrize(
    ("name", "change", "code", "rule", "params", "actions"),
    [
        *(
            ("sea_report", known(affected_is=who), "DUTY_TO_REPORT", "policy 2.7", {"field": "affected_is"},
             {"leave_class_open"})
            for who in ("child", "beneficiary", "community_member")
        ),
        *(
            ("sea_report", known(affected_is=who), "NO_DUTY_TO_REPORT", "policy 2.7", {"field": "affected_is"},
             {"report_to_oio"})
            for who in ("personnel", "unclear")
        ),
        *(
            ("sea_report", known(offender_class=found), "OFFENDER_OF_ANOTHER_CLASS", "policy 2.7",
             {"offender_class": found}, actions)
            for found, actions in (
                ("unknown", OTHERS),
                ("own_personnel", OTHERS),
                ("contractor_or_partner", {"refer_to_entity"}),
                ("other_entity", {"acknowledge", "tell_contract_owner"}),
            )
        ),
        ("review", nobody_has_a_part, "NOT_ASSIGNED", "lifecycle", {"role": "reviewer"},
         {"decide_review", "end_review", "record_appeal_outcome"}),
        ("review", known(party="alleged_offender"), "NOT_YOUR_REVIEW", "policy 2.2", {"needs": "party"},
         {"record_appeal", "withdraw_request"}),
    ],
)  # fmt: skip
def test_what_is_refused_while_something_is_missing(
    name: str, change: Change, code: str, rule: str, params: Facts, actions: set[str]
) -> None:
    found = refusals(BY_NAME[name], change)
    assert found.keys() == {code}
    assert (found[code].actions, found[code].rules) == (actions, {rule})
    assert all(one == params for one in found[code].params)


@pytest.mark.parametrize(
    ("name", "sent", "code", "rule", "actions"),
    [
        ("respondent", {"response_until": at(-1)}, "TIME_IN_THE_PAST", "invariant 48", {"extend_response"}),
        ("respondent", {"reply_until": at(-1)}, "TIME_IN_THE_PAST", "invariant 48", {"extend_reply"}),
        ("respondent", {"support_contact": "S0099"}, "NOT_APPOINTED", "lifecycle", {"name_support"}),
        ("respondent", {"hold_owner": "S0099"}, "NOT_APPOINTED", "lifecycle", {"set_hold"}),
        ("respondent", {"hold_until": at(-1)}, "TIME_IN_THE_PAST", "invariant 53", {"set_hold"}),
        ("review", {"hold_owner": "S0099"}, "NOT_APPOINTED", "lifecycle", {"set_hold"}),
        ("review", {"hold_until": at(-1)}, "TIME_IN_THE_PAST", "invariant 53", {"set_hold"}),
    ],
)
def test_what_is_refused_for_what_was_sent(name: str, sent: Facts, code: str, rule: str, actions: set[str]) -> None:
    (field,) = sent
    found = refusals(BY_NAME[name], same, sent=sent, to=actions)
    assert found.keys() == {code}
    assert (found[code].actions, found[code].rules) == (actions, {rule})
    assert all(one == {"field": field} for one in found[code].params)
