"""When a mail goes to somebody who chose hours for it. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONGEST_DELAY: Final = timedelta(hours=3)
"""However long the hours are: what is new may have to be read soon."""
_LEAST_ROOM: Final = timedelta(minutes=15)
"""With less left of the hours, the moment would tell when something happened."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From and to which full hour of the day in `zone`; from 0 to 24 is the whole day."""

    from_hour: int
    to_hour: int
    zone: ZoneInfo

    def on(self, day: datetime) -> tuple[datetime, datetime]:
        """Begin and end on the local day of `day`."""
        midnight = datetime.combine(day.date(), time(), self.zone)
        ends = midnight + timedelta(days=1) if self.to_hour == 24 else midnight.replace(hour=self.to_hour)
        return midnight.replace(hour=self.from_hour), ends

    def hold(self, at: datetime) -> bool:
        begins, ends = self.on(at.astimezone(self.zone))
        return begins <= at < ends


def moment(now: datetime, hours: Hours, share: float) -> datetime:
    """The moment, `share` (0 to 1, random) of the way into what is left of these hours, or into those of the next day.
    It does not tell when there was something new.
    """
    local = now.astimezone(hours.zone)
    begins, ends = hours.on(local)
    if ends - now < _LEAST_ROOM:
        begins, ends = hours.on(local + timedelta(days=1))
    first = max(begins, now)
    return first + min(ends - first, LONGEST_DELAY) * share
