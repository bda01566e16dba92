"""Every invariant of docs/rules.md is held by a test that carries its number: `test_inv_07_…`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
INVARIANTS: Final = frozenset(
    int(number)
    for number in re.findall(r"^([0-9]+)\. ", (TESTS.parent / "docs" / "rules.md").read_text(), flags=re.MULTILINE)
)


def named(folder: Path) -> Iterator[tuple[int, str]]:
    for path in folder.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_inv_"):
                yield int(node.name.split("_")[2]), node.name


def test_every_invariant_has_a_test_of_its_number() -> None:
    assert INVARIANTS
    assert {number for number, _ in named(TESTS)} == INVARIANTS


def test_a_number_without_a_test_would_be_missed(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_inv_07_mails_say_nothing() -> None: ...\n# test_inv_08_in_words\n")
    assert list(named(tmp_path)) == [(7, "test_inv_07_mails_say_nothing")]
