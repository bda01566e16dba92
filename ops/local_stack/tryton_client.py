"""
A few lines of Tryton's JSON-RPC, enough to fill it.

What is true of Tryton 8.2: every call is `POST <url>/rpc/` with `{"id", "method", "params"}`. `common.db.login` takes
`[user, {"password": …}, language]` and returns `[user id, session, …]`; later calls carry
`Authorization: Session base64(user:user id:session)`. The last parameter of every `model.*` method is the context.
An answer has `result` or `error`, both with status 200; a wrong password or an ended session is 401. Dates and
decimals travel as `{"__class__": "date", "year": …}` and `{"__class__": "Decimal", "decimal": "0.01"}`.
"""

import base64
from types import TracebackType
from typing import Any, Self

import httpx

from ops.local_stack.http import client
from ops.local_stack.problem import StackProblem

JSON = Any


class PasswordRefused(Exception):
    """Tryton knows the user by another password, or not at all."""


class TrytonClient:
    """One signed-in session. Use it as an async context manager."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url.rstrip("/") + "/rpc/"
        self.user = user
        self.password = password
        self.http = client(timeout=30)
        self.context: dict[str, JSON] = {"language": "en"}

    async def __aenter__(self) -> Self:
        """Sign in. Raises PasswordRefused, or StackProblem when the server fails."""
        try:
            user_id, session, *_ = await self._post("common.db.login", [self.user, {"password": self.password}, "en"])
        except BaseException:
            await self.http.aclose()
            raise
        self.user_id: int = user_id
        token = base64.b64encode(f"{self.user}:{user_id}:{session}".encode()).decode("ascii")
        self.http.headers["Authorization"] = f"Session {token}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.http.aclose()

    async def call(self, method: str, *params: JSON) -> JSON:
        """A `model.…` method with our context. Raises StackProblem when Tryton refuses."""
        return await self._post(f"model.{method}", [*params, self.context])

    async def _post(self, method: str, params: list[JSON]) -> JSON:
        response = await self.http.post(self.url, json={"id": 0, "method": method, "params": params})
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise PasswordRefused
        if not response.is_success:
            raise StackProblem(f"the HR system answered {method} with status {response.status_code}: see its log.")
        answer = response.json()
        if "error" in answer:
            raise StackProblem(f"the HR system refused {method} ({str(answer['error'])[:200]}): see its log.")
        return answer["result"]
