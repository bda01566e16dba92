"""A proposed pack over the cases that a service keeps: what would have been otherwise, and nothing written."""

from dataclasses import replace
from datetime import timedelta

from lifecycle.decide import Decided
from lifecycle.past_cases import over_cases_of
from policy.model import Policy
from policy.working_time import Unit
from tests.integration.workflow.house import INVESTIGATOR, House


def with_deadline(policy: Policy, key: str, amount: int, unit: Unit) -> Policy:
    changed = replace(policy.deadlines[key], amount=amount, unit=unit)
    return replace(policy, deadlines={**policy.deadlines, key: changed})


async def test_what_would_change_in_the_cases_of_a_service(house: House) -> None:
    await house.people()
    read, waiting, erased = [await house.open() for _ in range(3)]
    for case_id in (read, waiting, erased):
        await house.route(case_id)
    assert isinstance(await house.act(INVESTIGATOR, read, "acknowledge"), Decided)
    await house.query("update cases set erased_at = now(), data = '{}' where case_id = :id returning 1", id=erased)
    policy = house.desk.policy
    before = await house.query("select case_id, version, data from cases order by case_id")

    (same,) = await over_cases_of(house.desk, policy)
    assert (same.service, same.lifecycle, same.was.cases, same.left_out) == ("workflow", "formal_report", 2, 0)
    assert list(same.changes()) == []
    assert same.was.acted == 1

    # Acknowledging is due before anybody could have acted.
    hasty = with_deadline(policy, "report.ack", 1, Unit.SECONDS)
    await house.query(
        "update case_steps set step = jsonb_set(step::jsonb, '{facts,lodged_at}', to_jsonb(cast(:at as text)))::text"
        " where case_id = :id and version = 1 returning 1",
        at=((await house.row(waiting)).opened_at - timedelta(seconds=30)).isoformat(),
        id=waiting,
    )
    (changed,) = await over_cases_of(house.desk, hasty)
    # And again each time it has been let pass.
    (missed,) = [one for one in changed.changes() if one[:3] == ("breaches", "report.ack", 0)]
    assert changed.as_dict()["would_be"]["breaches"]["report.ack"] == missed[3] >= 1
    after = await house.query("select case_id, version from cases order by case_id")
    assert [(one.case_id, one.version) for one in after] == [(one.case_id, one.version) for one in before]


async def test_a_case_whose_own_pack_is_another_now_is_left_out_and_said_so(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.query("update cases set policy_hash = 'gone' where case_id = :id returning 1", id=case_id)
    (found,) = await over_cases_of(house.desk, house.desk.policy)
    assert (found.was.cases, found.left_out) == (0, 1)
