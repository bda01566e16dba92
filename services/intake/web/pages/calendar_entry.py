"""A day as a file for her own calendar: a word that says nothing, and what the format wants (RFC 5545)."""

from datetime import date
from typing import Final
from uuid import uuid4

from chassis.web.pages.words import N_, Language

MEDIA_TYPE: Final = "text/calendar"
NAME: Final = "day.ics"
SUMMARY: Final = N_("Meeting")


def entry(day: date, language: Language) -> bytes:
    """Of the whole day, private, and not taking time that others might ask about. Without notes, place, people, address
    or alarm; no line tells when it was made or by which site.
    """
    on = f"{day:%Y%m%d}"
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//calendar//",
        "BEGIN:VEVENT",
        f"UID:{uuid4()}",
        f"DTSTAMP:{on}T000000Z",
        f"DTSTART;VALUE=DATE:{on}",
        f"SUMMARY:{language.text(SUMMARY)}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()
