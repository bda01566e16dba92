"""`recourse policy …`: read packs before anybody follows them."""

import asyncio
import difflib
import json
import sys
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from policy.changes import Difference, differences, shown, tables_of, weakening
from policy.decisions import Preset
from policy.entry import Mistake, PolicyBroken, place
from policy.lint import Report
from policy.lint import lint as lint_pack
from policy.load import PACKS, load, packs_to_follow
from policy.model import Confidence, Deadline, Policy
from policy.protection import Direction

app = typer.Typer(no_args_is_help=True, help="Policy packs: mistakes, differences, what a value means.")

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Pack = Annotated[str, typer.Argument(help="A pack: its name, name/version, or the folder of a version.")]

CONFIDENCE: Final = {
    Confidence.A: "A: the text itself was seen",
    Confidence.B: "B: a secondary source was seen",
    Confidence.C: "C: recalled, the text was not seen; a default of this software until somebody has checked",
    Confidence.D: "D: a default of this software",
}


class Located(NamedTuple):
    name: str
    version: str | None
    packs: Path


def located(pack: str) -> Located:
    """Where a pack lies: a folder `…/<name>/<version>` of one's own, or one of those we ship."""
    folder = Path(pack)
    if (folder / "pack.toml").is_file():
        folder = folder.resolve()
        return Located(folder.parent.name, folder.name, folder.parent.parent)
    name, _, version = pack.partition("/")
    return Located(name, version or None, PACKS)


@app.command()
def lint(
    pack: Annotated[str | None, typer.Argument(help="A pack, or the folder of a version; else all we ship.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Every mistake with its file, line and key, and every value left open. Exit code 1 when there is a mistake."""
    from ops.policy_use import not_followed  # noqa: PLC0415  # a second, for the procedures

    reports: dict[str, Report] = {}
    mistakes: dict[str, list[Mistake]] = {}
    for one in [pack] if pack else packs_to_follow():
        where = located(one)
        report = reports[one] = lint_pack(where.name, where.version, datetime.now(UTC), packs=where.packs)
        mistakes[one] = [*report.mistakes, *not_followed(report)]
    if as_json:
        print_json(
            [
                {"pack": one, "mistakes": [asdict(m) for m in mistakes[one]], "unset": list(report.unset)}
                for one, report in reports.items()
            ]
        )
    else:
        for one, report in reports.items():
            for mistake in mistakes[one]:
                print(mistake)
            for key in report.unset:
                print(f"{one}: deadline.{key} is unset; {_how_to_set(report.policy, key)}.")
    wrong = sum(map(len, mistakes.values()))
    print(f"{wrong or 'no'} mistake{'' if wrong == 1 else 's'} in {', '.join(reports)}", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)


def _how_to_set(policy: Policy | None, key: str) -> str:
    names = [one.name for one in policy.presets.values() if one.deadline == key] if policy else []
    presets = f", or name a preset: {', '.join(names)}" if names else ""
    return f"choose a value in a pack of your own{presets}"


@app.command()
def diff(before: Pack, after: Pack, *, as_json: AsJson = False) -> None:
    """The values that differ, marked stronger or weaker where it is known which way they protect people."""
    older, newer = _load(before), _load(after)
    found = differences(older, newer)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            print(_line(one))
    stronger = sum(one.direction is Direction.STRONGER for one in found)
    print(f"{len(found)} differ: {len(weakening(found))} weaker, {stronger} stronger", file=sys.stderr)
    print(f"{newer.pin} is {newer.content_hash}", file=sys.stderr)


def _line(one: Difference) -> str:
    values = f"{'(not there)' if one.before is None else one.before or '-'} -> {one.after or '-'}"
    return f"{one.direction or '':<9} {one.key}: {'(gone)' if one.after is None else values}"


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A key, like report.ack, stats.min_cell or role.investigator.")],
    *,
    policy: Annotated[str, typer.Option(help="The pack to look in.")] = "iom-2024-03",
    as_json: AsJson = False,
) -> None:
    """What a value is, where it comes from, how far its source can be trusted, and who uses it."""
    from ops.policy_use import used_by  # noqa: PLC0415  # a second, for the procedures

    where = located(policy)
    report = lint_pack(where.name, where.version, datetime.now(UTC), packs=where.packs)
    if report.policy is None:
        raise _stopped(report.mistakes[0])
    found = [(kind, one) for kind, rows in tables_of(report.policy).items() for one in rows if _is(key, kind, one)]
    if not found:
        known = [one for rows in report.entries.values() for one in rows]
        close = ", ".join(difflib.get_close_matches(key, known)) or "none like it"
        raise typer.BadParameter(f"no value of {policy} is called {key}; there is {close}.")
    explained = [
        _explained(report, kind, one) | {"used_by": list(used_by(report.policy, report.entries, kind, one))}
        for kind, one in found
    ]
    if as_json:
        print_json(explained)
        return
    for one in explained:
        for name, value in one.items():
            print(f"{name.replace('_', ' '):<12} {', '.join(value) if isinstance(value, list) else value}")
        print()


@app.command()
def rehearse(pack: Pack, *, as_json: AsJson = False) -> None:
    """Play the recorded actions of the running stack's cases again as if this pack had been in force: what would have
    been refused, which clocks would have run out, how many notices would have gone to whom. Changes nothing.
    """
    # Here, so that every other command starts without the services' libraries.
    from lifecycle.past_cases import totals  # noqa: PLC0415
    from ops.local_stack.problem import StackProblem  # noqa: PLC0415
    from ops.policy_rehearsal import over_past_cases  # noqa: PLC0415
    from ops.policy_use import not_followed  # noqa: PLC0415

    where = located(pack)
    report = lint_pack(where.name, where.version, datetime.now(UTC), packs=where.packs)
    mistakes = [*report.mistakes, *not_followed(report)]
    if report.policy is None or mistakes:
        raise _stopped(PolicyBroken(*mistakes))
    try:
        found = asyncio.run(over_past_cases(report.policy))
    except StackProblem as problem:
        raise _stopped(problem) from None
    if as_json:
        print_json([one.as_dict() for one in found])
        return
    for one in found:
        left_out = f", {one.left_out} left out: their own pack is gone or not what it was" if one.left_out else ""
        print(f"{one.service} {one.lifecycle}: {one.was.cases} cases{left_out}")
        for what, name, was, would_be in one.changes():
            print(f"  {what:<10} {name}: {was} -> {would_be}")
        if one.would_be.cut_short:
            print(f"  {one.would_be.cut_short} would ring without end")
    summary = ", ".join(f"{what} {was} -> {would_be}" for what, (was, would_be) in totals(found).items())
    print(f"in all: {summary}", file=sys.stderr)


def _is(asked: str, kind: str, key: str) -> bool:
    return asked in {key, f"{kind}.{key}"}


def _explained(report: Report, kind: str, key: str) -> dict[str, Any]:
    policy, entry = report.policy, report.entries[kind][key]
    assert policy is not None  # a pack that cannot be used is not explained
    value = tables_of(policy)[kind][key]
    written = entry.mistake("", "")
    said: dict[str, Any] = {"key": f"{kind}.{key}"}
    match value:
        case Deadline():
            said["value"] = "unset" if value.amount is None else value.amount
            said |= {"unit": value.unit, "starts_at": value.starts_at}
            if value.preset:
                said["preset"] = value.preset
            presets = [one for one in policy.presets.values() if one.deadline == key]
            said |= {"presets": [f"{one.name} ({_length(one)})" for one in presets]} if presets else {}
        case str():
            return said | {"value": value, "written_in": place(entry.file), "line": written.line}
        case _:
            left_out = {"key", "source", "confidence"}
            said |= {one.name: shown(getattr(value, one.name)) for one in fields(value) if one.name not in left_out}
    return said | {
        "source": value.source,
        "confidence": CONFIDENCE[value.confidence],
        "written_in": place(entry.file),
        "line": written.line,
    }


def _length(preset: Preset) -> str:
    return "no limit" if preset.amount is None else f"{preset.amount} {preset.unit}"


def _load(pack: str) -> Policy:
    where = located(pack)
    try:
        return load(where.name, where.version, packs=where.packs)
    except PolicyBroken as broken:
        raise _stopped(broken) from None


def _stopped(why: object) -> typer.Exit:
    print(why, file=sys.stderr)
    return typer.Exit(1)


def print_json(data: object) -> None:
    print(json.dumps(data, indent=2))
