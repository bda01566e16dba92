"""Copies of the main database, and what can be done with them: open an old one with today's keys, tamper with one."""

import asyncio
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from chassis.access_code import AccessCode
from chassis.keys import ServiceKeys
from chassis.sealing import (
    ROUTE,
    DeskPrivateKey,
    Sealed,
    SealNotOpened,
    desk_label,
    item_context,
    open_sealed,
    unwrap,
    wrap_context,
)
from ops.demo.clients import StoryError
from ops.demo.parts import Parts
from ops.local_stack.postgres import installed
from ops.local_stack.roles import in_database
from services.audit.verify import verify

RESTORE_SECONDS = 120


@dataclass(frozen=True)
class Copy:
    """A database of its own on the same server, restored from a dump of the main one."""

    name: str
    dsn: str


async def take(parts: Parts, *arguments: str) -> Copy:
    """Dump the main database (or, by pg_dump's arguments, a part of it) and restore it under a name of its own."""
    dump = parts.dump("--format=custom", *arguments)
    name = f"copy_{uuid4().hex[:12]}"
    await parts.rows(f"create database {name}")
    copy = Copy(name, in_database(str(parts.stack["postgres"]["admin_dsn"]), name))
    await asyncio.to_thread(_restore, dump, copy.dsn)
    return copy


def _restore(dump: bytes, dsn: str) -> None:
    program = str(installed() / "bin" / "pg_restore")
    subprocess.run([program, "--dbname", dsn], input=dump, check=True, timeout=RESTORE_SECONDS)


async def drop(parts: Parts, copy: Copy) -> None:
    await parts.rows(f"drop database {copy.name} with (force)")


async def open_talk(parts: Parts, copy: Copy, report_id: str, access_code: str) -> int:
    """How many wraps of the talk's items open what the copy holds, with today's desk key and her own code."""
    report = UUID(report_id)
    items = await parts.rows("select item_id, ciphertext from intake.items where report_id = $1", report, dsn=copy.dsn)
    contents = {item["item_id"]: item["ciphertext"] for item in items}
    wraps = await parts.rows(
        "select item_id, recipient, wrapped from intake.wraps where item_id = any($1)",
        list(contents),
        dsn=parts.stack["keystore"]["admin_dsn"],
    )
    keys = {
        desk_label("ombuds", "ombuds"): ServiceKeys.load(Path(parts.stack["keys_dir"]) / "ombuds").desk("ombuds"),
        ROUTE: AccessCode.parse(access_code).route_key(report),
    }
    return sum(1 for wrap in wraps for _ in _opened(report, contents, wrap, keys[wrap["recipient"]]))


def _opened(report: UUID, contents: dict[UUID, bytes], wrap: Mapping[str, Any], key: DeskPrivateKey) -> Iterator[bytes]:
    item_id = wrap["item_id"]
    try:
        data_key = unwrap(wrap["wrapped"], key, context=wrap_context(report, item_id, wrap["recipient"]))
        yield open_sealed(Sealed(item_id, contents[item_id]), data_key, context=item_context(report))
    except SealNotOpened:
        return


async def matter_key_there(parts: Parts, case_id: str) -> bool:
    """Whether the key store still has the key above everything the ombuds cell itself wrote down of the matter."""
    query = "select from ombuds.matter_keys where case_id = $1"
    return bool(await parts.rows(query, UUID(case_id), dsn=parts.stack["keystore"]["admin_dsn"]))


async def tampered(parts: Parts) -> list[str]:
    """What verification says of two copies of the record: one with a changed row, one without one of its rows."""
    said = []
    for tamper in (
        "update entries set entry_json = entry_json || ' '::bytea where number = $1",
        "delete from entries where number = $1",
    ):
        copy = await take(parts, "--schema=audit")
        try:
            (middle,) = await parts.rows("select max(number) / 2 as number from audit.entries", dsn=copy.dsn)
            await parts.rows(tamper.replace(" entries", " audit.entries"), middle["number"], dsn=copy.dsn)
            found = await verify(copy.dsn)
            named = [finding.sentence for finding in found.findings if finding.first == middle["number"]]
            if not named:
                raise StoryError(f"entry {middle['number']} was tampered with, and verification did not name it")
            said.append(named[0])
        finally:
            await drop(parts, copy)
    return said
