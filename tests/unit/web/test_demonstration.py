"""The line that every page of a demonstration has, and no other page."""

import pytest
from litestar.testing import RequestFactory

from chassis.web.pages.assets import Assets
from chassis.web.pages.page import Page, Pages
from chassis.web.pages.words import Words
from ops.local_stack.paths import KIT, ROOT

WORDS = Words(ROOT / "chassis" / "web" / "pages" / "locale")
SAID = {
    "en": "Demonstration. People and stories here are invented. Write nothing real.",
    "fr": "Démonstration.",
    "es": "Demostración.",
    "ar": "عرض تجريبي.",
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("demonstration", [True, False], ids=["demonstration", "not"])
def test_a_page_says_that_it_is_a_demonstration(language: str, demonstration: bool) -> None:
    pages = Pages([], WORDS, Assets(KIT), "http://127.0.0.1", demonstration=demonstration)
    page = Page(pages, RequestFactory().get(f"/{language}/queue"), WORDS[language], None)
    assert (SAID[language] in page.show("page/base.html", title="A title").content) == demonstration
