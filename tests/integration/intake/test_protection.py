"""When protection begins, what she says of contact, and from when the look-ahead runs; and cases beside her request."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import SealNotOpened, open_from
from contracts.cases.v1.cases_pb2 import CaseChanged, CaseErased, PersonActionRefused, ReportOpened
from contracts.intake.v1.reports_pb2 import PersonActed, PlacedInInbox, ProtectionClosed, ProtectionContact
from contracts.topics import ETHICS_CASES, WORKFLOW_CASES
from services.intake.use_cases.pass_on import Moving
from services.intake.use_cases.turn import turn
from tests.integration.intake.test_passing import passed_on, told
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, lodge, with_code

FORMAL, MEASURE = "formal_report", "interim_measure"
MIDNIGHT = "00:00:00"


def changed(report_id: str, version: int, state: str, *, lifecycle: str = FORMAL, closed: bool = False) -> CaseChanged:
    return CaseChanged(
        report_id=report_id,
        lifecycle=lifecycle,
        number=1,
        version=version,
        state=state,
        wording_key=f"{lifecycle}.{state}",
        closed=closed,
    )


async def lodged(world: World, client: httpx.AsyncClient, body: dict[str, Any] | None = None) -> tuple[str, str, str]:
    """(code, report id, protection id); the desk has opened it."""
    known = {one["key"] for one in await started(world)}
    code = await code_of_new(client, body or formal())
    (new,) = {one["key"] for one in await started(world)} - known
    report_id = await world.report_id(client, code)
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 1, "submitted"))
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    return code, report_id, new


async def started(world: World) -> list[Any]:
    return await world.rows("select key from outbox where type like '%ProtectionStarted'")


async def of(world: World, key: str, kind: type[Any]) -> list[Any]:
    return [one.message for one in await world.events(key) if isinstance(one.message, kind)]


async def answer(client: httpx.AsyncClient, code: str, report_id: str, *, given: Any, **changes: Any) -> httpx.Response:
    body = {"report_id": report_id, "consent": "ethics_contact", "given": given} | changes
    return await client.post("/api/v1/inbox/consents", json=body, headers=with_code(code))


async def test_inv_46_the_look_ahead_runs_from_the_day_on_which_nothing_of_it_is_open(
    world: World, client: httpx.AsyncClient
) -> None:
    _, report_id, protection = await lodged(world, client)
    measure = changed(report_id, 1, "effective", lifecycle=MEASURE)
    await world.tell("workflow", WORKFLOW_CASES, report_id, measure)
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 2, "closed", closed=True))
    assert await of(world, protection, ProtectionClosed) == [], "a measure still protects her"
    await world.tell(
        "workflow", WORKFLOW_CASES, report_id, changed(report_id, 2, "ended", lifecycle=MEASURE, closed=True)
    )
    (over,) = await of(world, protection, ProtectionClosed)
    now = datetime.now(UTC)
    assert (over.protection_id, over.closed_on.ToDatetime(UTC).time().isoformat()) == (protection, MIDNIGHT)
    assert abs((over.closed_on.ToDatetime(UTC) - now).days) <= 1
    # A hold, the erasure: what is over is not over once more.
    for version, state in ((3, "closed"), (4, "erased")):
        await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, version, state, closed=True))
    assert len(await of(world, protection, ProtectionClosed)) == 1
    # A review goes on with it.
    review = changed(report_id, 1, "requested", lifecycle="review")
    await world.tell("workflow", WORKFLOW_CASES, report_id, review)
    review = changed(report_id, 2, "ended", lifecycle="review", closed=True)
    await world.tell("workflow", WORKFLOW_CASES, report_id, review)
    assert len(await of(world, protection, ProtectionClosed)) == 2


async def test_a_report_that_is_passed_on_is_not_over(world: World, client: httpx.AsyncClient) -> None:
    known = {one["key"] for one in await started(world)}
    code = await code_of_new(client, told())
    (protection,) = {one["key"] for one in await started(world)} - known
    report_id = await world.report_id(client, code)
    request, misdirected = "supervisor_request", "misdirected_report"

    async def tell(version: int, state: str, lifecycle: str, *, closed: bool) -> None:
        message = changed(report_id, version, state, lifecycle=lifecycle, closed=closed)
        await world.tell("workflow", WORKFLOW_CASES, report_id, message)

    await tell(1, "told", request, closed=False)
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    await tell(2, "passed_on", request, closed=True)
    await tell(1, "locked", misdirected, closed=False)
    await passed_on(world, client, report_id)
    await tell(2, "copy_purged", misdirected, closed=True)
    assert await of(world, protection, ProtectionClosed) == []
    await tell(1, "submitted", FORMAL, closed=False)
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    await tell(2, "closed", FORMAL, closed=True)
    assert len(await of(world, protection, ProtectionClosed)) == 1


async def test_what_a_manager_was_told_and_turns_out_to_be_exploitation_is_not_over(
    world: World, client: httpx.AsyncClient
) -> None:
    request, sea = "supervisor_request", "sea_report"
    known = {one["key"] for one in await started(world)}
    report_id = await world.report_id(client, await code_of_new(client, told()))
    (protection,) = {one["key"] for one in await started(world)} - known
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 1, "told", lifecycle=request))
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    turned = changed(report_id, 2, "turned_into_sea", lifecycle=request, closed=True)
    await world.tell("workflow", WORKFLOW_CASES, report_id, turned)
    assert await of(world, protection, ProtectionClosed) == []
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 1, "told", lifecycle=sea))
    asked = Moving(report_id=UUID(report_id), service="workflow", office="supervisors", desk="oio")
    await turn(world.intake, asked, sea)
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 2, "closed", lifecycle=sea, closed=True))
    assert len(await of(world, protection, ProtectionClosed)) == 1


async def test_of_a_report_that_protects_nobody_the_office_hears_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    code = await code_of_new(client, formal(watch_for_retaliation=False))
    report_id = await world.report_id(client, code)
    before = await world.rows("select id from outbox where topic = 'intake.reports.ethics.v1'")
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 1, "submitted"))
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    assert (await answer(client, code, report_id, given=True)).status_code == 204
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 2, "closed", closed=True))
    assert await world.rows("select id from outbox where topic = 'intake.reports.ethics.v1'") == before


async def test_inv_15_she_agrees_to_contact_and_takes_it_back_and_each_answer_is_kept(
    world: World, client: httpx.AsyncClient
) -> None:
    code, report_id, protection = await lodged(world, client)
    assert (await inbox(client, code))["routes"][0]["ethics_contact"] is False
    for given in (True, True, False):
        assert (await answer(client, code, report_id, given=given)).status_code == 204
        assert (await inbox(client, code))["routes"][0]["ethics_contact"] is given
    contacts = await of(world, protection, ProtectionContact)
    assert [(one.protection_id, one.agreed) for one in contacts] == [(protection, True), (protection, False)]
    kept = await world.rows(
        "select version, given from consents where report_id = $1 and consent = 'ethics_contact' order by version",
        UUID(report_id),
    )
    assert [tuple(row) for row in kept] == [(1, False), (2, True), (3, False)]
    assert protection not in str([tuple(row) for row in await world.rows("select * from consents")]), (
        "derived, not kept"
    )


async def test_consents_are_hers_alone_and_name_something_she_can_agree_to(
    world: World, client: httpx.AsyncClient
) -> None:
    code, report_id, protection = await lodged(world, client)
    other = await code_of_new(client)
    assert (await answer(client, other, report_id, given=True)).status_code == 404
    assert (await answer(client, code, str(uuid4()), given=True)).status_code == 404
    assert (await answer(client, code, report_id, given=True, consent="retaliation_watch")).status_code == 400
    assert (await answer(client, code, report_id, given="yes")).status_code == 400
    await world.tell("workflow", WORKFLOW_CASES, report_id, CaseErased(report_id=report_id, lifecycle=FORMAL, number=1))
    assert (await answer(client, code, report_id, given=True)).status_code == 409
    assert await of(world, protection, ProtectionContact) == []


async def test_a_protection_is_sealed_to_the_office_under_an_id_that_is_no_reports(
    world: World, client: httpx.AsyncClient
) -> None:
    _, report_id, protection = await lodged(world, client, formal(consents={"ethics_contact": True}))
    (event,) = await world.events(protection)
    context = b"protection|" + protection.encode()
    opened = open_from(world.keys["ethics"].desk("ethics"), event.message.sealed_person, context=context)
    assert opened == b'{"staff_id": "S0018", "ethics_contact": true}'
    assert protection != report_id
    assert await world.rows("select 1 from reports where report_id = $1", UUID(protection)) == []


COLLEAGUE = "S0026"


@pytest.mark.parametrize(
    ("route", "choices", "reporter", "who"),
    [
        ("formal_report", {}, None, "S0018"),
        ("formal_report", {"writer": "affected"}, None, "S0018"),
        ("formal_report", {"writer": "witness"}, COLLEAGUE, COLLEAGUE),
        ("formal_report", {"writer": "third_party"}, COLLEAGUE, COLLEAGUE),
        ("sea_report", {"writer": "personnel", "identity_consent": "given"}, COLLEAGUE, COLLEAGUE),
        ("supervisor_request", {}, None, "S0018"),
    ],
)
async def test_whoever_reports_is_protected_also_for_somebody_else(
    world: World, client: httpx.AsyncClient, route: str, choices: dict[str, str], reporter: str | None, who: str
) -> None:
    named = {"affected_individual": "S0018", "alleged_offender": ["S0017"], "recipient": "S0016", "reporter": reporter}
    body = draft(route=route, choices=choices, parties=named, not_these_people=[])
    code, report_id, protection = await lodged(world, client, body)
    (event,) = await world.events(protection)
    context = b"protection|" + protection.encode()
    opened = open_from(world.keys["ethics"].desk("ethics"), event.message.sealed_person, context=context)
    assert json.loads(opened)["staff_id"] == who
    (seen,) = (await inbox(client, code))["routes"][0]["parties"]
    assert seen["reporter"] == reporter
    async with world.intake.database.transaction() as session:
        assert await world.intake.excludes(session, UUID(report_id), who), "and handles none of it"


@pytest.mark.parametrize(
    "changes",
    [
        {"parties": {"affected_individual": "S0018", "alleged_offender": ["S0007"]}},
        {"about_offices": ["eco"]},
        {"parties": {"affected_individual": "S0018", "alleged_offender": ["S0001"]}},
    ],
)
async def test_of_a_report_about_the_ethics_office_who_stands_in_for_it_learns_alone(
    world: World, client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    known = {one["key"] for one in await started(world)}
    await code_of_new(client, formal(**changes))
    (protection,) = {one["key"] for one in await started(world)} - known
    (event,) = await world.events(protection)
    sealed, context = event.message.sealed_person, b"protection|" + protection.encode()
    with pytest.raises(SealNotOpened):
        open_from(world.keys["ethics"].desk("ethics"), sealed, context=context)
    opened = open_from(world.keys["ethics"].desk("ethics_outside"), sealed, context=context)
    assert json.loads(opened)["staff_id"] == "S0018"


@pytest.mark.parametrize(
    ("route", "choices"),
    [
        ("formal_report", {"writer": "witness"}),
        ("formal_report", {"writer": "third_party"}),
        ("sea_report", {"writer": "not_said", "identity_consent": "given"}),
        ("sea_report", {"identity_consent": "given"}),
    ],
)
async def test_nobody_is_watched_over_for_what_somebody_else_reports(
    world: World, client: httpx.AsyncClient, route: str, choices: dict[str, str]
) -> None:
    before = await started(world)
    await code_of_new(client, formal(route=route, choices=choices))
    assert await started(world) == before


@pytest.mark.parametrize(
    ("earlier", "hers"),
    [
        (formal(mode="anonymous", choices={"writer": "witness"}), False),
        (formal(mode="anonymous"), False),
        (formal(choices={"writer": "third_party"}), False),
        (draft(), True),
    ],
    ids=["without a name, for another", "without a name", "for another", "for herself"],
)
async def test_whoever_is_affected_is_taken_for_the_reporter_of_what_was_taken_over_only_where_that_was_said(
    world: World, client: httpx.AsyncClient, earlier: dict[str, Any], hers: bool
) -> None:
    code = await code_of_new(client, earlier)
    (parties,) = (await inbox(client, code))["routes"][0]["parties"]
    known = {one["key"] for one in await started(world)}
    body = formal(answers={}, parties={}, not_these_people=[], take_over=[parties["item_id"]])
    assert (await lodge(client, body, code=code)).status_code == 201
    new = (await inbox(client, code))["routes"][1]
    assert new["parties"][0]["affected_individual"] == "S0018"
    assert len({one["key"] for one in await started(world)} - known) == hers
    identities = "select 1 from items where report_id = $1 and kind = 'identity'"
    assert len(await world.rows(identities, UUID(new["report_id"]))) == hers, "who may get another code for it"


async def test_an_anonymous_report_says_nowhere_who_wrote_it(client: httpx.AsyncClient) -> None:
    named = {"alleged_offender": ["S0017"], "reporter": COLLEAGUE}
    answer = await lodge(client, formal(mode="anonymous", choices={"writer": "witness"}, parties=named))
    assert answer.status_code == 400
    assert COLLEAGUE not in answer.text


# A measure that the ethics office asked for is run by another service than her request.


async def a_request(world: World, client: httpx.AsyncClient) -> tuple[str, str]:
    code = await code_of_new(client, draft(route="retaliation"))
    return code, await world.report_id(client, code)


async def test_a_measure_beside_her_request_is_shown_and_her_answer_goes_to_its_desk(
    world: World, client: httpx.AsyncClient
) -> None:
    code, report_id = await a_request(world, client)
    await world.tell("ethics", ETHICS_CASES, report_id, changed(report_id, 1, "requested", lifecycle="retaliation"))
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 1, "consent_asked", lifecycle=MEASURE))
    cases = (await inbox(client, code))["routes"][0]["cases"]
    assert [(one["lifecycle"], one["state"]) for one in cases] == [
        (MEASURE, "consent_asked"), ("retaliation", "requested"),
    ]  # fmt: skip
    actions = {}
    for lifecycle, action in ((MEASURE, "refuse_measure"), ("retaliation", "withdraw")):
        actions[lifecycle] = str(uuid4())
        body = {
            "report_id": report_id, "lifecycle": lifecycle, "number": 1, "action_id": actions[lifecycle],
            "action": action, "texts": {"risk_facts": "He was at my door."} if lifecycle == MEASURE else {},
        }  # fmt: skip
        assert (await client.post("/api/v1/inbox/actions", json=body, headers=with_code(code))).status_code == 202
    acted = {
        one.message.lifecycle: one.topic
        for one in await world.events(report_id)
        if isinstance(one.message, PersonActed)
    }
    assert acted == {MEASURE: "intake.reports.workflow.v1", "retaliation": "intake.reports.ethics.v1"}
    placed = {
        one.message.lifecycle: one.topic
        for one in await world.events(report_id)
        if isinstance(one.message, PlacedInInbox)
    }
    assert placed == acted
    # Her words stay with the office that she wrote to.
    assert {row["recipient"] for row in await world.wraps(report_id)} == {"route", "ethics/ethics", "intake/custodian"}
    refused = PersonActionRefused(
        report_id=report_id, lifecycle=MEASURE, number=1, action_id=actions[MEASURE], code="ACTION_NOT_OPEN"
    )
    await world.tell("workflow", WORKFLOW_CASES, report_id, refused)
    (route,) = (await inbox(client, code))["routes"]
    assert route["refused_actions"] == [{"action_id": actions[MEASURE], "code": "ACTION_NOT_OPEN"}]
    await world.tell(
        "workflow", WORKFLOW_CASES, report_id, CaseErased(report_id=report_id, lifecycle=MEASURE, number=1)
    )
    assert not (await inbox(client, code))["routes"][0]["closed"]
    assert await world.rows("select 1 from dead_letters where key = $1", report_id) == []


@pytest.mark.parametrize("lifecycle", ["formal_report", "respondent", "retaliation"])
async def test_nothing_else_of_another_service_is_shown_under_her_request(
    world: World, client: httpx.AsyncClient, lifecycle: str
) -> None:
    code, report_id = await a_request(world, client)
    await world.tell("workflow", WORKFLOW_CASES, report_id, changed(report_id, 1, "opened", lifecycle=lifecycle))
    letters = await world.rows("select code from dead_letters where key = $1", report_id)
    assert [row["code"] for row in letters] == ["report_of_another_desk"]
    assert (await inbox(client, code))["routes"][0]["cases"] == []
