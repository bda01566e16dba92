"""The story's first half: she asks for a talk, has one, and carries her own words into a formal report."""

from contracts.topics import TOPICS
from ops.demo.clients import StoryError, until
from ops.demo.story import (
    ANSWER,
    FIRST_WORDS,
    FOCAL_POINTS,
    INVESTIGATOR,
    PERSON,
    REPLY,
    STANDS_BY,
    SUPERVISOR,
    Seen,
    Story,
)


async def asks_for_a_talk(story: Story) -> Seen:
    await story.parts.mark()
    answer = await story.reporter.lodge(
        {
            "route": "informal_resolution",
            "mode": "confidential",
            "language": "en",
            "answers": {"what_happened": FIRST_WORDS},
            "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
            "consents": {},
        }
    )
    story.talk_report = (await story.reporter.route("informal_resolution"))["report_id"]
    return Seen(
        f"201, an access code of {len(story.reporter.access_code.replace('-', ''))} characters, "
        f"next date {answer['next_date']}",
        "intake",
    )


async def the_topic_says_nothing(story: Story) -> Seen:
    async def lodged() -> list[str] | None:
        return [m.type for m in await story.parts.messages("intake.reports.ombuds.v1", story.talk_report)] or None

    types = await until("the report on its topic", lodged)
    silent = await story.parts.silent_since_mark(["intake.reports.workflow.v1", "intake.reports.ethics.v1"])
    others = TOPICS.keys() - {"intake.reports.ombuds.v1", "ombuds.cases.v1", "intake.applied.ombuds.v1"}
    if not silent or await story.parts.find_in_topics([story.talk_report], topics=others):
        raise StoryError("another service's topic has something of an informal talk")
    found = await story.parts.find_in_topics([FIRST_WORDS, PERSON, SUPERVISOR, story.reporter.access_code])
    if found:
        raise StoryError(f"words or persons on a topic: {found}")
    return Seen(f"{', '.join(types)}; no person, no word; other services' topics have nothing", "Kafka")


async def a_workflow_runs(story: Story) -> Seen:
    async def running() -> str | None:
        return await story.parts.workflow_status("ombuds", story.talk_report)

    status = await until("a running workflow for the talk", running)
    return Seen(f"one workflow, {status}, under an id that says nothing", "Temporal")


async def a_focal_point_accepts(story: Story) -> Seen:
    story.focal_point, story.talk_case = await until(
        "a focal point who was offered the talk",
        lambda: story.new_case("ombuds", FOCAL_POINTS, "informal_resolution", "offered"),
    )
    if story.focal_point == "S0013":
        raise StoryError("a focal point of the supervisor's own line was matched")
    await (await story.at("ombuds", story.focal_point)).act("accept_match", story.talk_case, {"told_limits": True})
    mail = await until("a mail to the focal point", lambda: story.parts.mail_to(story.focal_point))
    return Seen(f"{story.focal_point}, in no one's line, accepted; mail: «{mail}»", "ombuds, Maildir")


async def they_talk(story: Story) -> Seen:
    focal_point = await story.at("ombuds", story.focal_point)
    items = await focal_point.read_contents(story.talk_case, "conversation")
    if not any(item["text"] == FIRST_WORDS for item in items):
        raise StoryError("the focal point did not find the person's first words")
    await focal_point.write(story.talk_case, REPLY)

    async def said(text: str) -> bool:
        return any(m["text"] == text for m in (await story.reporter.route("informal_resolution"))["messages"])

    await until("the focal point's message in her inbox", lambda: said(REPLY))
    await story.reporter.write(story.talk_report, ANSWER)

    async def answered() -> bool:
        items = await focal_point.read_contents(story.talk_case, "conversation")
        return any(item["text"] == ANSWER for item in items)

    await until("her answer at the desk", answered)
    return Seen("read with a purpose, a message written, read with the code, answered", "ombuds, intake")


async def she_makes_a_formal_report(story: Story) -> Seen:
    await story.parts.mark()
    route = await story.reporter.route("informal_resolution")
    ticked = [answer["item_id"] for answer in route["answers"]]
    answer = await story.reporter.lodge(
        {
            "route": "formal_report",
            "mode": "confidential",
            "language": "en",
            "answers": {"what_happened": STANDS_BY},
            "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
            "consents": {"ethics_contact": True},
            "choices": {"writer": "affected"},
            "take_over": ticked,
        }
    )
    if "access_code" in answer:
        raise StoryError("a second code was given for a route on the same code")
    story.formal_report = (await story.reporter.route("formal_report"))["report_id"]
    _, story.formal_case = await until(
        "the formal report at OIO",
        lambda: story.new_case("workflow", [INVESTIGATOR], "formal_report", "submitted"),
    )
    if await story.parts.rows_with("workflow", story.talk_report) or await story.parts.find_in_topics(
        [story.talk_report], topics=["intake.reports.workflow.v1", "workflow.cases.v1", "audit.entries.v1"]
    ):
        raise StoryError("the oversight side holds the id of the talk")
    talk = await (await story.at("ombuds", story.focal_point)).case(story.talk_case)
    if talk["state"] != "talking":
        raise StoryError(f"the formal report has moved the talk to «{talk['state']}»")
    return Seen(
        f"a new id; workflow's tables and topics do not know the talk, which is «{talk['state']}»",
        "PostgreSQL, Kafka",
    )
