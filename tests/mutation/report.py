"""docs/quality/mutation.md: what the runs so far have found. The words above the mark are written by hand and kept."""

from __future__ import annotations

import os
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.mutation.mutants import IN_TABLES, mutants
from tests.mutation.results import DRAWN, KILLED, OPEN, STILLBORN, SURVIVED, TOLD, UNSETTLED, Result, Results

FILE = Path("docs/quality/mutation.md")
SURVIVORS = Path("docs/quality/mutation-survivors.md")
MARK = "<!-- Written by `make mutate` from here on. -->"
SURVIVORS_HEAD = """\
# What no test noticed

Written by `make mutate`; [mutation.md](mutation.md) says what it means. One line for each change: its line and kind,
what stands there, and what could stand there without a test that fails."""
LONGEST_SHOWN = 100
HEAD = """\
| {} | Tried | Killed | Told twice | Drawn | Survived | Score | In functions | In tables | Cannot start |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""
KINDS = {
    "left out": "an element of a tuple, a set or a dictionary, or an optional argument, is missing",
    "wrong role": "another role of the same module",
    "wrong state": "another state of the same procedure",
    "wrong clock": "another clock of the same procedure",
    "wrong word": "another text as a positional argument: codes and rules of refusals, wording keys, choices, fields",
    "flag": "true for false and back",
    "other number": "one more",
    "comparison": "another comparison or operator outside of functions",
    "number": "one more, inside functions",
    "arg removal": "an argument of a call is None or missing",
    "string": "another text inside a function, most of them names of parameters in a refusal",
    "swap op": "another operator, another comparison, and for or",
    "keywords": "is for is not, in for not in",
    "assignment": "None in place of what a name is given",
    "name": "true for false and back, inside functions",
    "remove unary ops": "without its not",
    "match": "a case of a match is missing",
    "augmented assignment": "= in place of +=",
    "lambda": "None in place of what a lambda works out",
    "symmetric string methods swap": "the method from the other end",
}


def write(measured: Sequence[Path]) -> None:
    found = {file: list(Results(file).of.values()) for file in measured}
    by_hand = FILE.read_text(encoding="utf-8").partition(MARK)[0] if FILE.exists() else "# Mutation\n\n"
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(by_hand + MARK + "\n\n" + "\n".join(_report(found)) + "\n", encoding="utf-8")
    SURVIVORS.write_text("\n".join((SURVIVORS_HEAD, *survivors(measured))) + "\n", encoding="utf-8")


def _report(found: Mapping[Path, Sequence[Result]]) -> Iterator[str]:
    everything = [one for results in found.values() for one in results]
    of_each = {file: len(mutants(file.read_text(encoding="utf-8"))) for file in found}
    seconds = sum(one.cpu_seconds for one in everything)
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    yield f"As of {datetime.now(UTC):%Y-%m-%d}, on {machine}: {round(seconds / 60)} minutes of one core in all, one"
    yield "mutant at a time.\n"
    if unsettled := sum(one.verdict == TOLD and one.tests == UNSETTLED for one in everything):
        yield f"{unsettled} of those told twice have not been put to the other tests yet.\n"
    yield from HEAD.format("Part").splitlines()
    folders: dict[Path, list[Path]] = defaultdict(list)
    for file in found:
        folders[file.parent].append(file)
    for folder, files in folders.items():
        yield _row(f"**{folder}**", [one for file in files for one in found[file]], sum(of_each[one] for one in files))
    yield _row("**all**", everything, sum(of_each.values()))
    yield "\n## Module by module\n"
    yield from HEAD.format("Module").splitlines()
    for file, results in found.items():
        yield _row(str(file), results, of_each[file])
    yield "\n## By kind of change\n"
    yield "| Kind | What it is | Killed | Told twice | Drawn | Survived | Score |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for kind, words in KINDS.items():
        of_it = _verdicts(one for one in everything if one.kind == kind)
        if of_it.total():
            yield f"| {kind} | {words} | {_counts(of_it)} | {_score(of_it)} |"


def _row(name: str, results: Sequence[Result], there_are: int) -> str:
    functions = _verdicts(one for one in results if one.kind not in IN_TABLES)
    tables = _verdicts(one for one in results if one.kind in IN_TABLES)
    tried = f"{len(results)} of {there_are}" if len(results) < there_are else str(there_are)
    scores = " | ".join(map(_score, (functions + tables, functions, tables)))
    cannot_start = functions[STILLBORN] + tables[STILLBORN]
    return f"| {name} | {tried} | {_counts(functions + tables)} | {scores} | {cannot_start} |"


def _counts(of_it: Counter[str]) -> str:
    return " | ".join(str(of_it[one]) for one in (KILLED, TOLD, DRAWN, SURVIVED))


def _verdicts(results: Iterable[Result]) -> Counter[str]:
    return Counter(one.verdict for one in results)


def _score(of_it: Counter[str]) -> str:
    viable = of_it.total() - of_it[STILLBORN]
    return f"{100 * (of_it[KILLED] + of_it[TOLD]) / viable:.1f} %" if viable else "-"


def survivors(measured: Sequence[Path]) -> Iterator[str]:
    """Module by module, one line for each."""
    for file in measured:
        left = sorted((one for one in Results(file).of.values() if one.verdict in OPEN), key=lambda one: one.line)
        if not left:
            continue
        yield f"\n## {file}\n"
        for one in left:
            but = "" if one.verdict == SURVIVED else f" ({one.verdict})"
            yield f"- {one.line}, {one.kind}{but}: `{_cut(one.before)}` → `{_cut(one.after)}`"


def _cut(words: str) -> str:
    words = words.replace("`", "'")
    return words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]} …"
