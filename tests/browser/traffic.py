"""What a page takes on the wire."""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page


@dataclass
class Traffic:
    """Bytes on the wire and requests of a new window, whose cache is empty, since it was last emptied.

    The cache is not cleared here: clearing goes on after its answer, and took what the first page had put there.
    """

    asked: dict[str, str] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    async def watch(self, page: Page) -> None:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._sent)
        devtools.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.asked[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.asked:
            self.taken[self.asked[event["requestId"]]] = int(event["encodedDataLength"])

    def scripts(self) -> int:
        return sum(size for url, size in self.taken.items() if url.endswith(".js"))

    def total(self) -> int:
        """And from here on anew."""
        found, self.asked, self.taken = sum(self.taken.values()), {}, {}
        return found
