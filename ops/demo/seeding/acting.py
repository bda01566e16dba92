"""One invented matter carried out: every step by whoever may take it, through the portal's and the desks' interfaces.

Which case belongs to which report no interface says, and none should: that alone is looked up in the desk's own table.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx

from ops.demo.clients import Handler, Json, Reporter, StoryError, expect, until
from ops.demo.parts import Parts
from ops.demo.seeding.filling import Filling
from ops.demo.seeding.matters import Matter, Place, Step
from ops.demo.sign_in import access_token
from ops.lifecycle_docs import LIFECYCLES

SHE, HE, HANDLER, HR_SYSTEM = "she", "he", "handler", "hr_system"
"""Who is not named by a staff id: the person, the one it is about, whoever has a part in the case, HR's own system."""
OF_NO_REPORT: Final = frozenset({"respondent", "danger_alert", "query"})
"""Cases under an id of their own: found in the list of whoever acts."""
PATIENCE: Final = 90.0
"""Seconds: for a step to be open, and for a state to be reached."""
EVERY: Final = 0.4
RULES: Final = {(table.name, state, action) for table in LIFECYCLES for state, action in table.rule_of}
"""Which action is known in which state: a desk is asked once a case stands where the step is to be taken."""
PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)
"""A picture of one dot."""


@dataclass
class Town:
    """What all matters share: the running parts, who has signed in where, and whose supervisor is whom."""

    http: httpx.AsyncClient
    parts: Parts
    rows: asyncpg.Pool
    people: Mapping[str, str]
    lines: Mapping[str, str]
    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    async def at(self, service: str, staff_id: str) -> Handler:
        if (service, staff_id) not in self.handlers:
            token = await access_token(self.parts.oidc_issuer, staff_id)
            self.handlers[service, staff_id] = Handler(self.http, self.parts.service(service), token)
        return self.handlers[service, staff_id]


class Acting:
    """One matter under way. Every method raises StoryError for what was not seen in time."""

    def __init__(self, town: Town, matter: Matter, code: str = "") -> None:
        self.town = town
        self.matter = matter
        self.reporter = Reporter(town.http, town.parts.service("intake"), code)
        self.filling = Filling(matter, town.lines)
        self.report = ""
        self.cases: dict[str, str] = {}  # by procedure, of those that no report leads to

    async def play(self) -> None:
        """All of its steps, and then every state that it is to stand in."""
        if self.matter.begun_by:
            await self._begin_by_staff()
        else:
            await self._lodge()
        for step in self.matter.steps:
            try:
                await self._take(step)
            except StoryError as problem:
                raise StoryError(
                    f"{self.matter.name}: {step.who} {step.place.lifecycle}.{step.does}: {problem}"
                ) from None
        for text, state in self.matter.states.items():
            place = Place.parse(text)

            async def there(place: Place = place, state: str = state) -> bool:
                found = await self._row(place)
                return found is not None and found["state"] == state

            try:
                await until(f"{text} in «{state}»", there, PATIENCE, EVERY)
            except StoryError as problem:
                found = await self._row(place)
                raise StoryError(
                    f"{self.matter.name}: {problem}, but {found['state'] if found else 'nothing'}"
                ) from None

    # -- How it begins -------------------------------------------------------------------------------------------------

    async def _lodge(self) -> None:
        matter = self.matter
        known = {route["report_id"] for route in (await self.reporter.inbox())["routes"]} if matter.after else set()
        mark = matter.words.mark
        answers = {"what_happened": matter.says * matter.repeat, "wish": matter.wish}
        parties: dict[str, Any] = {"alleged_offender": list(matter.about)}
        named = {"affected_individual": matter.person, "reporter": matter.reporter, "recipient": matter.recipient}
        await self.reporter.lodge(
            {
                "route": matter.way,
                "mode": matter.mode,
                "language": matter.language,
                "answers": {name: f"{mark} {said}" for name, said in answers.items() if said},
                "parties": parties | {name: staff_id for name, staff_id in named.items() if staff_id},
                "not_these_people": list(matter.not_these),
                "about_offices": list(matter.offices),
                "choices": matter.choices,
            }
        )
        routes = [route["report_id"] for route in (await self.reporter.inbox())["routes"]]
        self.report = next(report for report in routes if report not in known)

    async def _begin_by_staff(self) -> None:
        """What nobody has lodged: the first step is the one that opens it."""
        matter = self.matter
        parties = {"affected_individual": matter.person, "alleged_offender": list(matter.about)}
        body: dict[str, Any] = {"action_id": str(uuid4()), "parties": parties}
        words = f"{matter.words.mark} {matter.says}"
        who = await self.town.at("workflow", self.town.people.get(matter.begun_by, matter.begun_by))
        if matter.way == "supervisor_request":
            taken = await who.post("/manager-requests", body | {"what_was_seen": words}, 201, matter.name)
        else:
            text = {"emergency_separation": "what_was_done", "interim_measure": "risk_facts"}[matter.way]
            opening = {"lifecycle": matter.way, "facts": matter.choices, "texts": {text: words}}
            taken = await who.post("/cases", body | opening, 201, matter.name)
        self.cases[matter.way] = taken["case_id"]
        self.report = str((await self._row(Place.parse(matter.way)))["report_id"])

    # -- Steps ---------------------------------------------------------------------------------------------------------

    async def _take(self, step: Step) -> None:
        if step.who == HR_SYSTEM:
            today = datetime.now(UTC).date().isoformat()
            action = {"kind": str(step.facts["kind"]), "staff_id": self.matter.person, "effective_on": today}
            await self.town.parts.record_personnel_action(action)
        elif step.who == SHE:
            await self._she(step)
        elif step.does in ("confirms", "keeps"):
            await self._hr(step)
        else:
            await self._staff(step)

    async def _she(self, step: Step) -> None:
        if step.does == "writes":
            await self.reporter.write(self.report, f"{self.matter.words.mark} {self.matter.words.answer}")
            return
        if step.does == "sends_file":
            await self.reporter.send_file(self.report, PICTURE)
            return

        async def taken() -> bool:
            case, offer = await self._offered(step) if await self._stands(step) else (None, None)
            if case is None or offer is None:
                return False
            facts, texts = self.filling.of(step, offer.get("fields", []))
            action_id = await self.reporter.act(self.report, case, step.does, facts, texts)
            return await self._arrived(step.place.service, action_id)

        await until("the step in her inbox", taken, PATIENCE, EVERY)

    async def _offered(self, step: Step) -> tuple[Json | None, Json | None]:
        """Her case and what she may do in it, as her inbox shows them."""
        routes = (await self.reporter.inbox())["routes"]
        cases = next(route for route in routes if route["report_id"] == self.report)["cases"]
        number = step.place.number
        named = [one for one in cases if one["lifecycle"] == step.place.lifecycle and number in (None, one["number"])]
        case = max(named, key=lambda one: one["number"], default=None)
        offers = case["offers"] if case else []
        return case, next((offer for offer in offers if offer["action"] == step.does), None)

    async def _arrived(self, service: str, action_id: str) -> bool:
        """Whether what she did was taken at the desk; False when it was refused, for something came before it."""
        query = f"select action from {service}.case_actions where action_id = $1"  # noqa: S608  a name of ours

        async def answered() -> str | None:
            if await self.town.rows.fetchrow(query, UUID(action_id)):
                return "taken"
            routes = (await self.reporter.inbox())["routes"]
            refused = [one["action_id"] for route in routes for one in route["refused_actions"]]
            return "refused" if action_id in refused else None

        return await until("what became of it", answered, PATIENCE, EVERY) == "taken"

    async def _staff(self, step: Step) -> None:
        case_id = await until("the case", lambda: self._case(step), PATIENCE, EVERY)
        handler = await until("somebody who has it", lambda: self._handler(step, case_id), PATIENCE, EVERY)
        if step.does == "sees":
            await handler.case(case_id)
        elif step.does == "steps_aside":
            await handler.post(f"/cases/{case_id}/conflicts", {}, 202, "saying that there is a conflict")
        elif step.does == "writes":
            await self._write(handler, case_id)
        else:
            await self._act(step, handler, case_id)

    async def _write(self, handler: Handler, case_id: str) -> None:
        async def seen() -> bool:
            return (await handler.ask(case_id)).is_success

        # Nobody sees a case before it is known who must not.
        await until("the case at the desk", seen, PATIENCE, EVERY)
        words = self.matter.words
        self.filling.message = await handler.write(case_id, f"{words.mark} {words.message}")

        async def there() -> bool:
            routes = (await self.reporter.inbox())["routes"]
            return any(one["item_id"] == self.filling.message for route in routes for one in route["messages"])

        await until("the message in her inbox", there, PATIENCE, EVERY)

    async def _act(self, step: Step, handler: Handler, case_id: str) -> None:
        """Once it is open, as it is then; what somebody was quicker with, or what is on its way, is tried again."""
        facts: dict[str, Any] = {}
        texts: dict[str, str] = {}
        last, action_id, unsure = "not where this is done", str(uuid4()), False

        async def taken() -> bool:
            nonlocal last, unsure, facts, texts
            if not unsure and not await self._stands(step):
                return False
            seen = await handler.ask(case_id)
            if unsure:
                # Nobody knows whether it was recorded: under the same id the answer is that of the first time.
                answer = await handler.act_as_seen(step.does, case_id, seen, facts, texts, action_id)
                unsure = answer.status_code == 503
                return answer.status_code == 200
            offers = seen.json()["offers"] if seen.status_code == 200 else []
            offer = next((one for one in offers if one["action"] == step.does), None)
            last = json.dumps(offer["refused"] if offer else f"{seen.status_code}, not offered")
            if offer is None or not offer["open"]:
                return False
            facts, texts = self.filling.of(step, offer["fields"])
            answer = await handler.act_as_seen(step.does, case_id, seen, facts, texts, action_id)
            unsure = answer.status_code == 503
            if answer.status_code not in (200, 409, 412, 503):
                expect(answer, 200, step.does)
            last = answer.text[:300]
            return answer.status_code == 200

        try:
            await until("the step open", taken, PATIENCE, EVERY)
        except StoryError as problem:
            raise StoryError(f"{problem}; the last answer was {last}") from None

    async def _hr(self, step: Step) -> None:
        """HR's word about a task: the newest open one of the person whom the step names, or of the one concerned."""
        desk = await self.town.at("hr_bridge", self.town.people[step.who])
        person = {SHE: self.matter.person, HE: (*self.matter.about, "")[0]}[str(step.facts.get("of", SHE))]

        async def task() -> Json | None:
            answer = await desk.http.get(f"{desk.desk}/api/v1/tasks?limit=100", headers=desk.headers)
            tasks = expect(answer, 200, "listing tasks")["tasks"]
            theirs = [one for one in tasks if (one["person"], one["state"]) == (person, "handed")]
            wanted = [one for one in theirs if (one["kind"] == "hold") != (step.does == "confirms")]
            return wanted[-1] if wanted else None

        found = await until("HR's task", task, PATIENCE, EVERY)
        word: dict[str, Any] = {"action_id": str(uuid4())}
        if step.does == "confirms":
            await desk.post(f"/tasks/{found['task_id']}/confirm", word, 200, "confirming")
        else:
            await desk.post(f"/tasks/{found['task_id']}/answer", word | {"kept": True}, 200, "answering")

    # -- Which case, and who -------------------------------------------------------------------------------------------

    async def _row(self, place: Place) -> Any:
        """The case as the desk keeps it, or None."""
        table = f"{place.service}.cases"
        if place.lifecycle in self.cases:
            query = f"select * from {table} where case_id = $1"  # noqa: S608  names of ours
            return await self.town.rows.fetchrow(query, UUID(self.cases[place.lifecycle]))
        if not self.report:
            return None
        query = f"""
            select * from {table} where report_id = $1 and lifecycle = $2 and number = coalesce($3, number)
             order by number desc limit 1"""  # noqa: S608  names of ours
        return await self.town.rows.fetchrow(query, UUID(self.report), place.lifecycle, place.number)

    async def _stands(self, step: Step) -> bool:
        """Whether the case is where such a step may be taken at all."""
        row = await self._row(step.place)
        return row is not None and (row["lifecycle"], row["state"], step.does) in RULES

    async def _case(self, step: Step) -> str | None:
        place = step.place
        if place.lifecycle in OF_NO_REPORT and place.lifecycle not in self.cases:
            return await self._in_a_list(step)
        row = await self._row(place)
        return str(row["case_id"]) if row else None

    async def _in_a_list(self, step: Step) -> str | None:
        """The newest that nobody else's matter has taken; of his own cases there is only this one."""
        place, own = step.place, step.place.lifecycle == "respondent"
        who = self.matter.about[0] if own else self.town.people[step.who]
        for case in await (await self.town.at(place.service, who)).cases(place.lifecycle):
            if case["case_id"] not in self.town.taken:
                self.town.taken.add(case["case_id"])
                self.cases[place.lifecycle] = case["case_id"]
                return str(case["case_id"])
        return None

    async def _handler(self, step: Step, case_id: str) -> Handler | None:
        service = step.place.service
        if step.who == HE:
            return await self.town.at(service, self.matter.about[0])
        if step.who != HANDLER:
            return await self.town.at(service, self.town.people.get(step.who, step.who))
        query = f"select handlers from {service}.cases where case_id = $1"  # noqa: S608  a name of ours
        handlers = await self.town.rows.fetchval(query, UUID(case_id))
        return await self.town.at(service, handlers[0]) if handlers else None
