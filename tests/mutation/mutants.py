"""What can be wrong with a module: each mutant is the module with one thing changed.

Inside functions the changes are mutmut's. What a module says outside of its functions, which is where the tables of
the procedures stand, mutmut leaves as it is; there the changes are what a slip in a table would be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import (
    mutation_operators,
    operator_keywords,
    operator_name,
    operator_number,
    operator_string,
    operator_swap_op,
)

MISTAKEN = ("wrong role", "wrong state", "wrong clock", "flag", "other number", "comparison")
IN_TABLES = frozenset({*MISTAKEN, "left out", "wrong word"})
STATE_ARGUMENTS = frozenset({"to", "state", "seen_as"})
CLOCK_CALLS = frozenset({"start", "meet", "pause", "resume"})
UNTOUCHED_CALLS = frozenset({"len", "isinstance"})
"""As with mutmut itself."""


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, of which kind, and what stands there `before` and `after`. The kinds of `IN_TABLES` are
    ours, all others mutmut's.
    """

    line: int
    column: int
    kind: str
    before: str
    after: str
    make: Callable[[], str] = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        return f"{self.line}.{self.column}: {self.before} → {self.after}"

    @property
    def lot(self) -> int:
        """A number by which some of them can be drawn, the same each time; it knows nothing of the line."""
        return int.from_bytes(hashlib.sha256(f"{self.before} → {self.after}".encode()).digest()[:4])


def mutants(source: str) -> list[Mutant]:
    """All of a module, in the order of its lines; none twice."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Visitor(wrapper.module, _Words(wrapper.module))
    wrapper.visit(visitor)
    return sorted({one.id: one for one in visitor.found}.values(), key=lambda one: one.line)


class _Words:
    """The states, clocks and roles that a module names: what can be mistaken for one another."""

    def __init__(self, module: cst.Module) -> None:
        collector = _Collector()
        module.visit(collector)
        self.states = list(dict.fromkeys(collector.states))
        self.clocks = list(dict.fromkeys(collector.clocks))
        self.roles = list(dict.fromkeys(collector.roles))
        self.who = list(dict.fromkeys(collector.who))


class _Collector(cst.CSTVisitor):
    def __init__(self) -> None:
        self.states: list[str] = []
        self.clocks: list[str] = []
        self.roles: list[str] = []
        self.who: list[str] = []

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        name = _name(node.func)
        first = node.args[0].value if node.args else None
        if isinstance(first, cst.SimpleString):
            (self.states if name == "State" else self.clocks if name in CLOCK_CALLS else []).append(first.value)
        for arg in node.args:
            keyword = arg.keyword.value if arg.keyword else ""
            if keyword in STATE_ARGUMENTS and isinstance(arg.value, cst.SimpleString):
                self.states.append(arg.value.value)
            elif keyword == "states" and isinstance(arg.value, cst.Tuple):
                self.states += [
                    one.value.value for one in arg.value.elements if isinstance(one.value, cst.SimpleString)
                ]
            elif keyword == "by" and name == "Rule" and isinstance(arg.value, cst.Name):
                self.who.append(arg.value.value)

    def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802
        if _name(node.value) == "Role":
            self.roles.append(node.attr.value)


def _name(node: cst.BaseExpression) -> str:
    return node.value if isinstance(node, cst.Name) else ""


def _another(one: str, words: Sequence[str]) -> str | None:
    """The word after `one`, round and round; None where there is no other."""
    return next((b for a, b in pairwise([*words, *words]) if a == one and b != one), None)


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, module: cst.Module, words: _Words) -> None:
        self.module = module
        self.words = words
        self.found: list[Mutant] = []
        self.depth = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom | cst.Decorator | cst.TypeAlias):
            return False
        if isinstance(node, cst.Call) and _name(node.func) in UNTOUCHED_CALLS:
            return False
        self.depth += isinstance(node, cst.FunctionDef)
        for kind, changed in self._in_function(node) if self.depth else self._in_table(node):
            self._add(node, kind, changed)
        self.depth += isinstance(node, cst.Lambda)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self.depth -= isinstance(original_node, cst.FunctionDef | cst.Lambda)

    def _add(self, node: cst.CSTNode, kind: str, changed: cst.CSTNode) -> None:
        start = self.get_metadata(PositionProvider, node).start
        self.found.append(
            Mutant(
                line=start.line,
                column=start.column,
                kind=kind,
                before=_shown(self.module, node),
                after=_shown(self.module, changed),
                make=lambda: self.module.deep_replace(node, changed).code,  # type: ignore[union-attr]
            )
        )

    def _in_function(self, node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
        for wanted, operator in mutation_operators:
            if isinstance(node, wanted):
                changes: Iterable[Any] = operator(node)
                if operator is operator_string:
                    changes = list(changes)[:1]  # the same word in capitals is the same mistake
                for changed in changes:
                    yield operator.__name__.removeprefix("operator_").replace("_", " "), changed

    def _in_table(self, node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
        match node:
            case cst.Tuple() | cst.List() | cst.Set() | cst.Dict():
                yield from _left_out(node)
            case cst.Call():
                yield from self._other_call(node)
            case cst.Attribute() if _name(node.value) == "Role":
                if other := _another(node.attr.value, self.words.roles):
                    yield "wrong role", node.with_changes(attr=cst.Name(other))
            case cst.Name():
                yield from (("flag", one) for one in operator_name(node))
            case cst.BaseNumber():
                yield from (("other number", one) for one in operator_number(node))
            case _:
                yield from (("comparison", one) for one in (*operator_keywords(node), *operator_swap_op(node)))

    def _other_call(self, node: cst.Call) -> Iterator[tuple[str, cst.CSTNode]]:
        for index, arg in enumerate(node.args):
            keyword, value = arg.keyword.value if arg.keyword else "", arg.value

            def with_value(new: cst.BaseExpression, index: int = index, arg: cst.Arg = arg) -> cst.Call:
                changed = arg.with_changes(value=new)
                return node.with_changes(args=[*node.args[:index], changed, *node.args[index + 1 :]])

            if keyword and not isinstance(value, cst.Tuple | cst.Dict) and _name(value) not in {"True", "False"}:
                yield "left out", node.with_changes(args=[*node.args[:index], *node.args[index + 1 :]])
            if keyword in STATE_ARGUMENTS and isinstance(value, cst.SimpleString):
                if other := _another(value.value, self.words.states):
                    yield "wrong state", with_value(cst.SimpleString(other))
            elif keyword == "by" and _name(node.func) == "Rule":
                if isinstance(value, cst.Name) and (other := _another(value.value, self.words.who)):
                    yield "wrong role", with_value(cst.Name(other))
            elif not keyword and not index and isinstance(value, cst.SimpleString):
                other = _another(value.value, self.words.clocks) if _name(node.func) in CLOCK_CALLS else None
                if other:
                    yield "wrong clock", with_value(cst.SimpleString(other))
                elif _name(node.func) not in {"State", "ClockRule"}:
                    yield "wrong word", with_value(next(iter(operator_string(value))))
            elif not keyword and isinstance(value, cst.SimpleString):
                yield "wrong word", with_value(next(iter(operator_string(value))))


def _left_out(node: cst.Tuple | cst.List | cst.Set | cst.Dict) -> Iterator[tuple[str, cst.CSTNode]]:
    for index in range(len(node.elements)):
        left = [*node.elements[:index], *node.elements[index + 1 :]]
        if len(left) == 1 and isinstance(node, cst.Tuple):
            left = [left[0].with_changes(comma=cst.Comma())]
        if not left and isinstance(node, cst.Set):
            yield "left out", cst.Call(cst.Name("set"))
        elif left or not isinstance(node, cst.Tuple) or node.lpar:
            yield "left out", node.with_changes(elements=left)


def _shown(module: cst.Module, node: cst.CSTNode) -> str:
    return " ".join(module.code_for_node(node).split())
