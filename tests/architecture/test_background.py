"""What has to go on behind every service is started by its process: nobody misses it on a page for a year."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from chassis import audit_actors, audit_trail
from ops.local_stack.paths import ROOT
from tests.architecture.test_http_names import NAMES, service_of

NOTHING_ENDS = {"audit", "notifications"}
"""Nothing that these two write down belongs to a matter with an end (ADR 79, what stays)."""
STARTED: list[tuple[Callable[..., Coroutine[Any, Any, None]], set[str]]] = [
    (audit_actors.forget_forever, NAMES.keys() - NOTHING_ENDS),
    (audit_trail.send_heartbeats, set(NAMES)),
]


def background_of(service: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[CodeType]:
    """What its process would run beside the web: begun, and ended before the first step."""
    begun: list[Any] = [start() for start in service_of(service, folder, monkeypatch).background]
    for one in begun:
        one.close()
    return [one.cr_code for one in begun]


@pytest.mark.parametrize("service", NAMES)
def test_each_service_starts_what_has_to_go_on_behind_it(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = background_of(service, tmp_path, monkeypatch)
    found = {task.__name__: begun.count(task.__code__) for task, _ in STARTED}
    assert found == {task.__name__: int(service in services) for task, services in STARTED}


@pytest.mark.parametrize("service", sorted(NOTHING_ENDS))
def test_whoever_forgets_nobody_says_of_nothing_that_it_has_ended(service: str) -> None:
    said = [file.read_text(encoding="utf-8") for file in (ROOT / "services" / service).rglob("*.py")]
    assert said
    assert not [one for one in said if "audit_actors.keep_until" in one or "erasing" in one]
