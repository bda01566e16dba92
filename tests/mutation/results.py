"""What is known of the mutants so far, kept under `mutants/` so that a run can be cut off and goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

KEPT = Path("mutants")
KILLED, TOLD, DRAWN, SURVIVED, STILLBORN = "killed", "told", "drawn", "survived", "stillborn"
"""`TOLD`: nothing but what is written out a second time, of who may and what follows, says otherwise."""
OPEN = frozenset({DRAWN, SURVIVED})
"""No test of behaviour fails. `DRAWN`: but docs/lifecycles.md, which is compared, no longer says what the tables do."""
UNSETTLED = ""
"""In place of a state of the tests: that something is told twice is known, and not yet what all others say."""
TESTS = ("tests/*.py", "tests/unit/**/*.py", "tests/tricky/*.py", "tests/invariants/*.py")


@dataclass(frozen=True)
class Result:
    """`tests` says with which state of the tests a survivor survived; what was killed stays killed."""

    id: str
    line: int
    kind: str
    before: str
    after: str
    verdict: str
    caught_by: str | None
    cpu_seconds: float
    tests: str


class Results:
    """Of one module as its text is now."""

    def __init__(self, file: Path) -> None:
        self.text = hashlib.sha256(file.read_bytes()).hexdigest()
        self.path = KEPT / f"{'.'.join(file.with_suffix('').parts)}.jsonl"
        self.of: dict[str, Result] = {}
        if self.path.exists():
            head, *lines = self.path.read_text(encoding="utf-8").splitlines()
            if json.loads(head) == self.text:
                self.of = {one.id: one for one in (Result(**json.loads(line)) for line in lines)}

    def is_open(self, id: str, tests: str) -> bool:  # noqa: A002
        """Whether nothing is known of it, or it survived tests other than these."""
        known = self.of.get(id)
        return known is None or (known.verdict in OPEN and known.tests != tests)

    def is_unsettled(self, id: str) -> bool:  # noqa: A002
        known = self.of.get(id)
        return known is not None and known.verdict == TOLD and known.tests == UNSETTLED

    def killers(self) -> list[str]:
        """Tests that killed something, the last first."""
        found = [one.caught_by for one in self.of.values() if one.verdict == KILLED and one.caught_by]
        return list(dict.fromkeys(one for one in reversed(found) if "::" in one))

    def score(self) -> str:
        of_it = Counter(one.verdict for one in self.of.values())
        return ", ".join(f"{count} {verdict}" for verdict, count in of_it.most_common())

    def add(self, result: Result) -> None:
        if not self.of:
            KEPT.mkdir(exist_ok=True)
            self.path.write_text(json.dumps(self.text) + "\n", encoding="utf-8")
        self.of[result.id] = result
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def state_of_tests() -> str:
    digest = hashlib.sha256()
    for file in _tests():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _tests() -> Iterator[Path]:
    for pattern in TESTS:
        yield from sorted(Path().glob(pattern))
