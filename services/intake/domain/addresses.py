"""Mail addresses that she gives: whether one can be written to, and whether it is one of the organisation's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Final

LONGEST: Final = 254
"""Of an address (RFC 5321, 4.5.3.1)."""
_ADDRESS: Final = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def is_address(text: str) -> bool:
    """Whether one single mail can be sent there; in the letters that every mail server takes."""
    if len(text) > LONGEST or not _ADDRESS.fullmatch(text):
        return False
    try:
        return Address(addr_spec=text).addr_spec == text
    except (HeaderParseError, ValueError, IndexError):
        return False


def is_of_work(address: str, domains: Iterable[str]) -> bool:
    """Whether it is under one of the organisation's own domains, where others can read what arrives."""
    host = address.rpartition("@")[2].casefold()
    return any(host == one or host.endswith(f".{one}") for one in (domain.casefold() for domain in domains))
