"""
`python -m ops.local_stack.migrations`: every service's migrations, one after the other in one process.

It does what `python -m services.<name> migrate` does for each; seven such processes would spend most of a start on
loading the same libraries seven times. RECOURSE_MIGRATIONS holds {service: {name of a setting: its value}} as JSON.
"""

import asyncio
import json
import os
from typing import Any

from chassis import logs, migrations
from chassis.settings import Settings


async def upgrade_all(table: dict[str, dict[str, Any]]) -> None:
    for service, settings in table.items():
        await migrations.upgrade(Settings.model_construct(service=service, **settings))


if __name__ == "__main__":
    logs.set_up("migrations")
    asyncio.run(upgrade_all(json.loads(os.environ["RECOURSE_MIGRATIONS"])))
