"""Whom a report names, as it goes over to another: who she is there, and whom she may name."""

from typing import Any

import pytest

from services.intake.bodies import LodgeReport
from services.intake.parties import UNNAMED, Parties

HER, ANOTHER, OFFENDER = "S0018", "S0031", "S0017"
OF_HERSELF = Parties(HER, [OFFENDER])
OF_ANOTHER = Parties(ANOTHER, [OFFENDER], reporter=HER)
OF_ANOTHER_UNNAMED = Parties(ANOTHER, [OFFENDER], reporter=UNNAMED)
AGREES, NOT_ASKED = {"identity_consent": "given"}, {"identity_consent": "not_given"}


@pytest.mark.parametrize(
    ("before", "route", "mode", "choices", "affected", "reporter"),
    [
        (OF_HERSELF, "formal_report", "confidential", {}, HER, None),
        (OF_HERSELF, "formal_report", "confidential", {"writer": "witness"}, None, HER),
        (OF_HERSELF, "formal_report", "anonymous", {}, None, None),
        (OF_ANOTHER, "formal_report", "confidential", {}, ANOTHER, HER),
        (OF_ANOTHER, "formal_report", "anonymous", {}, ANOTHER, UNNAMED),
        (OF_ANOTHER_UNNAMED, "formal_report", "confidential", {}, ANOTHER, UNNAMED),
        (OF_HERSELF, "sea_report", "confidential", NOT_ASKED, None, HER),
        (OF_HERSELF, "sea_report", "confidential", AGREES, None, HER),
        (OF_HERSELF, "sea_report", "confidential", {"writer": "affected"}, HER, None),
        (OF_HERSELF, "sea_report", "anonymous", {"writer": "affected"}, None, None),
        (OF_ANOTHER, "sea_report", "confidential", AGREES, ANOTHER, HER),
        (OF_ANOTHER, "sea_report", "confidential", NOT_ASKED, None, HER),
        (OF_ANOTHER, "sea_report", "anonymous", AGREES, ANOTHER, UNNAMED),
        (OF_ANOTHER_UNNAMED, "sea_report", "confidential", {}, None, None),
    ],
)
def test_who_she_is_and_whom_she_names_goes_over_as_it_may(
    before: Parties, route: str, mode: Any, choices: dict[str, str], affected: str | None, reporter: str | None
) -> None:
    draft = LodgeReport(route=route, mode=mode, choices=choices)
    taken = before.taken_to(draft, by_consent=route == "sea_report")
    assert (taken.affected_individual, taken.reporter, taken.alleged_offender) == (affected, reporter, [OFFENDER])
