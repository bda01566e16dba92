"""What a route asks for beside words (policy: route.<name>.asks), as fields: its choices are the policy's, the words
for them stand here or in the policy's own lists. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.words import N_, OWN_NAMES
from policy.model import DAY, Policy

NO_ANSWER: Final = Choice("", N_("I do not want to answer"))
WISHED: Final = "wished"
"""The one choice of an ask that is ticked or left out; all such asks of a route are one list to tick."""
OPTION_OF: Final = {"contact_gender": "contact_gender", "safe_channel": "safe_channel", "may_name": "may_name_me"}
"""Asks whose choices the policy itself puts into words, and the name of its list."""
_OPEN: Final = frozenset({"not_said", "prefer_not_to_say", "unclear", "unknown", "any"})
"""Choices that say as little as no answer."""

LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "writer": (
        N_("Which of these are you?"),
        N_("If it happened to you, say so. Then we can ask you here before anything changes for you."),
    ),
    "urgency": (N_("How soon do you need help?"), ""),
    "safe_contact": (N_("How may we reach you?"), ""),
    "safe_channel": (N_("How may we reach you?"), N_("A work address or a work phone can be read by others.")),
    "contact_gender": (N_("Who would you like to talk with?"), ""),
    "spoken_language": (
        N_("In which language would you like to talk?"),
        N_("It may be another one."),
    ),
    "not_from_my_office": (N_("Should it be somebody from another office?"), ""),
    "minor": (N_("Is the person who needs help under 18?"), ""),
    "works_here": (N_("Does the person who needs help work here?"), ""),
    "for_whom": (N_("Who is the help for?"), ""),
    "kind": (N_("What would you like?"), ""),
    "contract_end": (N_("When does your contract end?"), N_("A contract that ends soon makes it urgent.")),
    "activity": (N_("What did you do before?"), N_("It is what you may not be punished for.")),
    "activity_on": (N_("On which day did you do that?"), N_("About right is enough. You can leave it empty.")),
    "first_act_on": (N_("When did something first happen to you for it?"), N_("You can leave this empty.")),
    "last_act_on": (N_("When did something last happen to you for it?"), N_("You can leave this empty.")),
    "level": (N_("Whom would you like to tell?"), ""),
    "may_name": (N_("May the manager name you to the other person?"), ""),
    "basis": (N_("How do you know of it?"), N_("A rumour is enough.")),
    "urgent_needs": (N_("Does somebody need help now?"), ""),
    "affected_is": (N_("Who did it happen to?"), ""),
    "offender_class": (N_("Who does the other person work for?"), ""),
    "right": (N_("What are you asking for?"), ""),
    "identity_consent": (
        N_("May we tell the oversight office who the person is?"),
        N_("Ask the person first, if that is safe. Ask a child nothing. You can tell us what happened without a name."),
    ),
}
"""The question for each ask, and its hint."""

HELP: Final[Mapping[str, str]] = {
    "listening": N_("Somebody to listen"),
    "medical": N_("Medical help"),
    "psychosocial": N_("Counselling"),
    "safety": N_("A safe place"),
    "legal": N_("Legal advice"),
    "material": N_("Food, clothing or transport"),
    "child_protection": N_("Help for a child"),
}
"""Asks that are ticked or left out."""

_YES_NO: Final = {"yes": N_("Yes"), "no": N_("No"), "prefer_not_to_say": NO_ANSWER.label, "not_said": NO_ANSWER.label}

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "writer": {
        "affected": N_("It happened to me"),
        "witness": N_("I saw or heard it"),
        "third_party": N_("Somebody told me of it"),
        "focal_point": N_("I am a focal point"),
        "personnel": N_("I work here"),
        "community_member": N_("I live nearby"),
        "not_said": NO_ANSWER.label,
    },
    "urgency": {"now": N_("Now"), "soon": N_("In the next days"), "can_wait": N_("It can wait")},
    "safe_contact": {
        "inbox_only": N_("Only here, with my code"),
        "phone": N_("By phone"),
        "in_person": N_("In person"),
        "through_somebody": N_("Through somebody I trust"),
    },
    "spoken_language": OWN_NAMES,
    "not_from_my_office": _YES_NO,
    "minor": _YES_NO,
    "works_here": _YES_NO,
    "for_whom": {
        "myself": N_("For me"),
        "a_child_in_my_care": N_("For a child in my care"),
        "somebody_who_asked": N_("For somebody who asked me"),
        "somebody_who_does_not_know": N_("For somebody who does not know that I ask"),
    },
    "kind": {
        "fear": N_("I fear that I will be punished, and want to be safer"),
        "request": N_("It has happened, and I ask for protection"),
        "third_party": N_("I write for somebody else"),
    },
    "contract_end": {"soon": N_("In the next months"), "later": N_("Later, or it has no end")},
    "activity": {
        "reported": N_("I made a report"),
        "told_supervisor": N_("I told a supervisor or a manager"),
        "cooperated": N_("I helped with an inquiry or an audit"),
    },
    "level": {"supervisor": N_("My supervisor"), "higher_manager": N_("Another or a higher manager")},
    "basis": {
        "told": N_("Somebody told me"),
        "seen": N_("I saw or heard it"),
        "rumour": N_("It is a rumour"),
        "not_said": NO_ANSWER.label,
    },
    "urgent_needs": _YES_NO,
    "affected_is": {
        "child": N_("A child, somebody under 18"),
        "beneficiary": N_("Somebody whom the organisation helps"),
        "community_member": N_("Somebody who lives nearby"),
        "personnel": N_("Somebody who works here"),
        "unclear": N_("I am not sure"),
        "not_said": NO_ANSWER.label,
    },
    "offender_class": {
        "own_personnel": N_("For this organisation"),
        "contractor_or_partner": N_("For a contractor or a partner"),
        "other_entity": N_("For another organisation"),
        "unknown": N_("I do not know"),
    },
    "right": {
        "know": N_("To know what is held about me"),
        "put_right": N_("To have something put right"),
        "object": N_("To object to something that is held"),
    },
    "identity_consent": {"given": N_("Yes, the person agrees"), "not_given": N_("No, or not asked yet")},
}


def fields(policy: Policy, route: str, names: Iterable[str]) -> tuple[Field, ...]:
    """One field for each of the asks that the route has; nothing is needed, and each can be left unsaid."""
    asks = policy.routes[route].asks
    return tuple(_field(policy, name, asks[name]) for name in names if name in asks)


def help_field(policy: Policy, route: str) -> Field:
    """The asks of the route that are ticked or left out, as one list."""
    ticked = [name for name, choices in policy.routes[route].asks.items() if tuple(choices) == (WISHED,)]
    choices = tuple(Choice(name, HELP.get(name, name)) for name in ticked)
    return Field("help", "checks", N_("What would help?"), hint=N_("Tick as many as you like."), choices=choices)


def choices_in(policy: Policy, route: str, given: Mapping[str, object]) -> dict[str, str]:
    """What of `given` are choices of this route, as a report carries them."""
    found = {}
    for name, choices in policy.routes[route].asks.items():
        answer = given.get(name)
        if tuple(choices) == (WISHED,):
            ticked = given.get("help")
            answer = WISHED if isinstance(ticked, list) and name in ticked else None
        if isinstance(answer, str):
            found[name] = answer
    return found


def _field(policy: Policy, name: str, choices: tuple[str, ...]) -> Field:
    label, hint = LABELS.get(name, (name, ""))
    if tuple(choices) == (DAY,):
        return Field(name, "day", label, hint=hint)
    words = policy.options[OPTION_OF[name]].choices if name in OPTION_OF else CHOICES.get(name, {})
    offered = tuple(Choice(value, words.get(value, value)) for value in choices)
    return Field(name, "radios", label, hint=hint, choices=offered if _OPEN & set(choices) else (*offered, NO_ANSWER))
