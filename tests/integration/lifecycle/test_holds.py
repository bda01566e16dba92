"""A hold on the real workflow, whose time is skipped: what is held is there when its time is over, and goes once it is
let go (invariant 53).
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from lifecycle.model import Refused
from policy.model import Role
from tests.integration.lifecycle.clockwork import A_LONG_TIME, POLICY, Clockwork, rings
from tests.lifecycles import BY_NAME, NOW
from tests.unit.lifecycle.test_holds import kept, rule_of
from tests.waiting import eventually

DAY, YEAR = timedelta(days=1), timedelta(days=365)
OFFICES = {
    "retaliation": Role.ETHICS_OFFICER,
    "query": Role.ETHICS_OFFICER,
    "support_referral": Role.WELFARE_OFFICER,
    "data_request": Role.DATA_PROTECTION_OFFICER,
}


@pytest.mark.parametrize("name", OFFICES)
async def test_inv_53_what_is_held_outlasts_its_time_and_goes_once_it_is_let_go(works: Clockwork, name: str) -> None:
    case = kept(BY_NAME[name])
    (usual,) = case.clocks
    assert OFFICES[name] in rule_of(BY_NAME[name]).by
    staff_id = POLICY.appointed(OFFICES[name], NOW)[0].staff_id
    case_id = await works.put(case, usual, staff_id=staff_id)
    begun = (await works.row(case_id)).opened_at

    facts = {"hold_owner": staff_id, "hold_until": (begun + 3 * YEAR).isoformat()}
    assert not isinstance(await works.act(case_id, "set_hold", staff_id, facts, {"reasons": "A claim."}), Refused)
    assert await works.desk.keystore.matter_key(case_id) is not None, "the reasons are sealed to it"
    await works.wind_on(case_id, begun + YEAR + 2 * DAY)

    async def has_rung() -> bool:
        return bool(rings(await works.case(case_id), usual))

    await eventually(has_rung, within=A_LONG_TIME)
    held = await works.row(case_id)
    assert (held.state, held.erased_at) == (case.state, None)
    assert await works.desk.keystore.matter_key(case_id) is not None
    assert "hold.still_kept" in {wording for one, _, wording, _ in works.heard if one == case_id}

    let_go = await works.act(case_id, "release_hold", staff_id, {}, {"reasons": "It was settled."})
    assert not isinstance(let_go, Refused)
    await works.wind_on(case_id, await works.now(case_id) + 13 * DAY)
    assert (await works.row(case_id)).erased_at is None, "who needs it can still say so"
    await works.wind_on(case_id, await works.now(case_id) + 2 * DAY)

    async def is_gone() -> bool:
        return (await works.row(case_id)).erased_at is not None

    await eventually(is_gone, within=A_LONG_TIME)
    assert await works.desk.keystore.matter_key(case_id) is None
