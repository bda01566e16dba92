"""`recourse demo`: starts the stack, runs the story on it, prints each step; at a terminal it then fills the desks with
invented matters and stays up for a person.
"""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from ops.demo import child_at_risk, measure, talk, told_manager, watch, wrong_desk
from ops.demo.clients import StoryError
from ops.demo.parts import Parts
from ops.demo.seeding.showing import SIGN_INS, fill, to_try
from ops.demo.story import Seen, Story, new_story
from ops.local_stack import running, stack_file
from ops.local_stack.addresses import INTAKE_DESK
from ops.local_stack.problem import StackProblem
from ops.local_stack.settings import StackSettings

POLICY = "rehearsal"
LIVED_IN = "iom-2024-03"
"""The pack under which desks are filled: under `rehearsal` every date would be over at once."""
PAGES = {
    "intake": "the portal: no sign-in, a code at the end",
    "ombuds": "focal points and ombudsperson",
    "support": "welfare and specialists; the directory of help at /en/help, open to anybody",
    "workflow": "managers, oversight, legal, heads, DHR; the other party",
    "ethics": "ethics office",
    "hr_bridge": "HR's tasks",
    "audit": "auditors",
    INTAKE_DESK: "registrar: what came by mail, phone or on paper; custodian: another code",
}
Steps = Sequence[tuple[str, Callable[[Story], Awaitable[Seen]]]]
STEPS: Steps = (
    ("asks for an informal talk, without signing in", talk.asks_for_a_talk),
    ("the event says nothing", talk.the_topic_says_nothing),
    ("a workflow runs for it", talk.a_workflow_runs),
    ("a focal point accepts", talk.a_focal_point_accepts),
    ("they write to each other", talk.they_talk),
    ("she makes a formal report", talk.she_makes_a_formal_report),
    ("oversight assesses and alerts", measure.the_office_alerts),
    ("a head who did not alert decides", measure.the_other_head_decides),
    ("the HR system has the temporary supervisor", measure.hr_changes_the_line),
    ("she is told first, then the other side", measure.she_knows_first),
    ("a poor appraisal is noticed", watch.a_poor_appraisal_is_noticed),
    ("at the end he does not fall back over her", measure.the_end_does_not_put_him_back),
    ("the talk is purged", watch.the_talk_is_purged),
    ("the record holds", watch.the_record_holds),
)
MAIN = "talk"
STORIES: Mapping[str, tuple[str, Steps]] = {
    MAIN: ("One person's story, from a talk to a measure and back", STEPS),
    "supervisor": ("A manager is told, and says only what was agreed", told_manager.STEPS),
    "misdirected": ("What came to the wrong desk goes on once, and nothing is kept", wrong_desk.STEPS),
    "sea": ("A rumour about a child: oversight at once, and help beside it", child_at_risk.STEPS),
}


def read_stack(state: Path) -> dict[str, Any]:
    """What `stack.json` and the credentials file beside it say, together. Raises StackProblem when nothing runs."""
    found = stack_file.read(state)
    if found is None or found["state"] != "ready":
        raise StackProblem("The stack is not running: start it with `recourse up`.")
    secret: dict[str, Any] = json.loads(Path(found["credentials"]).read_text())
    for name, values in secret.items():
        found[name] = found.get(name, {}) | values
    return found


def summary_of(settings: StackSettings, story: str) -> Path:
    return settings.state / "demo" / ("summary.json" if story == MAIN else f"summary-{story}.json")


def demo(settings: StackSettings, story: str = MAIN, *, quiet: bool = False) -> bool:
    """Whether every step of the story was seen. At a terminal the stack then starts again under a pack whose dates are
    days, is filled with invented matters, and stays up until Ctrl-C; `quiet` talks on stderr.

    A stack that runs under the `rehearsal` pack is used and left running as it is. Raises StackProblem.
    """
    console = Console(stderr=quiet, highlight=False)
    settings = settings.model_copy(update={"demonstration": True})
    ours = stack_file.read(settings.state) is None
    running.up_detached(settings, POLICY)
    try:
        stack = read_stack(settings.state)
        title, steps = STORIES[story]
        summary = summary_of(settings, story)
        console.print(
            f"\n[bold]{title}[/bold], by HTTP alone; every hop seen in the part it belongs to\n"
            "(S0011 and the like are invented people; a 404 is what somebody gets who must not know)\n",
            soft_wrap=True,
        )
        well = asyncio.run(run_story(stack, summary, console, steps))
        console.print(
            f"\n{'Every step was seen.' if well else 'The story stopped.'} Summary: {summary}", soft_wrap=True
        )
        if not _at_terminal():
            return well
        if ours:
            console.print("\nThe same stack again, with dates in days:", soft_wrap=True)
            running.down(settings)
            running.up_detached(settings, LIVED_IN)
            stack = read_stack(settings.state)
            fill(stack, settings.state, console)
        _stay(stack, settings.state, console)
        return well
    finally:
        if ours:
            running.down(settings)


def seed(settings: StackSettings, *, quiet: bool = False) -> bool:
    """Whether every invented matter stands where it is to stand; what is there already is left alone. Starts a stack
    where none runs, which at a terminal stays up until Ctrl-C. Raises StackProblem, also for a stack that does not say
    on its pages that it is a demonstration.
    """
    console = Console(stderr=quiet, highlight=False)
    ours = stack_file.read(settings.state) is None
    running.up_detached(settings.model_copy(update={"demonstration": True}), LIVED_IN)
    try:
        stack = read_stack(settings.state)
        if not stack["demonstration"]:
            raise StackProblem(
                "Invented matters go into a demonstration alone: end this stack, and start it again with "
                "RECOURSE_DEMONSTRATION=true set."
            )
        well = fill(stack, settings.state, console)
        if _at_terminal():
            _stay(stack, settings.state, console, ours=ours)
        return well
    finally:
        if ours:
            running.down(settings)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


async def run_story(stack: Mapping[str, Any], summary: Path, console: Console, steps: Steps = STEPS) -> bool:
    """Whether every step was seen in the real parts; stops at the first that was not."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        return await run_steps(new_story(http, Parts(stack, http)), summary, console, steps)


async def run_steps(story: Story, summary: Path, console: Console, steps: Steps = STEPS) -> bool:
    """The story's steps one after the other, each printed and added to `summary` once it was seen."""
    summary.parent.mkdir(parents=True, exist_ok=True)
    done: list[dict[str, str | int]] = []
    await story.begin()
    for number, (name, step) in enumerate(steps, 1):
        began = time.monotonic()
        try:
            seen = await step(story)
        except (StoryError, httpx.HTTPError) as problem:
            console.print(
                f"[red]{number:2} {name}: not seen[/red]\n   {problem or type(problem).__name__}", soft_wrap=True
            )
            console.print("   Each process's log is in the folder `logs_dir` of `.recourse/stack.json`.")
            return False
        ms = round((time.monotonic() - began) * 1000)
        done.append({"name": name, "seen": seen.seen, "where": seen.where, "ms": ms})
        summary.write_text(json.dumps({"steps": done}, indent=2, ensure_ascii=False) + "\n")
        console.print(f"[bold]{number:2} {name}[/bold]  [dim]{ms / 1000:.1f} s · {seen.where}[/dim]")
        console.print(f"   {seen.seen}", markup=False, soft_wrap=True)
    return True


def _stay(stack: Mapping[str, Any], state: Path, console: Console, *, ours: bool = True) -> None:
    console.print("\n[bold]The stack stays up.[/bold] Pages:")
    addresses = {**stack["services"], INTAKE_DESK: stack[INTAKE_DESK]}
    for name, whose in PAGES.items():
        console.print(f"   {addresses[name]['url']}/  {name:<11} {whose}")
    console.print("   Each describes its interface under /schema/openapi.json.")
    console.print("\nOne sign-in per role (invented people; at the provider, press the number):")
    for staff_id, role, desk in SIGN_INS:
        console.print(f"   {staff_id}  {role:<44} {addresses[desk]['url']}/")
    if codes := to_try(state):
        console.print(f"\nAccess codes to come back with, at {stack['services']['intake']['url']}/en/back:")
        for code, what in codes:
            console.print(f"   {code}  {what}")
    if not ours:
        return
    console.print("\nCtrl-C ends everything.")
    # Also where whoever started us had SIGINT ignored, as shells do for jobs in the background.
    for ends in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ends, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("")
