"""A browser's profile on the disk, and what is left in it."""

import asyncio
import os
import signal
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from ops.browser import HOW, find
from tests.browser.conftest import _PATIENCE, _QUIET
from tests.waiting import eventually


@dataclass
class Profile:
    """A browser whose profile stays on the disk, as a real one's does. With a back/forward cache, which the tests'
    browser is usually told not to have.
    """

    folder: Path
    context: BrowserContext | None = None
    _playwright: Any = None

    async def open(self, *, restores: bool = False, **more: Any) -> Page:
        """`restores`: it opens again what was open when it was closed, as many are set to do."""
        program = find()
        if program is None:
            pytest.fail(HOW, pytrace=False)
        self._playwright = await async_playwright().start()
        self.context = await self._playwright.chromium.launch_persistent_context(
            self.folder,
            executable_path=program,
            args=(*_QUIET, *(("--restore-last-session", "--ignore-certificate-errors") if restores else ())),
            ignore_default_args=["--disable-back-forward-cache"],
            ignore_https_errors=True,
            timeout=3 * _PATIENCE,
            **more,
        )
        self.context.set_default_timeout(_PATIENCE)
        return self.context.pages[0]

    async def restored(self, address: str) -> Page:
        """Opens it with what was open, and gives the window that shows a page below this address."""
        await self.open(restores=True)

        async def back() -> Page | None:
            assert self.context is not None
            return next((one for one in self.context.pages if one.url.startswith(address)), None)

        page: Page = await eventually(back)
        return page

    async def close(self) -> None:
        if self.context is not None:
            await self.context.close()
            await self._playwright.stop()
            self.context = None

    async def kill(self) -> None:
        """As when the machine is switched off."""
        _, _, pid = (self.folder / "SingletonLock").readlink().name.rpartition("-")
        os.kill(int(pid), signal.SIGKILL)
        await self._playwright.stop()
        self.context = None
        for lock in self.folder.glob("Singleton*"):
            lock.unlink()

    def files_with(self, *words: str) -> set[str]:
        """The files of the profile that hold one of these words, in either way of writing them."""
        sought = [word.encode(coding) for word in words for coding in ("utf-8", "utf-16-le")]
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return {str(file.relative_to(self.folder)) for file in files if any(one in file.read_bytes() for one in sought)}

    def visited(self) -> list[tuple[str, str]]:
        """Address and title of what the history knows."""
        with sqlite3.connect(f"file:{self.folder / 'Default' / 'History'}?immutable=1", uri=True) as history:
            return list(history.execute("select url, title from urls"))


async def back(page: Page) -> None:
    """As by the button: Playwright's own way hangs on a page that comes out of the cache."""
    devtools = await page.context.new_cdp_session(page)
    history = await devtools.send("Page.getNavigationHistory")
    entry = history["entries"][history["currentIndex"] - 1]["id"]
    await devtools.send("Page.navigateToHistoryEntry", {"entryId": entry})


async def history_is_written(profile: Profile, last: str) -> None:
    """Chromium writes its history some ten seconds after the last step."""

    async def written() -> bool:
        return any(url.startswith(last) for url, _ in await asyncio.to_thread(_rows, profile))

    await eventually(written)


def _rows(profile: Profile) -> list[tuple[str, str]]:
    try:
        return profile.visited()
    except sqlite3.OperationalError:
        return []
