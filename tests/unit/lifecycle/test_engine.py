"""The engine itself, on a procedure made for the purpose."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle import engine
from lifecycle.clocks import meet, pause, resume, start
from lifecycle.fields import InvalidFacts, choice, flag, staff, text, time
from lifecycle.guards import holds_none_of, is_assigned, took_no_part
from lifecycle.model import Action, Actor, ActorKind, Case, DueKind, Effect, EffectKind, Fact, Refused, Step
from lifecycle.table import ACTOR, ClockRule, Lifecycle, LifecycleBroken, Opening, Outcome, Rule, State
from policy.model import Role
from tests.lifecycles import ACTION, NOW, PERSON, POLICY, REPORT, SYSTEM
from tests.lifecycles import staff as somebody

DAY = timedelta(days=1)
NOTICE = Effect(EffectKind.NOTIFY, "toy.late", {"to": "appointed", "role": "auditor"})
CLERK = somebody("S1", Role.REGISTRAR)
AUDITOR = somebody("S2", Role.AUDITOR)

CLERKS = frozenset({Role.REGISTRAR})
WHY = choice("because", "sick_leave", "official_travel")

TOY = Lifecycle(
    name="toy",
    states=(
        State("waiting", person_sees=True),
        State("working", person_sees=False),
        State("done", person_sees=True, closed=True),
        State("gone", person_sees=True, closed=True),
    ),
    opening=Opening(
        "waiting",
        fields=(time("since"), flag("quiet", required=False)),
        clocks=(start("report.ack", since="since"),),
        effects=(Effect(EffectKind.ERRAND, "look"),),
    ),
    rules=(
        Rule(
            "take",
            ("waiting",),
            frozenset({Role.REGISTRAR, Role.AUDITOR}),
            to="working",
            clocks=(meet("report.ack"), start("assess.target"), start("report.update")),
            assigns={Role.REGISTRAR: ACTOR},
        ),
        Rule(
            "give",
            ("working",),
            frozenset({Role.REGISTRAR}),
            fields=(staff("to"), staff("beside", required=False)),
            assigns={Role.REGISTRAR: "to", Role.AUDITOR: "beside"},
            derives=lambda situation: {
                "given_before": situation.now.isoformat(),
                "given_by": situation.actor.name,
                "to_self": situation.facts["to"],
            },
        ),
        Rule("drop", ("working",), frozenset({Role.REGISTRAR}), to="waiting", unassigns=(Role.REGISTRAR,)),
        Rule(
            "hold",
            ("working",),
            frozenset({Role.REGISTRAR}),
            fields=(WHY,),
            clocks=(pause("assess.target", reason="because"),),
        ),
        Rule("go_on", ("working",), frozenset({Role.REGISTRAR}), clocks=(resume("assess.target"),)),
        Rule(
            "check",
            ("working",),
            frozenset({Role.AUDITOR, ActorKind.SYSTEM}),
            guards=(took_no_part("take", rule="invariant 0"), holds_none_of(Role.CUSTODIAN, rule="invariant 0")),
            sets={"checked": True},
        ),
        Rule(
            "finish",
            ("working",),
            frozenset({Role.REGISTRAR, ActorKind.PERSON}),
            to="done",
            fields=(choice("result", "good", "bad"), text("why"), text("more", required=False)),
            clocks=(start("ombuds.purge"),),
            effects=(Effect(EffectKind.OPEN, "toy", {"as": "copy"}), Effect(EffectKind.EMIT, "finished")),
        ),
        Rule("own", ("working",), frozenset({Role.REGISTRAR}), guards=(is_assigned(Role.REGISTRAR),)),
    ),
    clocks=(
        ClockRule("report.ack", (Outcome((NOTICE,)),), person_sees=True),
        ClockRule("assess.target", (Outcome((NOTICE,)),), person_sees=True),
        ClockRule("report.update", (Outcome((NOTICE,)),), repeats=True),
        ClockRule("ombuds.purge", (Outcome((Effect(EffectKind.ERASE, "all"),), to="gone"),), irreversible=True),
    ),
)


def opened(**facts: Fact) -> Case:
    return engine.open_case(TOY, REPORT, 3, {"since": NOW.isoformat(), **facts}, NOW, POLICY)


def apply(
    case: Case, name: str, actor: Actor = CLERK, now: datetime = NOW, texts: str = "", **facts: Fact
) -> Case | Refused:
    return engine.apply(TOY, case, Action(ACTION, name, facts, frozenset(texts.split())), actor, now, POLICY)


def done(case: Case, name: str, actor: Actor = CLERK, now: datetime = NOW, texts: str = "", **facts: Fact) -> Case:
    changed = apply(case, name, actor, now, texts, **facts)
    assert isinstance(changed, Case), changed
    return changed


def refused(case: Case, name: str, actor: Actor = CLERK, texts: str = "", **facts: Fact) -> Refused:
    answer = apply(case, name, actor, texts=texts, **facts)
    assert isinstance(answer, Refused), answer
    return answer


def test_opening_starts_the_clock_from_the_fact_and_asks_for_its_effects() -> None:
    case = engine.open_case(TOY, REPORT, 3, {"since": (NOW - DAY).isoformat()}, NOW, POLICY)
    assert (case.report_id, case.lifecycle, case.number, case.state, case.version) == (REPORT, "toy", 3, "waiting", 1)
    assert (case.clocks["report.ack"].started_at, case.clocks["report.ack"].due_at) == (NOW - DAY, NOW + 6 * DAY)
    assert [effect.name for effect in case.effects] == ["look"]
    assert [(step.version, step.action, step.by) for step in case.steps] == [(1, "open", "system")]


@pytest.mark.parametrize(
    "facts",
    [{}, {"since": "yesterday"}, {"since": NOW.isoformat(), "who": "S1"}, {"since": NOW.isoformat(), "quiet": 1}],
)
def test_opening_with_facts_the_table_does_not_take_is_a_bug_of_the_caller(facts: dict[str, Fact]) -> None:
    with pytest.raises(InvalidFacts):
        engine.open_case(TOY, REPORT, 3, facts, NOW, POLICY)


def test_a_step_tells_who_did_what_in_which_role() -> None:
    case = done(opened(), "take", somebody("S1", Role.AUDITOR, Role.CUSTODIAN), NOW + DAY)
    assert (case.version, case.state, dict(case.assigned)) == (2, "working", {Role.REGISTRAR: "S1"})
    step = case.steps[-1]
    assert (step.version, step.action, step.by, step.role, step.at) == (2, "take", "S1", Role.AUDITOR, NOW + DAY)


def test_a_refusal_leaves_the_case_as_it_was() -> None:
    case = opened()
    before = replace(case)
    assert refused(case, "finish").code == "ACTION_NOT_OPEN"
    assert case == before


def test_exclusion_comes_before_anything_else_and_role_before_state() -> None:
    out = somebody("S1", Role.REGISTRAR, excluded=True)
    hidden = refused(opened(), "no_such_thing", out)
    assert (hidden.code, hidden.rule, hidden.params) == ("ACTOR_EXCLUDED", "invariant 32", {})
    assert refused(opened(), "no_such_thing") == Refused("ACTION_UNKNOWN", "lifecycle")
    assert refused(opened(), "finish", AUDITOR).code == "ROLE_NOT_ALLOWED"
    answer = refused(opened(), "finish")
    assert (answer.code, answer.rule, answer.params) == (
        "ACTION_NOT_OPEN",
        "lifecycle",
        {"action": "finish", "state": "waiting"},
    )


def test_guards_come_before_fields_so_that_an_offer_and_an_answer_agree() -> None:
    case = done(opened(), "take", AUDITOR)
    assert refused(case, "check", AUDITOR).params == {"did": "take"}
    assert refused(case, "check", somebody("S3", Role.AUDITOR, Role.CUSTODIAN)).code == "ROLE_CONFLICT"
    assert done(case, "check", somebody("S3", Role.AUDITOR)).facts["checked"] is True
    assert done(case, "check", SYSTEM).steps[-1].role is None


def test_assignment_goes_to_the_actor_or_to_the_one_named_and_can_end() -> None:
    case = done(done(opened(), "take"), "give", to="S7")
    assert case.assigned == {Role.REGISTRAR: "S7"}
    assert refused(case, "own").code == "NOT_ASSIGNED"
    assert done(case, "own", somebody("S7", Role.REGISTRAR)).version == 4
    assert done(case, "drop").assigned == {}


@pytest.mark.parametrize(
    ("texts", "facts", "code", "field"),
    [
        ("why", {}, "FIELD_MISSING", "result"),
        ("", {"result": "good"}, "FIELD_MISSING", "why"),
        ("why", {"result": "ugly"}, "FIELD_INVALID", "result"),
        ("why", {"result": "good", "extra": 1}, "FIELD_UNKNOWN", "extra"),
        ("why extra", {"result": "good"}, "FIELD_UNKNOWN", "extra"),
        ("", {"result": "good", "why": "words in clear"}, "FIELD_MISSING", "why"),
        ("why", {"result": "good", "why": "words in clear"}, "FIELD_UNKNOWN", "why"),
        ("why result", {}, "FIELD_MISSING", "result"),
    ],
)
def test_fields_are_exactly_those_of_the_table(texts: str, facts: dict[str, Fact], code: str, field: str) -> None:
    answer = refused(done(opened(), "take"), "finish", texts=texts, **facts)
    assert answer == Refused(code, "lifecycle", {"field": field})


def test_what_is_sent_is_never_echoed() -> None:
    answer = refused(done(opened(), "take"), "finish", texts="why", **{"result": "good", "she said that he": 1})
    assert answer.params == {"field": "?"}
    assert "ugly" not in str(refused(done(opened(), "take"), "finish", texts="why", result="ugly"))


def test_opening_another_case_tells_who_asked() -> None:
    case = done(done(opened(), "take"), "finish", texts="why more", result="bad")
    assert [effect.facts for effect in case.effects] == [{"as": "copy", "by": "S1", "role": "registrar"}, {}]
    by_her = done(done(opened(), "take"), "finish", PERSON, texts="why", result="bad")
    assert by_her.effects[0].facts == {"as": "copy", "by": "person"}


def test_a_step_works_facts_out_and_assigns_only_whom_it_names() -> None:
    given = done(done(opened(), "take"), "give", now=NOW + DAY, to="S3")
    assert given.facts["given_before"] == (NOW + DAY).isoformat()
    assert given.facts["given_by"] == "S1"
    assert given.facts["to_self"] == "S3", "from the facts sent along"
    assert given.steps[-1].facts == {"to": "S3"}, "what was sent, not what was worked out"
    assert given.assigned == {Role.REGISTRAR: "S3"}
    assert done(done(opened(), "take"), "give", to="S3", beside="S4").assigned[Role.AUDITOR] == "S4"


def test_closing_stops_every_clock_but_the_one_it_starts() -> None:
    case = done(
        done(done(opened(), "take"), "hold", because="sick_leave"), "finish", texts="why", result="good", now=NOW + DAY
    )
    assert [clock.key for clock in case.clocks.values() if clock.met_at is None] == ["ombuds.purge"]
    assert case.clocks["report.ack"].met_at == NOW, "what was met before keeps its time"
    assert TOY.is_closed(case)


def test_a_clock_that_outlives_the_case_goes_on_when_it_closes() -> None:
    clocks = tuple(replace(clock, outlives=clock.key == "assess.target") for clock in TOY.clocks)
    lasting = Lifecycle("toy", TOY.states, TOY.opening, TOY.rules, clocks)
    finish = Action(ACTION, "finish", {"result": "good"}, frozenset({"why"}))
    case = engine.apply(lasting, done(opened(), "take"), finish, CLERK, NOW, POLICY)
    assert isinstance(case, Case)
    assert [clock.key for clock in case.clocks.values() if clock.runs] == ["assess.target", "ombuds.purge"]


def test_offers_show_every_action_of_the_actors_kind() -> None:
    offered = {offer.action: offer for offer in engine.offers(TOY, done(opened(), "take"), CLERK, NOW, POLICY)}
    assert set(offered) == {"take", "give", "drop", "hold", "go_on", "check", "finish", "own"}
    assert {name for name, offer in offered.items() if offer.open} == {"give", "drop", "hold", "finish", "own"}
    assert offered["go_on"].refused == Refused("CLOCK_NOT_PAUSED", "lifecycle", {"clock": "assess.target"})
    assert [(f.name, f.required, f.choices) for f in offered["finish"].fields] == [
        ("result", True, ("good", "bad")),
        ("why", True, ()),
        ("more", False, ()),
    ]
    assert [offer.action for offer in engine.offers(TOY, opened(), PERSON, NOW, POLICY)] == ["finish"]
    assert [offer.action for offer in engine.offers(TOY, opened(), SYSTEM, NOW, POLICY)] == ["check"]


def test_a_pause_stops_the_ringing_and_a_resume_moves_the_due_time() -> None:
    case = done(done(opened(), "take"), "hold", now=NOW + 29 * DAY, because="sick_leave")
    due = engine.next_due(TOY, case, POLICY)
    assert due is not None
    assert due.key == "report.update"
    on = done(case, "go_on", now=NOW + 39 * DAY)
    assert (on.clocks["assess.target"].paused_at, on.clocks["assess.target"].due_at) == (None, NOW + 40 * DAY)
    assert refused(on, "go_on").code == "CLOCK_NOT_PAUSED"
    assert (case.clocks["assess.target"].pause_reason, on.clocks["assess.target"].pause_reason) == ("sick_leave", None)
    assert on.clocks["assess.target"].paused_for == 10 * DAY
    assert refused(case, "hold").code == "CLOCK_NOT_RUNNING"
    assert refused(opened(), "hold").code == "ACTION_NOT_OPEN"


def test_a_clock_rings_once_and_not_before_its_time() -> None:
    case = opened()
    due = engine.next_due(TOY, case, POLICY)
    assert due is not None
    assert (due.key, due.kind, due.at, due.irreversible) == ("report.ack", DueKind.DUE, NOW + 7 * DAY, False)
    assert engine.on_due(TOY, case, due, due.at - timedelta(microseconds=1), POLICY) is case
    rung = engine.on_due(TOY, case, due, due.at, POLICY)
    assert (rung.state, rung.version, rung.effects) == ("waiting", 2, (NOTICE,))
    assert rung.steps[-1].facts == {"clock": "report.ack", "mark": "due"}
    assert engine.on_due(TOY, rung, due, due.at + DAY, POLICY) is rung
    assert engine.next_due(TOY, rung, POLICY) is None


def test_a_clock_that_was_met_or_moved_meanwhile_does_not_ring() -> None:
    case = opened()
    due = engine.next_due(TOY, case, POLICY)
    assert due is not None
    met = done(case, "take")
    assert engine.on_due(TOY, met, due, due.at, POLICY) is met
    moved = engine.open_case(TOY, REPORT, 3, {"since": (NOW + DAY).isoformat()}, NOW, POLICY)
    assert engine.on_due(TOY, moved, due, due.at + 2 * DAY, POLICY) is moved


def test_a_repeating_clock_starts_again_from_when_it_rang() -> None:
    case = done(opened(), "take")
    late = NOW + 33 * DAY
    for _ in range(2):
        due = engine.next_due(TOY, case, POLICY)
        assert due is not None
        case = engine.on_due(TOY, case, due, late, POLICY)
    assert case.clocks["report.update"].due_at == late + 30 * DAY
    assert case.clocks["assess.target"].rung == ("due",)


def test_a_clocks_outcome_moves_the_case_and_says_it_cannot_be_undone() -> None:
    policy = replace(POLICY, reminders={})
    case = done(done(opened(), "take"), "finish", texts="why", result="good")
    due = engine.next_due(TOY, case, policy)
    assert due is not None
    assert due.irreversible
    gone = engine.on_due(TOY, case, due, due.at, policy)
    assert (gone.state, [effect.name for effect in gone.effects]) == ("gone", ["all"])
    assert engine.next_due(TOY, gone, policy) is None


def test_an_unset_deadline_starts_no_clock() -> None:
    unset = {**POLICY.deadlines, "report.ack": replace(POLICY.deadlines["report.ack"], amount=None)}
    case = engine.open_case(TOY, REPORT, 3, {"since": NOW.isoformat()}, NOW, replace(POLICY, deadlines=unset))
    assert case.clocks == {}


def test_her_date_is_the_earliest_clock_that_is_hers_to_see() -> None:
    working = done(opened(), "take")
    for case, days in ((opened(), 7), (working, 30)):
        clock = engine.next_clock(TOY, case)
        assert clock is not None
        assert clock.due_at == engine.next_date(TOY, case) == NOW + days * DAY
    held = done(working, "hold", because="sick_leave")
    assert engine.next_clock(TOY, held) is engine.next_date(TOY, held) is None
    assert (TOY.person_sees(opened()), TOY.person_sees(working)) == (True, False)


def test_a_staff_actor_has_a_staff_id_and_nobody_else() -> None:
    for kind, staff_id in ((ActorKind.STAFF, None), (ActorKind.PERSON, "S1"), (ActorKind.SYSTEM, "S1")):
        with pytest.raises(ValueError, match="staff id"):
            Actor(kind, staff_id)


def test_times_are_kept_in_utc() -> None:
    case = engine.open_case(TOY, REPORT, 3, {"since": "2026-03-02T12:00:00+03:00"}, NOW, POLICY)
    assert case.facts["since"] == datetime(2026, 3, 2, 9, tzinfo=UTC).isoformat()


def test_a_refusal_says_what_was_wanted_and_where_and_never_by_whom() -> None:
    waiting, working = opened(), done(opened(), "take")
    assert refused(waiting, "take", PERSON) == Refused("ROLE_NOT_ALLOWED", "lifecycle", {"action": "take"})
    assert refused(waiting, "give") == Refused("ACTION_NOT_OPEN", "lifecycle", {"action": "give", "state": "waiting"})
    two = Lifecycle(
        "two",
        (State("a", person_sees=True), State("b", person_sees=True, closed=True)),
        Opening("a"),
        (Rule("go", ("a",), CLERKS, to="b"), Rule("go", ("b",), frozenset({Role.AUDITOR}))),
    )
    case = engine.open_case(two, REPORT, 1, {}, NOW, POLICY)
    answer = engine.apply(two, case, Action(ACTION, "go"), AUDITOR, NOW, POLICY)
    assert answer == Refused("ROLE_NOT_ALLOWED", "lifecycle", {"action": "go", "state": "a"})
    assert refused(working, "go_on") == Refused("CLOCK_NOT_PAUSED", "lifecycle", {"clock": "assess.target"})
    held = done(working, "hold", because="sick_leave")
    assert refused(held, "hold", because="sick_leave") == Refused(
        "CLOCK_NOT_RUNNING", "lifecycle", {"clock": "assess.target"}
    )


def test_who_holds_several_roles_takes_the_step_in_the_first_of_the_policys_order() -> None:
    by = frozenset({Role.FOCAL_POINT, Role.EXTERNAL_OMBUDSPERSON})
    table = Lifecycle("one", (State("a", person_sees=True),), Opening("a"), (Rule("go", ("a",), by),))
    case = engine.open_case(table, REPORT, 1, {}, NOW, POLICY)
    changed = engine.apply(table, case, Action(ACTION, "go"), somebody("S3", *by), NOW, POLICY)
    assert isinstance(changed, Case)
    assert changed.steps[-1].role is Role.FOCAL_POINT


def test_a_ring_is_a_step_of_the_system() -> None:
    case = opened()
    due = engine.next_due(TOY, case, POLICY)
    assert due is not None
    rung = engine.on_due(TOY, case, due, due.at, POLICY)
    step = rung.steps[-1]
    assert (step.version, step.action, step.by, step.role, step.at) == (2, "ring", "system", None, due.at)
    assert dict(step.facts) == {"clock": "report.ack", "mark": due.mark}


def test_a_table_that_contradicts_itself_names_everything_it_lacks() -> None:
    def built(*rules: Rule) -> None:
        Lifecycle("toy", (State("here", person_sees=True),), Opening("here"), rules)

    with pytest.raises(LifecycleBroken, match=r"^toy: no such state: gone, lost\.$"):
        built(Rule("go", ("here", "lost"), CLERKS, to="gone"))
    with pytest.raises(LifecycleBroken, match=r"^toy: no such clock: tick, tock\.$"):
        built(Rule("go", ("here",), CLERKS, clocks=(start("tock"), meet("tick"))))


def test_a_case_that_says_nothing_has_nothing() -> None:
    case = Case(REPORT, "toy", 1, "waiting", 1, NOW)
    assert (case.clocks, case.assigned, case.steps, case.facts, case.effects) == ({}, {}, (), {}, ())
    effect, step = Effect(EffectKind.ERASE, "case"), Step(1, "open", "system", None, NOW)
    assert (effect.facts, step.facts, Action(ACTION, "go").facts, Refused("A", "b").params) == ({}, {}, {}, {})
