"""What is watched over afterwards: a detrimental action, the purge of the talk, the record."""

from datetime import UTC, datetime

from ops.demo import copies
from ops.demo.clients import Json, StoryError, expect, until
from ops.demo.story import (
    APPRAISAL,
    AUDITOR,
    ETHICS_OFFICER,
    HR_OFFICER,
    PERSON,
    Seen,
    Story,
)

OUTSIDE_THE_TALK = frozenset(
    {
        "acknowledge", "start_assessment", "alert_interim_measures", "alert", "acknowledge_alert", "ask_consent",
        "consent_to_measure", "decide_measure", "record_applied", "record_placed", "lift_measure", "record_restored",
    }
)  # fmt: skip
"""What the people do in the report's case and the measure's, and what is recorded of it."""
SOURCES = ("intake", "ombuds", "workflow", "ethics", "hr_bridge", "notifications")


async def a_poor_appraisal_is_noticed(story: Story) -> Seen:
    officer = await story.at("ethics", ETHICS_OFFICER)
    before = {case["case_id"] for case in await officer.cases("query")}
    await story.parts.record_personnel_action(
        {"kind": APPRAISAL, "staff_id": PERSON, "effective_on": datetime.now(UTC).date().isoformat()}
    )

    async def opened() -> str | None:
        new = [case["case_id"] for case in await officer.cases("query") if case["case_id"] not in before]
        return new[0] if new else None

    query = await until("the ethics office's query", opened)
    answer = await (await story.at("ethics", HR_OFFICER)).ask(query)
    if answer.status_code != 404:
        raise StoryError("HR can see that the ethics office asks")
    return Seen("one query at ECO; HR, asking for it, gets 404", "hr_bridge, Kafka, ethics")


async def the_talk_is_purged(story: Story) -> Seen:
    copy, code = await copies.take(story.parts), story.reporter.access_code
    readable = await copies.open_talk(story.parts, copy, story.talk_report, code)
    if not readable:
        raise StoryError("control failed: today's keys do not open today's copy")
    case = await story.reporter.case("informal_resolution", "informal_resolution")
    if case is None:
        raise StoryError("her inbox does not show the talk")
    await story.reporter.act(story.talk_report, case, "end_talk", {"outcome": "resolved"})
    await until("the purge", lambda: story.parts.erased("ombuds", story.talk_case), 60)

    async def closed() -> bool:
        opens = await copies.open_talk(story.parts, copy, story.talk_report, code)
        return not opens and not await copies.matter_key_there(story.parts, story.talk_case)

    await until("the copy closed to today's keys", closed)
    await copies.drop(story.parts, copy)
    return Seen(
        f"{readable} items of a copy taken before could be opened; with today's keys, her code included, none can",
        "PostgreSQL, key store",
    )


async def the_record_holds(story: Story) -> Seen:
    auditor = await story.at("audit", AUDITOR)

    async def verified() -> Json | None:
        response = await auditor.http.get(f"{auditor.desk}/api/v1/verification", headers=auditor.headers)
        answer = expect(response, 200, "verifying the record")
        return answer if answer["ok"] and answer["sources"].get("ombuds", {}).get("arrived") else None

    answer = await until("a verified record with the ombuds chain head", verified, 90)
    missing = await story.parts.acts_missing_from_audit({story.formal_case, story.measure_case}, OUTSIDE_THE_TALK)
    if missing:
        raise StoryError(f"acts without an audit entry: {sorted(missing)}")
    silent = [name for name in SOURCES if not sum(answer["sources"].get(name, {}).get("arrived", {}).values())]
    if silent:
        raise StoryError(f"services without an audit entry: {silent}")
    if await story.parts.find_in_topics([story.talk_case, story.talk_report], topics=["audit.entries.v1"]):
        raise StoryError("the record names the talk")
    changed, removed = await copies.tampered(story.parts)
    return Seen(
        f"{answer['entries']} entries, no gap, head of the ombuds chain there; in copies: {changed}; {removed}",
        "audit",
    )
