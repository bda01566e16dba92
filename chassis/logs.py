"""Logs as JSON lines in which only facts of procedure can stand: no contents, names or codes have a way in."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

ALLOWED: Final = frozenset(
    {
        "action",
        "case_id",
        "code",
        "count",
        "error",
        "offset",
        "partition",
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
            # The sentence as it stands in the source: what a library would fill in may be anything.
            "message": str(record.msg),
        }
        line |= {name: str(value) for name, value in vars(record).items() if name in ALLOWED}
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            # An exception's text may quote what failed; its type and where it rose cannot.
            line["error"] = kind.__name__
            line["frames"] = _frames(trace)
        return json.dumps(line, ensure_ascii=False)


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def set_up(service: str) -> None:
    """Sends every logger's records to stderr in our shape: ours from `info`, libraries' from `warning`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("chassis", "lifecycle", "services"):
        logging.getLogger(ours).setLevel(logging.INFO)
    # It repeats itself as long as the broker is away; relay and consumer say so once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
