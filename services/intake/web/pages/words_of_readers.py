"""What her inbox calls those who have opened what she sent, what they opened, and what for."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_
from services.intake.web.pages.words_of_cases import DECIDERS, ROLES

READERS: Final[Mapping[str, str]] = {
    **ROLES,
    **DECIDERS,
    "legal_officer": N_("The legal office"),
    "outside_investigator": N_("An investigator from outside"),
    "outside_counsel": N_("A lawyer from outside"),
    "reviewer": N_("Whoever looks at a decision again"),
    "ethics_officer": N_("The ethics office"),
    "alternate_ethics_officer": N_("Whoever stands in for the ethics office"),
    "welfare_officer": N_("Staff welfare"),
    "pseah_officer": N_("The unit for protection from exploitation and abuse"),
    "specialist": N_("Somebody trained to help"),
    "data_protection_officer": N_("The data protection officer"),
}
"""As what somebody has read, by the role."""
THE_MANAGER: Final = N_("The manager whom you told")
FORGOTTEN: Final = N_("Who it was is not kept any more")
WHAT: Final[Mapping[str, str]] = {
    "words": N_("What you wrote"),
    "file": N_("A cleaned copy of a file"),
    "original": N_("A file as you sent it"),
    "identity": N_("Your staff number"),
}
PURPOSES: Final[Mapping[str, str]] = {
    "assessment": N_("To assess it"),
    "investigation": N_("To look into what happened"),
    "reply": N_("To answer you"),
    "legal_review": N_("For the legal review"),
    "decision": N_("To decide"),
    "review": N_("To look at a decision again"),
    "evidence": N_("As evidence"),
    "request": N_("To deal with your request"),
    "protection": N_("To protect you"),
    "imminent_harm": N_("Because harm was near"),
    "assistance": N_("To help you"),
    "referral": N_("To prepare what would be shared"),
    "handover": N_("To take it over from somebody"),
}
"""What for; of her number the rules say it."""
