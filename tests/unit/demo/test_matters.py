"""The table of invented matters: what it covers, and that each step is somebody's to take. Carried out in tests/e2e."""

import pytest

from lifecycle.model import ActorKind
from lifecycle.table import Lifecycle
from ops.demo.seeding.acting import HANDLER, HE, HR_SYSTEM, SHE
from ops.demo.seeding.filling import PERSONS
from ops.demo.seeding.matters import Matter, Step, load
from ops.demo.seeding.run import chains
from ops.demo.story import PERSON, SUPERVISOR
from ops.local_stack.people import organisation
from policy.load import load as load_policy
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW

TABLE = load()
POLICY = load_policy("iom-2024-03")
STATIONS = {person.staff_id: person.station for person in organisation().people}
OF_NO_TABLE = {"writes", "sends_file", "steps_aside", "sees", "confirms", "keeps", "records"}
"""What is done beside the tables of procedures: messages, files, conflicts, HR's word."""
IN_A_CASE = {
    SHE: {ActorKind.PERSON},
    HE: {Role.ALLEGED_OFFENDER},
    HANDLER: {Role.FOCAL_POINT, Role.OMBUDSPERSON, Role.MANAGER},
}
STEPS = [(one, step) for one in TABLE.matters for step in one.steps if step.does not in OF_NO_TABLE]


def roles(who: str) -> set[Role | ActorKind]:
    """Under which somebody may act, also where they stand in."""
    if who in IN_A_CASE:
        return set(IN_A_CASE[who])
    held = POLICY.roles_of(TABLE.people.get(who, who), NOW)
    instead = {role for desk in POLICY.desks.values() for role, other in desk.in_place_of.items() if other in held}
    return {*held, *instead}


@pytest.mark.parametrize("one", TABLE.matters, ids=[one.name for one in TABLE.matters])
def test_each_step_is_known_and_taken_by_somebody_who_may(one: Matter) -> None:
    steps: list[Step] = [step for matter, step in STEPS if matter is one]
    for step in steps:
        table = BY_NAME[step.place.lifecycle]
        assert step.does in table.by_action, f"{step.does} is no action of {table.name}"
        assert roles(step.who) & table.by_action[step.does], f"{step.who} may not {step.does}"
        fields = {field.name for rule in table.rules if rule.action == step.does for field in rule.fields}
        asked = fields | ({"to"} if PERSONS in fields else set())
        assert step.facts.keys() <= asked, f"{step.does} asks for no {', '.join(step.facts.keys() - asked)}"
    for place, state in one.states.items():
        assert state in BY_NAME[place.partition("#")[0]].state_of


def by_itself(table: Lifecycle, states: set[str]) -> set[str]:
    """Where a case can be with nobody's doing: by the system's steps and by its clocks."""
    moves = {outcome.to for clock in table.clocks for outcome in clock.outcomes if outcome.to}
    for _ in table.states:
        steps = (rule for rule in table.rules if rule.to and ActorKind.SYSTEM in rule.by)
        states = states | {str(rule.to) for rule in steps if states & {*rule.states}}
    return states | moves


@pytest.mark.parametrize("one", TABLE.matters, ids=[one.name for one in TABLE.matters])
def test_each_step_is_open_where_those_before_it_lead(one: Matter) -> None:
    led: dict[str, set[str]] = {}
    for step in (step for matter, step in STEPS if matter is one):
        table = BY_NAME[step.place.lifecycle]
        # What another case or one of the staff has opened, its opening may have brought on already.
        hers = table.name == one.way and not one.begun_by
        first = table.opening.first_states if hers else table.state_of
        states = led.get(str(step.place)) or by_itself(table, {*first})
        rules = [rule for rule in table.rules if rule.action == step.does]
        after = {rule.to or state for rule in rules for state in rule.states if state in states}
        assert after, f"{step.does} is not open in any of {', '.join(sorted(states))}"
        led[str(step.place)] = by_itself(table, after)


@pytest.mark.parametrize("table", BY_NAME.values(), ids=list(BY_NAME))
def test_each_state_has_a_case_or_a_reason_why_not(table: Lifecycle) -> None:
    places = [(place.partition("#")[0], state) for one in TABLE.matters for place, state in one.states.items()]
    reached = {state for name, state in places if name == table.name}
    named = TABLE.not_reached[table.name].keys()
    assert reached | named == table.state_of.keys()
    assert not reached & named


def test_every_office_takes_part_or_is_said_not_to() -> None:
    acting = {step.who for one in TABLE.matters for step in one.steps} | {one.begun_by for one in TABLE.matters}
    held = {role for who in acting for role in roles(who) if isinstance(role, Role)}
    offices = {POLICY.roles[role].office.value for role in held}
    appointed = {POLICY.roles[one.role].office.value for one in POLICY.appointments}
    assert appointed - offices <= TABLE.not_reached["office"].keys()


@pytest.mark.parametrize(("word", "asks"), [("confirms", "decide_measure"), ("keeps", "ask_hr_hold")])
def test_hrs_word_is_about_somebody_of_whom_no_other_matter_asks_hr_that(word: str, asks: str) -> None:
    """HR's tasks name the person alone: whoever answers one finds it by that."""
    asking = [one for one in TABLE.matters if any(step.does == asks for step in one.steps)]
    for one in asking:
        for step in one.steps:
            if step.does == word:
                named = one.about[0] if step.facts.get("of") == HE else one.person
                others = [other.name for other in asking if other is not one and named in {other.person, *other.about}]
                assert others == [], f"{one.name}: {named}"


def test_all_languages_stations_and_ways_of_writing_are_there() -> None:
    assert {one.language for one in TABLE.matters} == {"en", "fr", "es", "ar"}
    assert {STATIONS[one.person] for one in TABLE.matters if one.person} == set(organisation().stations)
    assert {one.mode for one in TABLE.matters} == {"confidential", "anonymous"}
    assert max(len(one.says * one.repeat) for one in TABLE.matters) > 9_000
    assert {step.does for one in TABLE.matters for step in one.steps} >= {
        "sends_file", "steps_aside", "set_hold", "pause_assessment", "request_review",
    }  # fmt: skip
    assert max(len(chain) for chain in chains(TABLE.matters)) == 3


def test_invented_people_alone_are_named_and_whoever_writes_is_written_about_nowhere() -> None:
    """Else the ethics office would be asked to look at nearly every matter; and the story's own people stay free."""
    writing = {who for one in TABLE.matters for who in (one.person, one.reporter) if who}
    about = {who for one in TABLE.matters for who in one.about}
    assert writing | about <= STATIONS.keys()
    assert not writing & about
    assert not (writing | about) & {PERSON, SUPERVISOR}
    assert all(one.words.mark.strip("[]") for one in TABLE.matters)
    assert not any(step.who == HR_SYSTEM and not one.person for one in TABLE.matters for step in one.steps)
