"""The story `misdirected`: what was meant for oversight came to a manager, who passes it on once and keeps nothing."""

from typing import Final

from ops.demo.clients import StoryError, until
from ops.demo.story import INVESTIGATOR, Seen, Story

TELLER, COLLEAGUE, MANAGER = "S0037", "S0047", "S0022"
REQUEST, MISDIRECTED, FORMAL = "supervisor_request", "misdirected_report", "formal_report"
REPORTED: Final = "For a year he has decided who is promoted by who has dinner with him. I report this formally."
WISH: Final = "That it is looked into by whoever has to."


async def reports_to_the_wrong_one(story: Story) -> Seen:
    await story.reporter.lodge(
        {
            "route": REQUEST,
            "mode": "confidential",
            "language": "en",
            "answers": {"what_happened": REPORTED, "wish": WISH},
            "parties": {"affected_individual": TELLER, "alleged_offender": [COLLEAGUE], "recipient": MANAGER},
            "consents": {},
        }
    )
    story.report = (await story.reporter.route(REQUEST))["report_id"]
    _, story.case = await until(
        "it in the list of the manager whom she told",
        lambda: story.new_case("workflow", [MANAGER], REQUEST, "told"),
    )
    return Seen(f"{MANAGER} has what was meant for oversight", "intake, workflow")


async def he_passes_it_on_unread(story: Story) -> Seen:
    manager = await story.at("workflow", MANAGER)
    await manager.act("pass_on", story.case, {"reason": "not_for_me", "matter": FORMAL})
    _, story.formal_case = await until(
        "the formal report at oversight",
        lambda: story.new_case("workflow", [INVESTIGATOR], FORMAL, "submitted"),
    )
    investigator = await story.at("workflow", INVESTIGATOR)

    async def readable() -> bool:
        answer = await investigator.read(story.formal_case, "assessment")
        return answer.status_code == 200 and any(item["text"] == REPORTED for item in answer.json()["items"])

    await until("what she wrote, readable at oversight", readable)
    return Seen("one act, no inquiry; oversight has it under the same id and reads it", "workflow")


async def nothing_is_kept(story: Story) -> Seen:
    manager = await story.at("workflow", MANAGER)

    async def gone() -> bool:
        return not await story.parts.wraps_for(story.report, "workflow/supervisors")

    await until("no key of the manager's desk left in the key store", gone)
    answer = await manager.read(story.case, "request")
    if answer.status_code == 200 and any(item["text"] in {REPORTED, WISH} for item in answer.json()["items"]):
        raise StoryError("the manager can still read it")
    here = await story.parts.wraps_for(story.report, "workflow/oio")
    return Seen(f"key store: 0 keys of the manager's desk, {here} of oversight's; he reads nothing", "key store")


async def she_is_told(story: Story) -> Seen:
    async def told() -> bool:
        cases = (await story.reporter.inbox())["routes"]
        return any(case["lifecycle"] == MISDIRECTED for route in cases for case in route["cases"])

    await until("in her inbox that it was passed on", told)
    investigator = await story.at("workflow", INVESTIGATOR)
    await investigator.act("acknowledge", story.formal_case)
    words = await story.parts.find_in_topics([REPORTED, WISH, story.reporter.access_code])
    if words:
        raise StoryError(f"words on a topic: {words}")
    return Seen("her inbox says where it is now; oversight has acknowledged; no word on any topic", "intake, Kafka")


STEPS: Final = (
    ("a report reaches a manager by mistake", reports_to_the_wrong_one),
    ("he passes it on, once", he_passes_it_on_unread),
    ("nothing of it is kept", nothing_is_kept),
    ("she is told where it is", she_is_told),
)
