"""What her inbox asks of her, and when it stops: no more than what a case waits for from her (invariant 20)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from lifecycle import clocks, engine
from lifecycle.model import Case, Due, DueKind
from lifecycle.table import Lifecycle
from ops.lifecycle_docs import LIFECYCLES
from policy.model import Role
from services.workflow.domain.measure_standing import AFTERCARE
from tests import formal_paths as formal
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, SYSTEM, act, opened, staff
from tests.unit.ethics import retaliation
from tests.unit.workflow import measures

SPECIALIST = staff("S0072", Role.SPECIALIST)
MANAGER = staff("S0017", Role.MANAGER)


def asked(case: Case) -> set[str]:
    offers = engine.offers(BY_NAME[case.lifecycle], case, PERSON, NOW, POLICY)
    assert all(one.open for one in offers if one.asked)
    return {one.action for one in offers if one.asked}


def due(case: Case, key: str) -> Case:
    """With this clock rung, and none of the others that come before it."""
    clock = case.clocks[key]
    alone = replace(case, clocks={key: clock})
    rung = engine.on_due(
        BY_NAME[case.lifecycle], alone, Due(key, DueKind.DUE, clock.due_at, "due"), clock.due_at, POLICY
    )
    return replace(rung, clocks={**case.clocks, **rung.clocks})


def writes_herself() -> Case:
    case = formal.assessing()
    return replace(case, facts={**case.facts, "writer": "affected"})


def standing(name: str, state: str) -> Case:
    return replace(opened(name), state=state)


request = partial(standing, "supervisor_request")
sea = partial(standing, "sea_report")
supported = partial(standing, "support_referral")


def offered_by(specialist: str) -> Case:
    return replace(supported("offered"), assigned={Role.SPECIALIST: specialist})


def connected() -> Case:
    case = act(supported("offered"), "give_consent", PERSON)
    held = replace(case, state="referred", assigned={Role.SPECIALIST: "S0072"})
    return act(held, "record_connected", SPECIALIST)


def viewed() -> Case:
    return act(act(formal.at_leg(), "ask_view", formal.LEGAL), "state_view", PERSON)


def named() -> Case:
    return act(formal.assessing(), "ask_naming_consent", formal.INVESTIGATOR)


def lifted() -> Case:
    return replace(measures.effective(), state="lifted", clocks=clocks.change({}, {}, (AFTERCARE,), NOW, POLICY))


def monitored() -> Case:
    return due(retaliation.monitored(), "ret.monitor")


def steps_proposed() -> Case:
    case = act(opened("supervisor_request"), "assign_manager", SYSTEM, manager="S0017", found="as_asked")
    return act(act(case, "acknowledge", MANAGER), "propose_steps", MANAGER, message="m1")


ASKED: dict[str, tuple[Callable[[], Case], str]] = {
    "a question": (formal.asked, "answer_question"),
    "her name": (named, "agree_to_naming refuse_naming"),
    "her view of a step": (lambda: act(formal.at_leg(), "ask_view", formal.LEGAL), "state_view"),
    "her view, stated": (viewed, ""),
    "her view, asked for anew": (lambda: act(viewed(), "ask_view", formal.LEGAL), "state_view"),
    "her name, refused": (lambda: act(named(), "refuse_naming", PERSON), ""),
    "whether it goes elsewhere": (
        lambda: act(writes_herself(), "ask_referral_consent", formal.INTAKE), "agree_to_referral refuse_referral",
    ),
    "whether it goes elsewhere, agreed": (
        lambda: act(act(writes_herself(), "ask_referral_consent", formal.INTAKE), "agree_to_referral", PERSON,
                    referred_to="other_entity"), "",
    ),
    "a measure": (measures.asked, "consent_to_measure refuse_measure"),
    "a measure in effect": (measures.effective, ""),
    "an old yes": (lambda: due(measures.effective(), "consent.refresh"), "renew_consent"),
    "an old yes, said again": (
        lambda: act(due(measures.effective(), "consent.refresh"), "renew_consent", PERSON), "",
    ),
    "an old yes, taken back": (
        lambda: act(due(measures.effective(), "consent.refresh"), "withdraw_consent", PERSON), "",
    ),
    "after a measure": (lifted, ""),
    "after a measure, some time later": (lambda: due(lifted(), "im.aftercare"), "end_aftercare"),
    "a mediation": (lambda: opened("mediation"), "agree_to_mediation decline_mediation"),
    "a mediation, agreed": (lambda: act(opened("mediation"), "agree_to_mediation", PERSON), ""),
    "exploitation or abuse, told": (lambda: sea("told"), ""),
    "help, not there": (lambda: due(sea("reported_to_oio"), "sea.assist"), "record_assistance"),
    "help, there": (lambda: act(due(sea("reported_to_oio"), "sea.assist"), "record_assistance", PERSON), ""),
    "what it is, not clear yet": (lambda: sea("class_open"), ""),
    "whether it goes on": (lambda: sea("her_choice"), "report_to_oio leave_it"),
    "steps of a manager": (steps_proposed, "agree_steps ask_for_other_steps"),
    "steps of a manager, agreed": (
        lambda: act(steps_proposed(), "agree_steps", PERSON, message="m1", to_whom="alleged_offender", names_her="no"),
        "",
    ),
    "whether the next manager has it": (lambda: request("asking_who_next"), "ask_next_level end_request"),
    "how it is, after a manager has acted": (lambda: request("team_measure"), ""),
    "how it is, asked by the manager": (lambda: request("check_in"), "ask_for_more end_request"),
    "help, and nobody there yet": (lambda: supported("offered"), ""),
    "help, offered": (lambda: offered_by("S0072"), "give_consent decline"),
    "help, declined": (lambda: act(supported("offered"), "decline", PERSON), ""),
    "words of a referral": (lambda: supported("previewed"), "approve_referral ask_for_changes"),
    "help, connected": (connected, ""),
    "help, some time later": (lambda: due(connected(), "support.checkin"), "say_how_it_goes"),
    "help, and how it goes": (
        lambda: act(due(connected(), "support.checkin"), "say_how_it_goes", PERSON), "",
    ),
    "help, asked again": (
        lambda: due(act(due(connected(), "support.checkin"), "say_how_it_goes", PERSON), "support.checkin"),
        "say_how_it_goes",
    ),
    "help, agreed long ago": (lambda: due(connected(), "consent.refresh"), "renew_consent"),
    "protection": (retaliation.monitored, ""),
    "protection, some time later": (monitored, "answer_check_in"),
    "protection, answered": (lambda: act(monitored(), "answer_check_in", PERSON), ""),
    "protection, later still": (
        lambda: due(act(monitored(), "answer_check_in", PERSON), "ret.monitor.second"), "answer_check_in",
    ),
    "protection, refused": (lambda: replace(retaliation.begun(), state="no_prima_facie"), ""),
}  # fmt: skip


@pytest.mark.parametrize("of", ASKED)
def test_she_is_asked_what_waits_for_her_and_nothing_else(of: str) -> None:
    case, waits = ASKED[of]
    assert asked(case()) == set(waits.split())


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda one: one.name)
def test_only_what_the_person_may_do_is_asked_of_her(lifecycle: Lifecycle) -> None:
    for rule in lifecycle.rules:
        assert rule.asked is None or PERSON.kind in rule.by, rule.action
