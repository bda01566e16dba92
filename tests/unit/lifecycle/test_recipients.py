"""Who a notice is for, found out from the case and the appointments."""

from dataclasses import replace
from datetime import date

from lifecycle.model import Effect
from lifecycle.recipients import appointed, assigned, escalation, her_inbox, other_side, recipients, took_part
from policy.model import Appointment, Office, Role
from tests.lifecycles import NOW, PERSON, POLICY, act, opened, staff

CASE = act(act(opened("formal_report"), "acknowledge", staff("S0005", Role.INTAKE_OFFICER)), "withdraw", PERSON)

BY = {"appointed_by": "S0004", "confirmed_by": "S0005"}


def to(effect: Effect) -> tuple[str, ...]:
    return recipients(CASE, effect, POLICY, NOW)


def test_recipients() -> None:
    assert to(assigned("k", Role.INTAKE_OFFICER)) == ("S0005",)
    assert to(assigned("k", Role.INVESTIGATOR)) == ()
    assert to(appointed("k", Role.FOCAL_POINT)) == ("S0011", "S0012", "S0013")
    assert to(escalation("k", Role.FOCAL_POINT)) == ("S0010",)
    assert to(took_part("k", "acknowledge")) == ("S0005",)
    assert to(took_part("k", "withdraw")) == (), "the person hears in her inbox, never as staff"
    assert to(other_side("k")) == ()
    assert to(her_inbox("k")) == ()


def test_an_appointment_that_is_over_or_yet_to_come_receives_nothing() -> None:
    past = Appointment("S0001", Role.AUDITOR, Office.AUDIT, "valmora", date(2025, 1, 1), date(2026, 3, 1), **BY)
    today = Appointment("S0002", Role.AUDITOR, Office.AUDIT, "valmora", date(2026, 3, 2), date(2026, 3, 2), **BY)
    future = Appointment("S0003", Role.AUDITOR, Office.AUDIT, "valmora", date(2026, 3, 3), **BY)
    policy = replace(POLICY, appointments=(past, today, future))
    assert recipients(CASE, appointed("k", Role.AUDITOR), policy, NOW) == ("S0002",)
