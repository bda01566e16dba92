"""The people directory read again and again, and what somebody has to do where it cannot be."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final

from chassis.web.health import Unready
from services.hr_bridge import directory
from services.hr_bridge.adapters.tryton import HrSystemRefused, HrSystemUnreachable
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.directory import DirectoryBroken

log = logging.getLogger(__name__)

_FIRST, _LONGEST = 1 / 12, 5.0
"""Pauses after a reading that failed, as parts of the usual one: where that is a minute, 5 seconds to 5 minutes."""
_TO_DO: Final = {
    HrSystemUnreachable: "; see that it runs, and check RECOURSE_TRYTON_URL",
    HrSystemRefused: "; the settings are RECOURSE_TRYTON_URL, RECOURSE_TRYTON_USERNAME and RECOURSE_TRYTON_PASSWORD",
    DirectoryBroken: "",
}
"""Beside what the error says itself, which is in words of ours and names nobody."""


class Reading:
    """Of one process. Where the HR system does not answer, or what it says cannot be true, the directory stays as it
    is, and the HR system is asked ever more seldom.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._wrong = ""

    async def run(self) -> None:
        """Raises SQLAlchemyError and OSError for a database that does not answer."""
        pause = _FIRST
        while True:
            try:
                await self._read()
            except (HrSystemUnreachable, HrSystemRefused, DirectoryBroken) as error:
                self._is_wrong(f"the people directory is as it was read last: {error}{_TO_DO[type(error)]}")
                await asyncio.sleep(self._bridge.settings.directory_every * pause)
                pause = min(2 * pause, _LONGEST)
            else:
                self._is_wrong("")
                await asyncio.sleep(self._bridge.settings.directory_every)
                pause = _FIRST

    async def check(self) -> None:
        """For readiness. Raises Unready."""
        if self._wrong:
            raise Unready(self._wrong)

    async def _read(self) -> None:
        employees = await self._bridge.tryton.employees(datetime.now(UTC).date())
        async with self._bridge.database.transaction() as session:
            await directory.take_over(session, employees, self._bridge.policy, datetime.now(UTC))

    def _is_wrong(self, said: str) -> None:
        """Tells the log of each change once."""
        if said and said != self._wrong:
            log.error(said)
        elif self._wrong and not said:
            log.info("the people directory is read again")
        self._wrong = said
