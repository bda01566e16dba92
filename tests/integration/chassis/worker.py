"""A process that a test kills: intake's relay, workflow's relay and both consumers, on the test's own house."""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.integration.chassis.house import House
from tests.real_parts import Database


async def main() -> None:
    given = json.loads(os.environ["TEST_HOUSE"])
    database = Database(given["admin_dsn"], given["database"])
    house = House(database, given["bootstrap"], given["prefix"], Path(given["scratch"]))
    async with house.relay("intake"), house.relay("workflow"), house.consumer("workflow"), house.consumer("intake"):
        print("runs", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the test closes it


if __name__ == "__main__":
    asyncio.run(main())
