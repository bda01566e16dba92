"""Short ways through an interim measure, for tests of it."""

from datetime import timedelta

from lifecycle.model import Case, Fact
from policy.model import Role
from services.workflow.domain.measure_parts import is_held
from tests.lifecycles import NOW, PERSON, SYSTEM, act, opened, ring_until, staff

OIO = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
SECOND_INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)
LEGAL_AND_HEAD = staff("S0003", Role.LEGAL_OFFICER, Role.ADMINISTRATIVE_HEAD)
HEAD = staff("S0004", Role.ADMINISTRATIVE_HEAD)
DIRECTOR = staff("S0002", Role.HR_DIRECTOR)
EXECUTIVE = staff("S0001", Role.EXECUTIVE_HEAD)
WELFARE = staff("S0014", Role.WELFARE_OFFICER)
LINE: dict[str, Fact] = {"type": "reporting_line_change"}
LEAVE: dict[str, Fact] = {"type": "special_leave_full_pay", "entitlements_unaffected": True}
ON_HIM: dict[str, Fact] = {"burden": "alleged_offender"}
SUSPENSION: dict[str, Fact] = {
    **ON_HIM,
    "type": "suspension_with_pay",
    "serious_misconduct": True,
    "hearing": "heard",
    "redeployment_considered": True,
}
WITHOUT_PAY: dict[str, Fact] = {
    **SUSPENSION,
    "type": "suspension_without_pay",
    "evidence_reference": "E-17",
    "restoration_of_pay": True,
}


def alerted(**facts: Fact) -> Case:
    return act(act(opened("interim_measure"), "alert", OIO, **facts), "alert", LEGAL_AND_HEAD)


def acknowledged(**facts: Fact) -> Case:
    return act(alerted(**facts), "acknowledge_alert", HEAD)


def consented() -> Case:
    return act(act(acknowledged(), "ask_consent", SECOND_INVESTIGATOR), "consent_to_measure", PERSON)


def held(**facts: Fact) -> Case:
    """Decided over her work: HR is asked for nothing before its day."""
    return act(consented(), "decide_measure", HEAD, **(LINE | facts))


def decided(**facts: Fact) -> Case:
    return proven(held(**facts))


def proven(case: Case) -> Case:
    """HR is asked, once her agreement was proven where the measure rests on it."""
    return act(case, "record_proof", SYSTEM) if is_held(case) else case


def told_first(**facts: Fact) -> Case:
    case = act(decided(**facts), "record_applied", SYSTEM)
    return act(case, "record_placed", SYSTEM, version=case.version)


def effective(**facts: Fact) -> Case:
    return act(told_first(**facts), "make_effective", SYSTEM, proof="a1b2")


def signed(**facts: Fact) -> Case:
    """Ready to be decided, with the second signature under a suspension without pay."""
    return act(consented(), "sign_measure", EXECUTIVE, signed_evidence="E-17", **facts)


def asked() -> Case:
    return act(act(alerted(), "acknowledge_alert", HEAD), "ask_consent", SECOND_INVESTIGATOR)


def applied(**facts: Fact) -> Case:
    return act(decided(**facts), "record_applied", SYSTEM)


def passed_on() -> Case:
    return ring_until(effective(), NOW + timedelta(days=20))


def extended(before: Case, **facts: Fact) -> Case:
    """HR has done it."""
    return act(act(before, "extend_measure", DIRECTOR, now=NOW + timedelta(days=15), **facts), "record_applied", SYSTEM)


def with_a_letter() -> Case:
    case = told_first(**SUSPENSION)
    return act(act(case, "ask_release", SYSTEM), "release_notice", OIO)


def running(case: Case) -> set[str]:
    return {key for key, clock in case.clocks.items() if clock.runs}
