"""Reads the directory of help from its file, once, when the process starts: nothing else has to be up for it."""

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from services.support.domain.help import Directory, Door, Entry, HealthWindow, Station

FILE: Final = Path(__file__).with_name("help.toml")
_TABLES: Final = {"directory", "station", "help", "health", "door"}

Row = TypeVar("Row", Entry, Station, HealthWindow, Door)


class HelpBroken(Exception):
    """The directory cannot be read. The message names the file, the table and what is wrong with it."""


def load(file: Path = FILE) -> Directory:
    """Raises HelpBroken."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HelpBroken(f"{file.name} cannot be read ({error}). Correct it.") from None
    if unknown := tables.keys() - _TABLES:
        raise HelpBroken(f"{file.name}: {min(unknown)} is no table of a directory of help.")
    said_first = tables.get("directory", {}).get("said_first")
    if not isinstance(said_first, str) or not said_first.strip():
        raise HelpBroken(f"{file.name}: directory.said_first is missing: what everybody is told first.")
    return Directory(
        said_first=said_first,
        stations={one.key: one for one in _rows(file, tables, "station", Station)},
        entries=tuple(_rows(file, tables, "help", Entry)),
        health=tuple(_rows(file, tables, "health", HealthWindow, key="deadline")),
        doors=tuple(_rows(file, tables, "door", Door)),
    )


def _rows(file: Path, tables: dict[str, Any], table: str, kind: type[Row], key: str = "key") -> list[Row]:
    return [_row(file, table, name, values, kind, key) for name, values in tables.get(table, {}).items()]


def _row(file: Path, table: str, name: str, values: Any, kind: type[Row], key: str) -> Row:
    def broken(wrong: object) -> HelpBroken:
        return HelpBroken(f"{file.name}: {table}.{name}: {wrong}.")

    if not isinstance(values, dict):
        raise broken("it must be a table")
    if unknown := values.keys() - {one.name for one in fields(kind)}:
        raise broken(f"{min(unknown)} is no field of it")
    try:
        return msgspec.convert({**values, key: name}, kind, builtin_types=(date,))
    except msgspec.ValidationError as error:
        raise broken(error) from None
