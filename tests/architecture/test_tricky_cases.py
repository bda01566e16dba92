"""docs/tricky-cases.md says where each tricky case of the policy is held, and what it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "tricky-cases.md"
CASES = 41
"""Rows of the policy's two tables."""


def test_each_tricky_case_names_tests_that_are_there() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if "](../tests/" in line]
    assert len(rows) == CASES
    for row in rows:
        for name, file in re.findall(r"\[(test_\w+)\]\(\.\./(tests/[\w/]+\.py)\)", row):
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{name} in {file}"
        assert row.count("](") == len(re.findall(r"\[test_\w+\]\(\.\./tests/", row)), row
