"""The ethics office looks at a personnel action about a protected person (policy 2.4, invariant 46).

Only the ethics office sees it; HR never learns that anybody asks, and no clock ends it.
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, reference, text, time
from lifecycle.guards import confirmed
from lifecycle.recipients import appointed
from lifecycle.table import ACTOR, ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role

ETHICS = frozenset({Role.ETHICS_OFFICER})

LIFECYCLE = Lifecycle(
    name="query",
    states=(
        State("opened", person_sees=False),
        State("contacted", person_sees=False),
        State("closed", person_sees=False, closed=True),
    ),
    opening=Opening(
        state="opened",
        fields=(reference("kind", required=False), time("recorded_at", required=False)),
        clocks=(start("ret.ack"),),
        effects=(appointed("query.opened", Role.ETHICS_OFFICER),),
    ),
    rules=(
        Rule(
            action="note_query",
            states=("opened", "contacted"),
            by=ETHICS,
            fields=(text("note"),),
            clocks=(meet("ret.ack"),),
            assigns={Role.ETHICS_OFFICER: ACTOR},
        ),
        # Nobody is contacted who has not agreed to it beforehand.
        Rule(
            action="contact_person",
            states=("opened", "contacted"),
            by=ETHICS,
            to="contacted",
            fields=(flag("agreed"),),
            checks=(confirmed("agreed", "policy 2.4"),),
            clocks=(meet("ret.ack"),),
            assigns={Role.ETHICS_OFFICER: ACTOR},
        ),
        Rule(
            action="close_query",
            states=("opened", "contacted"),
            by=ETHICS,
            to="closed",
            fields=(choice("reason", "explained", "set_right", "taken_up"), text("reasons")),
        ),
    ),
    clocks=(
        ClockRule(
            "ret.ack", outcomes=(Outcome(effects=(appointed("query.late", Role.ETHICS_OFFICER),)),), repeats=True
        ),
    ),
)
