"""What somebody tells in words, and of whom. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.web.pages.forms import LONGEST, Choice, Field
from chassis.web.pages.words import N_
from policy.model import RECIPIENT
from services.intake.web.pages.questions_asked import (
    ROOM,
    Asked,
    Question,
    area,
    needed,
    several,
    staff_number,
    staff_numbers,
)
from services.intake.web.pages.questions_asks import NO_ANSWER
from services.intake.web.pages.questions_options import DANGER

IN_PERSON: Final = N_("I would rather say this in person.")
_IN_PERSON: Final = Field("in_person", "yes", N_("I would rather say this in person"))


def _what_happened(asked: Asked) -> Field:
    told = needed(asked, "what_happened", N_("Write a few words, or choose 'I would rather say this in person'."))
    hint = N_("A few words are enough. No dates, no names and no right word are needed.")
    return area("what_happened", N_("What happened?"), hint, told)


def _wish(asked: Asked) -> Field:
    told = needed(asked, "wish", N_("Write in a few words what you would like to happen."))
    return area("wish", N_("What would you like to happen?"), "" if told else N_("You can leave this empty."), told)


TO_OMBUDS: Final = Question(
    "words",
    N_("What would you like us to know?"),
    lambda asked: (_IN_PERSON, _what_happened(asked), _wish(asked)),
    said=(N_("You do not have to write anything here."), DANGER),
)
TO_OFFICE: Final = Question(
    "words",
    N_("What would you like us to know?"),
    lambda asked: (_what_happened(asked), _IN_PERSON, _wish(asked)),
)
TO_MANAGER: Final = Question(
    "words",
    N_("What should the manager know?"),
    lambda asked: (_wish(asked), _what_happened(asked)),
    said=(N_("You decide how much you tell."),),
)
TO_SUPPORT: Final = Question(
    "words",
    N_("What would you like us to know?"),
    lambda _: (area("support_needs", N_("What do you need?"), N_("You do not have to say what happened.")),),
)
MORE: Final = Question(
    "more",
    N_("Anything that helps to look into it"),
    lambda _: (
        area("when_and_where", N_("When and where was it?")),
        area("others_present", N_("Was anybody else there?")),
        area("effects", N_("What has it done to you or to your work?")),
        area("support_needs", N_("What help do you need?")),
        area("earlier_steps", N_("What have you done about it so far?")),
    ),
    said=(N_("All of this can stay empty. You can add to it later."),),
)


def _involved(asked: Asked) -> tuple[Field, ...]:
    found: tuple[Field, ...] = (
        Field("relation", "radios", N_("How do you work together?"), choices=(*RELATIONS, NO_ANSWER)),
        Field("going_on", "radios", N_("Is it still going on?"), choices=(*GOING_ON, NO_ANSWER)),
        Field(
            "who_is_involved",
            "area",
            N_("Who is it, in your own words?"),
            hint=N_("A name, a job or a team. It can stay empty."),
            longest=LONGEST - ROOM,
        ),
        staff_numbers(
            "alleged_offender",
            N_("Staff number of the other person"),
            N_("We then keep it away from that person. Put a comma between two numbers."),
        ),
    )
    if asked.for_somebody_else and (asked.route != "sea_report" or asked.given.get("identity_consent") == "given"):
        found = (*found, staff_number("affected_number", N_("Staff number of the person it happened to")))
    return found


RELATIONS: Final = (
    Choice("above", N_("This person supervises me.")),
    Choice("below", N_("I supervise this person.")),
    Choice("beside", N_("We are colleagues.")),
    Choice("outside", N_("This person works for somebody else.")),
)
GOING_ON: Final = (Choice("yes", N_("It is still going on.")), Choice("no", N_("It has stopped.")))
"""Sentences that are sent as they stand."""


INVOLVED: Final = Question("involved", N_("Who is involved"), _involved, said=(N_("All of this can stay empty."),))


def on_both_sides(asked: Asked, given: Mapping[str, Any]) -> dict[str, str]:
    """What to do, by field, where the other person's number is also that of whoever it happened to, or of the manager
    who is to read it: that person would be kept from their own matter, or the manager from it.
    """
    same = {}
    if asked.for_somebody_else:
        same["affected_number"] = _ALSO_AFFECTED
    elif asked.named:
        same["my_number"] = _ALSO_YOURS
    if RECIPIENT in asked.policy.routes[asked.route].needs:
        same["recipient"] = _ALSO_MANAGER
    said, others = {**asked.given, **given}, {one.casefold() for one in several(given, "alleged_offender")}
    found = [text for name, text in same.items() if said.get(name, "").casefold() in others]
    return {"alleged_offender": found[0]} if found else {}


_ALSO_YOURS: Final = N_("You gave this number as your own too. Take it out here, or there.")
_ALSO_AFFECTED: Final = N_("This is also the number of the person it happened to. Take it out in one of the two.")
_ALSO_MANAGER: Final = N_("You chose this person as the manager who reads it. Choose another one, or take it out here.")
