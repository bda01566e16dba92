"""What a proposed pack would have changed in the cases of a running stack. Reads their rows and writes nothing.

The ombuds cell is left out: nothing of its talks is counted beyond a region's figures for half a year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lifecycle.past_cases import Rehearsed, over_cases_of
from ops.cases import desk_of

if TYPE_CHECKING:
    from policy.model import Policy

SERVICES: Final = ("support", "workflow", "ethics")


async def over_past_cases(proposed: Policy) -> list[Rehearsed]:
    """Every procedure that has cases, in the services' order. Raises StackProblem."""
    found = list[Rehearsed]()
    for service in SERVICES:
        async with desk_of(service) as desk:
            found += await over_cases_of(desk, proposed)
    return found
