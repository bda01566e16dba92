"""The process that cleans one file: for each kind, and when it is attacked."""

import asyncio
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from services.intake.files.clean import landlock
from services.intake.files.cleaner import Cleaner, Verdict
from services.intake.files.kinds import FileRefused, Kind, Removed
from services.intake.files.memory import MemoryFile
from tests import planted_files as planted

pytestmark = pytest.mark.processes
PYTHON = sys.executable


async def cleaned(data: bytes, cleaner: Cleaner | None = None) -> tuple[Verdict, bytes]:
    with MemoryFile() as original, MemoryFile() as copy:
        original.append(data)
        verdict = await (cleaner or Cleaner()).clean(original, copy)
        return verdict, b"".join(copy.parts(1000))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (planted.jpeg, Kind.JPEG),
        (planted.png, Kind.PNG),
        (planted.webp, Kind.WEBP),
        (planted.gif, Kind.GIF),
        (planted.pdf, Kind.PDF),
        (planted.docx, Kind.DOCX),
        (planted.xlsx, Kind.XLSX),
        (planted.pptx, Kind.PPTX),
        (planted.SEEN.encode, Kind.TEXT),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
async def test_each_kind_is_cleaned_behind_closed_doors(make: Callable[[], bytes], kind: Kind) -> None:
    verdict, copy = await cleaned(make())
    assert verdict.kind is kind
    assert planted.told(copy) == set()
    assert kind is Kind.TEXT or verdict.removed


async def test_what_cannot_be_read_is_refused_and_the_next_is_not() -> None:
    cleaner = Cleaner()
    for broken in (b"\xff\xd8\xff nothing", b"%PDF-1.7 nothing", b"PK\x03\x04 nothing"):
        with pytest.raises(FileRefused, match="unreadable"):
            await cleaned(broken, cleaner)
    with pytest.raises(FileRefused, match="empty"):
        await cleaned(b"\xef\xbb\xbf", cleaner)
    assert (await cleaned(planted.jpeg(), cleaner))[0].kind is Kind.JPEG


@pytest.fixture
def attacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Cleaner]:
    """A cleaner whose parser of text has been taken over and does what it is told."""

    def of(does: str) -> Cleaner:
        program = tmp_path / "taken_over.py"
        program.write_text(
            "import sys, os, time, socket, json, signal, ctypes\n"
            "from services.intake.files import clean\n"
            "def does(data):\n" + textwrap.indent(does, "    ") + "\n"
            "    return clean.Cleaned(clean.Kind.TEXT, data, frozenset())\n"
            "clean.clean_text = does\n"
            "clean.main()\n"
        )
        starts = tmp_path / "python"
        # In place of `-I -m <module> <descriptor>`: the program, with the same descriptor.
        starts.write_text(f'#!/bin/sh\nexec "{PYTHON}" -I "{program}" "$4"\n')
        starts.chmod(0o700)
        monkeypatch.setattr("sys.executable", str(starts))
        return Cleaner(seconds=20)

    return of


OUT_OF_BOUNDS = {
    "takes all the memory": "data = bytearray(3 * 1024**3)",
    "fills what it answers with": "os.write(1, b'x' * 100_000); os._exit(0)",
    "writes more than a copy may have": "data = bytes(100 * 1024**2)",
    "ends without a word": "os._exit(0)",
    "crashes": "ctypes.string_at(0)",
    "changes the original": "os.pwrite(0, b'other', 0)",
    "says what is not on the list": "print(json.dumps({'kind': 'text/html', 'removed': []}), flush=True); os._exit(0)",
    "says no JSON": "print('x', flush=True); os._exit(0)",
}
OUT_OF_DOORS = {
    "reads a file": (1, "data = open('/etc/passwd', 'rb').read()"),
    "reads what the process that started it has": (1, "data = open(f'/proc/{os.getppid()}/environ', 'rb').read()"),
    "writes a file": (1, "open('/tmp/recourse-planted', 'wb').write(data)"),
    "listens for somebody": (4, "socket.create_server(('127.0.0.1', 0))"),
    "signals to the process that started it": (6, "os.kill(os.getppid(), signal.SIGCONT)"),
}
"""With the version of Landlock that closes the door: where the kernel has no lock, nothing is promised."""
TRIED = OUT_OF_BOUNDS | {name: does for name, (since, does) in OUT_OF_DOORS.items() if landlock() >= since}


@pytest.mark.parametrize("does", TRIED.values(), ids=TRIED.keys())
async def test_a_parser_that_is_taken_over_gets_nowhere(attacked: Callable[[str], Cleaner], does: str) -> None:
    with pytest.raises(FileRefused, match="unreadable"):
        await cleaned(b"some words", attacked(does))


async def test_the_same_parser_without_an_attack_is_believed(attacked: Callable[[str], Cleaner]) -> None:
    assert await cleaned(b"some words", attacked("pass")) == (Verdict(Kind.TEXT, ()), b"some words")


def children_of(pid: int) -> set[str]:
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def lives(pid: str) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().split()[2] != "Z"


def has_its_limits(pid: str) -> bool:
    limits = Path(f"/proc/{pid}/limits").read_text()
    return next(line for line in limits.splitlines() if line.startswith("Max file size")).split()[3] != "unlimited"


async def test_whom_it_starts_ends_with_it(attacked: Callable[[str], Cleaner]) -> None:
    """For root there is no limit of processes; anybody else is refused."""
    starts = "child = os.fork() or time.sleep(600)\ndata = str(child).encode()"
    try:
        _, child = await cleaned(b"some words", attacked(starts))
    except FileRefused:
        return
    async with asyncio.timeout(30):
        while lives(child.decode()):
            await asyncio.sleep(0.01)


async def test_it_ends_with_the_process_that_started_it(attacked: Callable[[str], Cleaner], tmp_path: Path) -> None:
    attacked("time.sleep(600)")
    starter = tmp_path / "starter.py"
    starter.write_text(
        "import asyncio, sys\n"
        "from services.intake.files.cleaner import Cleaner\n"
        "from services.intake.files.memory import MemoryFile\n"
        f"sys.executable = {sys.executable!r}\n"
        "original = MemoryFile()\n"
        "original.append(b'some words')\n"
        "asyncio.run(Cleaner().clean(original, MemoryFile()))\n"
    )
    process = await asyncio.create_subprocess_exec(PYTHON, "-I", starter)
    try:
        async with asyncio.timeout(60):
            while not (started := children_of(process.pid)):
                await asyncio.sleep(0.01)
            (child,) = started
            while not has_its_limits(child):
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.wait()
    async with asyncio.timeout(30):
        while lives(child):
            await asyncio.sleep(0.01)


async def test_it_knows_no_setting_and_no_key(
    attacked: Callable[[str], Cleaner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOURSE_DATABASE_DSN", "postgresql://secret")
    _, copy = await cleaned(b"some words", attacked("data = repr(sorted(os.environ)).encode()"))
    assert b"RECOURSE" not in copy


async def test_one_that_hangs_is_ended(attacked: Callable[[str], Cleaner]) -> None:
    cleaner = attacked("time.sleep(600)")
    cleaner._seconds = 3.0
    with pytest.raises(FileRefused, match="unreadable"):
        await cleaned(b"some words", cleaner)


async def test_one_whose_sender_has_gone_is_ended(attacked: Callable[[str], Cleaner]) -> None:
    cleaner = attacked("time.sleep(600)")
    waiting = asyncio.create_task(cleaned(b"some words", cleaner))
    before = children_of(os.getpid())
    async with asyncio.timeout(30):
        while not (started := children_of(os.getpid()) - before):
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert not [child for child in started if Path(f"/proc/{child}").exists()]


def test_what_is_removed_has_a_word_of_its_own() -> None:
    assert len({one.value for one in Removed}) == len(Removed)
