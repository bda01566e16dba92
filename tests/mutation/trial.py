"""Each mutant before the tests: one process that has read nothing of ours yet is forked for each, so that nothing is
written to disk and everything that is built while modules are read (tables, guards) is built anew.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import grimp
import pytest

from policy import load

CLEAN, CAUGHT, STILLBORN = 0, 1, 9
NO_TEST = "no test"
PACKAGES = ("contracts", "policy", "lifecycle", "chassis", "services", "ops")
EVERY_TABLE = "ops.lifecycle_docs"
LONGEST_WALL = 900
MOST_MEMORY = 6 * 2**30
LONG_WALK = "tests/unit/lifecycle/test_migration.py::test_inv_53_whatever_changes"
"""Takes as many seconds as all other tests of `lifecycle/`."""
OPTIONS = (
    *("-q", "-s", "--no-header", "--no-summary", "--assert=plain"),
    *(part for one in ("cacheprovider", "xdist", "faker", "anyio", "logging") for part in ("-p", f"no:{one}")),
    *("-p", "no:unraisableexception", "-p", "no:threadexception"),
    *("-m", "not stack and not whole", "--hypothesis-seed=0", "--deselect", LONG_WALK),
)


@dataclass(frozen=True)
class Verdict:
    """`caught_by` is the first test that failed, or what else gave the mutant away; None where nothing did. `read`: the
    modules that were read, where nothing was changed.
    """

    stillborn: bool
    caught_by: str | None
    cpu_seconds: float
    read: frozenset[str] = frozenset()


class Trials:
    """A pytest plugin: the session stops before it collects, and each fork of it collects and runs what it is given."""

    def __init__(self, run: Callable[[Trials], None]) -> None:
        self.run = run
        self.parent = os.getpid()
        self.said = -1
        self.changed = False
        self.error: BaseException | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> object:
        self.session = session
        try:
            self.run(self)
        except _InChild:
            return None
        except BaseException as error:  # noqa: BLE001  # pytest would print it as its own
            self.error = error
        session.items = []
        return session

    def apart(self, work: Callable[[], None]) -> None:
        """Does `work` in a fork, so that what it reads is not read here. Exits where it fails."""
        child = os.fork()
        if child:
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                sys.exit(1)
            return
        try:
            work()
        except _InChild:
            raise
        except BaseException:  # noqa: BLE001  # the fork ends here, whatever it was
            traceback.print_exc()
            os._exit(CAUGHT)
        os._exit(CLEAN)

    def attempt(self, module: str, text: Callable[[], str] | None, tests: Sequence[str], most: int) -> Verdict:
        """The module with its changed text, or all as it is, before some tests; `most` are CPU seconds."""
        hears, says = os.pipe()
        child = os.fork()
        if not child:
            os.close(hears)
            self.said, self.changed = says, text is not None
            _begin(module, text, most)
            self.session.config.args[:] = tests
            raise _InChild
        os.close(says)
        with os.fdopen(hears) as pipe:
            said = pipe.read()
        _, status, used = os.wait4(child, 0)
        code, seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        if code in {CLEAN, STILLBORN}:
            return Verdict(code == STILLBORN, None, seconds, frozenset(said.split()))
        return Verdict(stillborn=False, caught_by=said or ("time" if code < 0 else NO_TEST), cpu_seconds=seconds)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._end(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.excinfo:  # before the failure is drawn, which takes longer than most tests
            self._end(item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if os.getpid() != self.parent:
            if not self.changed:
                os.write(self.said, " ".join(sys.modules).encode())
            os._exit(CLEAN if session.testscollected else CAUGHT)

    def _end(self, nodeid: str) -> None:
        os.write(self.said, nodeid.encode())
        os._exit(CAUGHT)


def with_trials(run: Callable[[Trials], None]) -> None:
    """Calls `run` where mutants can be tried: pytest is ready, and nothing of ours has been read yet."""
    trials = Trials(run)
    pytest.main([*OPTIONS, "tests/unit"], plugins=[trials])
    if os.getpid() != trials.parent:
        os._exit(CAUGHT)  # pytest itself stumbled
    if trials.error:
        raise trials.error


@cache
def imports() -> grimp.ImportGraph:
    """Who needs whom to be read. A module brings the packages that it lies in, and so whatever they need."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    for name in graph.modules:
        if package := name.rpartition(".")[0]:
            graph.add_import(importer=name, imported=package)
    return graph


def read_others(names: Iterable[str]) -> None:
    """Reads those modules of `names` that are not ours."""
    _read(name for name in names if name.partition(".")[0] not in PACKAGES)


def read_ahead(names: Iterable[str], module: str) -> None:
    """Reads those modules of `names` that do not need `module`: then no fork has to. Exits where `module` came with
    them: every mutant of it would survive.
    """
    needing = imports().find_downstream_modules(module) | {module}
    _read(name for name in names if name not in needing)
    if module in sys.modules:
        sys.exit(f"{module} has been read ahead, so no mutant of it would be. See which module read it.")
    load.load = cache(load.load)  # type: ignore[assignment]  # a pack never changes while tests run
    for pack in load.packs_to_follow():
        load.load(pack.partition("/")[0])
    gc.collect()
    gc.freeze()


def _read(names: Iterable[str]) -> None:
    for name in sorted(names):
        if not name.startswith("tests") and name != "__main__":
            with contextlib.suppress(ImportError):  # some modules are made by others and cannot be asked for
                importlib.import_module(name)


class _InChild(Exception):
    pass


def _begin(module: str, text: Callable[[], str] | None, most: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    gc.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    signal.alarm(LONGEST_WALL)
    if text is None:
        return
    try:
        sys.meta_path.insert(0, _Finder(module, compile(text(), f"<mutant of {module}>", "exec", dont_inherit=True)))
        importlib.import_module(module)
        importlib.import_module(EVERY_TABLE)
    except Exception:  # noqa: BLE001  # whatever it is: no process of ours would start
        os._exit(STILLBORN)


class _Finder:
    def __init__(self, module: str, code: CodeType) -> None:
        self.module = module
        self.code = code

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        file = str(Path(*name.split(".")).with_suffix(".py").absolute())
        return importlib.util.spec_from_file_location(name, file, loader=_Loader(name, file, self.code))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, file: str, code: CodeType) -> None:
        super().__init__(name, file)
        self.mutated = code

    def get_code(self, fullname: str) -> CodeType:
        return self.mutated
