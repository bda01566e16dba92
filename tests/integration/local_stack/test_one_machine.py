"""What starting real parts must not do to the machine, and what must not be reached from outside it."""

import asyncio
import os
import shutil
import stat
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from ops.local_stack import postgres as postgres_part
from ops.local_stack.oidc import Oidc
from ops.local_stack.part import Part
from ops.local_stack.ports import free_port
from ops.local_stack.postgres import Postgres
from ops.local_stack.smtp import Smtp
from ops.local_stack.tryton import Tryton
from tests.real_parts import KafkaServer, PostgresServer, TemporalServer

pytestmark = pytest.mark.stack

LISTENING = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


def modes(*tops: Path) -> dict[Path, tuple[int, int]]:
    found = {}
    for top in tops:
        for path in (top, *top.parents, *top.rglob("*")):
            there = path.lstat()
            found[path] = (stat.S_IMODE(there.st_mode), there.st_uid)
    return found


async def test_postgres_runs_inside_a_closed_folder_and_changes_no_mode_outside_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    outside = modes(home, postgres_part.installed() / "bin")
    part = Postgres(home / "data", free_port(), home / "log", password="admin-password")
    try:
        await part.start()
        await part.ready()
    finally:
        await part.stop()
    after = modes(home, postgres_part.installed() / "bin")
    assert {path: after[path] for path in outside} == outside
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700


async def test_postgres_runs_where_user_namespaces_are_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_part.shutil, "which", lambda _name: None)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    parts = [
        Postgres(home / name, free_port(), home / f"{name}.log", password="admin-password", name=name)
        for name in ("postgres", "keystore")
    ]
    before = os.umask(0o077)
    try:
        await asyncio.gather(*(part.start() for part in parts))
        await asyncio.gather(*(part.ready() for part in parts))
        assert all(part.process and part.process.id.alive() for part in parts)
        users = {Path(f"/proc/{part.process.id.pid}").stat().st_uid for part in parts if part.process}
        assert 0 not in users
    finally:
        os.umask(before)
        await asyncio.gather(*(part.stop() for part in parts))
        for part in parts:
            if part.data_dir.parent != home:
                shutil.rmtree(part.data_dir.parents[1], ignore_errors=True)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def inodes(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            found.add(target.removeprefix("socket:[").removesuffix("]"))
    return found


def listening(part: Part) -> set[str]:
    """The addresses, in hexadecimal, on which a part's process takes connections."""
    assert part.process is not None
    mine = inodes(part.process.id.pid)
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == LISTENING and row[9] in mine}


async def test_every_part_listens_on_loopback_alone(
    postgres: PostgresServer,
    keystore: PostgresServer,
    kafka: KafkaServer,
    temporal: TemporalServer,
    tryton: Tryton,
    oidc: Oidc,
    smtp: Smtp,
) -> None:
    for part in (postgres.part, keystore.part, kafka.part, temporal.part, tryton, oidc, smtp):
        addresses = listening(part)
        assert addresses, part.name
        assert addresses <= LOOPBACK, part.name


async def test_the_mail_sink_keeps_what_comes_also_in_a_folder_that_is_there_already(tmp_path: Path) -> None:
    """As a container's volume is."""
    (tmp_path / "mail").mkdir()
    part = Smtp(tmp_path / "mail", free_port(), tmp_path / "log")
    try:
        await part.start()
        await part.ready()
        mail = EmailMessage()
        mail["From"], mail["To"] = "one@staff.example", "other@staff.example"
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=part.port)
        assert len(list((tmp_path / "mail" / "new").iterdir())) == 1
    finally:
        await part.stop()
