"""Tryton as the HR system: a server of its own in an environment of its own, with a SQLite file."""

import asyncio
import os
import secrets
import shutil
from pathlib import Path

import httpx

from ops.local_stack.http import client
from ops.local_stack.part import Command, NotReady, Part
from ops.local_stack.paths import TRYTON_TEMPLATE, TRYTON_VENV, write_private
from ops.local_stack.people import Organisation
from ops.local_stack.problem import StackProblem
from ops.local_stack.process import last_lines, run
from ops.local_stack.tryton_client import PasswordRefused, TrytonClient
from ops.local_stack.tryton_people import fill

ADMIN = "admin"
DATABASE = "hris"
QUIET = """
[loggers]
keys = root, requests
[handlers]
keys = standard
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = standard
[logger_requests]
qualname = werkzeug
level = WARNING
handlers =
[handler_standard]
class = StreamHandler
formatter = plain
[formatter_plain]
format = %(asctime)s %(levelname)s %(name)s %(message)s
"""


class Tryton(Part):
    """After `ready()` the organisation is in it, and the two passwords are the ones given here."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        log: Path,
        organisation: Organisation,
        *,
        password: str,
        hr_bridge_password: str,
    ) -> None:
        super().__init__("tryton", log)
        self.data_dir = data_dir
        self.port = port
        self.organisation = organisation
        self.password = password
        self.hr_bridge_password = hr_bridge_password
        self.fresh = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{DATABASE}"

    async def prepare(self) -> None:
        if not (TRYTON_TEMPLATE / "password").is_file():
            raise StackProblem("the HR system is not installed: run `make install`.")
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.data_dir / "trytond.conf", configuration(self.data_dir, self.port))
        write_private(self.data_dir / "log.conf", QUIET)
        database = self.data_dir / f"{DATABASE}.sqlite"
        if not database.exists():
            partial = database.with_suffix(".partial")
            await asyncio.to_thread(shutil.copyfile, TRYTON_TEMPLATE / database.name, partial)
            partial.rename(database)
            self.fresh = True

    def command(self) -> Command:
        return Command(
            [
                TRYTON_VENV / "bin" / "trytond", "-c", self.data_dir / "trytond.conf", "-d", DATABASE,
                "--logconf", self.data_dir / "log.conf",
            ],
            {"HOME": str(self.data_dir)},
        )  # fmt: skip

    async def probe(self) -> None:
        await probe(self.url)

    async def settle(self) -> None:
        await settle(
            self.url,
            self.organisation,
            password=self.password,
            hr_bridge_password=self.hr_bridge_password,
            fresh=self.fresh,
        )
        self.fresh = False


def configuration(data_dir: Path, port: int, host: str = "127.0.0.1") -> str:
    return (
        f"[web]\nlisten = {host}:{port}\nroot = {data_dir}\n"
        f"[database]\nuri = sqlite://\npath = {data_dir}\nlist = False\n"
    )


async def probe(url: str) -> None:
    """Ask for the server's version by JSON-RPC. Raises NotReady."""
    server = url.rstrip("/").rpartition("/")[0]
    try:
        async with client() as http:
            answer = await http.post(f"{server}/rpc/", json={"id": 0, "method": "common.server.version", "params": []})
    except httpx.TransportError as error:
        raise NotReady(f"the version of {url}") from error
    if not answer.is_success or "result" not in answer.json():
        raise NotReady(f"the version of {url}")


async def settle(
    url: str, organisation: Organisation, *, password: str, hr_bridge_password: str, fresh: bool = False
) -> None:
    """
    Give the administrator the password of this run, and fill in who is missing.

    A `fresh` database still has the password of the template: trying the other first would be a failed sign-in.
    """
    first = (TRYTON_TEMPLATE / "password").read_text(encoding="ascii").strip()
    for known in (first, password) if fresh else (password, first):
        try:
            async with TrytonClient(url, ADMIN, known) as tryton:
                if known != password:
                    await tryton.call("res.user.write", [tryton.user_id], {"password": password})
            break
        except PasswordRefused:
            continue
    else:
        raise StackProblem(f"The HR system at {url} refuses its administrator's password: give the right one.")
    async with TrytonClient(url, ADMIN, password) as tryton:
        await fill(tryton, organisation, hr_bridge_password=hr_bridge_password)


async def make_template(target: Path = TRYTON_TEMPLATE) -> None:
    """
    Lay out an empty HR database once, at installation: it takes seconds, and a run then only copies it.

    Raises StackProblem when Tryton cannot do it.
    """
    if (target / "password").is_file():
        return
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    log = partial / "log"
    write_private(partial / "trytond.conf", configuration(partial, 0))
    write_private(partial / "password", secrets.token_urlsafe(24) + "\n")
    (partial / f"{DATABASE}.sqlite").touch(mode=0o600)
    try:
        code = await run(
            [
                TRYTON_VENV / "bin" / "trytond-admin", "-c", partial / "trytond.conf", "-d", DATABASE, "-u", "company",
                "--activate-dependencies", "--email", "admin@hr.example",
            ],
            log=log,
            environment={"TRYTONPASSFILE": str(partial / "password"), "HOME": str(partial)},
        )  # fmt: skip
        if code != 0:
            raise StackProblem(f"the HR system could not be laid out: {last_lines(log)}.")
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
