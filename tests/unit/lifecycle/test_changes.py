"""What goes with a new version of a case, as far as it needs no store."""

from dataclasses import replace

from lifecycle.changes import wording_key
from lifecycle.engine import open_case
from lifecycle.model import ActorKind, Effect, EffectKind
from lifecycle.recipients import appointed, her_inbox
from lifecycle.table import Lifecycle, Opening, Rule, State
from policy.model import Role
from tests.lifecycles import NOW, POLICY, REPORT

TOY = Lifecycle(
    "toy",
    (State("sent", person_sees=True), State("weighed", person_sees=True, seen_as="sent")),
    Opening("sent"),
    (Rule("weigh", ("sent",), frozenset({ActorKind.SYSTEM}), to="weighed"),),
)


def test_her_inbox_shows_the_states_words_unless_this_change_has_its_own_to_say() -> None:
    case = open_case(TOY, REPORT, 1, {}, NOW, POLICY)
    assert wording_key(TOY, case) == "toy.sent"
    others = (appointed("toy.received", Role.INTAKE_OFFICER), Effect(EffectKind.EMIT, "e"))
    assert wording_key(TOY, replace(case, effects=others)) == "toy.sent"
    assert wording_key(TOY, replace(case, effects=(her_inbox("toy.note"), *others))) == "toy.note"


def test_a_step_that_is_not_hers_to_know_does_not_show_in_her_inbox() -> None:
    case = replace(open_case(TOY, REPORT, 1, {}, NOW, POLICY), state="weighed")
    assert (TOY.seen_as(case), wording_key(TOY, case)) == ("sent", "toy.sent")
