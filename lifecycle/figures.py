"""What may be published of how often something happened: whole regions, half-years, and no number that tells of few.

Every case is counted in one cell: its half-year, what became of it, its region. Cells are published one by one, and
whatever else stands on a page is computed from what was published. So nothing can be computed back (ADR 66).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

ROUND_TO = 5
OTHERS = "others"
"""In place of a region: all those of a row whose own number is not shown, together."""
UNKNOWN = ""
"""The region of whoever is not named, or works at a place of no region."""
MIN_CELL = "stats.min_cell"
DELAY = "stats.delay_days"
"""The policy keys: the smallest number that is shown, and how many days a half-year rests before it is counted."""
_MONTHS = 6
_KEPT_UP = 2

Cell = tuple[str, str]
"""What is counted, and the region."""


def period_of(moment: datetime) -> str:
    """The half-year, as `2026-H1`, in UTC."""
    at = moment.astimezone(UTC)
    return f"{at.year}-H{1 if at.month <= _MONTHS else 2}"


def span(period: str) -> tuple[datetime, datetime]:
    """Its first moment, and the first of the next."""
    year, half = int(period[:4]), int(period[-1])
    ends = datetime(year, _MONTHS + 1, 1, tzinfo=UTC) if half == 1 else datetime(year + 1, 1, 1, tzinfo=UTC)
    return datetime(year, 1 if half == 1 else _MONTHS + 1, 1, tzinfo=UTC), ends


def due(now: datetime, delay_days: int) -> Sequence[str]:
    """The half-years of the last year that have rested long enough, oldest first: whether anything happened or not."""
    found: list[str] = []
    period = period_of(now - timedelta(days=delay_days))
    while len(found) < _KEPT_UP:
        period = period_of(span(period)[0] - timedelta(days=1))
        found.append(period)
    return found[::-1]


def publish(
    counts: Mapping[Cell, int], rows: Sequence[str], regions: Sequence[str], least: int
) -> Mapping[Cell, int | None]:
    """For every row what each region may show, and `OTHERS` together; None where nothing is shown. A hidden number may
    be anything from zero to one below `least`, whatever else is known of what is published: see ADR 66.
    """
    shown: dict[Cell, int | None] = {}
    for row in rows:
        own = {region: counts.get((row, region), 0) for region in regions}
        hidden = [number for number in own.values() if number < least]
        shown |= {(row, region): about(number, least) for region, number in own.items()}
        shown[row, OTHERS] = _together(hidden, least)
    return shown


def about(number: int, least: int) -> int | None:
    """A number as it may be shown; None for a small one and for none at all, which look the same."""
    return _rounded(number) if number >= least else None


def total(numbers: Sequence[int | None]) -> int | None:
    """Of what is shown alone: it is no other number than what anybody can add up."""
    seen = [number for number in numbers if number is not None]
    return sum(seen) if seen else None


def _together(hidden: Sequence[int], least: int) -> int | None:
    """Shown where it says of no single one of them that it is above zero: the others alone could make it up."""
    together = about(sum(hidden), least)
    fits = lowest([together], least) <= (len(hidden) - 1) * (least - 1)
    return together if fits else None


def _rounded(number: int) -> int:
    return (number + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def tenths(kept: int, late: int, least: int, known: float) -> int | None:
    """Of ten promises about time, how many were kept; ten where fewer than `least` were not. None below `least`, and
    where it would say that there were more cases than the `known` that are published of their kind (ADR 66).
    """
    if kept < least:
        return None
    if late < least:
        return 10 if least <= known else None
    of_ten = _of_ten(kept, late)
    return of_ten if _fewest(of_ten, least) <= known else None


def lowest(numbers: Sequence[int | None], least: int) -> int:
    """How many there were at the least, by what is shown of them."""
    return sum(max(least, number - ROUND_TO // 2) for number in numbers if number is not None)


def _of_ten(kept: int, late: int) -> int:
    return min(9, max(1, round(10 * kept / (kept + late))))


def _fewest(of_ten: int, least: int) -> int:
    """The smallest number of cases of which one could say that."""
    return next(
        number
        for number in range(2 * least, 40 * least)
        if any(_of_ten(kept, number - kept) == of_ten for kept in range(least, number - least + 1))
    )
