"""What somebody tells a manager, and what she tells of exploitation, through intake, Temporal and the real topics."""

from typing import Any
from uuid import uuid4

from contracts.cases.v1.cases_pb2 import StaffNotice
from ops.demo.clients import Handler, Json, Reporter
from tests.integration.workflow.house import COLLEAGUE, INVESTIGATOR, NEXT_MANAGER, OTHER_HEAD, PERSON, SUPERVISOR
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

WORDS = "He comments on my clothes in front of the team."
WISH = "That somebody tells him to stop, without my name."
PROPOSAL = "I would say to him that such remarks stop. I would not say who told me."
ALLEGATION = "A driver of ours trades water for favours."
QUESTION, ANSWER = "Is anybody in danger now?", "I do not know. It is said to happen on Fridays."
REQUEST, SEA, FORMAL = "supervisor_request", "sea_report", "formal_report"


async def lodged(whole: Whole, **changes: Any) -> tuple[Reporter, str]:
    """(the reporter, her route's id)."""
    body: Json = {
        "route": REQUEST,
        "mode": "confidential",
        "answers": {"what_happened": WORDS, "wish": WISH},
        "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR], "recipient": SUPERVISOR},
        # Protection is the ethics office's matter, which is not here.
        "watch_for_retaliation": False,
    } | changes
    reporter = await whole.reporter()

    async def taken() -> bool:
        # Before workflow's desk key has come, intake can seal nothing to it.
        answer = await whole.http.post(
            f"{whole.url('intake')}/api/v1/reports", json=body, headers={"Idempotency-Key": str(uuid4())}
        )
        if answer.status_code == 201:
            reporter.access_code = answer.json()["access_code"]
        assert answer.status_code in {201, 503}, answer.text
        return answer.status_code == 201

    await eventually(taken)
    return reporter, (await reporter.route(body["route"]))["report_id"]


async def seen(reporter: Reporter, route: str, state: str, lifecycle: str | None = None) -> Json:
    async def shown() -> Json | None:
        case = await reporter.case(route, lifecycle or route)
        return case if case and case["state"] == state else None

    found: Json = await eventually(shown)
    return found


async def only_case(handler: Handler, lifecycle: str, known: frozenset[str] = frozenset()) -> str:
    async def come() -> set[str]:
        return {case["case_id"] for case in await handler.cases(lifecycle)} - known

    (case_id,) = await eventually(come)
    return str(case_id)


async def test_a_request_about_the_manager_it_names_goes_to_the_next_level_and_back_to_her(whole: Whole) -> None:
    reporter, report_id = await lodged(whole)
    manager, supervisor = await whole.staff(NEXT_MANAGER), await whole.staff(SUPERVISOR)
    case_id = await only_case(manager, REQUEST)

    # She is told who has it; whom it is about, and everybody else, has nothing to see.
    async def told() -> bool:
        case = await reporter.case(REQUEST, REQUEST)
        return bool(case and case["facts"] == {"manager": NEXT_MANAGER})

    await eventually(told)
    for other in (SUPERVISOR, COLLEAGUE, INVESTIGATOR, OTHER_HEAD):
        handler = await whole.staff(other)
        assert await handler.cases(REQUEST) == []
        assert (await handler.ask(case_id)).status_code == 404

    # He reads what she wrote, proposes, and can do nothing before she has agreed.
    await manager.act("acknowledge", case_id)
    texts = {item["text"] for item in await manager.read_contents(case_id, "request")}
    assert {WORDS, WISH} <= texts
    assert (await supervisor.read(case_id, "request")).status_code == 404
    message = await manager.write(case_id, PROPOSAL)
    await manager.act("propose_steps", case_id, {"message": message, "to_whom": "alleged_offender", "names_her": "no"})
    early = await manager.try_to("speak_to_offender", case_id, {"unnamed": True}, {"what_was_said": "x"})
    assert (early.status_code, early.json()["code"]) == (409, "ACTION_NOT_OPEN")
    case = await seen(reporter, REQUEST, "steps_proposed")
    (offer,) = [one for one in case["offers"] if one["action"] == "agree_steps"]
    agreed = {field["name"]: field["choices"][0] for field in offer["fields"]}
    assert agreed == {"message": message, "to_whom": "alleged_offender", "names_her": "no"}
    assert {one["item_id"]: one["text"] for one in (await reporter.route(REQUEST))["messages"]}[message] == PROPOSAL
    await reporter.act(report_id, case, "agree_steps", agreed)
    await seen(reporter, REQUEST, "steps_agreed")
    named = await manager.try_to("speak_to_offender", case_id, {"unnamed": False}, {"what_was_said": "x"})
    assert (named.status_code, named.json()["code"]) == (409, "NAMING_NOT_AGREED")
    await manager.act("speak_to_offender", case_id, {"unnamed": True}, {"what_was_said": "Such remarks stop."})

    # She alone says how it ended; only the one manager ever heard of it.
    case = await seen(reporter, REQUEST, "spoken_to_offender")
    await reporter.act(report_id, case, "end_request", {"outcome": "resolved"})
    await seen(reporter, REQUEST, "closed")
    notices = [one for _, key, one in whole.mail.seen if key == report_id and isinstance(one, StaffNotice)]
    assert {notice.wording_key for notice in notices} <= {
        "supervisor_request.arrived",
        "supervisor_request.steps_accepted",
        "supervisor_request.over",
    }


async def test_without_her_yes_he_acts_only_after_her_inbox_has_told_her(whole: Whole) -> None:
    reporter, _ = await lodged(whole, parties={"affected_individual": PERSON, "recipient": SUPERVISOR})
    manager = await whole.staff(SUPERVISOR)
    case_id = await only_case(manager, REQUEST)
    await manager.act("acknowledge", case_id)
    await manager.act("announce_act", case_id, texts={"reasons": "It happened again yesterday, to somebody else."})

    async def may_act() -> bool:
        state: str = (await manager.case(case_id))["state"]
        return state == "may_act"

    await eventually(may_act)
    assert (await manager.case(case_id))["placed_version"] >= 4, "her inbox had it first"
    case = await seen(reporter, REQUEST, "may_act")
    assert case["wording_key"] == "supervisor_request.may_act"
    refused = await manager.try_to("take_team_measure", case_id, {"unnamed": False}, {"what_was_done": "x"})
    assert refused.json()["code"] == "NAMING_NOT_AGREED"
    await manager.act("take_team_measure", case_id, {"unnamed": True}, {"what_was_done": "A talk with all of them."})


async def test_a_rumour_about_a_child_is_at_oversight_at_once_and_helpers_read_none_of_it(whole: Whole) -> None:
    rumour = "A driver is said to give a girl of thirteen money."
    reporter, report_id = await lodged(
        whole,
        route=SEA,
        mode="anonymous",
        answers={"what_happened": rumour},
        parties={"alleged_offender": [COLLEAGUE]},
        choices={"affected_is": "child", "basis": "rumour", "writer": "community_member"},
    )
    officer, helper = await whole.staff(INVESTIGATOR), await whole.staff("S0070")
    case_id = await only_case(officer, SEA)
    await seen(reporter, SEA, "reported_to_oio")
    assert rumour in {item["text"] for item in await officer.read_contents(case_id, "assessment")}
    assert (await helper.ask(case_id)).status_code == 200
    assert (await helper.read(case_id, "assessment")).status_code == 404
    assert (await (await whole.staff(COLLEAGUE)).ask(case_id)).status_code == 404
    await helper.act("record_assistance", case_id, {"assistance": "connected"})
    await officer.act("acknowledge", case_id)
    formal = await only_case(officer, FORMAL)
    # The same report, sealed to the same office: oversight reads it there, and she sees both.
    assert rumour in {item["text"] for item in await officer.read_contents(formal, "assessment")}
    assert (await helper.ask(formal)).status_code == 404
    assert (await (await whole.staff(COLLEAGUE)).ask(formal)).status_code == 404
    case = await seen(reporter, SEA, "oio_acknowledged")
    await reporter.act(report_id, case, "stop_taking_part", {"stop_contact": True})

    async def stopped() -> bool:
        return (await officer.case(case_id))["facts"].get("stop_contact") is True

    await eventually(stopped)


async def test_what_a_manager_turns_into_a_report_of_abuse_is_answered_on_her_own_route(whole: Whole) -> None:
    reporter, report_id = await lodged(whole, parties={"affected_individual": PERSON, "recipient": SUPERVISOR})
    manager, officer = await whole.staff(SUPERVISOR), await whole.staff(INVESTIGATOR)
    before = frozenset(case["case_id"] for case in await manager.cases(REQUEST) if case["state"] != "told")
    known = frozenset(case["case_id"] for case in await officer.cases(SEA))
    request = await only_case(manager, REQUEST, before)
    await manager.act("acknowledge", request)
    facts = {"reason": "affected_not_personnel", "affected_is": "beneficiary"}
    await manager.act("turn_into_sea", request, facts, {"allegation": ALLEGATION})
    report = await only_case(officer, SEA, known)

    # Oversight has his words, and none that she wrote to him.
    async def reached_oversight() -> bool:
        return bool((await officer.case(report))["state"] == "reported_to_oio")

    await eventually(reached_oversight)
    assert {item["text"] for item in await officer.read_contents(report, "assessment")} == {ALLEGATION}

    # It writes to her, and reads what she answers there; he reads neither, and she reads all of it.
    await officer.write(report, QUESTION)
    await reporter.write(report_id, ANSWER)

    async def answered() -> bool:
        return {QUESTION, ANSWER, ALLEGATION} == {i["text"] for i in await officer.read_contents(report, "assessment")}

    await eventually(answered)
    his = {item["text"] for item in await manager.read_contents(request, "request")}
    assert not his & {QUESTION, ANSWER}
    assert (await manager.ask(report)).status_code == 404
    route = await reporter.route(SEA)
    assert {QUESTION, ANSWER} <= {one["text"] for one in route["messages"]}
    assert {WORDS, WISH} <= {one["text"] for one in route["answers"]}
    assert len((await reporter.inbox())["routes"]) == 1
