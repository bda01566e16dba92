"""What a manager does about a matter informally (policy 2.1 b and c): because somebody told them, or because they saw
it themselves.

The person who told agrees to each step in words; without that, a manager may act only so that it does not happen
again, after she has been told (invariant 14). Nobody hears of it but the manager whom it is with: when he is silent,
the person is offered the next level, and no other manager is copied. What a manager has begun himself and lets lie goes
one level up by itself: there is nobody who could ask for it.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, reference, time
from lifecycle.model import NO_NEWS
from lifecycle.recipients import assigned, her_inbox
from lifecycle.table import ClockRule, Field, FieldKind, Lifecycle, Opening, Outcome, State
from policy.model import Role
from services.workflow.domain import supervisor_acting, supervisor_ending
from services.workflow.domain import supervisor_rules as rules
from services.workflow.domain.supervisor_parts import CHECK_INS, FIND_MANAGER, HOW_IS_IT, LEVEL_UP, OFFER_ABOVE


def _late(wording: str) -> tuple[Outcome, ...]:
    """He hears of it, and she of the ways that are open to her; where it was himself who began, it goes on without."""
    his = assigned(wording, Role.MANAGER)
    return Outcome(when=rules.is_begun_by_manager, effects=(his, LEVEL_UP)), Outcome(effects=(his, OFFER_ABOVE))


LIFECYCLE = Lifecycle(
    name="supervisor_request",
    tells=(Role.MANAGER,),
    calendar_of=Role.MANAGER,
    states=(
        State("told", person_sees=True),
        State("seen_by_manager", person_sees=False),
        State("acknowledged", person_sees=True),
        State("steps_proposed", person_sees=True),
        State("steps_agreed", person_sees=True),
        State("act_announced", person_sees=True),
        State("may_act", person_sees=True),
        State("spoken_to_offender", person_sees=True),
        State("team_measure", person_sees=True),
        State("referred", person_sees=True),
        State("check_in", person_sees=True),
        State("asking_who_next", person_sees=True),
        State("turned_into_sea", person_sees=True, closed=True),
        State("passed_on", person_sees=True, closed=True),
        State("closed", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="told",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            # Left out it means nothing: whom she named is whom she asked for (invariant 17).
            choice("level", "supervisor", "higher_manager", required=False),
            Field("may_name", FieldKind.CHOICE, False, ("yes", "no", "ask_first"), "ask_first"),
            Field("begun_by", FieldKind.CHOICE, False, (rules.BY_PERSON, rules.BY_MANAGER), rules.BY_PERSON),
        ),
        clocks=(start("supervisor.ack", since="lodged_at"), start("supervisor.act", since="lodged_at"), start(NO_NEWS)),
        effects=(FIND_MANAGER,),
    ),
    rules=(*supervisor_acting.RULES, *supervisor_ending.RULES),
    clocks=(
        ClockRule(
            "supervisor.ack",
            outcomes=_late("supervisor_request.not_acknowledged"),
            person_sees=True,
        ),
        ClockRule(
            "supervisor.act",
            reminds=(assigned("supervisor_request.act_soon", Role.MANAGER),),
            outcomes=_late("supervisor_request.not_acted"),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "anon.silence",
            reminds=(HOW_IS_IT,),
            outcomes=(Outcome(effects=(assigned("supervisor_request.no_answer", Role.MANAGER),)),),
        ),
        *(
            ClockRule(
                key,
                outcomes=(Outcome(effects=(assigned("supervisor_request.ask_how_it_is", Role.MANAGER), HOW_IS_IT)),),
                person_sees=True,
            )
            for key in CHECK_INS
        ),
        ClockRule(
            NO_NEWS,
            outcomes=(
                Outcome(
                    effects=(
                        assigned("supervisor_request.update_due", Role.MANAGER),
                        her_inbox("supervisor_request.nothing_new"),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        *retention.clocks(
            ("keep.informal_supervisor", "keep.investigated"), assigned(retention.STILL_KEPT, Role.MANAGER)
        ),
    ),
)
