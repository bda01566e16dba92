"""What the pages of this desk call its states, actions and fields: one file for each procedure or two."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_
from lifecycle.pages.texts import under
from services.workflow.web.wording.administration import ADMINISTRATION
from services.workflow.web.wording.alleged_offender import ALLEGED_OFFENDER
from services.workflow.web.wording.danger import DANGER
from services.workflow.web.wording.formal_actions import FORMAL_ACTIONS
from services.workflow.web.wording.formal_fields import FORMAL_FIELDS
from services.workflow.web.wording.measures import MEASURES
from services.workflow.web.wording.own_data import OWN_DATA
from services.workflow.web.wording.requests import REQUESTS
from services.workflow.web.wording.reviews import REVIEWS
from services.workflow.web.wording.sea import SEA

TEXTS: Final[Mapping[str, str]] = {
    **under(
        "lifecycle",
        {
            "formal_report": N_("Formal report"),
            "interim_measure": N_("Interim measure"),
            "emergency_separation": N_("Emergency separation"),
            "respondent": N_("The alleged offender's side"),
            "danger_alert": N_("Somebody is in danger"),
            "supervisor_request": N_("Told to a manager"),
            "sea_report": N_("Sexual exploitation or abuse"),
            "review": N_("Review"),
            "misdirected_report": N_("Report that came to the wrong place"),
            "data_request": N_("What is held about somebody"),
            # Of other services: who keeps policy reads what it promises there.
            "informal_resolution": N_("Informal resolution"),
            "mediation": N_("Mediation"),
            "support_referral": N_("Support and assistance"),
            "retaliation": N_("Protection from retaliation"),
        },
    ),
    **under("state", {"closed": N_("Closed"), "erased": N_("Erased"), "passed_on": N_("Passed on")}),
    **under(
        "purpose",
        {
            "assessment": N_("To assess it"),
            "investigation": N_("To investigate it"),
            "reply": N_("To write to the person"),
            "legal_review": N_("For the legal review"),
            "decision": N_("To decide"),
            "evidence": N_("As evidence: the files as they were sent"),
            "review": N_("For a review"),
            "measure": N_("For an interim measure"),
            "safety": N_("For somebody's safety"),
            "own_matter": N_("It is my own matter"),
            "handling": N_("To deal with their side"),
            "request": N_("To deal with the request"),
        },
    ),
    **FORMAL_ACTIONS,
    **FORMAL_FIELDS,
    **REVIEWS,
    **MEASURES,
    **DANGER,
    **ALLEGED_OFFENDER,
    **REQUESTS,
    **SEA,
    **OWN_DATA,
    **ADMINISTRATION,
}
"""See `lifecycle.pages.wording.Wording`."""
