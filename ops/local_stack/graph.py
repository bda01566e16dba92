"""A stack as a graph of steps, whatever it is made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ops.local_stack.addresses import Addresses
from ops.local_stack.part import Part


@dataclass(frozen=True)
class Step:
    """A process (`part`) or something done once (`work`), after the steps named in `needs`."""

    name: str
    needs: frozenset[str]
    part: Part | None = None
    work: Callable[[], Awaitable[None]] | None = None
    where: str = ""


@dataclass(frozen=True)
class Stack:
    addresses: Addresses
    steps: tuple[Step, ...]
