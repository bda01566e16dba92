"""Short ways through a case of retaliation, for tests of it."""

from dataclasses import replace

from lifecycle import engine
from lifecycle.model import Actor, Case, Fact
from lifecycle.recipients import recipients
from policy.model import Policy, Role
from services.ethics.domain.retaliation import LIFECYCLE
from tests.lifecycles import BY_NAME, NOW, POLICY, REPORT, act, staff

OFFICER = staff("S0007", Role.ETHICS_OFFICER)
INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)
REVIEWER = staff("S0068", Role.REVIEWER)
UN = replace(POLICY, tribunal=POLICY.tribunals["un"])
ILO = replace(POLICY, tribunal=POLICY.tribunals["ilo"])
WINDOW = POLICY.deadlines["ret.window"]
TO_REVIEW = (("acknowledge", OFFICER), ("complete_file", OFFICER), ("start_review", OFFICER))
TO_FINDING = (*TO_REVIEW, ("find_prima_facie", OFFICER))
TO_DETERMINATION = (*TO_FINDING, ("refer_to_oversight", OFFICER), ("submit_investigation", INVESTIGATOR))


def begun(kind: str = "request", policy: Policy = POLICY, **facts: Fact) -> Case:
    given = {"lodged_at": NOW.isoformat(), "kind": kind, **facts}
    return engine.open_case(LIFECYCLE, REPORT, 1, given, NOW, policy)


def walked(case: Case, *steps: tuple[str, Actor], policy: Policy = POLICY) -> Case:
    for name, actor in steps:
        case = act(case, name, actor, policy=policy)
    return case


def heard(case: Case) -> list[tuple[str, tuple[str, ...]]]:
    return [(effect.name, recipients(case, effect, POLICY, NOW)) for effect in case.effects]


def monitored() -> Case:
    return walked(begun(), *TO_DETERMINATION, ("find_not_established", OFFICER), ("start_monitoring", OFFICER))


def recommended(decider: str) -> Case:
    facts = {"remedy": "restore", "decider": decider}
    return engine.open_case(BY_NAME["recommendation"], REPORT, 1, facts, NOW, POLICY)
