"""What the inbox calls routes, people, dates, choices and refusals: glossary words, in the reader's language."""

from collections.abc import Mapping
from typing import Final

from chassis.web.pages.words import N_
from services.intake.bodies import CaseSeen

ROUTES: Final[Mapping[str, str]] = {
    "informal_resolution": N_("Talk with an ombudsperson or focal point"),
    "supervisor_request": N_("Request to a manager"),
    "formal_report": N_("Formal report to the oversight office"),
    "retaliation": N_("Protection by the ethics office"),
    "support_referral": N_("Support"),
    "sea_report": N_("Report of harm to somebody whom the organisation serves"),
    "data_request": N_("What is held about you"),
}
CASES: Final[Mapping[str, str]] = {
    **ROUTES,
    "mediation": N_("Mediation"),
    "interim_measure": N_("Temporary measure"),
    "review": N_("Second look at a decision"),
    "misdirected_report": N_("Passing on"),
}
ANOTHER_CASE: Final = N_("Another part of it")
UNDER_WAY: Final = N_("This is under way.")
PEOPLE: Final[Mapping[str, str]] = {
    "focal_point": N_("Who listens to you"),
    "ombudsperson": N_("Ombudsperson"),
    "manager": N_("Manager"),
    "ethics_officer": N_("Who deals with it at the ethics office"),
    "specialist": N_("Who helps you"),
}
"""Of whom she is told who it is, by the part they have."""
_ASKED_TO_LISTEN: Final = N_("Who is asked to listen to you")
ROLES: Final[Mapping[str, str]] = {
    "intake_officer": N_("Intake officer of the oversight office"),
    "investigator": N_("Investigator of the oversight office"),
}
"""To whom her name can be given, by the role."""
DECIDERS: Final[Mapping[str, str]] = {
    "administrative_head": N_("A head of office"),
    "hr_director": N_("The director of HR"),
    "executive_head": N_("The head of the organisation"),
    "oversight_committee": N_("The oversight committee"),
}
"""Who may decide a measure, by the role."""
SOMEBODY: Final = N_("Somebody who deals with it")
ANOTHER_PURPOSE: Final = N_("Something that the rules name no more")
DAYS: Final[Mapping[str, str]] = {
    "from_at": N_("Begins"),
    "until_at": N_("Ends at the latest"),
    "review_at": N_("Looked at again"),
}
MEASURES: Final[Mapping[str, str]] = {
    "any": N_("This is not decided yet"),
    "physical_separation": N_("Working in different places"),
    "alternative_duties": N_("Other duties at the same grade"),
    "flexible_working": N_("Other hours, or work from elsewhere"),
    "special_leave_full_pay": N_("Special leave with full pay"),
    "reporting_line_change": N_("Another supervisor"),
    "suspension_with_pay": N_("Suspension with pay"),
    "suspension_without_pay": N_("Suspension without pay"),
}
EFFECT: Final = "effect_on_"
EFFECTS: Final[Mapping[str, str]] = {
    "pay": N_("Pay"),
    "grade": N_("Grade"),
    "contract": N_("Contract"),
    "pension": N_("Pension"),
    "insurance": N_("Insurance"),
    "increments": N_("Increments"),
    "visa": N_("Visa"),
    "dependants": N_("Dependants"),
}
BECOMES: Final[Mapping[str, str]] = {
    "unchanged": N_("Without any change"),
    "suspended": N_("Standing still for that time"),
    "ask_hr": N_("What HR can tell you about"),
}
"""What becomes of each of those: it stands above their names."""

LABELS: Final[Mapping[str, str]] = {
    "about": N_("What is it about?"),
    "act": N_("What has happened?"),
    "answer": N_("How is it now?"),
    "assistance": N_("What became of the help?"),
    "contact_agreed": N_("The ethics office may contact me"),
    "effects_seen": N_("I have read what changes for me"),
    "forum": N_("Where did you take it?"),
    "going": N_("How is it going?"),
    "last_act_on": N_("On which day was it last?"),
    "message": N_("Which message do you agree to?"),
    "name_may_go_to": N_("Who would learn it?"),
    "names_her": N_("Are you named?"),
    "outcome": N_("How is it now?"),
    "own_word": N_("The help is for me"),
    "preview": N_("Which words do you agree to?"),
    "process_confirmed": N_("A talk with the ombudsperson or a focal point is going on"),
    "reason": N_("What happens"),
    "referred_to": N_("Who gets it?"),
    "risk_facts": N_("What should they know to keep you safe?"),
    "scope": N_("What may be shared?"),
    "service": N_("Which help?"),
    "stop_contact": N_("Nobody is to contact me about this any more"),
    "to_whom": N_("Who is spoken with?"),
    "view": N_("What do you think of it?"),
    "wanted": N_("Which help would you like?"),
    "writer": N_("Which of these are you?"),
}
"""What a field asks."""
_SERVICES: Final[Mapping[str, str]] = {
    "listening": N_("Somebody who listens"),
    "medical": N_("A doctor"),
    "psychosocial": N_("A counsellor"),
    "safety": N_("Safety"),
    "legal": N_("A lawyer"),
    "material": N_("Shelter, money or things"),
    "child_protection": N_("Protection of a child"),
}
_RATHER_NOT: Final = N_("I would rather not say")
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "about": {
        "closure": N_("That it was closed"),
        "decision": N_("The decision"),
        "measure": N_("A temporary measure"),
    },
    "act": {
        "non_renewal": N_("My contract is not renewed"),
        "early_termination": N_("My contract ends early"),
        "dismissal": N_("I was dismissed"),
        "suspension": N_("I was suspended"),
        "demotion": N_("I lost my grade, or a promotion"),
        "non_selection": N_("I was not chosen for a post"),
        "transfer": N_("I was moved to other work or another place"),
        "duties_removed": N_("My duties were taken away"),
        "pay_or_hours": N_("My pay or hours were changed"),
        "training_refused": N_("I was refused training"),
        "leave_refused": N_("I was refused leave"),
        "travel_refused": N_("I was refused travel"),
        "access_cut": N_("I lost access to a place or a system"),
        "appraisal": N_("A poor appraisal"),
        "discipline": N_("Discipline against me"),
        "medical_referral": N_("I was sent to a doctor"),
        "visa_or_permit": N_("My visa or permit"),
        "reference": N_("A poor reference"),
        "blacklisting": N_("I am kept from other jobs"),
        "ostracism": N_("I am left out or ignored"),
        "threat": N_("A threat"),
        "other": N_("Something else"),
    },
    "answer": {"well": N_("Well"), "not_well": N_("Not well"), "rather_not_say": _RATHER_NOT},
    "assistance": {"connected": N_("Help has come"), "declined": N_("No help is wanted now")},
    "forum": {"tribunal": N_("To the tribunal"), "forum_of_the_contract": N_("To where my contract says")},
    "going": {"well": N_("Well"), "not_well": N_("Not well"), "prefer_not_to_say": _RATHER_NOT},
    "names_her": {"no": N_("You are not named"), "yes": N_("You are named")},
    "outcome": {
        "another_way": N_("I take another way"),
        "helped": N_("It helped"),
        "no_longer_wanted": N_("I no longer want it"),
        "no_more_contact": N_("I want no more contact"),
        "not_helped": N_("It did not help"),
        "not_now": N_("Not now"),
        "not_resolved": N_("It is not settled"),
        "prefer_not_to_say": _RATHER_NOT,
        "resolved": N_("It is settled"),
        "stopped": N_("I stop here"),
        "well": N_("It is well"),
    },
    "name_may_go_to": {
        "alleged_offender": N_("The other person"),
        "legal_affairs": N_("The legal office"),
        "decider": N_("Whoever decides what follows"),
        "witness": N_("A witness"),
        "national_authority": N_("An authority of the country"),
    },
    "reason": {"withdrawn": N_("I take my request back")},
    "referred_to": {
        "other_entity": N_("The organisation that the other person works for"),
        "contract_owner": N_("Whoever answers for the contract that the other person works under"),
    },
    "scope": {
        "needs": N_("What I need, without how to reach me"),
        "contact": N_("How to reach me, without what I need"),
        "contact_and_needs": N_("How to reach me, and what I need"),
    },
    "service": _SERVICES,
    "to_whom": {
        "alleged_offender": N_("The other person"),
        "team": N_("The whole team"),
        "another_office": N_("Another office"),
    },
    "view": {
        "agrees": N_("I agree"),
        "objects": N_("I do not agree"),
        "prefers_not_to_say": _RATHER_NOT,
    },
    "wanted": _SERVICES,
    "writer": {
        "affected": N_("It happened to me"),
        "witness": N_("I saw or heard it"),
        "third_party": N_("Somebody told me of it"),
    },
}
"""What may be chosen, by field and value."""

ANSWERS: Final[Mapping[str, str]] = {
    "what_happened": N_("What happened"),
    "wish": N_("What you would like"),
    "who_is_involved": N_("Who is involved"),
    "when_and_where": N_("When and where"),
    "others_present": N_("Who else was there"),
    "effects": N_("What it does to you"),
    "support_needs": N_("What would help you"),
    "earlier_steps": N_("What was tried before"),
    "fear_of_retaliation": N_("What you fear"),
    "how_to_address_me": N_("How to address you"),
    "safe_times": N_("When it is safe to reach you"),
    "how_it_came": N_("How it came to us"),
    "in_my_words": N_("In your own words"),
    "risk_facts": N_("What keeps you safe"),
}
"""What she has written, by the name of the answer."""

NOT_DONE: Final = N_("It could not be done as things are now. Nothing was changed.")
REFUSALS: Final[Mapping[str, str]] = {
    "ACTION_NOT_OPEN": N_("Things had moved on before it arrived. Look at what is possible now."),
    "CHILD_NOT_TOLD": N_("The child is told first, in words for their age. Write to whoever helps you."),
    "MANAGER_STILL_IN_TIME": N_("The manager still has time to answer. After that you can ask the next one up."),
    "NOT_OWED": N_("You cannot be given the assessment. Write to the office if you want to know why."),
    "NOT_WHAT_WAS_PROPOSED": N_("That message does not hold the steps that are on offer. Choose the one that does."),
    "NOT_WHAT_WAS_SHOWN": N_("That message does not hold the words to be shared. Choose the one that does."),
    "ONLY_IN_THE_MAIN_FILE": N_("This stands in another part of the same report. Do it there."),
    "OWN_WORD_NEEDED": N_("Only the person whom the help is for can say yes to it."),
    "NOT_YOURS_TO_GIVE": N_("Only the person whom the help is for can say yes to it."),
    "PROPOSED_OTHERWISE": N_("Something newer has been proposed. Read it first."),
    "REVIEW_TOO_LATE": N_("The time for a second look is over. Write if there was a reason."),
    "WITHDRAWING_ALREADY": N_("You have withdrawn already. It waits its days."),
    "CASE_ERASED": N_("What was written there has been destroyed."),
}
"""Why something that she asked for could not be done; where nothing stands here, NOT_DONE."""


def people_of(case: CaseSeen) -> tuple[tuple[str, str], ...]:
    """What each who deals with the case is called here, and the staff number. Whoever is asked does not listen yet."""
    asked = {"focal_point": _ASKED_TO_LISTEN} if case.state == "offered" else {}
    return tuple((label, case.facts[role]) for role, label in {**PEOPLE, **asked}.items() if role in case.facts)
