"""Whom she may ask to listen: those appointed for it, without those of whom intake knows that they may not. Pure.

It is a wish. The desk asks the one she chose first, once it has looked at whose line that person is in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.words import N_, OWN_NAMES
from policy.model import Appointment, Role
from policy.routing import desk_for, handlers, offices_of
from services.intake.web.pages.questions_asked import ROOM, Asked, Question, several

LISTENS: Final = {
    Role.FOCAL_POINT: N_("Focal point"),
    Role.OMBUDSPERSON: N_("Ombudsperson"),
    Role.EXTERNAL_OMBUDSPERSON: N_("Ombudsperson from outside"),
}
GENDER: Final = {"woman": N_("A woman"), "man": N_("A man")}
SHOWN: Final = 8
"""As many as a page over a slow line has room for; a place that she names comes first."""
CHOSEN: Final = "listener"
NEAR: Final = "near"
AGAIN: Final = N_("The person you chose cannot listen to you here. Choose somebody else, or nobody.")


def open_to_her(asked: Asked) -> tuple[Appointment, ...]:
    """Everybody appointed to listen at the desk that takes it, but for those she named and whoever stands in for them
    (invariant 32), in the order in which they come nearest to what she asked for.
    """
    given, policy, now = asked.given, asked.policy, asked.now
    if now is None:
        return ()
    before = asked.people
    offenders = [*several(given, "alleged_offender"), *before.get("alleged_offender", ())]
    named = {*offenders, *several(given, "not_these_people"), given.get("my_number"), given.get("affected_number")}
    named |= {*before.get("others", ())}
    out = {one.strip().casefold() for one in named if one}
    about = {*offices_of(policy, offenders, now), *given.get("about_offices", ()), *before.get("about_offices", ())}
    desk = desk_for(policy, asked.route, about)
    found: dict[str, Appointment] = {}
    for role in handlers(policy, asked.route, desk):
        for one in policy.appointed(role, now):
            if not {one.staff_id.casefold(), (one.substitute_for or "").casefold()} & out:
                found.setdefault(one.staff_id, one)
    return tuple(sorted((one for one in found.values() if _suits(one, given)), key=lambda one: _rank(one, given)))


def _suits(one: Appointment, given: Mapping[str, Any]) -> bool:
    """Whether nothing is known that speaks against what she asked for (invariant 19)."""
    wish = given.get("contact_gender", "any")
    far = given.get("not_from_my_office") != "yes" or not _is_near(one, given)
    return far and wish in {"any", one.gender or wish}


def _rank(one: Appointment, given: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Whom she has chosen stays in sight; then who is near, then who speaks her language."""
    return one.staff_id != given.get(CHOSEN), not _is_near(one, given), not _speaks(one, given)


def _is_near(one: Appointment, given: Mapping[str, Any]) -> bool:
    near = str(given.get(NEAR, "")).strip().casefold()
    return bool(near) and near in _place(one).casefold()


def _place(one: Appointment) -> str:
    return one.place.replace("_", " ").title()


def _speaks(one: Appointment, given: Mapping[str, Any]) -> bool:
    return given.get("spoken_language", given.get("language")) in one.languages


@dataclass(frozen=True, slots=True)
class Listener:
    """What she is shown of somebody: what they are and where, which languages they speak as their readers call them,
    and what speaks for them of what she asked for.
    """

    staff_id: str
    role: str
    place: str
    languages: tuple[str, ...]
    gender: str
    reasons: tuple[str, ...]


def listener(asked: Asked, staff_id: str) -> Listener:
    """One of those who are open to her."""
    one = next(one for one in open_to_her(asked) if one.staff_id == staff_id)
    return Listener(
        staff_id,
        LISTENS.get(one.role, one.role),
        _place(one),
        tuple(OWN_NAMES.get(code, code) for code in one.languages),
        GENDER.get(one.gender or "", ""),
        tuple(_reasons(one, asked.given)),
    )


def _reasons(one: Appointment, given: Mapping[str, Any]) -> Iterator[str]:
    if _is_near(one, given):
        yield N_("At the place you named.")
    if _speaks(one, given):
        yield N_("Speaks your language.")
    if given.get("contact_gender", "any") != "any" and one.gender:
        yield N_("As you asked: a woman, or a man.")


def not_to_be_asked(asked: Asked, given: Mapping[str, Any]) -> dict[str, str]:
    """What to do, by field, where the one she chose is not open to her any more, after what she said since."""
    open_now = {one.staff_id for one in open_to_her(asked)}
    return {CHOSEN: AGAIN} if given.get(CHOSEN, "") not in {"", *open_now} else {}


def _fields(asked: Asked) -> tuple[Field, ...]:
    people = tuple(Choice(one.staff_id, one.staff_id) for one in open_to_her(asked)[:SHOWN])
    return (
        Field(
            NEAR,
            "text",
            N_("A place near you"),
            hint=N_("If you like: those of that place then come first. It is not sent."),
            longest=ROOM,
        ),
        Field(
            CHOSEN,
            "radios",
            N_("Who should listen to you?"),
            hint=N_("If you choose nobody, we choose."),
            choices=(Choice("", N_("Choose for me")), *people),
        ),
    )


LISTENER: Final = Question("listener", N_("The person who listens"), _fields, template="listener.html")
