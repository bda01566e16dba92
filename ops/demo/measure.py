"""The interim measure: alerted, decided by somebody else, applied by the HR system, ended with nobody put back."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ops.demo.clients import Json, StoryError, expect, until
from ops.demo.story import (
    FIRST_WORDS,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    NEXT_MANAGER,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    REASONS,
    SECOND_INVESTIGATOR,
    STANDS_BY,
    SUPERVISOR,
    Seen,
    Story,
)


async def the_office_alerts(story: Story) -> Seen:
    investigator = await story.at("workflow", INVESTIGATOR)
    await investigator.act("acknowledge", story.formal_case)
    await investigator.act("start_assessment", story.formal_case)
    items = await investigator.read_contents(story.formal_case, "assessment")
    if {FIRST_WORDS, STANDS_BY} - {item["text"] for item in items}:
        raise StoryError("OIO did not receive what the person ticked and wrote")
    risk = {"risk_facts": "He signs her leave and her appraisal; she asked twice for distance."}
    alert = {"purpose": "prevent_repetition", "urgency": "green"}
    await investigator.act("alert_interim_measures", story.formal_case, alert, risk)
    legal = await story.at("workflow", LEGAL_AND_HEAD)

    _, story.measure_case = await until(
        "the interim measure at LEG",
        lambda: story.new_case("workflow", [LEGAL_AND_HEAD], "interim_measure", "alerted"),
    )
    await legal.act("alert", story.measure_case, texts=risk)
    return Seen("acknowledged, assessed; OIO and the legal officer have alerted", "workflow")


async def the_other_head_decides(story: Story) -> Seen:
    head, legal = await story.at("workflow", OTHER_HEAD), await story.at("workflow", LEGAL_AND_HEAD)
    await head.act("acknowledge_alert", story.measure_case)
    await (await story.at("workflow", SECOND_INVESTIGATOR)).act(
        "ask_consent", story.measure_case, facts={"alternative_offered": True}
    )

    async def asked() -> Json | None:
        case = await story.reporter.case("formal_report", "interim_measure")
        return case if case and any(o["action"] == "consent_to_measure" for o in case["offers"]) else None

    case = await until("the question of consent in her inbox", asked)
    await story.reporter.act(story.formal_report, case, "consent_to_measure", {"effects_seen": True})

    async def consented() -> bool:
        return bool((await head.case(story.measure_case))["state"] == "consented")

    await until("her consent at the desk", consented)
    now = datetime.now(UTC)
    facts = {
        "type": "reporting_line_change",
        "purpose": "prevent_repetition",
        "effects_seen": True,
        "from_at": now.isoformat(),
        "review_at": (now + timedelta(seconds=story.parts.measure_seconds / 2)).isoformat(),
        "until_at": (now + timedelta(seconds=story.parts.measure_seconds)).isoformat(),
    }
    texts = {
        "reasons": REASONS,
        "least_burden": "Her work, place and hours stay as they are; only who signs changes.",
        "persons": json.dumps(
            {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
        ),
    }
    refused = await legal.try_to("decide_measure", story.measure_case, facts, texts)
    refusal = expect(refused, 409, "the legal officer deciding her own alert")
    await head.act("decide_measure", story.measure_case, facts, texts)
    excluded = await story.at("workflow", SUPERVISOR)
    his, never = await excluded.ask(story.measure_case), await excluded.ask(str(uuid4()))
    if (his.status_code, his.content) != (404, never.content) or never.status_code != 404:
        raise StoryError("the excluded supervisor can tell his case from one that never was")
    return Seen(
        f"own alert: 409 {refusal['code']} (rule {refusal['rule']}); the other head decided; "
        "the supervisor gets the 404 of a case that never was",
        "workflow",
    )


async def hr_changes_the_line(story: Story) -> Seen:
    async def changed() -> bool:
        return await story.parts.supervisor_of(PERSON) == OTHER_MANAGER

    await until("the temporary supervisor in the HR system", changed)
    return Seen(f"Tryton says: {PERSON} reports to {OTHER_MANAGER}", "Tryton")


async def she_knows_first(story: Story) -> Seen:
    async def effective() -> bool:
        case = await story.reporter.case("formal_report", "interim_measure")
        return bool(case and case["state"] == "effective")

    async def applied() -> bool:
        case = await story.reporter.case("formal_report", "interim_measure")
        return bool(case and case["state"] in {"applied", "effective"})

    await until("the measure in her inbox", applied)
    mail = await until("a mail to the other side", lambda: story.parts.mail_to(SUPERVISOR))
    await until("the measure effective", effective)
    placed, told = await story.parts.placed_and_told(story.formal_report)
    if told < placed:
        raise StoryError("the other side was told before her inbox said it")
    ahead = (told - placed).total_seconds()
    return Seen(f"in her inbox {ahead:.2f} s before the other side's mail «{mail}»; effective", "intake, Maildir")


async def the_end_does_not_put_him_back(story: Story) -> Seen:
    director = await story.at("workflow", HR_DIRECTOR)

    async def passed_on() -> bool:
        return bool((await director.case(story.measure_case))["state"] == "passed_on")

    await until("the end passing the line on", passed_on, story.parts.measure_seconds + 30)

    async def next_manager() -> bool:
        return await story.parts.supervisor_of(PERSON) == NEXT_MANAGER

    await until("the next manager in the HR system", next_manager)
    reminders = await story.parts.reminders_rung("workflow", story.measure_case, "im.end")
    if not reminders:
        raise StoryError("no reminder rang before the end")
    escalated = await until("a mail that it was passed on", lambda: story.parts.mail_to(HR_DIRECTOR))
    await director.act(
        "lift_measure",
        story.measure_case,
        facts={"safety_check": True},
        texts={"reasons": "She was asked, feels safe with the arrangement found, and the seating has changed."},
    )

    async def restored() -> bool:
        return await story.parts.supervisor_of(PERSON) == SUPERVISOR

    await until("the old supervisor in the HR system", restored)

    async def lifted() -> bool:
        return bool((await director.case(story.measure_case))["state"] == "lifted")

    await until("the measure lifted", lifted)
    return Seen(
        f"{reminders} reminders; at the end {NEXT_MANAGER}, not {SUPERVISOR}; mail «{escalated}»; "
        f"lifted by the HR director after the safety check; Tryton has {SUPERVISOR} again",
        "Temporal, Tryton, Maildir",
    )
