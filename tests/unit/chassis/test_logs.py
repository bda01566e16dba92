"""A log line holds facts of procedure; what a person wrote has no way in, whoever logs it."""

import ast
import asyncio
import gc
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis import logs

ROOT = Path(__file__).parents[3]
CANARY = "canary-of-a-reporter"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    for hook in ("sys.excepthook", "sys.unraisablehook", "threading.excepthook", "warnings.showwarning"):
        monkeypatch.setattr(hook, lambda *_: None)
    root = logging.getLogger()
    before, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in ("chassis", "lifecycle", "services", "aiokafka")}
    logs.set_up("intake")
    yield stream
    root.handlers, root.level = before, level
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_an_id_and_a_fact_are_written(written: io.StringIO) -> None:
    logging.getLogger("services.workflow").info("case closed", extra={"case_id": "c-1", "state": "closed"})
    [line] = lines(written)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "service": "intake",
        "level": "info",
        "logger": "services.workflow",
        "message": "case closed",
        "case_id": "c-1",
        "state": "closed",
    }


def test_anything_else_in_extra_is_dropped(written: io.StringIO) -> None:
    logging.getLogger("services.intake").info("report lodged", extra={"text": CANARY, "report_id": CANARY, "count": 1})
    assert CANARY not in written.getvalue()
    assert lines(written)[0]["count"] == "1"


def test_whatever_our_code_says_beside_a_line_is_written() -> None:
    said = {
        key.value
        for package in ("chassis", "lifecycle", "services")
        for path in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for extra in call.keywords
        if extra.arg == "extra" and isinstance(extra.value, ast.Dict)
        for key in extra.value.keys
        if isinstance(key, ast.Constant)
    }
    assert {"error", "content_hash"} <= said
    assert said <= logs.ALLOWED


def test_what_a_library_fills_into_its_sentence_is_left_out(written: io.StringIO) -> None:
    logging.getLogger("some.library").warning("could not read %s", CANARY)
    assert lines(written)[0]["message"] == "could not read %s"
    assert CANARY not in written.getvalue()


def test_of_an_exception_the_type_and_the_places_are_written_and_never_its_text(written: io.StringIO) -> None:
    def fail() -> None:
        try:
            int(CANARY)
        except ValueError as cause:
            raise RuntimeError(f"while at {CANARY}") from cause

    try:
        fail()
    except RuntimeError:
        logging.getLogger("services.intake").exception("request failed")
    [line] = lines(written)
    assert line["error"] == "RuntimeError"
    assert any(frame.endswith(" fail") for frame in line["frames"])
    assert CANARY not in written.getvalue()


def test_libraries_are_heard_from_warning_on_and_we_from_info_on(written: io.StringIO) -> None:
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("aiokafka.conn").error("broker away")
    logging.getLogger("chassis.relay").info("relay carries again")
    logging.getLogger("chassis.relay").debug("detail")
    assert [line["message"] for line in lines(written)] == ["relay carries again"]


async def test_of_a_task_that_nobody_waited_for_no_text_is_written(written: io.StringIO) -> None:
    async def fail(words: str) -> None:
        raise RuntimeError(words)

    task = asyncio.create_task(fail(CANARY))
    await asyncio.wait({task})
    del task
    gc.collect()
    [line] = lines(written)
    assert (line["message"], line["error"]) == ("Task exception was never retrieved", "RuntimeError")
    assert CANARY not in written.getvalue()


ENDS = f"""
import sys, threading, warnings
from chassis import logs
logs.set_up("intake")
warnings.warn("{CANARY}")
thread = threading.Thread(target=int, args=("{CANARY}",))
thread.start()
thread.join()
class Gone:
    def __del__(self):
        raise ValueError("{CANARY}")
Gone()
raise RuntimeError("{CANARY}")
"""


def test_what_ends_a_process_or_a_thread_is_a_line_like_any_other() -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line.get("error") for line in found] == ["UserWarning", "ValueError", "ValueError", "RuntimeError"]
    assert CANARY not in done.stderr + done.stdout
