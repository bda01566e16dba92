"""The story's people as HTTP clients: they can do what real ones can, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx

Json = dict[str, Any]
T = TypeVar("T")


class StoryError(Exception):
    """A step did not see what it had to see; the text says what was expected and what came instead."""


async def until(what: str, probe: Callable[[], Awaitable[T | None]], seconds: float = 30, every: float = 0.1) -> T:
    """Ask `probe` every so many seconds until it answers with something true; raise StoryError after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        seen = await probe()
        if seen:
            return seen
        if asyncio.get_running_loop().time() > deadline:
            raise StoryError(f"waited {seconds:g} s and did not see: {what}")
        await asyncio.sleep(every)


def expect(response: httpx.Response, status: int, doing: str) -> Json:
    """The answer's JSON when the status is the expected one; StoryError with the problem's title otherwise."""
    if response.status_code != status:
        title = response.text[:400] if "json" in response.headers.get("content-type", "") else response.reason_phrase
        raise StoryError(f"{doing}: expected {status}, got {response.status_code}: {title}")
    answer: Json = response.json() if response.content else {}
    return answer


@dataclass
class Reporter:
    """A person without an account. She holds an access code, nothing else tells who she is."""

    http: httpx.AsyncClient
    intake: str
    access_code: str = ""

    @property
    def _code(self) -> dict[str, str]:
        return {"Authorization": f"AccessCode {self.access_code}"}

    async def lodge(self, body: Json) -> Json:
        """A first report (gives the code) or, when she has a code already, one more route on it."""
        headers = {"Idempotency-Key": str(uuid4())} | (self._code if self.access_code else {})
        answer = expect(
            await self.http.post(f"{self.intake}/api/v1/reports", json=body, headers=headers), 201, "lodging a report"
        )
        self.access_code = answer.get("access_code", self.access_code)
        return answer

    async def inbox(self) -> Json:
        return expect(await self.http.get(f"{self.intake}/api/v1/inbox", headers=self._code), 200, "opening the inbox")

    async def route(self, name: str) -> Json:
        """Her route of that name, as her inbox shows it."""
        for route in (await self.inbox())["routes"]:
            if route["route"] == name:
                found: Json = route
                return found
        raise StoryError(f"the inbox shows no route {name}")

    async def case(self, route: str, lifecycle: str) -> Json | None:
        """What her inbox says of one procedure of a route."""
        cases = (await self.route(route))["cases"]
        return next((case for case in cases if case["lifecycle"] == lifecycle), None)

    async def write(self, report_id: str, text: str) -> None:
        body = {"report_id": report_id, "text": text}
        answer = await self.http.post(f"{self.intake}/api/v1/inbox/messages", json=body, headers=self._code)
        expect(answer, 202, "writing a message")

    async def act(
        self,
        report_id: str,
        case: Json,
        action: str,
        facts: Mapping[str, Any] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> str:
        """The action's id: what became of it shows in the inbox."""
        action_id = str(uuid4())
        body = {
            "report_id": report_id,
            "lifecycle": case["lifecycle"],
            "number": case["number"],
            "action_id": action_id,
            "action": action,
            "facts": dict(facts or {}),
            "texts": dict(texts or {}),
        }
        answer = await self.http.post(f"{self.intake}/api/v1/inbox/actions", json=body, headers=self._code)
        expect(answer, 202, action)
        return action_id

    async def send_file(self, report_id: str, content: bytes) -> None:
        headers = self._code | {
            "Report-Id": report_id,
            "Action-Id": str(uuid4()),
            "Content-Type": "application/octet-stream",
        }
        answer = await self.http.post(f"{self.intake}/api/v1/inbox/files", content=content, headers=headers)
        expect(answer, 201, "sending a file")


@dataclass
class Handler:
    """A staff member signed in at one desk."""

    http: httpx.AsyncClient
    desk: str
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.token}"}

    async def cases(self, lifecycle: str | None = None) -> list[Json]:
        answer = expect(await self.http.get(f"{self.desk}/api/v1/cases", headers=self.headers), 200, "listing cases")
        return [case for case in answer["cases"] if lifecycle in (None, case["lifecycle"])]

    async def ask(self, case_id: str) -> httpx.Response:
        return await self.http.get(f"{self.desk}/api/v1/cases/{case_id}", headers=self.headers)

    async def case(self, case_id: str) -> Json:
        return expect(await self.ask(case_id), 200, "opening a case")

    async def try_to(
        self, action: str, case_id: str, facts: Mapping[str, Any] | None = None, texts: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One action on the case as it is now; the answer whatever it is."""
        return await self.act_as_seen(action, case_id, await self.ask(case_id), facts, texts)

    async def act_as_seen(
        self,
        action: str,
        case_id: str,
        seen: httpx.Response,
        facts: Mapping[str, Any] | None = None,
        texts: Mapping[str, str] | None = None,
        action_id: str | None = None,
    ) -> httpx.Response:
        """One action on the case as `seen` showed it; the answer whatever it is. Sent again under the same `action_id`
        it counts once.
        """
        body = {
            "action_id": action_id or str(uuid4()),
            "action": action,
            "facts": dict(facts or {}),
            "texts": dict(texts or {}),
        }
        return await self.http.post(
            f"{self.desk}/api/v1/cases/{case_id}/actions",
            json=body,
            headers=self.headers | {"If-Match": seen.headers.get("ETag", '"0"')},
        )

    async def post(self, path: str, body: Mapping[str, Any], status: int, doing: str) -> Json:
        """Anything else that the desk takes under its interface."""
        answer = await self.http.post(f"{self.desk}/api/v1{path}", json=dict(body), headers=self.headers)
        return expect(answer, status, doing)

    async def act(
        self, action: str, case_id: str, facts: Mapping[str, Any] | None = None, texts: Mapping[str, str] | None = None
    ) -> Json:
        """One action, done; done again on the newer case when somebody was quicker (412)."""
        for _ in range(5):
            answer = await self.try_to(action, case_id, facts, texts)
            if answer.status_code != 412:
                break
        return expect(answer, 200, action)

    async def read(self, case_id: str, purpose: str) -> httpx.Response:
        return await self.http.post(
            f"{self.desk}/api/v1/cases/{case_id}/contents-readings", json={"purpose": purpose}, headers=self.headers
        )

    async def read_contents(self, case_id: str, purpose: str) -> list[Json]:
        items: list[Json] = expect(await self.read(case_id, purpose), 200, "reading contents")["items"]
        return items

    async def write(self, case_id: str, text: str) -> str:
        """The message's id."""
        body = {"action_id": str(uuid4()), "text": text}
        answer = await self.http.post(f"{self.desk}/api/v1/cases/{case_id}/messages", json=body, headers=self.headers)
        return str(expect(answer, 202, "writing to the person")["item_id"])
