"""How tests wait: for something to become true, never for a time to pass."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(condition: Callable[[], Awaitable[Any]], *, within: float = 60) -> Any:
    """What `condition` answers once it is true. Raises AssertionError when it does not become so."""
    deadline = asyncio.get_running_loop().time() + within
    while not (answer := await condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {within} s: {answer!r}")
        await asyncio.sleep(0.05)
    return answer
