"""What is asked, in which order, on which way: a table by route, and the questions that most of them share. Pure; every
question may be skipped, but for the few without which a route makes no sense (policy: route.<name>.needs).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chassis.web.pages.forms import LONGEST, Choice, Field, Read
from chassis.web.pages.words import N_, OWN_NAMES
from policy.model import Policy
from services.intake.domain.carried import MESSAGE, PEOPLE
from services.intake.domain.ways import OWN_DATA, WAYS
from services.intake.web.pages.questions_asked import (
    ROOM,
    Asked,
    Question,
    area,
    asks,
    staff_number,
    staff_numbers,
)
from services.intake.web.pages.questions_asks import fields, help_field
from services.intake.web.pages.questions_first import BEGINNING
from services.intake.web.pages.questions_listener import LISTENER, not_to_be_asked
from services.intake.web.pages.questions_told import (
    INVOLVED,
    MORE,
    TO_MANAGER,
    TO_OFFICE,
    TO_OMBUDS,
    TO_SUPPORT,
    on_both_sides,
)

DIRECT: Final = "direct_approach"

MODE: Final = Question(
    "mode",
    N_("With your name, or without?"),
    lambda _: (
        Field(
            "mode",
            "radios",
            N_("Which do you choose?"),
            hint=N_("If you choose nothing, you stay anonymous."),
            choices=(
                Choice("confidential", N_("Confidential: with my name, for a few people")),
                Choice("anonymous", N_("Anonymous: without my name")),
            ),
        ),
    ),
    template="mode.html",
)


def _helper(asked: Asked) -> tuple[Field, ...]:
    languages = tuple(Choice(code, name) for code, name in OWN_NAMES.items())
    return (
        *fields(asked.policy, asked.route, ("contact_gender",)),
        Field("language", "select", N_("In which language should we write to you?"), choices=languages),
        *fields(asked.policy, asked.route, ("spoken_language", "not_from_my_office")),
        staff_numbers(
            "not_these_people",
            N_("Staff numbers of people who must not deal with it"),
            N_("Friends or relatives of the other person, for example. Put a comma between two numbers."),
        ),
        *_offices(asked),
    )


def _offices(asked: Asked) -> tuple[Field, ...]:
    """Those in whose place others stand in, where it is about them."""
    routes = asked.policy.routes
    desks = [routes[asked.route].desk, *([routes["retaliation"].desk] if routes[asked.route].protects else [])]
    about = {office for desk in desks for instead in asked.policy.desks[desk].instead for office in instead.about}
    offices = tuple(Choice(one.value, entry.name) for one, entry in asked.policy.offices.items() if one in about)
    label, hint = N_("Is it about somebody in one of these offices?"), N_("Then others deal with it in their place.")
    return (Field("about_offices", "checks", label, hint=hint, choices=offices),) if offices else ()


HELPER: Final = Question(
    "helper", N_("Who should help you"), _helper, said=(N_("You can skip what does not matter to you."),)
)


def _contact(asked: Asked) -> tuple[Field, ...]:
    found: tuple[Field, ...] = (
        *fields(asked.policy, asked.route, ("safe_channel", "safe_contact")),
        area(
            "safe_times",
            N_("When and where can we reach you?"),
            N_("Days, hours, an address or a number. And what to say if somebody else answers."),
        ),
        area(
            "fear_of_retaliation",
            N_("Are you worried about pressure, or about being punished for speaking up?"),
            N_("You can leave this empty."),
        ),
    )
    if asked.policy.routes[asked.route].protects and asked.named:
        found = (*found, Field("no_watch", "yes", N_("I do not want the ethics office to watch over me")))
    return found


CONTACT: Final = Question("contact", N_("Safety and contact"), _contact, template="reach.html")


def _you(asked: Asked) -> tuple[Field, ...]:
    own = (
        Field(
            "pronouns",
            "text",
            N_("How should we speak of you?"),
            hint=N_("For example: she, he, they, or my name."),
            longest=ROOM,
        ),
        Field(
            "access_needs",
            "area",
            N_("What makes it easier for you?"),
            hint=N_("An interpreter, a quiet room, or more time, for example."),
            longest=LONGEST - 4 * ROOM,
        ),
    )
    if not asked.named:
        return own
    staff = staff_number(
        "my_number", N_("Your staff number"), N_("With it we can protect you. You can leave it empty.")
    )
    name = Field("name", "text", N_("What should we call you?"), hint=N_("Any name you like."), longest=ROOM)
    return (name, *own, staff)


YOU: Final = Question(
    "you", N_("About you"), _you, said=(N_("All of this can stay empty. It is used to speak to you as you like."),)
)
WRITER: Final = Question("writer", N_("Who is writing"), asks("writer"))
SUPPORT: Final = Question(
    "support",
    N_("The help you would like"),
    lambda asked: (
        help_field(asked.policy, asked.route),
        *fields(asked.policy, asked.route, ("urgency",)),
    ),
    said=(N_("Help does not depend on a report, and nobody asks you for a reason."),),
)
FOR_WHOM: Final = Question("for_whom", N_("Who the help is for"), asks("for_whom", "minor", "works_here"))
SPOKE_UP: Final = Question(
    "spoke_up",
    N_("Speaking up"),
    asks("kind", "activity", "activity_on"),
    said=(N_("All of this can stay empty."),),
)
AFTERWARDS: Final = Question(
    "afterwards",
    N_("What came after"),
    asks("first_act_on", "last_act_on", "contract_end"),
    said=(N_("All of this can stay empty."),),
)
MANAGER: Final = Question(
    "manager",
    N_("Which manager should know?"),
    lambda asked: (
        *fields(asked.policy, asked.route, ("level",)),
        staff_number(
            "recipient",
            N_("Staff number of the manager"),
            N_("It stands in the staff directory. Do not choose the person it is about."),
            N_("Enter the staff number of the manager, like S0012."),
        ),
        *fields(asked.policy, asked.route, ("may_name",)),
    ),
)
DUTY: Final = Question(
    "duty",
    N_("What must be reported"),
    asks("urgent_needs", "basis", "writer"),
    template="duty.html",
)
HARMED: Final = Question(
    "harmed",
    N_("The person it happened to, and the other person"),
    lambda asked: fields(
        asked.policy,
        asked.route,
        (
            *(() if "affected_is" in asked.said.get("situation", {}) else ("affected_is",)),
            "offender_class",
            "identity_consent",
        ),
    ),
)
ABOUT_ME: Final = Question(
    "about_me",
    N_("What would you like to know?"),
    lambda asked: (
        *fields(asked.policy, asked.route, ("right",)),
        staff_number(
            "my_number",
            N_("Your staff number"),
            N_("Also if you have left. Without it nobody can tell what is yours."),
            N_("Enter your staff number, like S0012."),
        ),
        area("wish", N_("What is it about?"), N_("You can leave this empty. A time or an office is enough.")),
    ),
    said=(N_("Before you get an answer, you are asked to show who you are."),),
)
PREPARE: Final = Question("prepare", N_("Prepare yourself"), lambda _: (), template="prepare.html")
REMIND: Final = Question(
    "remind",
    N_("Would you like to be asked how it went?"),
    lambda asked: (
        Field(
            "after",
            "radios",
            N_("When should we ask?"),
            choices=(*(Choice(after, day) for after, day in asked.days.items()), Choice("", N_("Do not ask me"))),
        ),
    ),
    said=(N_("We keep the day, and nothing else."),),
)

JOURNEYS: Final[Mapping[str, tuple[Question, ...]]] = {
    "informal_resolution": (MODE, HELPER, TO_OMBUDS, INVOLVED, LISTENER, CONTACT, YOU),
    "formal_report": (MODE, WRITER, TO_OFFICE, MORE, INVOLVED, HELPER, CONTACT, YOU),
    "support_referral": (SUPPORT, FOR_WHOM, MODE, TO_SUPPORT, HELPER, CONTACT, YOU),
    "retaliation": (MODE, SPOKE_UP, AFTERWARDS, TO_OFFICE, INVOLVED, HELPER, CONTACT, YOU),
    "supervisor_request": (MODE, MANAGER, TO_MANAGER, INVOLVED, HELPER, CONTACT, YOU),
    "sea_report": (DUTY, HARMED, TO_OFFICE, INVOLVED, MODE, HELPER, CONTACT, YOU),
    DIRECT: (PREPARE, REMIND),
    OWN_DATA: (ABOUT_ME, HELPER),
}
assert JOURNEYS.keys() == {*WAYS, OWN_DATA}


_IN_WORDS: Final = ("words", "more")
_OF_PEOPLE: Final = ("involved", "you")
"""Questions, by name, that words of hers answer, and the people whom she has named."""
_IN_A_MESSAGE: Final = ("what_happened", "wish")


def asked_on(
    policy: Policy,
    route: str,
    said: Mapping[str, Mapping[str, Any]],
    days: Mapping[str, str] | None = None,
    now: datetime | None = None,
    ticked: frozenset[str] = frozenset(),
    people: Mapping[str, Sequence[str]] | None = None,
) -> Asked:
    """What was said on another way alone says nothing on this one."""
    names = {one.name for one in questions(route)}
    here = {name: answers for name, answers in said.items() if name in names}
    return Asked(policy, route, here, days or {}, now, ticked, people or {})


def unanswered(question: Question, asked: Asked, given: Mapping[str, Any]) -> dict[str, str]:
    """What a route makes no sense without and what is not among `given`, nor goes over: what to do, by field. A message
    that goes over says what happened, or what she would like.
    """
    needed = {one.name: one.missing for one in question.fields(asked) if one.missing and one.name not in given}
    for name in _IN_A_MESSAGE if MESSAGE in asked.ticked else asked.ticked:
        needed.pop(name, None)
    if given.get("in_person"):
        needed.pop("what_happened", None)
    if question is INVOLVED:
        return needed | on_both_sides(asked, given)
    return needed | (not_to_be_asked(asked, given) if question is LISTENER else {})


def told_before(question: Question, asked: Asked) -> bool:
    """Whether something of what this page asks for goes over."""
    if question.name in _IN_WORDS:
        return asked.words_go_over
    return question.name in _OF_PEOPLE and PEOPLE in asked.ticked


def waits(question: Question, asked: Asked) -> bool:
    """Whether she is not asked again, since what goes over is enough: at the check it stands with the others, for what
    she would like to add.
    """
    return told_before(question, asked) and not unanswered(question, asked, asked.said.get(question.name, {}))


def looked_at(question: Question, asked: Asked, found: Read) -> Read:
    """What was read of this question, without asking for words from whoever would rather say them in person."""
    wrong = {name: text for name, text in found.errors.items() if name in found.values}
    return Read(found.values, wrong | unanswered(question, asked, found.values))


def questions(route: str) -> tuple[Question, ...]:
    """Every page from the first to the last before the check; of a way not chosen yet, those up to the choice."""
    return (*BEGINNING, *JOURNEYS.get(route, ()))
