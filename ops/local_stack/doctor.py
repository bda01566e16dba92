"""`recourse doctor`: can this machine run the stack, and what to do where it cannot."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.kit import make as kit
from ops.local_stack import kafka_jars, postgres, temporal
from ops.local_stack.paths import TRYTON_TEMPLATE
from ops.local_stack.ports import is_free
from ops.local_stack.problem import StackProblem
from ops.local_stack.running import NEEDED_DISK
from ops.local_stack.settings import StackSettings
from ops.local_stack.stack import USUAL_PORTS

NEEDED_MEMORY = 2_500 * 2**20  # bytes
NEEDED_FILES = 1024


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what is the case, and what to do where it is not well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def examine(settings: StackSettings) -> list[Finding]:
    return [finding for look in CHECKS for finding in look(settings)]


def _python(_: StackSettings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer, then `make install`")


def _disk(settings: StackSettings) -> Iterator[Finding]:
    for name, folder in (("disk for the state", settings.state), ("temporary disk", Path(tempfile.gettempdir()))):
        there = next(one for one in (folder, *folder.parents) if one.is_dir())
        free = shutil.disk_usage(there).free
        yield Finding(name, free >= NEEDED_DISK, f"{free // 2**20} MB free at {there}", "free 500 MB there")
        writable = os.access(there, os.W_OK | os.X_OK)
        yield Finding(
            f"{name} is writable", writable, str(there), "give yourself the right, or set RECOURSE_STATE or TMPDIR"
        )


def _memory(_: StackSettings) -> Iterator[Finding]:
    table = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    available = int(table["MemAvailable"].split()[0]) * 1024
    yield Finding(
        "memory", available >= NEEDED_MEMORY, f"{available // 2**20} MB available", "2500 MB are needed: end something"
    )


def _files(_: StackSettings) -> Iterator[Finding]:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield Finding("open files", soft >= NEEDED_FILES or soft < 0, str(soft), f"run `ulimit -n {NEEDED_FILES}`")


def _namespaces(_: StackSettings) -> Iterator[Finding]:
    if os.geteuid() != 0:
        yield Finding("user for PostgreSQL", ok=True, found="an ordinary user")
        return
    tried = shutil.which("unshare") and subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False)
    if tried and tried.returncode == 0:
        yield Finding("user for PostgreSQL", ok=True, found="root, in a user namespace")
    else:
        yield Finding("user for PostgreSQL", ok=True, found="root without user namespaces: it will run as `nobody`")


def _ports(settings: StackSettings) -> Iterator[Finding]:
    for name, usual in USUAL_PORTS.items():
        fixed = settings.ports.get(name)
        if fixed is not None:
            remedy = f"stop what uses it or change RECOURSE_PORTS__{name.upper()}"
            yield Finding(f"port for {name}", is_free(fixed), f"{fixed}, fixed by the settings", remedy)
        else:
            found = str(usual) if is_free(usual) else f"{usual} is taken, another will be found"
            yield Finding(f"port for {name}", ok=True, found=found)


def _installed(_: StackSettings) -> Iterator[Finding]:
    remedy = "run `make install`"
    missing = kafka_jars.missing()
    yield Finding("Kafka", not missing, f"{len(missing)} jars missing" if missing else "installed", remedy)
    yield Finding("style sheets of the pages", *_there(kit.is_there()), remedy)
    yield Finding("Tryton", *_there((TRYTON_TEMPLATE / "password").is_file()), remedy)
    yield Finding("PostgreSQL", *_found(postgres.installed), remedy)
    yield Finding("Temporal", *_found(temporal.executable), remedy)


def _there(yes: bool) -> tuple[bool, str]:
    return yes, "installed" if yes else "missing"


def _found(look: Callable[[], Path]) -> tuple[bool, str]:
    try:
        return _there(look().exists())
    except StackProblem:
        return _there(yes=False)


CHECKS: tuple[Callable[[StackSettings], Iterator[Finding]], ...] = (
    _python,
    _disk,
    _memory,
    _files,
    _namespaces,
    _ports,
    _installed,
)
