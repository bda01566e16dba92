"""Short ways through a formal report, for tests of what comes after."""

from __future__ import annotations

from datetime import timedelta

from lifecycle.model import Case, EffectKind
from policy.model import Role
from tests.lifecycles import PERSON, SYSTEM, act, opened, staff

DAY = timedelta(days=1)
INTAKE = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
INVESTIGATOR = staff("S0006", Role.INVESTIGATOR)
LEGAL = staff("S0003", Role.LEGAL_OFFICER, Role.ADMINISTRATIVE_HEAD)
HR_DIRECTOR = staff("S0002", Role.HR_DIRECTOR)
OTHER_HEAD = staff("S0004", Role.ADMINISTRATIVE_HEAD)
EXECUTIVE = staff("S0001", Role.EXECUTIVE_HEAD)
COMMITTEE = staff("S0062", Role.OVERSIGHT_COMMITTEE)


def notes(case: Case) -> list[str]:
    """What her inbox is told by this change, beside the state."""
    return [one.name for one in case.effects if one.kind is EffectKind.NOTIFY and one.facts["to"] == "her_inbox"]


def opens(case: Case) -> list[tuple[str, object]]:
    return [(one.name, one.facts.get("action")) for one in case.effects if one.kind is EffectKind.OPEN]


def acknowledged() -> Case:
    return act(opened("formal_report"), "acknowledge", INTAKE)


def assessing() -> Case:
    return act(acknowledged(), "start_assessment", INTAKE)


def asked() -> Case:
    return act(assessing(), "ask_person", INTAKE)


def investigating(kind: str = "other") -> Case:
    return act(assessing(), "open_investigation", INVESTIGATOR, kind=kind)


def notified(kind: str = "other") -> Case:
    return act(investigating(kind), "notify_subject", INVESTIGATOR)


def heard(kind: str = "other") -> Case:
    return act(notified(kind), "record_response", SYSTEM)


def at_leg(finding: str = "substantiated", kind: str = "other") -> Case:
    return act(heard(kind), "report_to_leg", INVESTIGATOR, finding=finding)


def charged() -> Case:
    return act(at_leg(), "charge", LEGAL)


def replied() -> Case:
    return act(charged(), "record_reply", SYSTEM)


def recommended(recommendation: str = "sanction") -> Case:
    return act(replied(), "recommend", LEGAL, recommendation=recommendation)


def decided() -> Case:
    return act(recommended(), "decide_discipline", HR_DIRECTOR)


def letter_sent() -> Case:
    return act(act(decided(), "sign_second", EXECUTIVE), "send_letter", HR_DIRECTOR)


def no_case() -> Case:
    return act(at_leg("not_substantiated"), "find_no_case", LEGAL)


def redressed(case: Case) -> Case:
    return act(act(case, "ask_redress", INVESTIGATOR), "consider_redress", HR_DIRECTOR)


def told(case: Case | None = None) -> Case:
    return act(
        act(redressed(case or no_case()), "decide_disclosure", INVESTIGATOR), "communicate_outcome", INVESTIGATOR
    )


def closed(case: Case | None = None) -> Case:
    return act(case or assessing(), "close_no_action", INVESTIGATOR)


def withdrawn(case: Case | None = None, *, stop: bool = True) -> Case:
    return act(case or assessing(), "withdraw", PERSON, stop_contact=stop)
