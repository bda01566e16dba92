"""Emergency numbers by duty station for the first page, which asks for no choice and stores nothing (P0, invariant 21).

They are read once, when the process starts, from the organisation's one file of where help is to be had: the directory
of help shows the same, and may be down.
"""

import logging
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

FILE: Final = Path(__file__).parents[1] / "support" / "help.toml"
_ANYWHERE: Final = "everywhere"
_AT_ONCE: Final = ("emergency", "security")


@dataclass(frozen=True)
class Number:
    """`place` is empty where it can be called from anywhere."""

    place: str
    name: str
    contact: str


def numbers(file: Path = FILE) -> Sequence[Number]:
    """What can be called from anywhere first, then each duty station's own. Without a file that can be read there are
    none, and the first page stands without them.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        return sorted(_of(tables), key=lambda one: one.place)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        logger.error("the first page has no emergency numbers", extra={"error": type(error).__name__})  # noqa: TRY400
        return ()


def _of(tables: dict[str, Any]) -> list[Number]:
    stations = {_ANYWHERE: ""} | {key: one["name"] for key, one in tables["station"].items()}
    return [
        Number(stations[one["station"]], one["name"], one["contact"])
        for kind in _AT_ONCE
        for one in tables["help"].values()
        if one["service"] == kind
    ]
