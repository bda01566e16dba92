"""The story `supervisor`: she tells her manager, and nothing is said to anybody but what she has agreed to."""

from typing import Final

from ops.demo.clients import Json, StoryError, until
from ops.demo.story import INVESTIGATOR, Seen, Story

TELLER, COLLEAGUE, MANAGER, NEXT_MANAGER = "S0032", "S0052", "S0023", "S0022"
"""She and her colleague work for the manager whom she tells; none of them is in the other stories."""
REQUEST: Final = "supervisor_request"
TOLD: Final = "A colleague comments on my clothes whenever we are alone in the store."
WISH: Final = "That somebody tells him to stop, without my name."
PROPOSAL: Final = "I would remind him, alone, of how we speak to one another here. I would not name you."


async def tells_her_manager(story: Story) -> Seen:
    await story.parts.mark()
    answer = await story.reporter.lodge(
        {
            "route": REQUEST,
            "mode": "confidential",
            "language": "en",
            "answers": {"what_happened": TOLD, "wish": WISH},
            "parties": {"affected_individual": TELLER, "alleged_offender": [COLLEAGUE], "recipient": MANAGER},
            "choices": {"may_name": "ask_first"},
            "consents": {},
        }
    )
    story.report = (await story.reporter.route(REQUEST))["report_id"]

    async def protected() -> bool:
        found = await story.parts.messages("intake.reports.ethics.v1")
        return any("ProtectionStarted" in message.type for message in found)

    await until("her protection on the ethics office's topic", protected)
    return Seen(f"201, next date {answer['next_date']}; from this moment she is protected", "intake, Kafka")


async def he_alone_hears(story: Story) -> Seen:
    _, story.case = await until(
        "the request in the list of the manager whom she told",
        lambda: story.new_case("workflow", [MANAGER], REQUEST, "told"),
    )
    mail = await until("a mail to the manager", lambda: story.parts.mail_to(MANAGER))
    for other in (NEXT_MANAGER, INVESTIGATOR, COLLEAGUE):
        answer = await (await story.at("workflow", other)).ask(story.case)
        if answer.status_code != 404:
            raise StoryError(f"{other} can tell that there is a request")
    return Seen(f"{MANAGER} has it; mail: «{mail}»; his own manager, oversight and the colleague: 404", "workflow")


async def she_agrees_to_the_words(story: Story) -> Seen:
    manager = await story.at("workflow", MANAGER)
    await manager.act("acknowledge", story.case)
    items = await manager.read_contents(story.case, "request")
    if not {TOLD, WISH} <= {item["text"] for item in items}:
        raise StoryError("the manager did not find what she wrote")
    message = await manager.write(story.case, PROPOSAL)
    steps = {"message": message, "to_whom": "alleged_offender", "names_her": "no"}
    await manager.act("propose_steps", story.case, steps)

    async def asked() -> Json | None:
        case = await story.reporter.case(REQUEST, REQUEST)
        return case if case and any(offer["action"] == "agree_steps" for offer in case["offers"]) else None

    case = await until("the proposal in her inbox", asked)
    shown = {one["item_id"]: one["text"] for one in (await story.reporter.route(REQUEST))["messages"]}
    if shown.get(message) != PROPOSAL:
        raise StoryError("her inbox does not show the words that she is to agree to")
    early = await manager.try_to("speak_to_offender", story.case, {"unnamed": True}, {"what_was_said": PROPOSAL})
    if early.status_code != 409:
        raise StoryError("the manager could have spoken before she agreed")
    await story.reporter.act(story.report, case, "agree_steps", steps)
    await until("her yes at the desk", lambda: story.state_is("workflow", MANAGER, story.case, "steps_agreed"))
    return Seen(f"speaking before her yes: 409 {early.json()['code']}; then she agreed to these very words", "workflow")


async def he_speaks(story: Story) -> Seen:
    manager = await story.at("workflow", MANAGER)
    said = {"what_was_said": "I reminded him of how we speak to one another. He said that he would stop."}
    await manager.act("speak_to_offender", story.case, {"unnamed": True}, said)

    async def knows() -> bool:
        case = await story.reporter.case(REQUEST, REQUEST)
        return bool(case and case["state"] == "spoken_to_offender")

    await until("in her inbox that he has spoken", knows)
    if await story.parts.mail_to(COLLEAGUE):
        raise StoryError("the system has written to the colleague")
    return Seen("her inbox says so; nothing of ours has gone to the colleague", "intake, Maildir")


async def she_ends_it(story: Story) -> Seen:
    case = await story.reporter.case(REQUEST, REQUEST)
    assert case is not None  # it was seen in the step before
    await story.reporter.act(story.report, case, "end_request", {"outcome": "resolved"})
    await until("the end at the desk", lambda: story.state_is("workflow", MANAGER, story.case, "closed"))
    words = await story.parts.find_in_topics([TOLD, WISH, PROPOSAL, TELLER, COLLEAGUE, story.reporter.access_code])
    if words:
        raise StoryError(f"words or persons on a topic: {words}")
    reports = await (await story.at("workflow", INVESTIGATOR)).cases("formal_report")
    if any(one["case_id"] not in story.earlier for one in reports):
        raise StoryError("oversight has heard of it")
    return Seen("by her own word; no word and no person on any topic; oversight has nothing", "workflow, Kafka")


STEPS: Final = (
    ("she tells her manager", tells_her_manager),
    ("he alone hears of it", he_alone_hears),
    ("she agrees to what is said", she_agrees_to_the_words),
    ("he speaks, and she is told", he_speaks),
    ("she ends it", she_ends_it),
)
