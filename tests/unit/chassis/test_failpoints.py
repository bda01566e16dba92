"""A failpoint kills at the hit it is armed for, and does nothing otherwise."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = "from chassis import failpoints\nfor n in range(3):\n failpoints.hit('a.point')\n print(n, flush=True)"


@pytest.mark.parametrize(
    ("armed", "code", "printed"),
    [
        ("", 0, ["0", "1", "2"]),
        ("another.point", 0, ["0", "1", "2"]),
        ("a.point", -signal.SIGKILL, []),
        ("another.point,a.point:3", -signal.SIGKILL, ["0", "1"]),
    ],
)
def test_a_failpoint_kills_at_the_hit_it_is_armed_for(armed: str, code: int, printed: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "RECOURSE_FAILPOINTS": armed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (code, printed)
