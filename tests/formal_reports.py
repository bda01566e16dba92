"""What a formal report has to be like for each of its actions to be open, and people who take them."""

from __future__ import annotations

from datetime import timedelta

from lifecycle.model import Clock, Fact
from policy.model import Role
from tests.lifecycles import NOW

PARTS = (Role.LEGAL_OFFICER, Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE)

FACTS: dict[str, Fact] = {
    "lodged_at": (NOW - timedelta(days=2)).isoformat(),
    "subject_notified": True,
    "subject_heard": True,
    "view_asked": True,
    "view_recorded": True,
    "disclosure_announced": True,
    "redress_considered": True,
    "managerial_action_taken": True,
    "signed_second": True,
    "demand_open": True,
    "withdrawn": True,
    "finding": "substantiated",
    "recommendation": "summary_dismissal",
    "national_referral": "proposed",
    "time_limit": "unset",
    "outcome_told_at": (NOW - timedelta(days=1)).isoformat(),
    "party": "person",
    "referral_consent": "given",
    "referred_to": "other_entity",
    "naming_consent": "given",
    "name_may_go_to": "alleged_offender",
    "contract_owner_told": True,
}
NEEDED: dict[str, dict[str, Fact]] = {
    "record_person_back": {"person_gone": True},
    "close_sanctioned": {"sanction": "censure"},
    "refer_to_contract_owner": {"referred_to": "contract_owner"},
    "record_referral_consent": {"writer": "third_party"},
    "say_who_writes": {"writer": ""},
    "agree_to_naming": {"naming_consent": "asked"},
    "name_second": {"signed_second": False},
    "decline_signature": {"signed_second": False},
}
NOBODY = dict.fromkeys(("name_legal_officer", "record_outside_demand", "name_decider", "name_second"), frozenset(Role))
"""Actions by which a part is given that nobody has."""

_SINCE, _UNTIL = NOW - timedelta(days=2), NOW + timedelta(days=28)
_OVER = NOW - timedelta(days=1)
_RESUMED = {"resume_assessment": "assess.target", "resume_investigation": "investigation"}


def clocks(action: str) -> dict[str, Clock]:
    """Running, paused or over, as `action` needs them."""
    over = ("withdraw.cooling", "subject.response", "charge.reply")
    pausable = ("assess.target", "investigation")
    paused = _RESUMED.get(action)
    pausable += ("respondent.answer",) if action == "refuse_more_time" else ()
    return {key: Clock(key, _SINCE, _OVER, rung=("due",)) for key in over} | {
        key: Clock(key, _SINCE, _UNTIL, paused_at=_SINCE if key == paused else None) for key in pausable
    }
