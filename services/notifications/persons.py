"""Mails and texts to a person who chose them: where to is asked at intake for each attempt, opened, used, forgotten."""

import json
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.keys import ServiceKeys
from chassis.sealing import SealNotOpened, delivery_context, open_from
from chassis.web.pages.words import OWN_NAMES
from services.notifications.hours import Hours
from services.notifications.mail import Refused

INTAKE: Final = "intake"
DELIVERY: Final = "delivery"
"""The desk key that intake seals addresses to."""
_DAY_HOURS: Final = 24
_NUMBER: Final = re.compile(r"\+([1-9][0-9]{3,14})")
"""E.164, the form in which intake seals a number; no mail address is without an @."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What she chose, as long as one attempt lasts. `wish_id` is the same for every mail until she chooses anew.
    `address`: of a mail, or the number of a phone.
    """

    wish_id: UUID
    address: str
    hours: Hours
    language: str

    @property
    def number(self) -> str:
        """Country code and number in digits, of whom a text is meant for; empty where it is a mail."""
        found = _NUMBER.fullmatch(self.address)
        return found[1] if found else ""

    def __repr__(self) -> str:
        return "Wish(…)"


def opened(keys: ServiceKeys, wish_id: UUID, sealed: bytes) -> Wish:
    """Raises Refused for what no page of intake's has sealed: there is nobody to write to."""
    try:
        said = json.loads(open_from(keys.desk(DELIVERY), sealed, context=delivery_context(wish_id)))
        hours = Hours(int(said["from_hour"]), int(said["to_hour"]), ZoneInfo(str(said["zone"])))
        address, language = str(said["address"]), str(said["language"])
    except (SealNotOpened, ValueError, KeyError, TypeError, ZoneInfoNotFoundError):
        # Without the cause, which may quote what was sealed.
        raise Refused from None
    if not 0 <= hours.from_hour < hours.to_hour <= _DAY_HOURS or language not in OWN_NAMES:
        raise Refused
    return Wish(wish_id, address, hours, language)
