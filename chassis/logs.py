"""Logs as JSON lines in which only facts of procedure can stand: no contents, names or codes have a way in."""

import json
import logging
import re
import sys
import threading
import traceback
import warnings
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, cast

log = logging.getLogger(__name__)

ALLOWED: Final = frozenset(
    {
        "action",
        "case_id",
        "code",
        "content_hash",
        "count",
        "error",
        "offset",
        "partition",
        "policy",
        "rule",
        "sequence",
        "service",
        "shard",
        "state",
        "topic",
        "workflow_id",
    }
)
"""What a record's `extra` may carry; anything else is dropped."""


# asyncio fills in its sentences itself, with what a task was given and what it has raised.
_PLAIN_WORDS: Final = re.compile(r"[A-Za-z ]*")


class _JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": self._service,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _sentence(record),
        }
        line |= {name: str(value) for name, value in vars(record).items() if name in ALLOWED}
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            # An exception's text may quote what failed; its type and where it rose cannot.
            line["error"] = kind.__name__
            line["frames"] = _frames(trace)
        return json.dumps(line, ensure_ascii=False)


def _sentence(record: logging.LogRecord) -> str:
    """As it stands in the source: what a library would fill in may be anything."""
    said = str(record.msg)
    found = _PLAIN_WORDS.match(said) if record.name == "asyncio" else None
    return found[0].strip() if found else said


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def set_up(service: str) -> None:
    """Sends every logger's records to stderr in our shape: ours from `info`, libraries' from `warning`. What Python
    would print there by itself, with the text of an exception or a warning, becomes such a record too.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("chassis", "lifecycle", "services"):
        logging.getLogger(ours).setLevel(logging.INFO)
    # It repeats itself as long as the broker is away; relay and consumer say so once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    sys.excepthook = _ended
    threading.excepthook = lambda failed: _failed("a thread ended", failed)
    sys.unraisablehook = lambda failed: _failed("an exception had nowhere to go", failed)
    warnings.showwarning = cast("Any", _warned)


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("the process ends", exc_info=(kind, error, trace))


def _failed(said: str, failed: Any) -> None:
    log.error(said, exc_info=(failed.exc_type, failed.exc_value, failed.exc_traceback))


def _warned(_message: Warning | str, category: type[Warning], *_place: object, **_more: object) -> None:
    log.warning("a library warns", extra={"error": category.__name__})
