"""The story `sea`: a rumour about a child reaches oversight at once, and help begins beside it."""

from typing import Final

from ops.demo.clients import StoryError, expect, until
from ops.demo.story import INVESTIGATOR, Seen, Story

PSEAH_OFFICER, SPECIALIST, WELFARE_OFFICER = "S0070", "S0072", "S0014"
SEA, SUPPORT, FORMAL = "sea_report", "support_referral", "formal_report"
RUMOUR: Final = "People at the water point say that one of our drivers gives money to a girl of thirteen."
NEED: Final = "A woman who speaks her language could listen to her."
PROVIDER: Final = "any_counsellor"
PREVIEW: Final = "A girl of thirteen would like to be listened to, in her own language, by a woman."


async def tells_of_a_rumour(story: Story) -> Seen:
    answer = await story.reporter.lodge(
        {
            "route": SEA,
            "mode": "anonymous",
            "language": "en",
            "answers": {"what_happened": RUMOUR},
            "choices": {
                "basis": "rumour",
                "affected_is": "child",
                "offender_class": "own_personnel",
                "urgent_needs": "yes",
                "writer": "personnel",
            },
            "consents": {},
        }
    )
    story.report = (await story.reporter.route(SEA))["report_id"]
    return Seen(f"201 without a name, an access code, next date {answer['next_date']}", "intake")


async def oversight_has_it_at_once(story: Story) -> Seen:
    _, story.case = await until(
        "the report at oversight", lambda: story.new_case("workflow", [INVESTIGATOR], SEA, "reported_to_oio")
    )
    mails = {
        who: await until(f"a mail to {who}", lambda who=who: story.parts.mail_to(who))  # type: ignore[misc]
        for who in (PSEAH_OFFICER, SPECIALIST)
    }
    helper = await story.at("workflow", PSEAH_OFFICER)
    hidden = await helper.read(story.case, "assessment")
    if hidden.status_code == 200 and any(item["text"] == RUMOUR for item in hidden.json()["items"]):
        raise StoryError("who helps has read the allegation")
    return Seen(f"at oversight; asked for help: {', '.join(mails)}, who cannot read what was told", "workflow, Maildir")


async def help_begins_beside_it(story: Story) -> Seen:
    await story.reporter.lodge(
        {
            "route": SUPPORT,
            "mode": "anonymous",
            "language": "en",
            "answers": {"wish": NEED},
            "choices": {"listening": "wished", "urgency": "now", "for_whom": "somebody_who_asked"},
            "consents": {},
        }
    )
    story.support_report = (await story.reporter.route(SUPPORT))["report_id"]
    _, story.support_case = await until(
        "the wish at the support cell", lambda: story.new_case("support", [PSEAH_OFFICER], SUPPORT, "offered")
    )
    officer = await story.at("support", PSEAH_OFFICER)
    await officer.act("assign_specialist", story.support_case, {"specialist": SPECIALIST})
    if (await (await story.at("support", INVESTIGATOR)).ask(story.support_case)).status_code != 404:
        raise StoryError("oversight can tell that somebody asked for help")
    return Seen("one more route on the same code; a specialist has it; oversight: 404", "support")


async def only_what_was_agreed_goes(story: Story) -> Seen:
    specialist = await story.at("support", SPECIALIST)
    await story.person_acts(
        SUPPORT, story.support_report, "give_consent", {"service": "listening", "scope": "needs", "own_word": True}
    )
    await until(
        "the consent at the cell", lambda: story.state_is("support", SPECIALIST, story.support_case, "consented")
    )
    preview = await specialist.write(story.support_case, PREVIEW)
    facts = {"provider": PROVIDER, "preview": preview, "shares": "needs", "must_report_told": True}

    async def prepared() -> bool:
        # Intake's word that she can see these words may be a moment behind them.
        answer = await specialist.try_to("prepare_referral", story.support_case, facts)
        if answer.status_code not in (200, 409, 412):
            expect(answer, 200, "prepare_referral")
        return answer.status_code == 200

    await until("the words that lie before her, ready to go", prepared)
    await story.person_acts(
        SUPPORT, story.support_report, "approve_referral", {"service": "listening", "preview": preview}
    )
    await until(
        "the approval at the cell", lambda: story.state_is("support", SPECIALIST, story.support_case, "approved")
    )
    await specialist.act("record_referred", story.support_case)
    await specialist.act("record_connected", story.support_case)

    async def connected() -> bool:
        case = await story.reporter.case(SUPPORT, SUPPORT)
        return bool(case and case["state"] == "connected")

    await until("in the inbox that help is there", connected)
    return Seen("consent to one service, the very words shown and approved, referred, connected", "support, intake")


async def oversight_takes_it_up(story: Story) -> Seen:
    await (await story.at("workflow", PSEAH_OFFICER)).act("record_assistance", story.case, {"assistance": "connected"})
    await (await story.at("workflow", INVESTIGATOR)).act("acknowledge", story.case)
    _, formal = await until(
        "the formal report that comes of it",
        lambda: story.new_case("workflow", [INVESTIGATOR], FORMAL, "submitted"),
    )
    clocks = {
        one["key"]: one["standing"]
        for one in (await (await story.at("workflow", INVESTIGATOR)).case(story.case))["clocks"]
    }
    if (clocks["sea.report"], clocks["sea.assist"]) != ("met", "met"):
        raise StoryError(f"a clock was not met: {clocks}")
    found = await story.parts.find_in_topics([RUMOUR, NEED, PREVIEW, story.reporter.access_code])
    if found:
        raise StoryError(f"words on a topic: {found}")
    return Seen(
        f"acknowledged; {FORMAL} opened ({formal[:8]}…); both clocks met; no word on any topic", "workflow, Kafka"
    )


STEPS: Final = (
    ("somebody tells of a rumour, without a name", tells_of_a_rumour),
    ("oversight has it at once", oversight_has_it_at_once),
    ("help begins beside it", help_begins_beside_it),
    ("only what was agreed to goes out", only_what_was_agreed_goes),
    ("oversight takes it up", oversight_takes_it_up),
)
