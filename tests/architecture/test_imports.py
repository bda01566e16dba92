"""What import-linter cannot say: the pure parts use the standard library and each other, and nothing else."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE_LIFECYCLE = (
    "model",
    "table",
    "engine",
    "asked",
    "clocks",
    "fields",
    "figures",
    "guards",
    "freezing",
    "handover",
    "migration",
    "naming",
    "recipients",
    "rehearsal",
    "replay",
    "retention",
    "serial",
)
DOMAINS = sorted(path.parent for path in ROOT.glob("services/*/domain/__init__.py"))

PURE: dict[Path, tuple[str, ...]] = {
    **dict.fromkeys(sorted((ROOT / "contracts").rglob("*.py")), ("contracts", "google.protobuf", "cryptography")),
    ROOT / "contracts" / "ids.py": (),
    **dict.fromkeys(sorted((ROOT / "policy").glob("*.py")), ("policy",)),
    **{ROOT / "lifecycle" / f"{name}.py": ("lifecycle", "policy", "contracts.ids") for name in PURE_LIFECYCLE},
    **{
        path: ("lifecycle", "policy", "contracts.ids", ".".join(domain.relative_to(ROOT).parts))
        for domain in DOMAINS
        for path in sorted(domain.rglob("*.py"))
    },
}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def outside(source: str, ours: tuple[str, ...]) -> list[str]:
    """Imports that are neither standard library nor one of `ours` (of lifecycle: its pure modules only)."""
    found = []
    for name in imported(ast.parse(source)):
        parts = name.split(".")
        standard = parts[0] in sys.stdlib_module_names
        known = any(name == one or name.startswith(f"{one}.") for one in ours)
        impure = parts[0] == "lifecycle" and parts[1] not in PURE_LIFECYCLE
        if not standard and (not known or impure):
            found.append(name)
    return found


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_use_the_standard_library_only(path: Path) -> None:
    assert outside(path.read_text(), PURE[path]) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import msgspec", ["msgspec"]),
        ("from sqlalchemy.orm import Session", ["sqlalchemy.orm.Session"]),
        ("def f():\n  from chassis import outbox", ["chassis.outbox"]),
        ("from lifecycle import records", ["lifecycle.records"]),
        ("from lifecycle.durable import Procedure", ["lifecycle.durable.Procedure"]),
        ("from services.workflow.tables import Base", ["services.workflow.tables.Base"]),
        ("import json\nfrom lifecycle import clocks\nfrom policy.model import Role", []),
    ],
)
def test_the_check_itself_finds_what_it_should(source: str, found: list[str]) -> None:
    assert outside(source, ("lifecycle", "policy", "services.ombuds.domain")) == found


FROM_OUTSIDE = {"now", "utcnow", "today", "monotonic", "time_ns", "uuid4", "uuid1", "urandom", "token_bytes"}


def calls(path: Path) -> list[str]:
    """As written: `workflow.now`, `uuid4`."""
    return [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


def test_nothing_pure_looks_at_the_time_or_at_chance_by_itself() -> None:
    for path in PURE:
        if path.name != "ids.py":
            assert not {call.rpartition(".")[2] for call in calls(path)} & FROM_OUTSIDE, path.relative_to(ROOT)


WORKFLOWS = [ROOT / "lifecycle/durable.py", *sorted((ROOT / "services").glob("*/workflows.py"))]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_workflow_code_is_the_same_each_time_it_is_played(path: Path) -> None:
    """No time, chance, waiting or input but the workflow's own: nothing else guards it (ADR 49)."""
    assert not {call for call in calls(path) if call.rpartition(".")[2] in FROM_OUTSIDE} - {"workflow.now"}
    modules = {name.split(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert not modules & {"time", "random", "os", "secrets", "threading", "subprocess", "socket", "httpx", "sqlalchemy"}
    assert not {call for call in calls(path) if call in {"asyncio.sleep", "open", "print", "set"}}


def importing(package: str) -> set[str]:
    files = [
        path
        for folder in ("chassis", "lifecycle", "services", "contracts", "policy")
        for path in (ROOT / folder).rglob("*.py")
    ]
    return {
        str(path.relative_to(ROOT))
        for path in files
        if any(name.split(".")[0] == package for name in imported(ast.parse(path.read_text())))
    }


def test_temporal_stays_where_procedures_become_durable() -> None:
    allowed = ("chassis/temporal.py", "lifecycle/", "services/hr_bridge/saga/")
    assert {
        path for path in importing("temporalio") if not path.startswith(allowed) and not path.endswith("/workflows.py")
    } == set()


def test_faust_stays_in_the_sentinel() -> None:
    assert {path for path in importing("faust") if not path.startswith("services/ethics/sentinel/")} == set()


def test_every_domain_is_under_the_import_contracts() -> None:
    contracts = (ROOT / "pyproject.toml").read_text()
    for domain in DOMAINS:
        assert f'"{".".join(domain.relative_to(ROOT).parts)}"' in contracts


def test_the_import_contracts_are_kept() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
