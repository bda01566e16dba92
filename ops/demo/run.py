"""Runs the story on a running stack, prints each step, writes `.recourse/demo/summary.json`."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from ops.demo.clients import StoryError
from ops.demo.parts import Parts
from ops.demo.story import new_story


async def run_story(stack: Mapping[str, Any], summary: Path, console: Console) -> bool:
    """Whether every step was seen in the real parts. Stops at the first that was not; the summary has the steps done."""
    steps: list[dict[str, str | int]] = []
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        story = new_story(http, Parts(stack, http))
        for number, (name, step) in enumerate(story.steps(), 1):
            began = time.monotonic()
            try:
                seen = await step()
            except (StoryError, httpx.HTTPError) as error:
                console.print(f"[red]{number:2} {name}: not seen[/red]\n   {error or type(error).__name__}")
                console.print(
                    "   The logs of every process are in the stack's logs folder (`recourse status` names it)."
                )
                return False
            finally:
                summary.parent.mkdir(parents=True, exist_ok=True)
                summary.write_text(json.dumps({"steps": steps}, indent=2) + "\n")
            ms = round((time.monotonic() - began) * 1000)
            steps.append({"name": name, "seen": seen.seen, "where": seen.where, "ms": ms})
            summary.write_text(json.dumps({"steps": steps}, indent=2) + "\n")
            console.print(
                f"[bold]{number:2} {name}[/bold]  [dim]{ms / 1000:.1f} s · {seen.where}[/dim]\n   {seen.seen}"
            )
    return True
