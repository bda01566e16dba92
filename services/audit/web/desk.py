"""The auditor's page: one button, and plain sentences about whether the record is as it was written."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from chassis.web.pages.page import HEADERS, Page
from chassis.web.pages.staff import Tab
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from services.audit.verify import Verification
from services.audit.web.api import Record, check_role, note_verification
from services.audit.web.findings import sentence_in

TABS: Final[tuple[Tab, ...]] = (("/record", N_("The record")), ("/accesses", N_("Access log")))


@dataclass
class Reading:
    """The newest reading of the whole record, of which there is one at a time, whoever asked."""

    of: Record
    read: int = 0
    found: Verification | None = None
    at: datetime | None = None
    _task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def runs(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def failed(self) -> bool:
        """Whether the newest one did not come to its end."""
        task = self._task
        return task is not None and task.done() and (task.cancelled() or task.exception() is not None)

    def begin(self) -> None:
        if not self.runs:
            self.read = 0
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        self.found = await self.of.read_again(self._seen)
        self.at = datetime.now(UTC)

    def _seen(self, entries: int) -> None:
        self.read = entries


def routes(of: Record) -> list[HTTPRouteHandler]:
    reading = Reading(of)

    @get("/{language:str}/record", include_in_schema=False)
    async def record(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(of.policy, signed_in)
        return page.show("record.html", reading=reading, sentence=sentence_in(page.language), staff=signed_in.staff_id)

    @post("/{language:str}/record", include_in_schema=False)
    async def begin(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(of.policy, signed_in)
        await page.posted()
        await note_verification(of.database, signed_in)
        reading.begin()
        return page.go("/record")

    @get("/{language:str}/record/proof", include_in_schema=False)
    async def proof(signed_in: NamedDependency[SignedIn]) -> Response[bytes]:
        """What was found, for a machine: the same as `recourse audit verify --json`."""
        check_role(of.policy, signed_in)
        if reading.found is None or reading.at is None:
            raise not_found()
        said = {"read_at": reading.at.isoformat(), **reading.found.as_json()}
        name = f'attachment; filename="record-{reading.at:%Y-%m-%d-%H%M}.json"'
        return Response(
            json.dumps(said, indent=2).encode(),
            media_type="application/json",
            headers=HEADERS | {"Content-Disposition": name},
        )

    return [record, begin, proof]
