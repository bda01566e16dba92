"""Who is in the story and what it knows so far; its steps are in `talk`, `measure` and `watch`.

Invented people (ops/demo/people.toml): S0018 is the person, S0017 her supervisor. Whoever acts is chosen by role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.demo.clients import Handler, Json, Reporter, until
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
    report: str = ""  # of the shorter stories: their one report and its case
    case: str = ""
    support_report: str = ""
    support_case: str = ""

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

    async def state_is(self, desk: str, staff_id: str, case_id: str, state: str) -> bool:
        return bool((await (await self.at(desk, staff_id)).case(case_id))["state"] == state)

    async def person_acts(self, route: str, report: str, action: str, facts: Mapping[str, Any]) -> None:
        """Once her inbox offers it."""

        async def offered() -> Json | None:
            cases = (await self.reporter.route(route))["cases"]
            return next((c for c in cases if any(o["action"] == action for o in c["offers"])), None)

        await self.reporter.act(report, await until(f"«{action}» in the inbox", offered), action, facts)

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


def new_story(http: httpx.AsyncClient, parts: Parts) -> Story:
    return Story(http, parts, Reporter(http, parts.service("intake")))
