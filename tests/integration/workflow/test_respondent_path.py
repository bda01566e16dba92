"""The alleged offender's side of a formal report, through the doors that oversight, legal affairs, a reviewer and he
himself sign in at, and her inbox beside it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from ops.demo.clients import Handler, Reporter
from tests.integration.workflow.house import INVESTIGATOR, LEGAL_AND_HEAD, PERSON, SUPERVISOR
from tests.integration.workflow.test_measure_path import WORDS, ids, new, reported, state_is
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

REVIEWER = "S0068"
FORMAL, HIS = "formal_report", "respondent"
LETTER = "Three remarks are said to have been made in meetings of the spring."
REASONS = "The office's own reasons, which name her."
HOLD = "Kept for a claim of hers."


async def investigated(whole: Whole) -> tuple[Reporter, Handler, str]:
    reporter, _, case_id = await reported(whole)
    investigator = await whole.staff(INVESTIGATOR)
    await investigator.act("acknowledge", case_id)
    await investigator.act("start_assessment", case_id)
    await investigator.act("open_investigation", case_id, {"kind": "other"}, {"reasons": REASONS})
    return reporter, investigator, case_id


async def notified(whole: Whole) -> tuple[Reporter, Handler, str, Handler, str]:
    """(the reporter, oversight, the report's case, he, his case)."""
    reporter, investigator, case_id = await investigated(whole)
    him = await whole.staff(SUPERVISOR)
    known = await ids(him, HIS)
    await investigator.act("notify_subject", case_id, texts={"letter": LETTER})
    return reporter, investigator, case_id, him, await new(him, HIS, known)


def at(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def texts(handler: Handler, case_id: str, purpose: str = "own_matter") -> set[str]:
    return {item["text"] for item in await handler.read_contents(case_id, purpose)}


def due(case: Any, key: str) -> Any:
    return next(clock["due_at"] for clock in case["clocks"] if clock["key"] == key)


async def fact(handler: Handler, case_id: str, name: str, value: Any) -> bool:
    return bool((await handler.case(case_id))["facts"].get(name) == value)


async def her_state(reporter: Reporter) -> str:
    case = await reporter.case(FORMAL, FORMAL)
    return str(case["state"]) if case else ""


async def test_inv_01_before_he_is_told_there_is_nothing_for_him_and_afterwards_nothing_of_her(whole: Whole) -> None:
    _, investigator, report_case = await investigated(whole)
    him = await whole.staff(SUPERVISOR)
    before = {case["case_id"] for case in await him.cases()}
    unknown = (await him.ask(str(uuid4()))).content
    assert (await him.ask(report_case)).content == unknown

    await investigator.act("notify_subject", report_case, texts={"letter": LETTER})
    (his,) = {case["case_id"] for case in await him.cases()} - before
    assert (await him.ask(report_case)).content == unknown, "his own case is all that he has of it"
    assert await texts(him, his) == {LETTER}
    # Under a hold that oversight sets in his case, with reasons of its own, he sees neither.
    hold = {"hold_owner": INVESTIGATOR, "hold_until": at(200)}
    await investigator.act("set_hold", his, hold, {"reasons": HOLD})
    assert HOLD in await texts(investigator, his, "handling")
    shown = await him.case(his)
    assert await texts(him, his) == {LETTER}
    assert [step["action"] for step in shown["steps"]] == ["notify"]
    assert "hold_until" not in shown["facts"]
    for said in (str(shown), str(await him.cases()), str(await him.read_contents(his, "own_matter"))):
        for word in (PERSON, INVESTIGATOR, WORDS, REASONS, HOLD):
            assert word not in said
    assert shown["assigned"].keys() == {"alleged_offender"}
    assert "support_contact" in shown["facts"]
    assert (await him.try_to("clear", his, texts={"letter": "Nothing."})).json()["code"] == "ROLE_NOT_ALLOWED"
    assert (await investigator.try_to("clear", his, texts={"letter": "No."})).json()["code"] == "ROLE_NOT_ALLOWED"


async def test_he_answers_is_charged_replies_and_is_cleared_and_the_report_and_her_inbox_follow(whole: Whole) -> None:
    reporter, investigator, report_case, him, his = await notified(whole)

    # More time, asked for by him and given in his case, is time in the report, too.
    await him.act("ask_more_time", his, {"time_for": "translation"})
    until = at(48)
    await investigator.act("extend_response", his, {"response_until": until})
    given = due(await him.case(his), "subject.response")
    assert due(await investigator.case(report_case), "subject.response") == given
    await investigator.act("extend_response", report_case, {"response_until": at(72)}, {"reasons": "He is ill."})
    longer = due(await investigator.case(report_case), "subject.response")
    assert due(await him.case(his), "subject.response") == longer > given
    assert "He is ill." not in await texts(him, his)

    await him.act("name_companion", his, texts={"companion": "A colleague of the staff association."})
    await investigator.act(
        "disclose_to_subject", report_case, {}, {"statement": "A witness heard one remark.", "reasons": REASONS}
    )
    early = await investigator.try_to(
        "report_to_leg", report_case, {"finding": "substantiated", "legal_officer": LEGAL_AND_HEAD}, {"report": "r"}
    )
    assert (early.json()["code"], early.json()["rule"]) == ("NOT_HEARD", "invariant 48")
    await him.act("respond", his, texts={"response": "I said it as a joke."})
    await eventually(lambda: fact(investigator, report_case, "subject_heard", True))
    assert "I said it as a joke." in await texts(investigator, his, "handling")

    # Legal affairs charge him, with the evidence; she sees one and the same state all the while.
    found = {"finding": "substantiated", "legal_officer": LEGAL_AND_HEAD}
    await investigator.act("report_to_leg", report_case, found, {"report": "What was found."})
    counsel = await whole.staff(LEGAL_AND_HEAD)
    assert (await counsel.ask(his)).status_code == 404, "what is between oversight and him is not theirs"
    await counsel.act("charge", report_case, {}, {"letter": "You are charged.", "evidence": "Two minutes."})
    assert (await him.case(his))["state"] == "charged"
    assert {"You are charged.", "Two minutes.", "A witness heard one remark."} <= await texts(him, his)
    await counsel.act("extend_reply", report_case, {"reply_until": at(90)}, {"reasons": "Much to read."})
    assert due(await him.case(his), "charge.reply") == due(await counsel.case(report_case), "charge.reply")
    await him.act("reply_to_charge", his, texts={"reply": "The minutes are wrong."})
    await eventually(lambda: state_is(counsel, report_case, "replied"))
    await eventually(lambda: _is(her_state(reporter), "at_leg"))

    # No finding: his letter comes in the same step, and he may still ask for a second look.
    await counsel.act("find_no_case", report_case, texts={"reasons": "The minutes do not bear it out."})
    assert (await him.case(his))["state"] == "cleared"
    read = await texts(him, his)
    assert [text for text in read if text.startswith("The matter in which you were told")]
    assert not read & {REASONS, WORDS, "The minutes do not bear it out.", "What was found.", "Much to read."}
    assert await her_state(reporter) == "at_leg"
    log = (whole.folder / "workflow.log").read_text()
    for word in (LETTER, "joke", SUPERVISOR, PERSON):
        assert word not in log


async def _is(said: Any, wanted: str) -> bool:
    return bool(await said == wanted)


async def test_a_review_that_he_asks_for_freezes_every_case_of_the_report_and_he_is_told_how_it_went(
    whole: Whole,
) -> None:
    _, investigator, report_case, him, his = await notified(whole)
    reviewer = await whole.staff(REVIEWER)
    known = await ids(reviewer, "review")
    await him.act("ask_review", his, {"about": "decision"}, {"request": "I was not heard in time."})
    review = await new(reviewer, "review", known)
    await eventually(lambda: fact(investigator, report_case, "frozen", True))
    assert await fact(investigator, his, "frozen", True)
    assert "frozen" not in (await him.case(his))["facts"]
    assert (await reviewer.ask(his)).status_code == 404
    await reviewer.act("take_review", review)
    assert "I was not heard in time." in await texts(reviewer, his, "review")
    assert REVIEWER not in str(await him.case(his))
    await reviewer.act("decide_review", review, {"outcome": "sent_back"}, {"reasons": "He was not."})
    assert (await him.case(his))["facts"]["outcome"] == "sent_back"
    assert "He was not." not in await texts(him, his)
    await reviewer.act("record_appeal", review, {"forum": "tribunal"})
    await reviewer.act("record_appeal_outcome", review, {"outcome": "withdrawn"}, {"reasons": "r"})
    await eventually(lambda: fact(investigator, report_case, "frozen", False))
    assert await fact(investigator, his, "frozen", False)
    assert (await reviewer.ask(his)).status_code == 404, "and the reviewer is out again"
    inbox = "select distinct lifecycle from route_cases"
    assert not {row.lifecycle for row in await whole.query(inbox, "intake")} & {HIS, "review"}, "nothing in her inbox"
