"""What goes with a new version of a case, as far as it needs no store."""

from dataclasses import replace

from lifecycle.changes import wording_key
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import appointed, her_inbox
from policy.model import Role
from tests.lifecycles import opened


def test_her_inbox_shows_the_states_words_unless_this_change_has_its_own_to_say() -> None:
    case = opened("formal_report")
    assert wording_key(case) == "formal_report.submitted"
    others = (appointed("formal_report.received", Role.INTAKE_OFFICER), Effect(EffectKind.EMIT, "e"))
    assert wording_key(replace(case, effects=others)) == "formal_report.submitted"
    assert wording_key(replace(case, effects=(her_inbox("formal_report.note"), *others))) == "formal_report.note"
