"""Named places where a test may have the process killed, as a power cut would."""

import os
import signal
from collections import Counter
from functools import cache

_hits: Counter[str] = Counter()


@cache
def _armed() -> dict[str, int]:
    """RECOURSE_FAILPOINTS: names separated by commas, each with the hit it dies at (`relay.after_send:3`; else 1)."""
    named = [entry.partition(":") for entry in os.environ.get("RECOURSE_FAILPOINTS", "").split(",") if entry]
    return {name: int(count or 1) for name, _, count in named}


def hit(name: str) -> None:
    """Kills this process with SIGKILL at the armed hit of `name`; otherwise does nothing."""
    if name not in _armed():
        return
    _hits[name] += 1
    if _hits[name] == _armed()[name]:
        os.kill(os.getpid(), signal.SIGKILL)
