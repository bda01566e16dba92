"""The register of promises is whole: what the portal promises stands in it, and what it names is there."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

import pytest

from lifecycle.table import Lifecycle
from ops.texts import texts_of
from services.workflow.domain.promises import ELSEWHERE, OF_CLOCKS, SAID, Promise
from services.workflow.figures import promised
from tests.lifecycles import BY_NAME

PROMISES: Final = re.compile(
    r"at any time|told first|(is|are) (then )?destroyed|is not told|not told that|never held|take (it|this) back"
    r"|\bnobody (else|sees|reads)|\bnobody in your|\bonly\b",
    re.IGNORECASE,
)
NO_PROMISE: Final = {
    "You can start again at any time.",
    "These pages can wait. You can come back at any time.",
    "Only do this if it feels safe to you. You can stop at any time.",
    "Only do this if it feels safe to you.",
    "Only here, with my code",
    "Only if you agree",
    "Only your code reaches you.",
    "This code is your only way back. It is shown now and never again.",
    "I only want support",
    "A story that only you can know may tell who you are. Leave out what nobody else knows.",
    "Ask for no details. Ask nobody else about it.",
    "Call the local emergency number, or your office's security. Messages here are not read day and night.",
    "You cannot take it back from anybody who has seen it.",
    "One that only you read. A work address can be read by others.",
    "One that only you read. What comes to work can be read by others.",
}
"""Ours to say and nobody's to break: what is open to her anyway, advice, and what she chooses."""


def portal() -> Iterator[str]:
    for message in texts_of("services/intake"):
        if not any(where.startswith("services/intake/web/") for where, _ in message.locations):
            continue  # a desk's
        yield from ([message.id] if isinstance(message.id, str) else message.id) if message.id else ()


def names_of_tests() -> Iterator[str]:
    for path in Path(__file__).parents[1].rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name


def test_what_the_portal_promises_is_registered_and_what_is_registered_is_said() -> None:
    said = set(portal())
    assert {one.says for one in SAID} - said == set()
    assert said >= NO_PROMISE
    assert {text for text in said if PROMISES.search(text)} - {one.says for one in SAID} - NO_PROMISE == set()


def test_every_test_that_is_named_is_there() -> None:
    assert {OF_CLOCKS, *(one.test for one in SAID)} - set(names_of_tests()) == set()


@pytest.mark.parametrize("one", SAID, ids=lambda one: one.says)
def test_a_promise_is_held_by_a_test_of_its_invariant(one: Promise) -> None:
    assert one.test.startswith(f"test_inv_{one.rule:02}_")


def tables_of(service: str) -> Iterator[Lifecycle]:
    domain = import_module(f"services.{service}.domain")
    for one in iter_modules(domain.__path__):
        for value in vars(import_module(f"{domain.__name__}.{one.name}")).values():
            if isinstance(value, Lifecycle):
                yield value


def test_every_date_that_her_inbox_shows_is_registered() -> None:
    """Those of the organisation's side are read from its own tables; the rest is listed."""
    own = {table.name for table in tables_of("workflow")}
    for service, listed in ELSEWHERE.items():
        shown = {table.name: set(clocks) for table in tables_of(service) if (clocks := promised(table))}
        assert shown == {name: set(clocks) for name, clocks in listed.items()}
    registered = own | {name for listed in ELSEWHERE.values() for name in listed}
    assert {name for name, table in BY_NAME.items() if promised(table)} <= registered
