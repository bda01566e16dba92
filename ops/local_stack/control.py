"""A door of the supervisor's for whoever owns the stack: stop one part, start it again."""

import asyncio
from pathlib import Path

from ops.local_stack import stack_file
from ops.local_stack.problem import StackProblem
from ops.local_stack.supervisor import Supervisor


async def serve(supervisor: Supervisor, socket: Path) -> asyncio.Server:
    """Listen on `socket`, which lies in a folder that only its owner can enter. One line asks, one line answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            match (await reader.readline()).decode().split():
                case ["stop", name]:
                    await supervisor.hold(name)
                    said = "ok"
                case ["start", name]:
                    await supervisor.release(name)
                    said = "ok"
                case _:
                    said = "Say `stop NAME` or `start NAME`."
        except StackProblem as problem:
            said = str(problem)
        writer.write(said.encode() + b"\n")
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(answer, socket)


async def stop_part(state: Path, name: str) -> None:
    """Stop one part of the running stack; it stays stopped. Raises StackProblem."""
    await _ask(state, f"stop {name}")


async def start_part(state: Path, name: str) -> None:
    """Start a part that `stop_part` stopped, and wait until it is ready. Raises StackProblem."""
    await _ask(state, f"start {name}")


async def _ask(state: Path, line: str) -> None:
    found = stack_file.read(state)
    if found is None:
        raise StackProblem("The stack is not running: start it with `recourse up`.")
    reader, writer = await asyncio.open_unix_connection(found["control"])
    try:
        writer.write(line.encode() + b"\n")
        said = (await reader.readline()).decode().strip()
    finally:
        writer.close()
        await writer.wait_closed()
    if said != "ok":
        raise StackProblem(said or "The supervisor ended before it answered: see its log.")
