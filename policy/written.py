"""What the hash of a pack is of, as one text: so that a version can be kept apart from its files and read again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from policy.entry import Entry

_DAY: Final = "a day"
"""JSON has no days, and a text like "2026-04-03" is not the same as that day."""

Chosen = Mapping[str, str]
"""What the head of a pack chooses among its tables."""


def write(chosen: Chosen, entries: Iterable[Entry]) -> str:
    """Every entry with its place and its values. Raises TypeError for a value that no table of a pack can hold."""
    rows = [[entry.kind, entry.path, dict(entry.values)] for entry in entries]
    return json.dumps([dict(chosen), rows], ensure_ascii=False, separators=(",", ":"), default=_day)


def read(content: str, folder: Path) -> tuple[Chosen, list[Entry]]:
    """As it was written. `folder` is what mistakes in it are named by."""
    chosen, rows = json.loads(content, object_hook=_from_day)
    return chosen, [Entry(folder / "kept", tuple(path), values, kind) for kind, path, values in rows]


def _day(value: object) -> Any:
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    raise TypeError(type(value).__name__)


def _from_day(values: dict[str, Any]) -> Any:
    return date.fromisoformat(values[_DAY]) if values.keys() == {_DAY} else values
