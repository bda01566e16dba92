"""Looks into the real parts of a running stack: topics, tables, workflows, the HR system, mails."""

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import time
from collections.abc import Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as email_policy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from temporalio.client import Client

from ops.demo.clients import StoryError, expect
from ops.local_stack.kafka import client_options
from ops.local_stack.postgres import installed
from policy.load import load
from services.hr_bridge.adapters.tryton import Tryton
from services.notifications.wording import WORDS, to_staff, to_staff_above

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ENGLISH = WORDS["en"]
_KNOWN = {
    (said.subject, *said.text.split())
    for said in (
        to_staff(_ENGLISH),
        *(to_staff_above(_ENGLISH, one.name) for one in load("rehearsal").offices.values()),
    )
}
"""What mails to staff may say, digests apart."""
DIRECTORY_TOPICS = frozenset({"hr.people.v1"})  # everybody stands there alike


@dataclass(frozen=True)
class Message:
    topic: str
    type: str
    key: bytes
    raw: bytes  # key, headers and value as they lie on the topic
    value: bytes


@dataclass
class Parts:
    stack: Mapping[str, Any]
    http: httpx.AsyncClient
    measure_seconds: int = 28
    _marks: dict[TopicPartition, int] = field(default_factory=dict)
    _read_mails: set[str] = field(default_factory=set)
    _last_mail: Path = Path()

    @property
    def oidc_issuer(self) -> str:
        return str(self.stack["oidc"]["issuer"])

    def service(self, name: str) -> str:
        return str(self.stack["services"][name]["url"])

    # -- Kafka ---------------------------------------------------------------------------------------------------

    @property
    def _client(self) -> dict[str, str]:
        return client_options(self.stack["kafka"])

    @asynccontextmanager
    async def _consumer(self) -> "AsyncIterator[AIOKafkaConsumer]":
        async with AIOKafkaConsumer(**self._client, enable_auto_commit=False) as consumer:
            yield consumer

    async def _partitions(self) -> list[TopicPartition]:
        admin = AIOKafkaAdminClient(**self._client)
        await admin.start()
        try:
            described = await admin.describe_topics()
        finally:
            await admin.close()
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in described
            if not topic["is_internal"]
            for partition in topic["partitions"]
        ]

    async def mark(self) -> None:
        """Remember where every topic ends now; later looks begin there."""
        async with self._consumer() as consumer:
            self._marks = dict(await consumer.end_offsets(await self._partitions()))

    async def messages(
        self, topic: str | None = None, key: str | None = None, *, all_time: bool = False
    ) -> list[Message]:
        """The messages since the last mark (or of all time), of one topic or all, of one key or all."""
        async with self._consumer() as consumer:
            partitions = [p for p in await self._partitions() if topic in (None, p.topic)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            begins = await consumer.beginning_offsets(partitions)
            for partition in partitions:
                start = begins[partition] if all_time else self._marks.get(partition, 0)
                consumer.seek(partition, max(start, begins[partition]))
            found: list[Message] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [_message(record) for record in records]
        return [m for m in found if key is None or m.key == key.encode()]

    async def silent_since_mark(self, topics: Collection[str]) -> bool:
        return not [m for topic in topics for m in await self.messages(topic)]

    async def find_in_topics(self, words: Collection[str], topics: Collection[str] | None = None) -> list[str]:
        """Topics (but the people directory) that hold one of the words, plainly or in base64."""
        forms = [form for word in words for form in _forms(word)]
        hits = {
            m.topic
            for m in await self.messages(all_time=True)
            if m.topic not in DIRECTORY_TOPICS
            and (topics is None or m.topic in topics)
            and any(form in m.raw for form in forms)
        }
        return sorted(hits)

    # -- PostgreSQL ----------------------------------------------------------------------------------------------

    async def rows(self, query: str, *values: object, dsn: str | None = None) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn or self.stack["postgres"]["admin_dsn"])
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    def dump(self, *arguments: str) -> bytes:
        """What pg_dump says of the main database."""
        program = installed() / "bin" / "pg_dump"
        dsn = self.stack["postgres"]["admin_dsn"]
        return subprocess.run([program, *arguments, dsn], check=True, capture_output=True).stdout

    async def rows_with(self, schema: str, text: str) -> bool:
        """Whether any row of that schema holds the text."""
        return text.encode() in self.dump("--data-only", f"--schema={schema}")

    async def wraps_for(self, report_id: str, recipient: str) -> int:
        """How many keys of a report's items this recipient has in the key store."""
        query = "select count(*) from intake.wraps where group_id = $1 and recipient = $2"
        (row,) = await self.rows(query, UUID(report_id), recipient, dsn=str(self.stack["keystore"]["admin_dsn"]))
        return int(row["count"])

    async def directory_line(self, service: str, staff_id: str) -> str | None:
        """Who that service believes supervises the person."""
        rows = await self.rows(f"select line_staff_id from {service}.people where staff_id = $1", staff_id)  # noqa: S608
        return rows[0]["line_staff_id"] if rows else None

    async def erased(self, service: str, case_id: str) -> bool:
        rows = await self.rows(f"select erased_at from {service}.cases where case_id = $1", case_id)  # noqa: S608
        return bool(rows and rows[0]["erased_at"])

    async def reminders_rung(self, service: str, case_id: str, clock: str) -> int:
        """How many reminders of that clock have rung for the case."""
        query = f"select data from {service}.cases where case_id = $1"  # noqa: S608
        (row,) = await self.rows(query, case_id)
        marks: list[str] = json.loads(row["data"])["clocks"][clock]["rung"]
        return sum(mark != "due" for mark in marks)

    async def acts_missing_from_audit(self, case_ids: Collection[str], actions: Collection[str]) -> set[str]:
        """Those of the actions that the record does not show for any of the cases."""
        rows = await self.rows("select entry_json from audit.entries where kind = 'entry'")
        entries = [json.loads(row["entry_json"]) for row in rows]
        return set(actions) - {entry["facts"].get("action") for entry in entries if entry["object"] in case_ids}

    # -- Temporal, Tryton, mails, HR's webhook -------------------------------------------------------------------

    async def workflow_status(self, service: str, report_id: str) -> str | None:
        query = f"select workflow_id from {service}.cases where report_id = $1"  # noqa: S608
        found = await self.rows(query, report_id)
        if not found or not found[0]["workflow_id"]:
            return None
        client = await Client.connect(self.stack["temporal"]["address"])
        status = (await client.get_workflow_handle(found[0]["workflow_id"]).describe()).status
        return status.name.lower() if status else None

    async def supervisor_of(self, staff_id: str) -> str | None:
        """Who supervises that person, asked of the HR system itself."""
        settings = self.stack["tryton"]
        async with Tryton(settings["url"], settings["username"], settings["password"]) as tryton:
            return (await tryton.line(staff_id)).supervisor or None

    def pass_over_mails(self) -> None:
        """What has arrived until now is not this story's."""
        self._read_mails = {path.name for path in self._mails()}

    def _mails(self) -> list[Path]:
        return sorted(Path(self.stack["smtp"]["maildir"]).glob("new/*"), key=lambda path: path.stat().st_mtime)

    async def mail_to(self, staff_id: str) -> str | None:
        """The subject of a mail to that person which this story has not looked at yet; digests come by the clock and
        belong to no step.
        """
        for path in self._mails():
            mail = message_from_bytes(path.read_bytes(), policy=email_policy)
            to = str(mail["To"] or mail["X-RcptTo"])
            if path.name not in self._read_mails and to.lower().startswith(staff_id.lower()):
                self._read_mails.add(path.name)
                said = str(mail["Subject"]), *mail.get_content().split()
                if said[0].split() == list(said[1:]):
                    continue
                self._last_mail = path
                if said not in _KNOWN:
                    raise StoryError("a mail says more than that there is something new")
                return str(mail["Subject"])
        return None

    async def placed_and_told(self, report_id: str) -> tuple[datetime, datetime]:
        """When the person's inbox had the measure, and when the last looked-at mail arrived."""
        query = """
            select at from workflow.case_actions join workflow.cases using (case_id)
             where report_id = $1 and action = 'record_placed'"""
        (row,) = await self.rows(query, report_id)
        return row["at"], datetime.fromtimestamp(self._last_mail.stat().st_mtime, UTC)

    async def record_personnel_action(self, action: Mapping[str, str]) -> None:
        """HR's system declares an action of its own through the signed webhook."""
        key = base64.b64decode(Path(self.stack["webhook_key_file"]).read_text())
        body = json.dumps(dict(action) | {"reference": secrets.token_hex(8)}).encode()
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        signature = hmac.new(key, b".".join([timestamp.encode(), nonce.encode(), body]), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Recourse-Timestamp": timestamp,
            "X-Recourse-Nonce": nonce,
            "X-Recourse-Signature": signature,
        }
        url = f"{self.service('hr_bridge')}/api/v1/personnel-actions"
        expect(await self.http.post(url, content=body, headers=headers), 202, "HR's webhook")


def _message(record: Any) -> Message:
    headers = dict(record.headers)
    raw = b"\n".join([record.key or b"", *(v for _, v in record.headers), record.value or b""])
    kind = headers.get("ce_type", b"").decode().rsplit(".", 1)[-1]
    return Message(record.topic, kind, record.key or b"", raw, record.value or b"")


def _forms(word: str) -> list[bytes]:
    plain = word.encode()
    return [plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), plain.replace(b"-", b"")]
