"""`recourse directory …`: what somebody should put right in the directory of help."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The directory of help by duty station.")

Policy = Annotated[str, typer.Option(help="The policy pack that says how old a check may be.")]


@app.callback()
def directory() -> None:
    """The directory of help by duty station."""


@app.command()
def lint(*, policy: Policy = "iom-2024-03") -> None:
    """Mistakes in the directory, and entries that nobody has checked for long. Exit code 1 when there is one."""
    # A second, that other commands need not wait for.
    from policy.load import load as load_policy  # noqa: PLC0415
    from services.support import help_file  # noqa: PLC0415
    from services.support.domain import help as places  # noqa: PLC0415

    today = datetime.now(UTC).date()
    try:
        found = list(places.lint(help_file.load(), places.checked_since(load_policy(policy), today), today))
    except help_file.HelpBroken as broken:
        found = [str(broken)]
    for sentence in found:
        print(sentence)
    if found:
        print(f"{len(found)} to put right in {help_file.FILE}", file=sys.stderr)
        raise typer.Exit(1)
