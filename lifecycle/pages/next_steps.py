"""What a case waits for from whoever looks at it: read from the table, so that a queue says it beside the next date."""

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.web.pages.words import N_
from lifecycle.table import ClockChangeKind, Lifecycle, Rule
from lifecycle.views import CaseSeen, OfferSeen

Themes = Sequence[tuple[str, frozenset[str]]]
"""What steps beside a case's way are about: a heading, and the actions under it. An action is under one of them."""

FEW: Final = 8
"""So many steps are read at a glance, under no theme."""

ASIDE: Final = frozenset(
    {
        "decline_alert", "decline_invitation", "decline_match", "decline_need", "decline_signature",
        "discontinue_investigation", "end_separation", "extend_response", "extend_time", "go_on_without_answer",
        "go_on_without_reply", "in_hand.take_in_hand", "leave_mediation", "lift_measure",
        "needs_info.close_no_action", "needs_info.close_out_of_scope", "pass_on", "raise_urgency", "record_appeal",
        "record_no_consent", "record_unavailable", "record_withdrawal", "refuse_more_time", "refuse_request",
        "release_hr_hold", "steps_agreed.offer_match", "steps_agreed.propose_steps", "stop_mediation",
        "talking.offer_match", "turn_into_sea", "vary_measure",
    }
)  # fmt: skip
"""Steps that end, undo, refuse, hand on, say what a party did elsewhere, or change how much time there is: open to
somebody, and never what a case waits for by itself; some of them only in one state.
"""
UNTIL: Final[Mapping[str, str]] = {"monitoring.close_case": "ret.monitor.last"}
"""Steps that are aside for as long as a time limit has not come: whoever was put under watch today is not to be let
go next, though only she could say so now.
"""
AWAITED: Final[Mapping[str, str]] = {
    "decided.sign_second": "",
    **dict.fromkeys(
        (f"{state}.ask_redress" for state in ("no_case", "managerial_action", "letter_sent", "discontinued")),
        "redress.decide",
    ),
}
"""Steps that a case waits for though neither its state nor a time limit says so; until the time limit named here runs,
where there is one.
"""
_WAYS_ON: Final = N_("Other ways on")
_BESIDE: Final = N_("Beside that, without moving it on")
_ANSWERS: Final = (ClockChangeKind.MEET, ClockChangeKind.RENEW, ClockChangeKind.START)
"""What a step does to a time limit that was for it."""


def next_steps(table: Lifecycle, case: CaseSeen) -> Sequence[str]:
    """The steps open to whoever sees the case so: what its first time limit is for, with what else moves it on; of what
    closes it only where nothing else does. What is due and moves nothing comes alone. Where all that is for somebody
    else, what the first time limit is for that is theirs.
    """
    here = _rules_here(table, case)
    coming = {one.key for one in case.clocks if (one.days_left or 0) > 0}
    aside = ASIDE | {action for action, clock in UNTIL.items() if clock in coming}
    open_ = [
        one.action for one in case.offers if one.open and aside.isdisjoint((one.action, f"{case.state}.{one.action}"))
    ]
    running = [one for one in case.clocks if one.days_left is not None and not table.clock_of[one.key].erases]
    first, *rest = [one.key for one in sorted(running, key=lambda one: one.due_at)] or [""]
    known = [one for one in open_ if one in here]
    begun = {one.key for one in case.clocks}
    awaited = {step for step, clock in AWAITED.items() if clock not in begun}
    due = [one for one in known if f"{case.state}.{one}" in awaited or _answers(here[one], first)]
    ahead = [one for one in known if _moves(here[one], case)]
    if due and not {*due} & {*ahead}:
        return due
    going_on = [one for one in ahead if not table.state_of[here[one].to or case.state].closed]
    later = ([one for one in known if _answers(here[one], key)] for key in rest)
    return [one for one in open_ if one in due or one in going_on] or ahead or next(filter(None, later), [])


def grouped(table: Lifecycle, case: CaseSeen, themes: Themes) -> Sequence[tuple[str, Sequence[OfferSeen]]]:
    """Every open step once, under headings: what the case waits for, under none; what else brings it into another
    state; and what changes nothing of where it stands, where that is much by what it is about.
    """
    open_ = [one for one in case.offers if one.open]
    first = next_steps(table, case)
    ahead = {action for action, rule in _rules_here(table, case).items() if _moves(rule, case)}
    ways_on = [one for one in open_ if one.action in ahead and one.action not in first]
    taken = {*first, *(one.action for one in ways_on)}
    beside = [one for one in open_ if one.action not in taken]
    parts = [("", [one for one in open_ if one.action in first]), (_WAYS_ON if first else "", ways_on)]
    if len(open_) > FEW:
        parts += [(heading, [one for one in beside if one.action in actions]) for heading, actions in themes]
        beside = [one for one in beside if not any(one.action in actions for _, actions in themes)]
    parts.append((_BESIDE if any(offers for _, offers in parts) else "", beside))
    return [part for part in parts if part[1]]


def _rules_here(table: Lifecycle, case: CaseSeen) -> Mapping[str, Rule]:
    return {action: rule for (state, action), rule in table.rule_of.items() if state == case.state}


def _moves(rule: Rule, case: CaseSeen) -> bool:
    return rule.to not in (None, case.state)


def _answers(rule: Rule, clock: str) -> bool:
    return any(one.key == clock and one.kind in _ANSWERS for one in rule.clocks)
