"""A worker of the invented desk as a process of its own, so that a test can have it killed.

`python -m tests.integration.lifecycle.worker_process <settings.json> <sweeps: yes|no>`
"""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from chassis import temporal
from chassis.settings import Settings
from lifecycle.activities import Activities
from lifecycle.durable import Procedure
from lifecycle.sweeper import sweep_forever
from tests.integration.lifecycle.loans import make_loans


async def main(settings: Settings, *, sweeps: bool) -> None:
    desk = make_loans(settings).desk
    client = await temporal.connect(desk.settings, desk.keys)
    activities = Activities(desk).all
    async with temporal.worker(client, desk.task_queue, workflows=[Procedure], activities=activities):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if sweeps:
            await sweep_forever(desk, client, overdue_by=timedelta(seconds=1), every=timedelta(milliseconds=300))
        await asyncio.Event().wait()


if __name__ == "__main__":
    told = Settings(**json.loads(Path(sys.argv[1]).read_text()))
    asyncio.run(main(told, sweeps=sys.argv[2] == "yes"))
