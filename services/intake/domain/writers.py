"""For whom somebody writes, by what was chosen. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_NOT_SAID: Final = "not_said"
_SEA: Final = "sea_report"


def may_name_affected(chosen: Mapping[str, Any]) -> bool:
    """Where a route asks for it: by that person's own yes, which who writes of herself has given (policy 2.7)."""
    return bool(chosen.get("identity_consent") == "given" or chosen.get("writer") == "affected")


def for_somebody_else(route: str, chosen: Mapping[str, Any]) -> bool:
    """Whoever says nothing of it writes for herself. Exploitation and abuse everybody has to report who hears of it
    (policy 2.7): there, only who says that it happened to her.
    """
    writer = chosen.get("writer", _NOT_SAID)
    if route == _SEA:
        return bool(writer != "affected")
    others = chosen.get("kind") == "third_party" or chosen.get("for_whom", "myself") != "myself"
    return bool(others or writer not in ("affected", _NOT_SAID))
