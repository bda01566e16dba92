"""The form on which a measure is decided, prolonged or changed, or its letter is written: it asks what that kind of
measure needs, and shows what has to be known for it. The rules are those of the decision itself (policy 2.3); here
nothing is decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.pages.forms import Field
from chassis.web.pages.words import N_
from lifecycle import bodies, directory, parties
from lifecycle.desk import Desk
from lifecycle.model import Actor
from lifecycle.pages.panels import Arranged, Group
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Policy, Side
from services.workflow import respondents, sea
from services.workflow.domain.measure_conditions import SECOND_SIGNATURE
from services.workflow.domain.measure_parts import WRITTEN_REASONS, conditions_of
from services.workflow.domain.measure_rules import ARRANGEMENT
from services.workflow.domain.persons import LINE_CHANGE, SEPARATION
from services.workflow.web.naming_persons import LINE, MOVED, PLACE

_COVERS: Final = tuple(
    f"covers_{one}" for one in ("housing", "transport", "common_rooms", "chats", "missions", "panels")
)
_FIELD_OF: Final = {"heard_or_to_be_heard": "hearing"}
"""Conditions of the policy whose question has another name."""
_NO_QUESTION: Final = frozenset({SECOND_SIGNATURE, WRITTEN_REASONS})
_MISSING: Final = {
    "radios": N_("Choose one of these."),
    "area": N_("Write a few words here."),
    "text": N_("Enter the reference."),
}
_EFFECTS: Final = {
    "pay": N_("Pay"),
    "grade": N_("Grade"),
    "contract": N_("Contract"),
    "pension": N_("Pension"),
    "insurance": N_("Insurance"),
    "increments": N_("Increments"),
    "visa": N_("Visa"),
    "dependants": N_("Dependants"),
}
_CONCERNED: Final = "concerned"
"""Among what is known: whom the matter is about, as rows of side, staff number and present supervisor."""
_AS_ARRANGED: Final = "as_arranged"
"""Among what is known: the words by which HR carries out a measure that stands, as the answer to begin with."""
_AS_IT_IS: Final = {
    "from_at": N_("As it is now: from"),
    "review_at": N_("As it is now: looked at again on"),
    "until_at": N_("As it is now: until"),
}
_SIDES: Final = {
    Side.AFFECTED_INDIVIDUAL.value: (N_("The affected individual"), N_("Supervisor of the affected individual")),
    Side.ALLEGED_OFFENDER.value: (N_("The alleged offender"), N_("Supervisor of the alleged offender")),
}


def groups(policy: Policy, questions: Mapping[str, Field], known: Mapping[str, Any]) -> Sequence[Group]:
    """`known` has the measure's type and whose work changes."""
    measure, now = policy.measures[str(known["type"])], datetime.now(UTC)
    conditions = conditions_of(measure, known)

    def asked(*names: str) -> tuple[Field, ...]:
        return tuple(questions[name] for name in names if name in questions)

    dates: Sequence[tuple[str, str]] = (
        (N_("Looked at again, if it begins now, no later than"), policy.due(measure.review, now).isoformat()),
        (N_("Ends, if it begins now, no later than"), policy.due(measure.longest, now).isoformat()),
    )
    dates = tuple((label, str(known[name])) for name, label in _AS_IT_IS.items() if name in known) or dates
    effects = tuple((_EFFECTS.get(one, one), becomes) for one, becomes in measure.legal_effects.items())
    signature = ((N_("Needs a second signature beforehand"), "yes"),) if SECOND_SIGNATURE in conditions else ()
    shown = asked(*(_FIELD_OF.get(one, one) for one in conditions if one not in _NO_QUESTION))
    arrangement = () if measure.key == LINE_CHANGE else tuple(map(_needed, asked("arrangement")))
    found = (
        _people(questions, known),
        Group(N_("What HR carries out"), arrangement, known=known.get(_AS_ARRANGED, {})),
        Group(N_("What it covers"), asked(*_COVERS) if measure.key == SEPARATION else ()),
        Group(N_("From when and until when"), asked("from_at", "review_at", "until_at"), dates),
        Group(N_("What the rules ask of this measure"), tuple(map(_needed, shown)), signature),
        Group(N_("What it does to pay and rights"), asked("effects_seen"), effects),
        Group(N_("Why"), asked("purpose", "reasons", "least_burden")),
    )
    return [one for one in found if one.fields]


def _people(questions: Mapping[str, Field], known: Mapping[str, Any]) -> Group:
    """Who is there to be named: whoever decides knows the risk from the alert, and nobody's number."""
    of_line, apart = known["type"] == LINE_CHANGE, known["type"] == SEPARATION
    fields = (MOVED, *(LINE if of_line else ()), *((PLACE,) if apart else ()))
    rows: Sequence[tuple[str, str, str]] = known.get(_CONCERNED, ())
    told, answers = list[tuple[str, str]](), dict[str, str]()
    for side, staff_id, supervisor in rows:
        who, above = _SIDES[side]
        told += [(who, staff_id), *([(above, supervisor)] if supervisor else [])]
    moved = [one for one in rows if one[0] == known["burden"]]
    if len(moved) == 1:
        answers = {MOVED.name: moved[0][1], LINE[0].name: moved[0][2]}
    return Group(
        N_("Whom it concerns"), tuple(one for one in fields if one.name in questions), tuple(told), known=answers
    )


def _needed(one: Field) -> Field:
    """What this kind of measure cannot do without, though others can."""
    return replace(one, missing=one.missing or _MISSING[one.kind])


async def concerned(desk: Desk, row: CaseRow, actor: Actor) -> Mapping[str, Any]:
    """Whom the matter is about, for whoever is about to decide on the work of one of them; it stands in the trail."""
    async with desk.database.transaction() as session:
        found = await parties.parties_of(session, desk, row)
        hers = found.affected_individual if found and not await sea.withholds_name(session, row.report_id) else None
        sides = [
            *((Side.AFFECTED_INDIVIDUAL.value, one) for one in [hers] if one),
            *((Side.ALLEGED_OFFENDER.value, one) for one in (found.alleged_offender if found else ())),
        ]
        rows = []
        for side, staff_id in sides:
            person = await directory.person(session, staff_id)
            rows.append((side, staff_id, (person and person.line_staff_id) or ""))
        await _opened(session, row, actor)
    return {_CONCERNED: rows}


async def standing(desk: Desk, row: CaseRow, actor: Actor) -> Mapping[str, Any]:
    """What HR was asked to carry out, for whoever is about to prolong or change it; it stands in the trail."""
    async with desk.database.transaction() as session:
        words = await bodies.text_of(session, desk, row, ARRANGEMENT)
        if words is not None:
            await _opened(session, row, actor, "contents.read")
    return {_AS_ARRANGED: {ARRANGEMENT: words} if words else {}}


async def changing(desk: Desk, row: CaseRow, actor: Actor) -> Mapping[str, Any]:
    return {**await concerned(desk, row, actor), **await standing(desk, row, actor)}


async def addressed(desk: Desk, row: CaseRow, actor: Actor) -> Mapping[str, Any]:
    """Whom a letter is for, for whoever is about to write it, or of whom they have to say it; it stands in the
    trail.
    """
    async with desk.database.transaction() as session:
        found = await respondents.meant(session, desk, row, from_json(row.data), respondents.NOTIFY)
        if not found and (named := await parties.parties_of(session, desk, row)):
            found = named.alleged_offender
        await _opened(session, row, actor)
    return {_CONCERNED: [(Side.ALLEGED_OFFENDER.value, one, "") for one in found]}


def letter(policy: Policy, questions: Mapping[str, Field], known: Mapping[str, Any]) -> Sequence[Group]:  # noqa: ARG001
    told = tuple((_SIDES[side][0], staff_id) for side, staff_id, _ in known.get(_CONCERNED, ()))
    return (Group(N_("Whom it concerns"), tuple(questions.values()), told),)


async def _opened(session: AsyncSession, row: CaseRow, actor: Actor, act: str = "parties.opened") -> None:
    facts = {"purpose": "measure"}
    await audit_trail.record(session, act, object_ref=str(row.case_id), actor=actor.name, facts=facts)


ARRANGED: Final = {
    "decide_measure": Arranged(("type", "burden"), groups, concerned),
    "extend_measure": Arranged((), groups, standing),
    "vary_measure": Arranged((), groups, changing),
    "release_notice": Arranged((), letter, addressed),
}
