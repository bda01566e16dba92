"""What the access log calls the acts and purposes of other services: their code words, which entries have, in words."""

from typing import Final

from chassis.web.pages.words import N_

_ACTS: Final = {
    "contents_handed_out": N_("Contents were read"),
    "file_handed_out": N_("A file was read"),
    "original_handed_out": N_("A file was read as it was sent"),
    "identity_handed_out": N_("Who somebody is was looked up"),
    "parties.opened": N_("Whom a matter concerns was looked up"),
    "letter.read": N_("A letter was read"),
}
_PURPOSES: Final = {
    "agreement": N_("To agree on a mediation"),
    "assessment": N_("To assess a report"),
    "assistance": N_("To help"),
    "check_facts": N_("To check facts"),
    "conversation": N_("To talk with the person"),
    "decision": N_("To decide"),
    "evidence": N_("As evidence"),
    "handling": N_("To handle a report"),
    "handover": N_("To hand over"),
    "hear_the_person": N_("To hear the person"),
    "imminent_harm": N_("Because of immediate danger"),
    "investigation": N_("To investigate"),
    "legal_review": N_("To review the law"),
    "measure": N_("For an interim measure"),
    "own_matter": N_("A matter of their own"),
    "protect_from_retaliation": N_("To protect from retaliation"),
    "protection": N_("To protect the person"),
    "referral": N_("To refer to help"),
    "reply": N_("To reply"),
    "request": N_("To answer a request"),
    "review": N_("To review a decision"),
    "routing": N_("To find who must not see it"),
    "safety": N_("For somebody's safety"),
}


def act(key: str) -> str:
    """To be translated where it is shown."""
    return _ACTS.get(key) or _plain(key)


def purpose(key: str) -> str:
    """As `act`. An organisation may have purposes of its own: they are shown as their key says."""
    return _PURPOSES.get(key) or _plain(key)


def _plain(key: str) -> str:
    return key.replace("_", " ").replace(".", ": ")
