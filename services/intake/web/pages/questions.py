"""What is asked, in which order, on which way: a table by route, and the questions it is made of. Pure; every question
may be skipped, but for the few without which a route makes no sense (policy: route.<name>.needs).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chassis.web.pages.forms import LONGEST, Choice, Field, Read
from chassis.web.pages.words import N_, OWN_NAMES
from policy.model import Policy
from services.intake.domain.ways import WAYS, Situation, Ways, is_sea, ways
from services.intake.web.pages.questions_asks import CHOICES, NO_ANSWER, fields, help_field

DIRECT: Final = "direct_approach"
IN_PERSON: Final = N_("I would rather say this in person.")
ROOM: Final = 500
"""Characters kept free where several answers are sent as one."""
# With a digit: a name would be taken, and keep nobody away.
_STAFF_ID: Final = "(?=[A-Za-z_.-]*[0-9])[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_BETWEEN: Final = r"[\s,;،]+"
_SEVERAL: Final = rf"{_STAFF_ID}({_BETWEEN}{_STAFF_ID}){{0,19}}"
_IF_KNOWN: Final = N_("If you know it. You can leave this empty.")
_SEVERAL_HINT: Final = N_("If you know them. Put a comma between two numbers.")
_MISMATCH: Final = N_("Enter a staff number like S0012, or leave this empty.")
_SEVERAL_MISMATCH: Final = N_("Enter up to 20 staff numbers with commas between them, like S0012, S0034.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question depends on: the policy, the way chosen (empty before), what was said so far by question, and the
    days on which she may be asked how it went, as her language writes them.
    """

    policy: Policy
    route: str
    said: Mapping[str, Mapping[str, Any]]
    days: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        """Everything that was said on this way, by the names of the fields."""
        asked = (self.said.get(question.name, {}) for question in questions(self.route))
        return {name: value for page in asked for name, value in page.items()}

    @property
    def named(self) -> bool:
        """Whoever chooses nothing stays anonymous."""
        return self.given.get("mode") == "confidential"

    @property
    def for_somebody_else(self) -> bool:
        given = self.given
        writer = given.get("writer", "not_said")
        if self.route == "sea_report":
            return bool(writer != "affected")
        others = given.get("kind") == "third_party" or given.get("for_whom", "myself") != "myself"
        return bool(others or writer not in ("affected", "not_said"))


@dataclass(frozen=True, slots=True)
class Question:
    """One page. `said`: sentences above the fields. `name` is where its answers are kept: two routes that ask the same
    share it, so that nothing is asked twice.
    """

    name: str
    heading: str
    fields: Callable[[Asked], tuple[Field, ...]]
    said: tuple[str, ...] = ()
    template: str = "question.html"


def situation_of(said: Mapping[str, Mapping[str, Any]]) -> Situation:
    """What she said of her situation; a box that is not ticked says nothing."""
    ticked, more = said.get("safety", {}).get("now", ()), said.get("situation", {})
    found: dict[str, Any] = {name: "yes" for name in _SAFETY if name in ticked}
    found |= {name: more[name] for name in ("affected_is", "power_over_me", "feels_safe_to_talk") if name in more}
    return Situation(**found)


def ways_for(said: Mapping[str, Mapping[str, Any]]) -> Ways:
    return ways(situation_of(said))


def needs_sea(said: Mapping[str, Mapping[str, Any]]) -> bool:
    return is_sea(situation_of(said))


_SAFETY: Final = {
    "danger_now": N_("I am in danger now"),
    "weapon": N_("There is a weapon"),
    "threats": N_("Somebody has threatened me"),
    "self_harm": N_("I think of harming myself, or of ending my life"),
    "sexual_assault": N_("It was sexual violence"),
    "minor": N_("Somebody under 18 is concerned"),
}
_OPEN_YES_NO: Final = (Choice("yes", N_("Yes")), Choice("no", N_("No")), NO_ANSWER)

SAFETY: Final = Question(
    "safety",
    N_("Are you safe?"),
    lambda _: (
        Field(
            "now",
            "checks",
            N_("Tick what is so now"),
            hint=N_("You can leave all of it empty. Nothing of this page is sent to anybody."),
            choices=tuple(Choice(name, label) for name, label in _SAFETY.items()),
        ),
    ),
    template="safety.html",
)
SITUATION: Final = Question(
    "situation",
    N_("What it is about"),
    lambda _: (
        Field(
            "affected_is",
            "radios",
            N_("Who did it happen to?"),
            choices=(
                Choice("personnel", N_("To me, or to somebody who works here")),
                *(Choice(who, CHOICES["affected_is"][who]) for who in ("child", "beneficiary", "community_member")),
                NO_ANSWER,
            ),
        ),
        Field(
            "power_over_me",
            "radios",
            N_("Does the other person decide on your contract, visa, housing or appraisal?"),
            choices=_OPEN_YES_NO,
        ),
        Field(
            "feels_safe_to_talk",
            "radios",
            N_("Would it feel safe to speak with the other person yourself?"),
            choices=_OPEN_YES_NO,
        ),
    ),
    said=(N_("This helps us to show what fits. You can skip it."),),
    template="situation.html",
)
CHOOSING: Final = Question("options", N_("Your options"), lambda _: (), template="options.html")

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


def _asks(*names: str) -> Callable[[Asked], tuple[Field, ...]]:
    return lambda asked: fields(asked.policy, asked.route, names)


def _needed(asked: Asked, name: str, text: str) -> str:
    return text if name in asked.policy.routes[asked.route].needs else ""


def _area(name: str, label: str, hint: str = "", missing: str = "") -> Field:
    return Field(name, "area", label, hint=hint, missing=missing)


_IN_PERSON: Final = Field("in_person", "yes", N_("I would rather say this in person"))


def _what_happened(asked: Asked) -> Field:
    told = _needed(asked, "what_happened", N_("Write a few words, or choose 'I would rather say this in person'."))
    hint = N_("A few words are enough. No dates, no names and no right word are needed.")
    return _area("what_happened", N_("What happened?"), hint, told)


def _wish(asked: Asked) -> Field:
    told = _needed(asked, "wish", N_("Write in a few words what you would like to happen."))
    return _area("wish", N_("What would you like to happen?"), "" if told else N_("You can leave this empty."), told)


TO_OMBUDS: Final = Question(
    "words",
    N_("What would you like us to know?"),
    lambda asked: (_IN_PERSON, _what_happened(asked), _wish(asked)),
    said=(
        N_("You do not have to write anything here."),
        N_("Your words go to one person, sealed. They are destroyed when the talk has ended."),
    ),
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
    lambda _: (_area("support_needs", N_("What do you need?"), N_("You do not have to say what happened.")),),
)
MORE: Final = Question(
    "more",
    N_("Anything that helps to look into it"),
    lambda _: (
        _area("when_and_where", N_("When and where was it?")),
        _area("others_present", N_("Was anybody else there?")),
        _area("effects", N_("What has it done to you or to your work?")),
        _area("support_needs", N_("What help do you need?")),
        _area("earlier_steps", N_("What have you done about it so far?")),
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
        _several(
            "alleged_offender", N_("Staff number of the other person"), N_("We then keep it away from that person.")
        ),
    )
    if asked.for_somebody_else and (asked.route != "sea_report" or asked.given.get("identity_consent") == "given"):
        found = (*found, _number("affected_number", N_("Staff number of the person it happened to")))
    return found


RELATIONS: Final = (
    Choice("above", N_("This person supervises me.")),
    Choice("below", N_("I supervise this person.")),
    Choice("beside", N_("We are colleagues.")),
    Choice("outside", N_("This person works for somebody else.")),
)
GOING_ON: Final = (Choice("yes", N_("It is still going on.")), Choice("no", N_("It has stopped.")))
"""Sentences that are sent as they stand."""


def _number(name: str, label: str, hint: str = _IF_KNOWN, missing: str = "") -> Field:
    return Field(name, "text", label, hint=hint, missing=missing, pattern=_STAFF_ID, mismatch=missing or _MISMATCH)


def _several(name: str, label: str, hint: str = _SEVERAL_HINT) -> Field:
    return Field(name, "text", label, hint=hint, pattern=_SEVERAL, mismatch=_SEVERAL_MISMATCH)


INVOLVED: Final = Question("involved", N_("Who is involved"), _involved, said=(N_("All of this can stay empty."),))


def _helper(asked: Asked) -> tuple[Field, ...]:
    languages = tuple(Choice(code, name) for code, name in OWN_NAMES.items())
    return (
        *fields(asked.policy, asked.route, ("contact_gender",)),
        Field("language", "select", N_("In which language should we write to you?"), choices=languages),
        *fields(asked.policy, asked.route, ("not_from_my_office",)),
        _several(
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
        _area(
            "safe_times",
            N_("When and where can we reach you?"),
            N_("Days, hours, an address or a number. And what to say if somebody else answers."),
        ),
        _area(
            "fear_of_retaliation",
            N_("Do you fear pressure, or to be punished for speaking up?"),
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
            N_("What should we say for you?"),
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
    number = _number("my_number", N_("Your staff number"), N_("With it we can protect you. You can leave it empty."))
    name = Field("name", "text", N_("What should we call you?"), hint=N_("Any name you like."), longest=ROOM)
    return (name, *own, number)


YOU: Final = Question(
    "you", N_("About you"), _you, said=(N_("All of this can stay empty. It is used to speak to you as you like."),)
)
WRITER: Final = Question("writer", N_("Which of these are you?"), _asks("writer"))
SUPPORT: Final = Question(
    "support",
    N_("The help you would like"),
    lambda asked: (
        help_field(asked.policy, asked.route),
        *fields(asked.policy, asked.route, ("urgency", "for_whom", "minor", "works_here")),
    ),
    said=(N_("Help does not depend on a report, and nobody asks you for a reason."),),
)
SPOKE_UP: Final = Question(
    "spoke_up",
    N_("Speaking up, and what came after"),
    _asks("kind", "contract_end", "activity", "activity_on", "first_act_on", "last_act_on"),
    said=(N_("All of this can stay empty."),),
)
MANAGER: Final = Question(
    "manager",
    N_("Which manager should know?"),
    lambda asked: (
        *fields(asked.policy, asked.route, ("level",)),
        _number(
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
    _asks("urgent_needs", "basis", "writer"),
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

BEGINNING: Final = (SAFETY, SITUATION, CHOOSING)
JOURNEYS: Final[Mapping[str, tuple[Question, ...]]] = {
    "informal_resolution": (MODE, HELPER, TO_OMBUDS, INVOLVED, CONTACT, YOU),
    "formal_report": (MODE, WRITER, TO_OFFICE, MORE, INVOLVED, HELPER, CONTACT, YOU),
    "support_referral": (SUPPORT, MODE, TO_SUPPORT, HELPER, CONTACT, YOU),
    "retaliation": (MODE, SPOKE_UP, TO_OFFICE, INVOLVED, HELPER, CONTACT, YOU),
    "supervisor_request": (MODE, MANAGER, TO_MANAGER, INVOLVED, HELPER, CONTACT, YOU),
    "sea_report": (DUTY, HARMED, TO_OFFICE, INVOLVED, MODE, HELPER, CONTACT, YOU),
    DIRECT: (PREPARE, REMIND),
}
assert JOURNEYS.keys() == set(WAYS)


def unanswered(question: Question, asked: Asked, given: Mapping[str, Any]) -> dict[str, str]:
    """What a route makes no sense without and what is not among `given`: what to do, by field."""
    needed = {one.name: one.missing for one in question.fields(asked) if one.missing and one.name not in given}
    if given.get("in_person"):
        needed.pop("what_happened", None)
    return needed


def looked_at(question: Question, asked: Asked, found: Read) -> Read:
    """What was read of this question, without asking for words from whoever would rather say them in person."""
    wrong = {name: text for name, text in found.errors.items() if name in found.values}
    return Read(found.values, wrong | unanswered(question, asked, found.values))


def questions(route: str) -> tuple[Question, ...]:
    """Every page from the first to the last before the check; of a way not chosen yet, those up to the choice."""
    return (*BEGINNING, *JOURNEYS.get(route, ()))
