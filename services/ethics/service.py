"""The process of the ethics office: a desk like the others, beside which the sentinel works."""

import asyncio
import logging
from functools import partial
from typing import Final

from sqlalchemy import text

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.settings import Settings
from chassis.web.health import Check
from chassis.web.run import Service
from lifecycle import records
from lifecycle.desk import Desk
from lifecycle.process import desk_service
from services.ethics import numbers
from services.ethics.consumers import ACKNOWLEDGE, handlers
from services.ethics.desk import build_desk
from services.ethics.use_cases.protect import forget_ended
from services.ethics.use_cases.see import forget_seen
from services.ethics.use_cases.watch_contracts import watch_contracts
from services.ethics.web.panels import PANELS
from services.ethics.web.wording import TEXTS

logger = logging.getLogger(__name__)

_LOOK_EVERY: Final = 30.0
# Thrice as long as the sentinel takes from one word to the next.
_SENTINEL_WORKS: Final = text("select works_at > now() - interval '30 seconds' from sentinel")


class SentinelSilent(Exception):
    """The sentinel has left no word for thirty seconds: it does not run, or cannot get on."""


def build(settings: Settings) -> Service:
    database = Database(settings.database_dsn)
    desk = build_desk(settings, database, ServiceKeys.load(settings.keys_dir))
    return desk_service(
        desk,
        handlers(desk),
        acknowledge=ACKNOWLEDGE,
        wording=TEXTS,
        package="services.ethics.web",
        panels=PANELS,
        checks=[Check("sentinel", partial(_sentinel_works, database))],
        background=[partial(_look_after, desk)],
    )


async def _look_after(desk: Desk) -> None:
    """Tell of personnel actions that are missing, look how near contracts have come to their end, and empty what was
    seen or protected long ago, again and again.
    """
    while True:
        async with desk.database.transaction() as session:
            if missing := await numbers.alarm(session):
                logger.error("personnel actions are missing", extra={"count": missing})
            await forget_seen(session)
            await forget_ended(session, desk.policy)
        async with desk.database.transaction() as session:
            asked = await watch_contracts(session, desk, await records.clock_now(session))
        await desk.poke(*asked)()
        await asyncio.sleep(_LOOK_EVERY)


async def _sentinel_works(database: Database) -> None:
    """Raises SentinelSilent."""
    async with database.transaction() as session:
        if not await session.scalar(_SENTINEL_WORKS):
            raise SentinelSilent
