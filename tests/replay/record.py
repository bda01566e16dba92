"""Records the histories that this folder's tests replay and that are not there yet: `python -m tests.replay.record`.

Each is a path of a workflow on a real Temporal server. One that is there is left as it is: it stands for cases that
run, and if it does not replay any more, they would break. To add a path, or a lifecycle, name it and record.
"""

import asyncio
import tempfile
from pathlib import Path

from temporalio.client import Client

from chassis.temporal import sealing_converter
from ops.local_stack.ports import free_port
from ops.local_stack.temporal import Temporal
from tests.replay import lifecycles, procedure, work
from tests.replay.recorded import KEY, missing


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Temporal(Path(folder) / "temporal", free_port(), Path(folder) / "temporal.log")
        await server.start()
        try:
            await server.ready()
            client = await Client.connect(server.address, data_converter=sealing_converter(KEY))
            for name in missing(procedure.FOLDER, procedure.PATHS):
                await procedure.record(client, name)
            if names := missing(lifecycles.FOLDER, lifecycles.PATHS):
                await lifecycles.record(client, names)
            if names := missing(work.FOLDER, work.PATHS):
                await work.record(server, client, names, Path(folder))
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
