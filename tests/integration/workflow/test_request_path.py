"""What somebody tells a manager, what she tells of exploitation, and what anybody asks about themselves, through
intake, Temporal and the real topics.
"""

import json
import re
from typing import Any
from uuid import uuid4

from contracts.cases.v1.cases_pb2 import StaffNotice
from ops.demo.clients import Handler, Json, Reporter
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    NEXT_MANAGER,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
)
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

WORDS = "He comments on my clothes in front of the team."
WISH = "That somebody tells him to stop, without my name."
PROPOSAL = "I would say to him that such remarks stop. I would not say who told me."
ALLEGATION = "A driver of ours trades water for favours."
QUESTION, ANSWER = "Is anybody in danger now?", "I do not know. It is said to happen on Fridays."
REQUEST, SEA, FORMAL = "supervisor_request", "sea_report", "formal_report"
OWN_DATA, DATA_OFFICER = "data_request", "S0075"
OWN_WISH, TOLD = "Everything since I came.", "The directory holds your unit and your station. You sent nothing."
_PLACED = re.compile(r'"placed_version": \d+')
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(\+00:00|Z))?")


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


async def test_a_request_about_the_manager_it_names_goes_to_the_next_level_at_her_word(whole: Whole) -> None:
    reporter, report_id = await lodged(whole)
    manager, supervisor = await whole.staff(NEXT_MANAGER), await whole.staff(SUPERVISOR)
    case = await seen(reporter, REQUEST, "asking_who_next")
    await reporter.act(report_id, case, "ask_next_level", {})
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


def alike(shown: Json, who: str) -> str:
    """Without what differs for any two people: numbers, ids, times, and which step a message came in before."""
    told = _PLACED.sub("placed", json.dumps(shown, sort_keys=True).replace(who, "S...."))
    return _TIME.sub("time", _ID.sub("id", told))


async def test_inv_01_whoever_is_named_in_a_report_asks_and_is_answered_as_somebody_who_is_not(whole: Whole) -> None:
    investigator, officer = await whole.staff(INVESTIGATOR), await whole.staff(DATA_OFFICER)
    known = frozenset(case["case_id"] for case in await investigator.cases(FORMAL))
    await lodged(
        whole,
        route=FORMAL,
        answers={"what_happened": WORDS},
        parties={"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
    )
    formal = await only_case(investigator, FORMAL, known)

    answers: list[list[str]] = []
    for who in (SUPERVISOR, OTHER_MANAGER):
        before = frozenset(case["case_id"] for case in await officer.cases(OWN_DATA))
        reporter, _ = await lodged(
            whole,
            route=OWN_DATA,
            answers={"wish": OWN_WISH},
            parties={"affected_individual": who},
            choices={"right": "know"},
        )
        case_id = await only_case(officer, OWN_DATA, before)
        # Whoever answers sees the request and no report; nobody else sees the request, and he not his own.
        assert await officer.cases(FORMAL) == []
        assert (await officer.ask(formal)).status_code == 404
        for other in (investigator, await whole.staff(who), await whole.staff(OTHER_HEAD)):
            assert (await other.ask(case_id)).status_code == 404
        texts = {item["text"] for item in await officer.read_contents(case_id, "request")}
        assert OWN_WISH in texts
        assert any(who in text for text in texts), "whose data it is"

        await seen(reporter, OWN_DATA, "received")
        said = [alike(await officer.case(case_id), who), alike(await reporter.route(OWN_DATA), who)]
        early = await officer.try_to("extend_time", case_id, {"message": "a1b2", "ground": "many_requests"})
        assert (early.status_code, early.json()["code"]) == (409, "ACTION_NOT_OPEN")
        await officer.act("record_identity", case_id, {"shown": "in_person"})
        message = await officer.write(case_id, TOLD)
        facts = {"message": message, "reason": "told_what_may_be_told"}
        unsure = await officer.try_to("answer_request", case_id, {**facts, "nothing_of_others": False})
        assert (unsure.status_code, unsure.json()["code"]) == (409, "NOT_CONFIRMED")
        await officer.act("answer_request", case_id, {**facts, "nothing_of_others": True})
        shown = await seen(reporter, OWN_DATA, "answered")
        assert shown["wording_key"] == "data_request.answered"
        route = await reporter.route(OWN_DATA)
        assert TOLD in {one["text"] for one in route["messages"]}
        answers.append([*said, alike(await officer.case(case_id), who), alike(route, who)])
    assert answers[0] == answers[1], "the same answer, the same bytes"


async def test_two_clocks_of_an_answer_run_one_after_the_other_and_a_withdrawal_ends_them(whole: Whole) -> None:
    officer = await whole.staff(DATA_OFFICER)
    before = frozenset(case["case_id"] for case in await officer.cases(OWN_DATA))
    reporter, report_id = await lodged(
        whole, route=OWN_DATA, answers={}, parties={"affected_individual": PERSON}, choices={}
    )
    case_id = await only_case(officer, OWN_DATA, before)
    await officer.act("record_identity", case_id, {"shown": "by_video"})
    first = {one["key"]: one for one in (await officer.case(case_id))["clocks"]}["dsr.reply"]
    assert (first["standing"], first["confidence"]) == ("running", "D"), "a rehearsal's"
    message = await officer.write(case_id, "It is more than we can look at in a month.")
    await officer.act("extend_time", case_id, {"message": message, "ground": "much_to_look_at"})
    clocks = {one["key"]: one for one in (await officer.case(case_id))["clocks"]}
    assert clocks["dsr.reply"]["standing"] == "met"
    assert clocks["dsr.reply.extension"]["started_at"] == first["due_at"]
    again = await officer.try_to("extend_time", case_id, {"message": message, "ground": "much_to_look_at"})
    assert again.json()["code"] == "ACTION_NOT_OPEN"
    case = await seen(reporter, OWN_DATA, "extended")
    assert case["next_date"] is not None
    await reporter.act(report_id, case, "withdraw_request", {"reason": "withdrawn"})
    await seen(reporter, OWN_DATA, "taken_back")
