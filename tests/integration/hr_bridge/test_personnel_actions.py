"""HR's actions on their way to the ethics office: all alike from outside, each once, forged ones refused."""

import time
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.sealing import open_from
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureRestored
from contracts.personnel.v1.actions_pb2 import PersonnelAction, SealedPersonnelAction
from contracts.topics import HR_PERSONNEL_ACTIONS
from policy.load import load
from services.hr_bridge import personnel_actions
from services.hr_bridge.adapters.tryton import Tryton
from services.hr_bridge.bridge import Bridge
from tests.e2e.leak_scan import Scanner
from tests.integration.hr_bridge.house import RESTORE, House
from tests.waiting import eventually

pytestmark = pytest.mark.stack


def action(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "poor_appraisal", "staff_id": "S0051", "effective_on": "2026-11-20", "reference": uuid4().hex, **changed
    }  # fmt: skip


async def received(house: House) -> list[tuple[PersonnelAction, Any]]:
    """What the ethics office can open, each beside its record."""
    private = house.ethics.keys.desk("ethics")
    found = []
    for record in await house.records(HR_PERSONNEL_ACTIONS):
        sealed = SealedPersonnelAction.FromString(record.value).sealed
        opened = open_from(private, sealed, context=b"personnel-action")
        found.append((PersonnelAction.FromString(opened), record))
    return found


async def of(house: House, staff_id: str, number: int = 1) -> list[PersonnelAction]:
    async def enough() -> list[PersonnelAction]:
        found = [one for one, _ in await received(house) if one.staff_id == staff_id]
        # Of two found by one comparison the times are the same; the numbers are not.
        order = sorted(found, key=lambda one: (one.recorded_at.ToDatetime(), one.number))
        return order if len(found) >= number else []

    return list(await eventually(enough))


async def refusals(house: House) -> int:
    rows = await house.rows(
        "select count(*) from audit_trail where object_ref = 'personnel-actions'"
        " and convert_from(entry_json, 'UTF8') like '%personnel_action_refused%'"
    )
    return int(rows[0][0])


async def test_a_signed_action_reaches_the_ethics_office_sealed(house: House) -> None:
    answer = await house.declare(action())
    assert (answer.status_code, answer.json()) == (202, {"recorded": True})
    (found,) = await of(house, "S0051")
    assert (found.kind, found.source, found.number >= 1) == ("poor_appraisal", "declared", True)
    assert found.effective_on.ToDatetime(UTC) == datetime(2026, 11, 20, tzinfo=UTC)


async def test_the_same_action_again_is_taken_down_once(house: House) -> None:
    given = action(staff_id="S0036")
    assert (await house.declare(given)).status_code == 202
    again = await house.declare(given)
    assert (again.status_code, again.json()) == (202, {"recorded": True})
    await house.declare(action(staff_id="S0042"))
    await of(house, "S0042")
    assert len(await of(house, "S0036")) == 1


async def test_a_reference_cannot_stand_for_two_actions(house: House) -> None:
    given = action(staff_id="S0036")
    await house.declare(given)
    answer = await house.declare(given | {"kind": "dismissal"})
    assert (answer.status_code, answer.json()["field"]) == (422, "reference")


async def test_a_replayed_request_is_refused_and_audited(house: House) -> None:
    before = await refusals(house)
    given = action(staff_id="S0048")
    nonce = uuid4().hex
    assert (await house.declare(given, nonce=nonce)).status_code == 202
    answer = await house.declare(given, nonce=nonce)
    assert (answer.status_code, answer.json()["code"]) == (409, "replayed")
    assert await refusals(house) == before + 1


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": "0" * 64},
        {"signature": "not hexadecimal"},
        {"timestamp": str(int(time.time()) - 301)},
        {"timestamp": str(int(time.time()) + 3600)},
        {"timestamp": "soon"},
        {"nonce": "short"},
    ],
)
async def test_a_forged_or_stale_request_is_refused_and_audited(house: House, forged: dict[str, str]) -> None:
    before = await refusals(house)
    answer = await house.declare(action(staff_id="S0043"), **forged)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused")
    assert await refusals(house) == before + 1


async def test_an_unsigned_request_is_refused_before_its_body_is_read(house: House) -> None:
    before = await refusals(house)
    answer = await house.client.post("/api/v1/personnel-actions", content=b"{not json")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert await refusals(house) == before + 1


async def test_a_signature_holds_for_no_other_body(house: House) -> None:
    headers = house.signed(b'{"kind": "promotion"}')
    answer = await house.client.post("/api/v1/personnel-actions", content=b'{"kind": "dismissal"}', headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"surprise": 1}, 400, "surprise"),
        ({"kind": "Poor appraisal by Mr X"}, 400, "kind"),
        ({"kind": "promotion\n"}, 400, "kind"),
        ({"kind": 7}, 400, "kind"),
        ({"effective_on": "yesterday"}, 400, "effective_on"),
        ({"reference": ""}, 400, "reference"),
        ({"reference": "a\u0000b"}, 400, "reference"),
        ({"staff_id": "S9997"}, 422, "staff_id"),
    ],
)
async def test_a_malformed_action_is_refused_with_its_field_and_nothing_else(
    house: House, wrong: dict[str, Any], status: int, field: str
) -> None:
    answer = await house.declare(action(**wrong))
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert "Mr X" not in answer.text
    assert "S9997" not in answer.text


async def test_from_outside_all_actions_look_alike_and_are_counted_without_a_gap(house: House) -> None:
    for kind, staff_id in (("promotion", "S0052"), ("contract_not_renewed_at_all", "S0055"), ("fine", "S0052")):
        assert (await house.declare(action(kind=kind, staff_id=staff_id))).status_code == 202
    await of(house, "S0052", 2)
    found = await received(house)
    assert len({len(record.value) for _, record in found}) == 1
    assert {tuple(name for name, _ in record.headers) for _, record in found} == {
        tuple(name for name, _ in found[0][1].headers)
    }
    assert len({record.key for _, record in found}) == len(found)
    numbers = defaultdict(list)
    for one, _ in found:
        numbers[one.source].append(one.number)
    assert all(sorted(given) == list(range(1, len(given) + 1)) for given in numbers.values())
    # What differs from one to the next says neither who nor what.
    people = {staff_id: staff_id for staff_id in ("S0052", "S0055", "S0051", "S0036")}
    scanner = Scanner(people | {"kind": "promotion", "other": "poor_appraisal"})
    raw = [b"\n".join([r.key, r.value, *(value for _, value in r.headers)]) for _, r in found]
    assert scanner.scan(b"S0052 promotion", "control")
    assert {finding for one in raw for finding in scanner.scan(one, "topic")} == set()


async def compared(house: House) -> None:
    """The comparison that the running bridge makes an hour after a change, made at once."""
    settings = house.bridge_settings(undeclared_after=0.0)
    database = Database(settings.database_dsn)
    keys = ServiceKeys.load(settings.keys_dir)
    bridge = Bridge(settings, database, keys, Tryton(settings.tryton_url, "", ""), load(settings.policy))
    async with database.transaction() as session:
        await personnel_actions.compare(session, bridge, datetime.now(UTC))
    await bridge.tryton.close()
    await database.close()


async def changes_seen(house: House, staff_id: str, number: int) -> None:
    async def enough() -> bool:
        rows = await house.rows("select count(*) from people_history where staff_id = :id", id=staff_id)
        return int(rows[0][0]) >= number

    await eventually(enough)


async def test_a_change_that_nobody_declared_is_told_of_once(house: House) -> None:
    await house.hr.set_supervisor("S0047", "S0027")
    await changes_seen(house, "S0047", 1)
    await house.hr.set_contract_end("S0047", date(2027, 1, 31))
    await changes_seen(house, "S0047", 2)
    await compared(house)
    await compared(house)
    found = await of(house, "S0047", 2)
    assert [(one.kind, one.source) for one in found] == [
        ("reporting_line_change", "observed"),
        ("contract_end_change", "observed"),
    ]


async def test_a_change_that_hr_declared_is_not_told_of_twice(house: House) -> None:
    await house.declare(action(kind="transfer", staff_id="S0053"))
    await house.hr.set_supervisor("S0053", "S0038")
    await changes_seen(house, "S0053", 1)
    await compared(house)
    assert [one.kind for one in await of(house, "S0053")] == ["transfer"]
    # The declaration answered for that change and for no later one.
    await house.hr.set_supervisor("S0053", "S0043")
    await changes_seen(house, "S0053", 2)
    await compared(house)
    assert [one.kind for one in await of(house, "S0053", 2)] == ["transfer", "reporting_line_change"]


async def test_a_change_that_a_measure_made_is_nobodys_personnel_action(house: House) -> None:
    measure = await house.decide("S0044", "S0025", "S0029")
    await house.result(measure, MeasureApplied)
    await changes_seen(house, "S0044", 1)
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    await changes_seen(house, "S0044", 2)
    await compared(house)
    # Then somebody in HR does the same without a word: that is one.
    await house.hr.set_supervisor("S0044", "S0029")
    await changes_seen(house, "S0044", 3)
    await compared(house)
    assert len(await of(house, "S0044")) == 1
    await house.hr.set_supervisor("S0044", "S0025")
