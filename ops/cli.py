"""`recourse …`, what an operator types. Data on stdout, talk on stderr; exit codes 0, 1 (ill), 2 (asked wrongly)."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from ops import audit, cases, dead_letters, directory
from ops import policy as packs
from ops.local_stack import running
from ops.local_stack.problem import StackProblem
from ops.local_stack.settings import load

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Recourse on one machine.", pretty_exceptions_enable=False
)
app.add_typer(audit.app, name="audit")
app.add_typer(cases.app, name="case")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(directory.app, name="directory")
app.add_typer(packs.app, name="policy")

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Policy = Annotated[str, typer.Option(help="The policy pack that the services follow.")]


@contextmanager
def sentences() -> Iterator[None]:
    """A problem is one sentence on stderr and exit code 1."""
    try:
        yield
    except StackProblem as problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(1) from None


def print_json(data: object) -> None:
    print(json.dumps(data, indent=2))


@app.command()
def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", help="Return once everything is ready.")] = False,
    policy: Policy = "iom-2024-03",
    as_json: AsJson = False,
) -> None:
    """Start the whole stack; end it with Ctrl-C, or with `recourse down` after --detach."""
    with sentences():
        settings = load()
        if not detach:
            from ops.local_stack.stack import compose  # noqa: PLC0415  # seconds, that `status` need not wait for

            running.up(settings, policy, compose)
            return
        running.up_detached(settings, policy)
        if as_json:
            print_json(running.status(settings))


@app.command()
def down(*, as_json: AsJson = False) -> None:
    """End the stack, whoever started it."""
    with sentences():
        ended = running.down(load())
        if as_json:
            print_json({"ended": ended})
        print(f"ended {', '.join(ended)}" if ended else "nothing was running", file=sys.stderr)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """What runs where. Exit code 1 unless everything runs."""
    with sentences():
        found = running.status(load())
        if found is not None and found["state"] == "ready":
            found["stuck"] = _stuck()
        if as_json:
            print_json(found or {"state": "down"})
        elif found is None:
            print("The stack is not running: start it with `recourse up`.", file=sys.stderr)
        else:
            _print_status(found)
        if found is None or found["state"] != "ready" or not all(one["alive"] for one in found["processes"]):
            raise typer.Exit(1)


def _print_status(found: dict[str, Any]) -> None:
    for one in found["processes"]:
        url = (found["services"] | found).get(one["name"], {}).get("url", "")
        state = "runs" if one["alive"] else "ended"
        print(f"{one['name']:<14} {state:<6} {one['pid']:>8} {one['memory'] / 2**20:>6.0f} MB  {url}".rstrip())
    print(f"{found['state']}, policy {found['policy']}, {found['memory'] / 2**20:.0f} MB in all", file=sys.stderr)


def _stuck() -> dict[str, dict[str, Any]] | None:
    """None when a database does not answer: what runs is to be shown all the same."""
    try:
        stuck = dead_letters.summary()
    except StackProblem as problem:
        print(problem, file=sys.stderr)
        return None
    for service, counts in stuck.items():
        print(dead_letters.sentence(service, counts), file=sys.stderr)
    return stuck


@app.command()
def prepare(
    only: Annotated[
        list[str] | None, typer.Option(help="databases, topics, keys, schemas, environment or people; repeatable.")
    ] = None,
    policy: Policy = "iom-2024-03",
) -> None:
    """Prepare servers that run already: databases, topics, keys, schemas and the services' environment files."""
    from ops.local_stack import prepare as preparing  # noqa: PLC0415  # as above

    tasks: list[preparing.Task] = [task for task in preparing.Task if task is not preparing.Task.PEOPLE]
    try:
        tasks = [preparing.Task(name) for name in only or tasks]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with sentences():
        preparing.prepare(load(), policy, tasks)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Can this machine run the stack? One line each, with what to do where it cannot."""
    from ops.local_stack import doctor as examination  # noqa: PLC0415  # as above

    with sentences():
        findings = examination.examine(load())
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            remedy = "" if finding.ok else f": {finding.remedy}"
            print(f"{'ok ' if finding.ok else 'NOT'} {finding.name}: {finding.found}{remedy}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def demo(
    *,
    story: Annotated[str, typer.Option(help="talk, supervisor, misdirected or sea.")] = "talk",
    seed: Annotated[bool, typer.Option("--seed", help="No story: fill the desks with invented matters.")] = False,
    as_json: AsJson = False,
) -> None:
    """One person's story on the real parts; on a terminal the stack is then filled and stays up until Ctrl-C."""
    from ops.demo import run  # noqa: PLC0415  # every other command starts without the services' libraries
    from ops.demo.seeding.run import seeded_in  # noqa: PLC0415  # as above

    if story not in run.STORIES:
        raise typer.BadParameter(f"no such story; there are: {', '.join(run.STORIES)}.", param_hint="--story")
    with sentences():
        well = run.seed(load(), quiet=as_json) if seed else run.demo(load(), story, quiet=as_json)
        if as_json:
            print((seeded_in(load().state) if seed else run.summary_of(load(), story)).read_text())
        if not well:
            raise typer.Exit(1)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
