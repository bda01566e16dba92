"""`make mutate`: changes the rules one by one and sees whether a test notices.

`python -m tests.mutation [--every N | --again] [FILE or FOLDER …]`: without a file, everything that is measured; with
`--every`, one mutant of so many, always the same ones; with `--again`, none but the survivors. A run that was cut off
goes on where it was; survivors are tried again once a test has changed. A part prints what survived; only a run over
everything writes the report.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import deque
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.mutation import report
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.results import DRAWN, KILLED, STILLBORN, SURVIVED, TOLD, UNSETTLED, Result, Results, state_of_tests
from tests.mutation.trial import NO_TEST, Trials, Verdict, imports, read_ahead, read_others, with_trials

PURE_LIFECYCLE = "the pure part of lifecycle imports policy and contracts.ids only"
"""The contract in pyproject.toml that lists them."""
BESIDE_THEM = ("lifecycle/notified.py", "lifecycle/signed.py")
"""Pure but for cryptography, or for who uses them."""


Stage = tuple[str, tuple[str, ...]]
TOLD_TWICE = ("tests/unit/lifecycle/test_who_may.py", "tests/unit/workflow/test_steps.py")
DRAWING = "tests/architecture/test_lifecycle_docs.py"
OF_ALL_TABLES = tuple(
    f"tests/unit/lifecycle/test_{one}.py"
    for one in ("tables", "asked", "look_ahead", "openings", "options", "promises")
)
NOT_USED = {*TOLD_TWICE, "tests/unit/lifecycle/test_random_walks.py", "tests/unit/lifecycle/test_cells.py"}
"""The last two take seconds each: a score without them is a lower one."""
BESIDE = {
    "workflow": ("tests/tricky/test_formal.py", "tests/tricky/test_manager.py", "tests/tricky/test_sea.py"),
    "support": ("tests/tricky/test_support.py", "tests/invariants/test_invariants_support.py"),
}
"""Tests of a service's rules outside of `tests/unit`."""
OF_PAGES = {"promises": "tests/architecture/test_promises.py"}
"""Of a module that pages are held to: what holds them."""
SUITES = ("ethics", "ombuds", "support")
"""Of the procedures, whose tests go through the engine by every path; those of workflow are as many again."""
MOST_TOLD = "workflow"
"""Has most that is told twice; asking that first saves half of the time."""
FEW = 12
SLACK = 4
"""A mutant may take this many times as long as the module itself; then it goes round in circles."""


def measured() -> tuple[Path, ...]:
    found = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (pure,) = [one["source_modules"] for one in found if one["name"] == PURE_LIFECYCLE]
    domains = sorted(path for path in Path().glob("services/*/domain/*.py") if path.stat().st_size)
    return (*domains, *(Path(*name.split(".")).with_suffix(".py") for name in pure), *map(Path, BESIDE_THEM))


def tests_for(file: Path) -> tuple[Stage, ...]:
    """Which tests are to notice, and what it is worth if they do: those of the module's own folder that share a word of
    its name, what tests all procedures, the rest of the folder, what is told twice, and the drawing, which says nothing
    of behaviour.
    """
    own = file.parts[0] if file.parts[0] == "lifecycle" else file.parts[1]
    words, nearest = set(file.stem.split("_")), _files(f"tests/unit/{own}")
    near = [one for one in nearest if words & set(Path(one).stem.split("_"))]
    near += [OF_PAGES[file.stem]] if file.stem in OF_PAGES else []
    rest = [one for one in nearest if one not in near]
    if own == "lifecycle":
        suites = [one for suite in SUITES for one in _files(f"tests/unit/{suite}")]
        return (KILLED, (*near,)), (KILLED, (*rest,)), (KILLED, (*suites,)), (TOLD, TOLD_TWICE)
    of_all = [*OF_ALL_TABLES, *BESIDE.get(own, ())]
    found = ((KILLED, (*near,)), (KILLED, (*of_all,)), (KILLED, (*rest,)), (TOLD, TOLD_TWICE), (DRAWN, (DRAWING,)))
    return tuple(stage for stage in found if stage[1])


def _files(folder: str) -> list[str]:
    return [str(path) for path in sorted(Path(folder).glob("test_*.py")) if str(path) not in NOT_USED]


def measure(trials: Trials, file: Path, every: int | None) -> None:
    """Tries those mutants of a module of which nothing is known yet; of `every` so many, one; where it is None, those
    alone that survived other tests. Where what is told twice notices at once, the other tests are asked by `settle`.
    """
    results, tests = Results(file), state_of_tests()
    left = [one for one in _mutants(file) if (one.lot % every == 0 if every else one.id in results.of)]
    stages = tests_for(file)
    told = [stage for stage in stages if stage[0] == TOLD]
    order = [*told, *(stage for stage in stages if stage not in told)] if file.parts[1] == MOST_TOLD else stages
    _try_all(trials, file, [one for one in left if results.is_open(one.id, tests)], order, tests)


def settle(trials: Trials, file: Path) -> None:
    """Asks all other tests of what has been caught by what is told twice before they were asked."""
    results = Results(file)
    left = [one for one in _mutants(file) if results.is_unsettled(one.id)]
    _try_all(trials, file, left, [stage for stage in tests_for(file) if stage[0] != DRAWN], state_of_tests())


def _mutants(file: Path) -> list[Mutant]:
    return mutants(file.read_text(encoding="utf-8"))


def _try_all(trials: Trials, file: Path, left: Sequence[Mutant], stages: Sequence[Stage], tests: str) -> None:
    if not left:
        return
    results, module = Results(file), ".".join(file.with_suffix("").parts)
    unchanged = _unchanged(trials, tuple(sorted({one for _, files in tests_for(file) for one in files})))
    imports()

    def try_them() -> None:
        read_ahead(unchanged.read, module)
        limit = 5 + SLACK * int(unchanged.cpu_seconds)
        quickest = deque(results.killers(), maxlen=FEW)
        for number, one in enumerate(left, start=1):
            verdict, caught_by, seconds, last = _try(trials, module, one, ((KILLED, tuple(quickest)), *stages), limit)
            if verdict == KILLED and caught_by and "::" in caught_by:
                if caught_by in quickest:
                    quickest.remove(caught_by)
                quickest.appendleft(caught_by)
            asked = UNSETTLED if verdict == TOLD and KILLED in {stage for stage, _ in last} else tests
            results.add(
                Result(one.id, one.line, one.kind, one.before, one.after, verdict, caught_by, round(seconds, 3), asked)
            )
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{file}: {number} of {len(left)}   ")
        sys.stderr.write(f"{file}: {results.score()}\n")

    trials.apart(try_them)


def _try(
    trials: Trials, module: str, one: Mutant, stages: Sequence[Stage], limit: int
) -> tuple[str, str | None, float, Sequence[Stage]]:
    """The verdict, the test that led to it, CPU seconds, and the stages that were not needed. The first stage is a
    shortcut through the others.
    """
    spent = 0.0
    for index, (verdict, tests) in enumerate(stages):
        if not tests:
            continue
        trial = trials.attempt(module, one.make, tests, limit)
        spent += trial.cpu_seconds
        if trial.stillborn:
            return STILLBORN, None, spent, ()
        if trial.caught_by == NO_TEST and not index:
            continue  # a test that goes by the name of what the mutant has left out
        if trial.caught_by:
            return verdict, trial.caught_by, spent, stages[index + 1 :]
    return SURVIVED, None, spent, ()


@cache
def _unchanged(trials: Trials, tests: tuple[str, ...]) -> Verdict:
    """What the tests say while nothing is wrong. Exits where something is."""
    found = trials.attempt("", None, tests, 600)
    if found.caught_by:
        sys.exit(f"Without any change {found.caught_by} fails already.")
    read_others(found.read)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("wanted", nargs="*", metavar="FILE or FOLDER")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--again", action="store_const", const=None, dest="every", help="only what survived so far")
    asked = parser.parse_args()
    everything = measured()
    chosen = [file for file in everything if not asked.wanted or any(file.is_relative_to(one) for one in asked.wanted)]
    if not chosen:
        sys.exit(f"Nothing of {' '.join(asked.wanted)} is measured. See docs/quality/mutation.md for what is.")

    def all_of_them(trials: Trials) -> None:
        for file in chosen:
            measure(trials, file, asked.every)
        for file in chosen:
            settle(trials, file)

    with_trials(all_of_them)
    if asked.wanted:
        print("\n".join(report.survivors(chosen)))
    else:
        report.write(everything)


if __name__ == "__main__":
    main()
