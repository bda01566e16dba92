"""One person's story, step by step, through HTTP only; each step looks into the real part it belongs to.

Invented people (ops/demo/people.toml): S0018 is the person, S0017 her supervisor. Whoever acts is chosen by role.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from ops.demo import copies
from ops.demo.clients import Handler, Json, Reporter, StoryError, expect, until
from ops.demo.parts import Parts
from ops.demo.sign_in import access_token

PERSON, SUPERVISOR, NEXT_MANAGER, OTHER_MANAGER = "S0018", "S0017", "S0016", "S0019"
INVESTIGATOR, SECOND_INVESTIGATOR = "S0005", "S0006"
LEGAL_AND_HEAD, OTHER_HEAD, HR_DIRECTOR, HR_OFFICER = "S0003", "S0004", "S0002", "S0009"
ETHICS_OFFICER, AUDITOR = "S0007", "S0015"
FOCAL_POINTS = ("S0011", "S0012", "S0013")

FIRST_WORDS = "At three meetings he mocked how I speak, and he laughed when I asked him to stop."
REPLY = "Thank you for writing. Nothing happens without your word. Would Thursday suit you for a talk?"
ANSWER = "Thursday suits me. I would rather not meet near the third floor."
STANDS_BY = "I still stand by what I wrote, and it has gone on since."
REASONS = "Two colleagues depend on one man for leave and appraisal while the matter is assessed."
APPRAISAL = "poor_appraisal"


@dataclass
class Seen:
    """What a step saw and in which part."""

    seen: str
    where: str


@dataclass
class Story:
    http: httpx.AsyncClient
    parts: Parts
    reporter: Reporter
    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    earlier: set[str] = field(default_factory=set)  # cases of earlier runs on the same stack
    talk_report: str = ""
    talk_case: str = ""
    focal_point: str = ""
    formal_report: str = ""
    formal_case: str = ""
    measure_case: str = ""
    copy_before_purge: copies.Copy | None = None

    async def at(self, desk: str, staff_id: str) -> Handler:
        """That staff member, signed in at that desk."""
        if (desk, staff_id) not in self.handlers:
            token = await access_token(self.parts.oidc_issuer, staff_id)
            self.handlers[desk, staff_id] = Handler(self.http, self.parts.service(desk), token)
        return self.handlers[desk, staff_id]

    async def new_case(self, desk: str, staff_ids: Sequence[str], lifecycle: str, state: str) -> tuple[str, str] | None:
        """The first of them who sees a case of that kind that was not there when the story began, and the case."""
        for staff_id in staff_ids:
            for case in await (await self.at(desk, staff_id)).cases(lifecycle):
                if case["case_id"] not in self.earlier and case["state"] == state:
                    return staff_id, case["case_id"]
        return None

    async def begin(self) -> None:
        """Know what earlier runs left, and wait until the directory has heard that their measures have ended."""
        for staff_id in FOCAL_POINTS:
            self.earlier |= {case["case_id"] for case in await (await self.at("ombuds", staff_id)).cases()}
        for staff_id in (INVESTIGATOR, LEGAL_AND_HEAD):
            self.earlier |= {case["case_id"] for case in await (await self.at("workflow", staff_id)).cases()}

        self.parts.pass_over_mails()

        async def as_it_was() -> bool:
            return await self.parts.directory_line("workflow", PERSON) == SUPERVISOR

        await until(f"{SUPERVISOR} as {PERSON}'s supervisor in the people directory", as_it_was, 90)

    async def asks_for_a_talk(self) -> Seen:
        await self.parts.mark()
        answer = await self.reporter.lodge(
            {
                "route": "informal_resolution",
                "mode": "confidential",
                "language": "en",
                "answers": {"what_happened": FIRST_WORDS},
                "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
                "consents": {},
            }
        )
        self.talk_report = (await self.reporter.route("informal_resolution"))["report_id"]
        return Seen(
            f"201, an access code of {len(self.reporter.access_code.replace('-', ''))} characters, "
            f"next date {answer['next_date']}",
            "intake",
        )

    async def the_topic_says_nothing(self) -> Seen:
        async def lodged() -> list[str] | None:
            return [m.type for m in await self.parts.messages("intake.reports.ombuds.v1", self.talk_report)] or None

        types = await until("the report on its topic", lodged)
        silent = await self.parts.silent_since_mark(["intake.reports.workflow.v1", "intake.reports.ethics.v1"])
        if not silent:
            raise StoryError("another desk's topic has something of an informal talk")
        found = await self.parts.find_in_topics([FIRST_WORDS, PERSON, SUPERVISOR, self.reporter.access_code])
        if found:
            raise StoryError(f"words or persons on a topic: {found}")
        return Seen(f"{', '.join(types)}; no person, no word; other desks' topics have nothing", "Kafka")

    async def a_workflow_runs(self) -> Seen:
        async def running() -> str | None:
            return await self.parts.workflow_status("ombuds", self.talk_report)

        status = await until("a running workflow for the talk", running)
        return Seen(f"one workflow, {status}, under an id that says nothing", "Temporal")

    async def a_focal_point_accepts(self) -> Seen:
        self.focal_point, self.talk_case = await until(
            "a focal point who was offered the talk",
            lambda: self.new_case("ombuds", FOCAL_POINTS, "informal_resolution", "offered"),
        )
        if self.focal_point == "S0013":
            raise StoryError("a focal point of the supervisor's own line was matched")
        await (await self.at("ombuds", self.focal_point)).act("accept_match", self.talk_case)
        mail = await until("a mail to the focal point", lambda: self.parts.mail_to(self.focal_point))
        return Seen(f"{self.focal_point}, in no one's line, accepted; mail: «{mail}»", "ombuds, Maildir")

    async def they_talk(self) -> Seen:
        focal_point = await self.at("ombuds", self.focal_point)
        items = await focal_point.read_contents(self.talk_case, "conversation")
        if not any(item["text"] == FIRST_WORDS for item in items):
            raise StoryError("the focal point did not find the person's first words")
        await focal_point.write(self.talk_case, REPLY)

        async def said(text: str) -> bool:
            return any(m["text"] == text for m in (await self.reporter.route("informal_resolution"))["messages"])

        await until("the focal point's message in her inbox", lambda: said(REPLY))
        await self.reporter.write(self.talk_report, ANSWER)

        async def answered() -> bool:
            items = await focal_point.read_contents(self.talk_case, "conversation")
            return any(item["text"] == ANSWER for item in items)

        await until("her answer at the desk", answered)
        return Seen("read with a purpose, a message written, read with the code, answered", "ombuds, intake")

    async def she_makes_a_formal_report(self) -> Seen:
        await self.parts.mark()
        route = await self.reporter.route("informal_resolution")
        ticked = [answer["item_id"] for answer in route["answers"]]
        answer = await self.reporter.lodge(
            {
                "route": "formal_report",
                "mode": "confidential",
                "language": "en",
                "answers": {"what_happened": STANDS_BY},
                "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
                "consents": {"ethics_contact": True},
                "take_over": ticked,
            }
        )
        if "access_code" in answer:
            raise StoryError("a second code was given for a route on the same code")
        self.formal_report = (await self.reporter.route("formal_report"))["report_id"]
        _, self.formal_case = await until(
            "the formal report at OIO",
            lambda: self.new_case("workflow", [INVESTIGATOR], "formal_report", "submitted"),
        )
        if await self.parts.rows_with("workflow", self.talk_report) or await self.parts.find_in_topics(
            [self.talk_report], topics=["intake.reports.workflow.v1", "workflow.cases.v1", "audit.entries.v1"]
        ):
            raise StoryError("the oversight side holds the id of the talk")
        talk = await (await self.at("ombuds", self.focal_point)).case(self.talk_case)
        return Seen(
            f"a new id; workflow's tables and topics do not know the talk, which is «{talk['state']}»",
            "PostgreSQL, Kafka",
        )

    async def the_office_alerts(self) -> Seen:
        investigator = await self.at("workflow", INVESTIGATOR)
        await investigator.act("acknowledge", self.formal_case)
        await investigator.act("start_assessment", self.formal_case)
        items = await investigator.read_contents(self.formal_case, "assessment")
        if {FIRST_WORDS, STANDS_BY} - {item["text"] for item in items}:
            raise StoryError("OIO did not receive what the person ticked and wrote")
        risk = {"risk_facts": "He signs her leave and her appraisal; she asked twice for distance."}
        await investigator.act("alert_interim_measures", self.formal_case, texts=risk)
        legal = await self.at("workflow", LEGAL_AND_HEAD)

        _, self.measure_case = await until(
            "the interim measure at LEG",
            lambda: self.new_case("workflow", [LEGAL_AND_HEAD], "interim_measure", "alerted"),
        )
        await legal.act("alert", self.measure_case, texts=risk)
        return Seen("acknowledged, assessed; OIO and the legal officer have alerted", "workflow")

    async def the_other_head_decides(self) -> Seen:
        head, legal = await self.at("workflow", OTHER_HEAD), await self.at("workflow", LEGAL_AND_HEAD)
        await head.act("acknowledge_alert", self.measure_case)
        await (await self.at("workflow", SECOND_INVESTIGATOR)).act(
            "ask_consent", self.measure_case, facts={"alternative_offered": True}
        )

        async def asked() -> Json | None:
            case = await self.reporter.case("formal_report", "interim_measure")
            return case if case and any(o["action"] == "consent_to_measure" for o in case["offers"]) else None

        case = await until("the question of consent in her inbox", asked)
        await self.reporter.act(self.formal_report, case, "consent_to_measure")

        async def consented() -> bool:
            return bool((await head.case(self.measure_case))["state"] == "consented")

        await until("her consent at the desk", consented)
        now = datetime.now(UTC)
        facts = {
            "type": "reporting_line_change",
            "purpose": "prevent_repetition",
            "from_at": now.isoformat(),
            "review_at": (now + timedelta(seconds=self.parts.measure_seconds / 2)).isoformat(),
            "until_at": (now + timedelta(seconds=self.parts.measure_seconds)).isoformat(),
        }
        texts = {
            "reasons": REASONS,
            "least_burden": "Her work, place and hours stay as they are; only who signs changes.",
            "persons": json.dumps(
                {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
            ),
        }
        refused = await legal.try_to("decide_measure", self.measure_case, facts, texts)
        refusal = expect(refused, 409, "the legal officer deciding her own alert")
        await head.act("decide_measure", self.measure_case, facts, texts)
        excluded = await self.at("workflow", SUPERVISOR)
        his, never = await excluded.ask(self.measure_case), await excluded.ask(str(uuid4()))
        if (his.status_code, his.content) != (404, never.content) or never.status_code != 404:
            raise StoryError("the excluded supervisor can tell his case from one that never was")
        return Seen(
            f"own alert: 409 {refusal['code']} (rule {refusal['rule']}); the other head decided; "
            "the supervisor gets the 404 of a case that never was",
            "workflow",
        )

    async def hr_changes_the_line(self) -> Seen:
        async def changed() -> bool:
            return await self.parts.supervisor_of(PERSON) == OTHER_MANAGER

        await until("the temporary supervisor in the HR system", changed)
        return Seen(f"Tryton says: {PERSON} reports to {OTHER_MANAGER}", "Tryton")

    async def she_knows_first(self) -> Seen:
        async def effective() -> bool:
            case = await self.reporter.case("formal_report", "interim_measure")
            return bool(case and case["state"] == "effective")

        async def applied() -> bool:
            case = await self.reporter.case("formal_report", "interim_measure")
            return bool(case and case["state"] in {"applied", "effective"})

        await until("the measure in her inbox", applied)
        mail = await until("a mail to the other side", lambda: self.parts.mail_to(SUPERVISOR))
        await until("the measure effective", effective)
        placed, told = await self.parts.placed_and_told(self.formal_report)
        if told < placed:
            raise StoryError("the other side was told before her inbox said it")
        ahead = (told - placed).total_seconds()
        return Seen(f"in her inbox {ahead:.2f} s before the other side's mail «{mail}»; effective", "intake, Maildir")

    async def a_poor_appraisal_is_noticed(self) -> Seen:
        officer = await self.at("ethics", ETHICS_OFFICER)
        before = {case["case_id"] for case in await officer.cases("query")}
        await self.parts.record_personnel_action(
            {"kind": APPRAISAL, "staff_id": PERSON, "effective_on": datetime.now(UTC).date().isoformat()}
        )

        async def opened() -> str | None:
            new = [case["case_id"] for case in await officer.cases("query") if case["case_id"] not in before]
            return new[0] if new else None

        query = await until("the ethics office's query", opened)
        answer = await (await self.at("ethics", HR_OFFICER)).ask(query)
        if answer.status_code != 404:
            raise StoryError("HR can see that the ethics office asks")
        return Seen("one query at ECO; HR, asking for it, gets 404", "hr_bridge, Kafka, ethics")

    async def the_end_does_not_put_him_back(self) -> Seen:
        director = await self.at("workflow", HR_DIRECTOR)

        async def passed_on() -> bool:
            return bool((await director.case(self.measure_case))["state"] == "passed_on")

        await until("the end passing the line on", passed_on, self.parts.measure_seconds + 30)

        async def next_manager() -> bool:
            return await self.parts.supervisor_of(PERSON) == NEXT_MANAGER

        await until("the next manager in the HR system", next_manager)
        reminders = await self.parts.reminders_rung("workflow", self.measure_case, "im.end")
        if not reminders:
            raise StoryError("no reminder rang before the end")
        escalated = await until("a mail that it was passed on", lambda: self.parts.mail_to(HR_DIRECTOR))
        await director.act(
            "lift_measure",
            self.measure_case,
            facts={"safety_check": True},
            texts={"reasons": "She was asked, feels safe with the arrangement found, and the seating has changed."},
        )

        async def restored() -> bool:
            return await self.parts.supervisor_of(PERSON) == SUPERVISOR

        await until("the old supervisor in the HR system", restored)

        async def lifted() -> bool:
            return bool((await director.case(self.measure_case))["state"] == "lifted")

        await until("the measure lifted", lifted)
        return Seen(
            f"{reminders} reminders; at the end {NEXT_MANAGER}, not {SUPERVISOR}; mail «{escalated}»; "
            f"lifted by the HR director after the safety check; Tryton has {SUPERVISOR} again",
            "Temporal, Tryton, Maildir",
        )

    async def the_talk_is_purged(self) -> Seen:
        self.copy_before_purge = await copies.take(self.parts)
        readable = await copies.open_talk(
            self.parts, self.copy_before_purge, self.talk_report, self.reporter.access_code
        )
        if not readable:
            raise StoryError("control failed: today's keys do not open today's copy")
        case = await self.reporter.case("informal_resolution", "informal_resolution")
        if case is None:
            raise StoryError("her inbox does not show the talk")
        await self.reporter.act(self.talk_report, case, "end_talk", {"outcome": "resolved"})
        await until("the purge", lambda: self.parts.erased("ombuds", self.talk_case), 60)

        copy, code = self.copy_before_purge, self.reporter.access_code

        async def closed() -> bool:
            opens = await copies.open_talk(self.parts, copy, self.talk_report, code)
            return not opens and not await copies.matter_key_there(self.parts, self.talk_case)

        await until("the copy closed to today's keys", closed)
        await copies.drop(self.parts, copy)
        return Seen(
            f"{readable} items of a copy taken before could be opened; with today's keys, her code included, none can",
            "PostgreSQL, key store",
        )

    async def the_record_holds(self) -> Seen:
        auditor = await self.at("audit", AUDITOR)

        async def verified() -> Json | None:
            response = await auditor.http.get(f"{auditor.desk}/api/v1/verification", headers=auditor.headers)
            answer = expect(response, 200, "verifying the record")
            return answer if answer["ok"] and answer["sources"].get("ombuds", {}).get("arrived") else None

        answer = await until("a verified record with the ombuds chain head", verified, 90)
        missing = await self.parts.acts_missing_from_audit(
            {self.formal_case, self.measure_case},
            {"acknowledge", "alert", "ask_consent", "decide_measure", "lift_measure"},
        )
        if missing:
            raise StoryError(f"acts without an audit entry: {sorted(missing)}")
        if await self.parts.find_in_topics([self.talk_case, self.talk_report], topics=["audit.entries.v1"]):
            raise StoryError("the record names the talk")
        changed, removed = await copies.tampered(self.parts)
        return Seen(
            f"{answer['entries']} entries, no gap, head of the ombuds chain there; in copies: {changed}; {removed}",
            "audit",
        )

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[Seen]]]]:
        return [
            ("asks for an informal talk, without signing in", self.asks_for_a_talk),
            ("the event says nothing", self.the_topic_says_nothing),
            ("a workflow runs for it", self.a_workflow_runs),
            ("a focal point accepts", self.a_focal_point_accepts),
            ("they write to each other", self.they_talk),
            ("she makes a formal report", self.she_makes_a_formal_report),
            ("oversight assesses and alerts", self.the_office_alerts),
            ("a head who did not alert decides", self.the_other_head_decides),
            ("the HR system has the temporary supervisor", self.hr_changes_the_line),
            ("she is told first, then the other side", self.she_knows_first),
            ("a poor appraisal is noticed", self.a_poor_appraisal_is_noticed),
            ("at the end he does not fall back over her", self.the_end_does_not_put_him_back),
            ("the talk is purged", self.the_talk_is_purged),
            ("the record holds", self.the_record_holds),
        ]


def new_story(http: httpx.AsyncClient, parts: Parts) -> Story:
    return Story(http, parts, Reporter(http, parts.service("intake")))
