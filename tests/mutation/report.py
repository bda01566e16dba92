"""docs/quality/mutation.md: what the runs so far have found. The words above the mark are written by hand and kept."""

from __future__ import annotations

import os
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.mutation.mutants import IN_TABLES
from tests.mutation.results import DRAWN, KILLED, OPEN, STILLBORN, SURVIVED, TOLD, Result, Results

FILE = Path("docs/quality/mutation.md")
SURVIVORS = Path("docs/quality/mutation-survivors.md")
MARK = "<!-- Written by `make mutate` from here on. -->"
SURVIVORS_HEAD = """\
# What no test noticed

Written by `make mutate`; [mutation.md](mutation.md) says what it means. One line for each change: its line and kind,
what stands there, and what could stand there without a test that fails."""
LONGEST_SHOWN = 100
HEAD = """\
| {} | In functions: killed | told twice | survived | score \
| In tables: killed | told twice | drawn | survived | score \
| all that fails | cannot start |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""
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
    seconds = sum(one.cpu_seconds for one in everything)
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    yield f"As of {datetime.now(UTC):%Y-%m-%d}, on {machine}: {round(seconds / 60)} minutes of one core in all, one"
    yield "mutant at a time.\n"
    yield from HEAD.format("Part").splitlines()
    folders: dict[Path, list[Result]] = defaultdict(list)
    for file, results in found.items():
        folders[file.parent] += results
    for folder, results in folders.items():
        yield _row(f"**{folder}**", results)
    yield _row("**all**", everything)
    yield "\n## Module by module\n"
    yield from HEAD.format("Module").splitlines()
    for file, results in found.items():
        yield _row(str(file), results)
    yield "\n## By kind of change\n"
    yield "| Kind | What it is | Killed | Told twice | Drawn | Survived | Score | All that fails |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for kind, words in KINDS.items():
        of_it = _verdicts(one for one in everything if one.kind == kind)
        if of_it.total():
            counts = " | ".join(str(of_it[one]) for one in (KILLED, TOLD, DRAWN, SURVIVED))
            scores = f"{_score(of_it)} | {_score(of_it, KILLED, TOLD, DRAWN)}"
            yield f"| {kind} | {words} | {counts} | {scores} |"


def _row(name: str, results: Sequence[Result]) -> str:
    functions = _verdicts(one for one in results if one.kind not in IN_TABLES)
    tables = _verdicts(one for one in results if one.kind in IN_TABLES)
    cells = [
        *(functions[KILLED], functions[TOLD], functions[DRAWN] + functions[SURVIVED], _score(functions)),
        *(tables[KILLED], tables[TOLD], tables[DRAWN], tables[SURVIVED], _score(tables)),
        _score(functions + tables, KILLED, TOLD, DRAWN),
        functions[STILLBORN] + tables[STILLBORN],
    ]
    return f"| {name} | {' | '.join(map(str, cells))} |"


def _verdicts(results: Iterable[Result]) -> Counter[str]:
    return Counter(one.verdict for one in results)


def _score(of_it: Counter[str], *counted: str) -> str:
    viable = of_it.total() - of_it[STILLBORN]
    return f"{100 * sum(of_it[one] for one in counted or (KILLED, TOLD)) / viable:.1f} %" if viable else "-"


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
