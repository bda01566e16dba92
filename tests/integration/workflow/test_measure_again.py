"""A measure prolonged without a fresh thought, or signed twice by one hand: refused, and nothing written but that."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from contracts.measures.v1.measures_pb2 import MeasureApplied
from lifecycle import api
from lifecycle.durable import Decided
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from policy.model import Appointment, Office, Role
from tests import real_parts
from tests.integration.workflow.house import OTHER_HEAD, SUPERVISOR, House, prepare
from tests.integration.workflow.measures import HOW, SUSPENSION, acknowledged, name_at_hr, placed, terms, words
from tests.integration.workflow.test_alerts_and_results import (
    LEAST,
    REASONS,
    decision,
    state,
)

Fresh = Callable[..., Awaitable[real_parts.Database]]
NEW_REASONS = "The assessment takes two more weeks, and he still signs for both of them."
WITHOUT_PAY: dict[str, Any] = {
    **SUSPENSION, "type": "suspension_without_pay", "evidence_reference": "E-17", "restoration_of_pay": True,
}  # fmt: skip


@dataclass
class Desk:
    """The service's own addresses, on real stores and under the policy's real lengths of time."""

    house: House
    http: httpx.AsyncClient
    issuer: str

    async def refused(
        self, staff_id: str, measure: UUID, name: str, facts: dict[str, Any], texts: dict[str, str]
    ) -> tuple[str, str, dict[str, Any]]:
        """(code, rule, params); nothing is written but one row in the trail that says the same."""
        before, trail = await self.written(), await self.trail()
        version = (await self.house.row(measure)).version
        headers = {"Authorization": f"Bearer {await access_token(self.issuer, staff_id)}", "If-Match": f'"{version}"'}
        body = {"action_id": str(uuid4()), "action": name, "facts": facts, "texts": texts}
        answer = await self.http.post(f"/api/v1/cases/{measure}/actions", json=body, headers=headers)
        said = answer.json()
        assert answer.status_code == 409, said
        assert await self.written() == before
        (row,) = (await self.trail())[len(trail) :]
        assert (row["act"], row["object"], row["actor"]) == ("action.refused", str(measure), staff_id)
        assert (row["rule"], row["facts"]) == (said["rule"], {"code": said["code"], "action": name})
        return said["code"], said["rule"], said["params"]

    async def written(self) -> list[Any]:
        tables = ("cases", "case_steps", "case_actions", "action_bodies", "case_tags", "recipients", "measures")
        rows = [await self.house.query(f"select * from {table} order by 1, 2") for table in tables]
        return [*rows, await self.house.query("select * from outbox where topic <> 'audit.entries.v1' order by id")]

    async def trail(self) -> list[dict[str, Any]]:
        rows = await self.house.query("select convert_from(entry_json, 'utf8') as entry from audit_readable")
        return sorted((json.loads(row.entry) for row in rows), key=lambda entry: str(entry["at"]))


@pytest.fixture
async def desk(fresh_database: Fresh, fresh_keystore: Fresh, oidc: Oidc, tmp_path: Path) -> AsyncIterator[Desk]:
    house = await prepare(
        await fresh_database("workflow"),
        await fresh_keystore("workflow"),
        tmp_path,
        policy="iom-2024-03",
        oidc_issuer=oidc.issuer,
    )
    sign_in = SignIn(oidc.issuer)
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk", timeout=30) as http:
        yield Desk(house, http, oidc.issuer)
    await sign_in.close()
    await house.close()


async def running(house: House, *, until: timedelta) -> UUID:
    """A change of line that stands, and ends when `until` has passed."""
    measure = await acknowledged(house)
    facts, texts = decision()
    now = datetime.now(UTC)
    facts |= {"until_at": (now + until).isoformat(), "review_at": (now + until / 2).isoformat()}
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", facts, texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    await placed(house, measure)
    await house.run_errands()
    assert await state(house, measure) == "effective"
    return measure


def longer(days: float, **facts: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"review_at": now + timedelta(days=5), "until_at": now + timedelta(days=days)}
    return {"effects_seen": True, **{name: at.isoformat() for name, at in times.items()}, **facts}


@pytest.mark.parametrize(
    ("reasons", "code", "rule"),
    [
        (REASONS, "REASONS_NOT_FRESH", "invariant 37"),
        (f"  {REASONS.upper()}!!", "REASONS_NOT_FRESH", "invariant 37"),
        ("In the interest of the Organization.", "REASONS_STOCK_PHRASE", "policy 2.3"),
        ("As before.", "REASONS_TOO_SHORT", "policy 2.3"),
    ],
    ids=["the same words", "the same in other clothes", "a formula", "hardly any"],
)
async def test_inv_37_an_extension_without_fresh_reasons(desk: Desk, reasons: str, code: str, rule: str) -> None:
    measure = await running(desk.house, until=timedelta(days=10))
    texts = {"reasons": reasons, "least_burden": LEAST}
    said = await desk.refused(OTHER_HEAD, measure, "extend_measure", longer(20), texts)
    assert said == (code, rule, {"field": "reasons"})
    assert isinstance(
        await desk.house.act(OTHER_HEAD, measure, "extend_measure", longer(20), texts | {"reasons": NEW_REASONS}),
        Decided,
    )


async def test_inv_37_an_extension_that_ends_no_later_or_comes_too_early(desk: Desk) -> None:
    measure = await running(desk.house, until=timedelta(days=25))
    texts = {"reasons": NEW_REASONS, "least_burden": LEAST}
    code, rule, params = await desk.refused(OTHER_HEAD, measure, "extend_measure", longer(40), texts)
    assert (code, rule, set(params)) == ("OUTSIDE_THE_WINDOW", "invariant 37", {"from", "until"})


async def test_inv_37_an_extension_that_prolongs_nothing(desk: Desk) -> None:
    measure = await running(desk.house, until=timedelta(days=10))
    texts = {"reasons": NEW_REASONS, "least_burden": LEAST}
    said = await desk.refused(OTHER_HEAD, measure, "extend_measure", longer(9), texts)
    assert said == ("END_NOT_LATER", "invariant 37", {"field": "until_at"})


async def test_a_stock_phrase_as_reasons_for_a_suspension(desk: Desk) -> None:
    measure = await acknowledged(desk.house)
    texts = words(person=SUPERVISOR) | {"arrangement": HOW, "reasons": "In the interest of the Organization."}
    said = await desk.refused(OTHER_HEAD, measure, "decide_measure", terms(**SUSPENSION), texts)
    assert said == ("REASONS_STOCK_PHRASE", "policy 2.3", {"field": "reasons"})


async def test_inv_40_two_signatures_of_one_person_are_one(desk: Desk) -> None:
    """Somebody who holds both offices signs in the one and decides in the other."""
    house = desk.house
    both = Appointment(
        OTHER_HEAD, Role.EXECUTIVE_HEAD, Office.EXECUTIVE, "valmora", datetime.now(UTC).date(),
        appointed_by="S0001", confirmed_by="S0020",
    )  # fmt: skip
    house.desk.policy = replace(
        house.desk.policy, appointments=(*house.desk.policy.appointments, both), appointments_hash=uuid4().hex
    )
    measure = await acknowledged(house)
    facts = terms(**WITHOUT_PAY)
    signature = {
        "signed_type": "suspension_without_pay", "signed_until": facts["until_at"], "signed_evidence": "E-17",
        "effects_seen": True,
    }  # fmt: skip
    assert isinstance(await house.act(OTHER_HEAD, measure, "sign_measure", signature, {"reasons": REASONS}), Decided)
    texts = words(person=SUPERVISOR) | {"arrangement": HOW, "exceptional_circumstances": NEW_REASONS}
    said = await desk.refused(OTHER_HEAD, measure, "decide_measure", facts, texts)
    assert said == ("SAME_PERSON", "invariant 40", {"did": "sign_measure"})
