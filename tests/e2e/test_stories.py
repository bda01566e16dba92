"""The shorter stories of `recourse demo --story`, on the whole stack."""

import httpx
import pytest
from rich.console import Console

from ops.demo.parts import Parts
from ops.demo.run import MAIN, STORIES, run_steps
from ops.demo.story import new_story
from tests.e2e.conftest import WholeStack

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("name", [name for name in STORIES if name != MAIN])
async def test_every_step_of_a_story_is_seen(
    whole_stack: WholeStack, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, steps = STORIES[name]
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        story = new_story(http, Parts(whole_stack.stack, http))
        well = await run_steps(story, whole_stack.state / "demo" / f"{name}.json", Console(), steps)
    assert well, capsys.readouterr().out
