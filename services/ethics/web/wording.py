"""What the pages of this desk call its states, actions and fields."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {}
"""See `lifecycle.pages.wording.Wording`."""
