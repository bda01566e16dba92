"""Whoever of the staff acts at the invented desk through its HTTP interface, signed in at the real provider."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from ops.demo.sign_in import access_token
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans


@dataclass
class Staff:
    """Whoever of the staff, at one desk."""

    loans: Loans
    http: httpx.AsyncClient
    issuer: str
    tokens: dict[str, str] = field(default_factory=dict)

    async def headers(self, staff_id: str) -> dict[str, str]:
        if staff_id not in self.tokens:
            self.tokens[staff_id] = await access_token(self.issuer, staff_id)
        return {"Authorization": f"Bearer {self.tokens[staff_id]}"}

    async def get(self, path: str, staff_id: str = INVESTIGATOR) -> httpx.Response:
        return await self.http.get(f"/api/v1/cases{path}", headers=await self.headers(staff_id))

    async def post(
        self, path: str, body: Any, staff_id: str = INVESTIGATOR, *, seen: str | None = None
    ) -> httpx.Response:
        headers = await self.headers(staff_id) | ({"If-Match": seen} if seen is not None else {})
        return await self.http.post(f"/api/v1/cases{path}", json=body, headers=headers)

    async def act(self, case_id: UUID, name: str, *, seen: str | None = None, **more: Any) -> httpx.Response:
        body = {"action_id": str(uuid4()), "action": name} | more
        return await self.post(f"/{case_id}/actions", body, seen=seen)
