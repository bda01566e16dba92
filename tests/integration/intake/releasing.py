"""A handler's request to learn who reports, and the desk that intake asks of a custodian."""

import os
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import (
    SEED_BYTES,
    DeskPrivateKey,
    Sealed,
    handler_label,
    item_context,
    open_sealed,
    unwrap,
    wrap_context,
)
from chassis.web.sign_in import SignedIn
from contracts.intake.v1.reports_pb2 import IdentityAnswered
from services.intake.asked_desks import DeskUnreachable
from services.intake.intake import Intake
from services.intake.use_cases import decide_release
from services.intake.use_cases.decide_release import (
    agree_to_release,
    refuse_release,
    requests_for,
)
from services.intake.use_cases.hand_out import HandedOut
from services.intake.use_cases.release_identity import (
    Asked,
    ask_release,
    hand_out_identity,
)
from tests.integration.intake.world import World, code_of_new, formal, inbox, with_code

CUSTODIAN, INVESTIGATOR = "S0061", "S0006"
FACTS, HEAR, RISK = "check_facts", "hear_the_person", "protect_from_retaliation"


class Desk:
    """What the desk of the case answers of a custodian: its own processes answer it in `workflow/test_files_path`."""

    def __init__(self) -> None:
        self.keeps_out: set[str] = set()
        self.answers = True

    async def open_to(
        self, _: Intake, __: Any, acting: SignedIn, service: str, report_ids: Collection[UUID]
    ) -> frozenset[UUID]:
        assert service == "workflow"
        if not self.answers:
            raise DeskUnreachable
        return frozenset() if acting.staff_id in self.keeps_out else frozenset(report_ids)


def in_place(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Asked by intake from here on."""
    made = Desk()
    monkeypatch.setattr(decide_release, "open_to_custodian", made.open_to)
    return made


def acting(staff_id: str) -> SignedIn:
    return SignedIn(staff_id, "no token is needed where no desk is asked")


class Request:
    """A handler's request with its key, as workflow's desk makes it."""

    def __init__(self, world: World, report_id: str, purpose: str = FACTS, **changes: Any) -> None:
        self.world, self.private = world, DeskPrivateKey.from_seed(os.urandom(SEED_BYTES))
        given: dict[str, Any] = {"role": "investigator", "staff_id": INVESTIGATOR, "lifecycle": "formal_report"}
        self.asked = Asked(
            uuid4(), UUID(report_id), purpose=purpose, public_key=self.private.public, **(given | changes)
        )

    async def ask(self, service: str = "workflow") -> "Request":
        await ask_release(self.world.intake, service, self.asked, datetime.now(UTC))
        return self

    async def agree(self, custodian: str = CUSTODIAN) -> None:
        who, at = acting(custodian), datetime.now(UTC)
        await agree_to_release(self.world.intake, {}, self.asked.release_id, who, at)

    async def refuse(self, custodian: str = CUSTODIAN) -> None:
        await refuse_release(self.world.intake, {}, self.asked.release_id, acting(custodian), datetime.now(UTC))

    async def look(self, staff_id: str = INVESTIGATOR, at: datetime | None = None) -> str:
        one = self.asked
        found = await hand_out_identity(
            self.world.intake, "workflow", one.release_id, one.report_id, staff_id, at or datetime.now(UTC)
        )
        return self.opened(found, self.private)

    def opened(self, found: HandedOut, private: DeskPrivateKey) -> str:
        label = handler_label(self.asked.release_id)
        key = unwrap(found.wrapped, private, context=wrap_context(self.asked.report_id, found.item_id, label))
        sealed = Sealed(found.item_id, found.ciphertext)
        return open_sealed(sealed, key, context=item_context(self.asked.report_id)).decode()

    async def waits_for(self, custodian: str = CUSTODIAN) -> bool:
        waiting = await requests_for(self.world.intake, {}, acting(custodian))
        return self.asked.release_id in {one.release_id for one in waiting.requests}

    async def rows(self) -> list[Any]:
        return await self.world.rows("select * from identity_releases where release_id = $1", self.asked.release_id)

    async def wraps(self) -> set[str]:
        found = await self.world.wraps(str(self.asked.report_id))
        return {row["recipient"] for row in found if row["recipient"].startswith("handler/")}

    async def answers(self) -> list[bool]:
        """What the desk was told of it: whether it is given."""
        told = [one.message for one in await self.world.events(str(self.asked.report_id))]
        return [one.HasField("until") for one in told if isinstance(one, IdentityAnswered)]

    async def trail(self) -> list[tuple[str, str | None]]:
        entries = [one for one in await self.world.audit() if one["object"] == str(self.asked.report_id)]
        return sorted((one["act"], one["actor"]) for one in entries if one["act"].startswith("identity_"))


async def reported(client: httpx.AsyncClient, world: World, **changes: Any) -> tuple[str, str]:
    code = await code_of_new(client, formal(**changes))
    return code, await world.report_id(client, code)


async def releases(client: httpx.AsyncClient, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await inbox(client, code))["routes"][0]["releases"]
    return found


async def say(client: httpx.AsyncClient, code: str, request: Request, agreed: bool) -> None:
    one = request.asked
    answer = {"report_id": str(one.report_id), "release_id": str(one.release_id), "agreed": agreed}
    sent = await client.post("/api/v1/inbox/releases", json=answer, headers=with_code(code))
    assert sent.status_code == 204, sent.text
