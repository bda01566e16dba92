"""What intake, workflow and the ethics office ask of one another about protection, by their real processes."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from ops.demo.clients import Json, Reporter
from ops.local_stack.oidc import Oidc
from tests import real_parts
from tests.integration.workflow.house import (
    COLLEAGUE,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
)
from tests.integration.workflow.test_request_path import only_case, seen
from tests.integration.workflow.whole import Whole, running
from tests.waiting import eventually

FORMAL, RETALIATION, MEASURE = "formal_report", "retaliation", "interim_measure"
WORDS = "Since I wrote to oversight my contract is to end early."
ETHICS_OFFICER, ALTERNATE = "S0007", "S0066"


@pytest.fixture(scope="module")
async def three(
    postgres: real_parts.PostgresServer,
    keystore: real_parts.PostgresServer,
    kafka: real_parts.KafkaServer,
    temporal: real_parts.TemporalServer,
    oidc: Oidc,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Whole]:
    """The ethics office runs too."""
    folder, services = tmp_path_factory.mktemp("three"), ("intake", "workflow", "ethics")
    async with running(postgres, keystore, kafka, temporal.address, oidc.issuer, folder, services) as made:
        yield made


async def lodged(three: Whole, route: str, affected: str = PERSON, **changes: Any) -> tuple[Reporter, str]:
    """(the reporter, her route's id)."""
    body: Json = {
        "route": route,
        "mode": "confidential",
        "answers": {"what_happened": WORDS},
        "parties": {"affected_individual": affected, "alleged_offender": [SUPERVISOR]},
    } | changes
    reporter = await three.reporter()

    async def taken() -> bool:
        # Before the desks' keys have come, intake can seal nothing to them.
        answer = await three.http.post(
            f"{three.url('intake')}/api/v1/reports", json=body, headers={"Idempotency-Key": str(uuid4())}
        )
        if answer.status_code == 201:
            reporter.access_code = answer.json()["access_code"]
        assert answer.status_code in {201, 503}, answer.text
        return answer.status_code == 201

    await eventually(taken)
    return reporter, str((await reporter.route(route))["report_id"])


async def register(three: Whole) -> dict[UUID, Any]:
    rows = await three.query("select protection_id, activity, contact_agreed, until from protected", "ethics")
    return {row.protection_id: row for row in rows}


async def added(three: Whole, known: set[UUID]) -> UUID:
    """The one that is in the register now and was not before."""

    async def come() -> set[UUID]:
        return set(await register(three)) - known

    (found,) = await eventually(come)
    return UUID(str(found))


async def formal_case(three: Whole, report_id: str) -> str:
    """Of this report, once oversight sees it; a case of an earlier test may come later than this one."""
    officer = await three.staff(INVESTIGATOR)
    of_report = "select case_id from cases where report_id = :report_id and lifecycle = :lifecycle"

    async def come() -> set[str]:
        rows = await three.query(of_report, report_id=UUID(report_id), lifecycle=FORMAL)
        return {str(row.case_id) for row in rows} & {case["case_id"] for case in await officer.cases(FORMAL)}

    (case_id,) = await eventually(come)
    return str(case_id)


async def test_inv_31_she_answers_a_measure_that_the_ethics_office_asked_for_and_oversight_never_hears_of_it(
    three: Whole,
) -> None:
    reporter, report_id = await lodged(three, RETALIATION)
    ethics, head = await three.staff(ETHICS_OFFICER, "ethics"), await three.staff(OTHER_HEAD)
    request = await only_case(ethics, RETALIATION)
    await ethics.act("acknowledge", request)
    facts = {"ground": "agreed", "urgency": "green"}
    await ethics.act("alert_interim_measures", request, facts, {"risk_facts": "Her post is being written off."})

    measure = await only_case(head, MEASURE)
    alternate = await three.staff(ALTERNATE)
    assert [one["case_id"] for one in await alternate.cases(MEASURE)] == [measure]
    for other in (INVESTIGATOR, SUPERVISOR, COLLEAGUE):
        handler = await three.staff(other)
        assert await handler.cases() == []
        assert (await handler.ask(measure)).status_code == 404
    await head.act("acknowledge_alert", measure)
    await alternate.act("ask_consent", measure, {"alternative_offered": True, "asked_type": "physical_separation"})

    # Under her one route, in her one inbox: what it is, and her answer to it.
    asked = await seen(reporter, RETALIATION, "consent_asked", MEASURE)
    assert asked["facts"]["measure"] == "physical_separation"
    await reporter.act(report_id, asked, "consent_to_measure", {"effects_seen": True})
    await seen(reporter, RETALIATION, "consented", MEASURE)
    assert (await head.case(measure))["state"] == "consented"
    # What cannot be taken is said to her, too; and intake and workflow have nothing left to say to one another.
    await reporter.act(report_id, asked, "refuse_measure")

    async def refused() -> list[Json]:
        found: list[Json] = (await reporter.route(RETALIATION))["refused_actions"]
        return found

    assert [one["code"] for one in await eventually(refused)] == ["ACTION_NOT_OPEN"]
    for service in ("intake", "workflow", "ethics"):
        assert await three.query("select code from dead_letters", service) == []


async def test_inv_46_the_look_ahead_runs_from_the_day_on_which_her_report_is_closed(three: Whole) -> None:
    known = set(await register(three))
    reporter, report_id = await lodged(three, FORMAL)
    protection = await added(three, known)
    before = (await register(three))[protection]
    assert (before.activity, before.contact_agreed, before.until) == ("reported", False, None)
    assert str(protection) != report_id

    # Her answer about contact is the register's as soon as she gives it, and takes it back.
    for given in (True, False):
        body = {"report_id": report_id, "consent": "ethics_contact", "given": given}
        headers = {"Authorization": f"AccessCode {reporter.access_code}"}
        answer = await three.http.post(f"{three.url('intake')}/api/v1/inbox/consents", json=body, headers=headers)
        assert answer.status_code == 204, answer.text
        assert (await reporter.route(FORMAL))["ethics_contact"] is given

        async def told(expected: bool = given) -> bool:
            return bool((await register(three))[protection].contact_agreed is expected)

        await eventually(told)

    officer, case_id = await three.staff(INVESTIGATOR), await formal_case(three, report_id)
    await officer.act("acknowledge", case_id)
    await officer.act("start_assessment", case_id)
    await seen(reporter, FORMAL, "assessing")
    assert (await register(three))[protection].until is None
    closing = {"reason": "no_reasonable_chance"}
    await officer.act("close_no_action", case_id, closing, {"reasons": "r"})

    async def ended() -> Any:
        return (await register(three))[protection].until

    assert await eventually(ended)


async def test_who_is_named_in_a_new_report_is_looked_up_and_the_ethics_office_alone_hears_of_it(
    three: Whole,
) -> None:
    known = set(await register(three))
    await lodged(three, FORMAL, OTHER_MANAGER)
    await added(three, known)
    ethics = await three.staff(ETHICS_OFFICER, "ethics")
    before = frozenset(case["case_id"] for case in await ethics.cases("query"))
    counter = {"affected_individual": SUPERVISOR, "alleged_offender": [OTHER_MANAGER]}
    reporter, report_id = await lodged(three, FORMAL, parties=counter, watch_for_retaliation=False)
    query = await only_case(ethics, "query", before)
    assert (await ethics.case(query))["facts"]["about"] == "counter_complaint"
    # Neither oversight nor whoever complains sees anything else than of any other report.
    case_id = await formal_case(three, report_id)
    assert OTHER_MANAGER not in str(await (await three.staff(INVESTIGATOR)).case(case_id))
    shown = (await reporter.route(FORMAL))["cases"]
    assert [case["state"] for case in shown] == ["submitted"]

    # About somebody who is not protected nobody asks.
    other = {"affected_individual": OTHER_MANAGER, "alleged_offender": [COLLEAGUE]}
    await lodged(three, FORMAL, parties=other, watch_for_retaliation=False)

    async def looked_up() -> bool:
        ((seen_ones,),) = await three.query(
            "select count(*) from seen_actions where about = 'counter_complaint'", "ethics"
        )
        lodgings = await three.query("select 1 from cases where lifecycle = 'formal_report'")
        return bool(seen_ones == len(lodgings))

    await eventually(looked_up)
    assert len(await ethics.cases("query")) == len(before) + 1


async def test_cooperation_is_protected_until_its_report_is_closed(three: Whole) -> None:
    _, report_id = await lodged(three, FORMAL, watch_for_retaliation=False)
    officer, case_id = await three.staff(INVESTIGATOR), await formal_case(three, report_id)
    await officer.act("acknowledge", case_id)
    await officer.act("start_assessment", case_id)
    known = set(await register(three))
    await officer.act("record_witness", case_id, texts={"witness": COLLEAGUE})
    protection = await added(three, known)
    row = (await register(three))[protection]
    assert (row.activity, row.until) == ("cooperated", None)
    await officer.act("close_no_action", case_id, {"reason": "no_reasonable_chance"}, {"reasons": "r"})

    async def ended() -> Any:
        return (await register(three))[protection].until

    assert await eventually(ended)


async def test_inv_31_what_is_no_matter_of_retaliation_goes_to_oversight_and_leaves_nothing_with_the_office(
    three: Whole,
) -> None:
    ethics, officer = await three.staff(ETHICS_OFFICER, "ethics"), await three.staff(INVESTIGATOR)
    known = frozenset(case["case_id"] for case in await ethics.cases(RETALIATION))
    reporter, report_id = await lodged(three, RETALIATION)
    request = await only_case(ethics, RETALIATION, known)
    await ethics.act("acknowledge", request)
    assert WORDS in {item["text"] for item in await ethics.read_contents(request, "assessment")}
    unagreed = await ethics.try_to("pass_on", request, {"reason": "no_retaliation", "she_agrees": False})
    assert unagreed.status_code == 409
    await ethics.act("pass_on", request, {"reason": "no_retaliation", "she_agrees": True})

    formal = await formal_case(three, report_id)
    await officer.act("acknowledge", formal)
    assert WORDS in {item["text"] for item in await officer.read_contents(formal, "assessment")}
    theirs = await ethics.case(request)
    assert (theirs["state"], theirs["facts"]) == ("passed_on", {})
    assert await ethics.read_contents(request, "assessment") == []

    async def stripped() -> bool:
        named = {"id": UUID(request)}
        left = await three.query("select count(*) from case_parties where case_id = :id", "ethics", **named)
        key = await three.query("select count(*) from reports where report_id = :id", "ethics", id=UUID(report_id))
        return bool((left[0][0], key[0][0]) == (0, 0))

    await eventually(stripped)
    # One route, at its new desk, and what she writes goes there.
    await seen(reporter, FORMAL, "acknowledged")
    assert len((await reporter.inbox())["routes"]) == 1
    await reporter.write(report_id, "Thank you.")

    async def arrived() -> bool:
        return "Thank you." in {item["text"] for item in await officer.read_contents(formal, "assessment")}

    await eventually(arrived)
    for head in (LEGAL_AND_HEAD, HR_DIRECTOR):
        assert (await (await three.staff(head)).ask(formal)).status_code == 404
    for service in ("intake", "workflow", "ethics"):
        assert await three.query("select code from dead_letters", service) == []
