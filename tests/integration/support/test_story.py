"""From the wish for help to help itself, through the processes that really run it; and who sees nothing of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ops.demo.clients import Handler, Json, Reporter, until
from ops.local_stack.oidc import Oidc
from services.support import help_file
from tests import real_parts
from tests.integration.ombuds.whole import Whole
from tests.integration.support.cell import HIS_SUPERVISOR, LINES, PSEAH, SPECIALIST, WELFARE

Fresh = Callable[..., Awaitable[real_parts.Database]]
NEEDS, WORDS, NOTE = "I have not slept since.", "Rosa, evenings, +00 111: a doctor, please.", "She looks very tired."
OUTSIDE = {
    "intake officer": "S0005",
    "legal officer": "S0003",
    "HR director": "S0002",
    "administrative head": "S0004",
    "ethics officer": "S0007",
    "ombudsperson": "S0010",
    "PSEA focal point": "S0071",
    "auditor": "S0015",
    "supervisor": "S0017",
    "nobody": "S0018",
}
ROUTE = "support_referral"


@pytest.fixture
async def whole(
    fresh_database: Fresh,
    fresh_keystore: Fresh,
    kafka: real_parts.KafkaServer,
    kafka_prefix: str,
    temporal: real_parts.TemporalServer,
    oidc: Oidc,
    tmp_path: Path,
) -> AsyncIterator[Whole]:
    database, store = await fresh_database("intake", "support"), await fresh_keystore("intake", "support")
    parts = (kafka, kafka_prefix, temporal.address, oidc.issuer, tmp_path)
    made = Whole(database, store, *parts, desk="support", lines=LINES)
    try:
        await made.prepare()
        yield made
    finally:
        await made.close()


async def shown(reporter: Reporter, number: int, state: str) -> Json:
    """Her case of that number, once her inbox shows it in this state."""

    async def there() -> Json | None:
        cases = (await reporter.route(ROUTE))["cases"]
        return next((one for one in cases if (one["number"], one["state"]) == (number, state)), None)

    return await until(f"case {number} is {state}", there)


def choices(case: Json) -> dict[str, Any]:
    """What each action that is open to her lets her choose for `service`."""
    return {
        offer["action"]: next((f.get("choices") for f in offer["fields"] if f["name"] == "service"), None)
        for offer in case["offers"]
    }


async def opened(coordinator: Handler) -> list[str]:
    async def two() -> list[str] | None:
        cases = sorted(await coordinator.cases(), key=lambda one: int(one["number"]))
        return [one["case_id"] for one in cases] if len(cases) == 2 else None

    return await until("both cases", two)


async def test_a_wish_becomes_help_with_her_own_yes_to_each_step(whole: Whole) -> None:
    reporter = whole.reporter()
    wish = {
        "route": ROUTE,
        "mode": "anonymous",
        "answers": {"support_needs": NEEDS},
        "choices": {"medical": "wished", "legal": "wished", "urgency": "soon"},
    }
    assert (await reporter.lodge(wish))["next_date"]
    coordinator, specialist = await whole.staff(PSEAH), await whole.staff(SPECIALIST)
    medical, legal = await opened(coordinator)
    report_id = (await reporter.route(ROUTE))["report_id"]

    # Her inbox tells her two cases apart by what she may say yes to.
    first, second = await shown(reporter, 1, "offered"), await shown(reporter, 2, "offered")
    assert (choices(first)["give_consent"], choices(second)["give_consent"]) == (["medical"], ["legal"])

    # A specialist sees what is given to them, and no more.
    assert (await specialist.ask(medical)).status_code == 404
    answer = await coordinator.try_to("assign_specialist", medical, {"specialist": WELFARE})
    assert (answer.status_code, answer.json()["code"]) == (409, "FOR_SPECIALISTS")
    await coordinator.act("assign_specialist", medical, {"specialist": SPECIALIST})
    assert (await specialist.ask(legal)).status_code == 404

    async def told_who() -> bool:
        return bool((await shown(reporter, 1, "offered"))["facts"] == {"specialist": SPECIALIST})

    await until("she is told who helps", told_who)
    assert NEEDS in {item["text"] for item in await specialist.read_contents(medical, "assistance")}
    await specialist.act("add_note", medical, {}, {"note": NOTE})
    assert NOTE in {item["text"] for item in await coordinator.read_contents(medical, "handover")}

    # Nothing is prepared, shown or sent before she has said so.
    answer = await specialist.try_to("prepare_referral", medical)
    assert (answer.status_code, answer.json()["code"]) == (409, "ACTION_NOT_OPEN")
    await reporter.act(report_id, first, "give_consent", {"service": "medical", "scope": "contact"})
    await shown(reporter, 1, "consented")
    referral = {"provider": "selwick_hospital", "shares": "contact"}
    preview = await specialist.write(medical, WORDS)

    async def prepared() -> bool:
        answer = await specialist.try_to("prepare_referral", medical, {**referral, "preview": preview})
        assert answer.status_code == 200 or answer.json()["code"] in {"PREVIEW_NOT_SHOWN", "version_stale"}
        return answer.status_code == 200

    await until("her inbox shows the words", prepared)
    case = await shown(reporter, 1, "previewed")
    (words,) = (await reporter.route(ROUTE))["messages"]
    assert (words["text"], words["item_id"]) == (WORDS, preview)
    answer = await specialist.try_to("record_referred", medical)
    assert (answer.status_code, answer.json()["code"]) == (409, "ACTION_NOT_OPEN")

    await reporter.act(report_id, case, "approve_referral", {"service": "medical", "preview": preview})
    await shown(reporter, 1, "approved")
    await specialist.act("record_referred", medical)
    await specialist.act("record_connected", medical)
    case = await shown(reporter, 1, "connected")

    # The other service has not moved, and a yes to one is none to the other.
    await reporter.act(report_id, case, "give_consent", {"service": "legal", "scope": "contact"})

    async def refused() -> list[Json]:
        return list((await reporter.route(ROUTE))["refused_actions"])

    assert [one["code"] for one in await until("her inbox says that it was refused", refused)] == ["ACTION_NOT_OPEN"]
    assert (await shown(reporter, 2, "offered"))["number"] == 2

    # Taken back: nothing more is shared, and whoever shared it has to say what became of it.
    await reporter.act(report_id, case, "revoke_consent", {"service": "medical"})
    await shown(reporter, 1, "recalling")
    await specialist.act("record_recalled", medical, {"answer": "destroyed"})
    assert "revoke_consent" not in choices(await shown(reporter, 1, "offered"))


async def test_inv_30_nobody_outside_the_cell_sees_that_there_is_anything(whole: Whole) -> None:
    reporter = whole.reporter()
    (door,) = (one for one in help_file.load().doors if one.key == "i_do_not_work_here")
    wish = {"route": door.route, "choices": dict(door.choices), "mode": "confidential"}
    await reporter.lodge({**wish, "answers": {"support_needs": NEEDS}})
    coordinator = await whole.staff(WELFARE)

    async def one() -> str | None:
        cases = await coordinator.cases()
        return cases[0]["case_id"] if cases else None

    case_id = await until("the case", one)
    await coordinator.act("add_note", case_id, {}, {"note": NOTE})
    assert (await coordinator.case(case_id))["facts"]["works_here"] == "no"
    unknown = case_id[:-4] + ("0000" if case_id[-4:] != "0000" else "0001")
    for office, staff_id in {**OUTSIDE, "the specialist's supervisor": HIS_SUPERVISOR}.items():
        handler = await whole.staff(staff_id)
        seen = [await handler.ask(one) for one in (case_id, unknown)]
        for purpose in ("assistance", "referral"):
            seen += [
                await handler.http.post(
                    f"{handler.desk}/api/v1/cases/{one}/contents-readings",
                    json={"purpose": purpose},
                    headers=handler.headers,
                )
                for one in (case_id, unknown)
            ]
        seen.append(await handler.try_to("add_note", case_id, {}, {"note": "x"}))
        assert {(answer.status_code, answer.content) for answer in seen} == {(404, seen[0].content)}, office
        assert await handler.cases() == [], office
    logs = "".join((whole.folder / f"{service}.log").read_text() for service in whole.ports)
    assert NEEDS not in logs
    assert NOTE not in logs
