"""The whole stack under the `rehearsal` pack, once for all end-to-end tests, in a state folder of its own. It goes down
after them: even at rest it would take its part of the machine from all other tests.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.demo.parts import Parts
from ops.demo.run import read_stack
from ops.demo.story import Story, new_story
from tests.browser.conftest import browser, page_factory

UP_SECONDS = 180

__all__ = ["browser", "page_factory"]  # fixtures of the tests of pages


@dataclass
class WholeStack:
    state: Path
    environment: dict[str, str]
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def stack(self) -> dict[str, Any]:
        """Read anew each time: a restarted part may have moved."""
        return read_stack(self.state)

    def recourse(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops.cli", *words],
            env=self.environment, capture_output=True, text=True, timeout=UP_SECONDS, check=False,
        )  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The told story comes first: it reads whatever its stack says meanwhile, and others leave news on their way."""
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    in_turn = iter(sorted(ours, key=lambda item: item.path.name != "test_story.py"))
    items[:] = [next(in_turn) if item in ours else item for item in items]


@pytest.fixture(scope="package")
def whole_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    state = tmp_path_factory.mktemp("stack")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RECOURSE_")}
    whole = WholeStack(state, plain | {"RECOURSE_STATE": str(state)})
    started = whole.recourse("up", "--detach", "--policy", "rehearsal")
    assert started.returncode == 0, started.stderr
    yield whole
    ended = whole.recourse("down")
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def parts(whole_stack: WholeStack, http: httpx.AsyncClient) -> Parts:
    return Parts(whole_stack.stack, http)


@pytest.fixture
def story(parts: Parts, http: httpx.AsyncClient) -> Story:
    return new_story(http, parts)
