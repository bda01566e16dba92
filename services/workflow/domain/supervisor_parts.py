"""What the table of a supervisor request is made of: who acts, where, and what follows again and again."""

from __future__ import annotations

from lifecycle.clocks import meet, renew, start
from lifecycle.fields import flag
from lifecycle.model import NO_NEWS, ActorKind, Effect, EffectKind
from lifecycle.recipients import her_inbox
from policy.model import Role

MANAGER = frozenset({Role.MANAGER})
PERSON = frozenset({ActorKind.PERSON})
SYSTEM = frozenset({ActorKind.SYSTEM})
FIND_MANAGER = Effect(EffectKind.ERRAND, "find_manager")
HAND_ON, CLOSE_TO_MANAGER, TO_SEA = "hand_on", "close_to_manager", "turn_into_sea"
NOTE_SEEN = "note_seen"

AGREEING = ("acknowledged", "steps_proposed", "steps_agreed")
WITHOUT_HER = ("act_announced", "may_act")
DONE = ("spoken_to_offender", "team_measure", "referred")
WITH_MANAGER = ("told", "seen_by_manager", *AGREEING, *WITHOUT_HER, *DONE, "check_in")
OPEN = (*WITH_MANAGER, "asking_who_next")
TAKEN_UP = tuple(state for state in WITH_MANAGER if state != "told")
CHECK_INS = ("informal.checkin", "informal.checkin.second", "informal.checkin.third")

TELLS_ANEW = (start("supervisor.ack"), start("supervisor.act"))
"""Whoever has it next has been told only now."""
NEWS, HER_TURN = start(NO_NEWS), meet(NO_NEWS)
"""She has heard of something new; nothing new is said while it is for her to say how it goes on."""
ANSWERED = (meet("supervisor.ack"), renew(NO_NEWS))
ACTED = (meet("supervisor.ack"), meet("supervisor.act"), renew(NO_NEWS))
"""News for her, where somebody waits for news at all: nobody does for what a manager has begun himself."""
OFFER_ABOVE = her_inbox("supervisor_request.no_answer_yet")
"""He has been silent for too long: she hears of the ways that are open to her, and nobody else does."""
LEVEL_UP = Effect(EffectKind.ERRAND, "hand_up")
"""What a manager has begun himself has nobody who could ask further: it goes one level up by itself."""
HOW_IS_IT = her_inbox("supervisor_request.how_is_it")
KEEP = start("keep.informal_supervisor", not_before=("ret.lookahead",))

TO_WHOM = ("alleged_offender", "team", "another_office")
UNNAMED = flag("unnamed")
