"""What axe-core finds on a page."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = "tags => axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


async def axe(page: Page) -> list[str]:
    """The faults, A and AA up to WCAG 2.2, each with the elements that have it. The page has to run scripts.

    It comes in by the debugging protocol, so a strict content policy does not keep it out.
    """
    await page.evaluate(AXE_SCRIPT)
    result = await page.evaluate(_RUN, _TAGS)
    assert len(result["passes"]) > 5, "axe looked at nothing"
    return [_readable(one) for one in result["violations"]]


def _readable(violation: dict[str, Any]) -> str:
    nodes = [f"  {' '.join(map(str, node['target']))}: {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']} ({violation['impact']}): {violation['help']}", *nodes])
