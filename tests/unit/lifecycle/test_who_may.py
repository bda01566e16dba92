"""Who may do what, written a second time in `who_may.txt` and looked at from the other side: by whom, then what.

A right that is widened or lost by a slip in a table shows here. What an office must never do stands below in words of
the policy (part 1), and holds for actions that nobody has written down yet.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecycle.model import ActorKind
from policy.model import Role
from tests.lifecycles import BY_NAME

WRITTEN = Path(__file__).with_name("who_may.txt")
OVERSIGHT = {Role.INTAKE_OFFICER, Role.INVESTIGATOR}
ETHICS = {Role.ETHICS_OFFICER, Role.ALTERNATE_ETHICS_OFFICER}
DECIDERS = {Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE}
LISTENERS = {Role.FOCAL_POINT, Role.OMBUDSPERSON, Role.EXTERNAL_OMBUDSPERSON}


def written() -> Iterator[tuple[str, str, set[str]]]:
    lifecycle = ""
    for line in WRITTEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lifecycle = line.strip("[]")
        elif line:
            who, _, actions = line.partition(": ")
            for action in actions.split(", "):
                yield lifecycle, action, set(who.split(", "))


@pytest.mark.parametrize("name", BY_NAME)
def test_each_action_is_for_those_whom_it_was_meant_for(name: str) -> None:
    table = {action: {str(one) for one in by} for action, by in BY_NAME[name].by_action.items()}
    meant = {action: who for lifecycle, action, who in written() if lifecycle == name}
    assert meant
    assert {action: table.get(action) for action in meant} == meant


def may(role: Role | ActorKind) -> set[str]:
    """`procedure.action` for whatever the role may do anywhere."""
    return {
        f"{name}.{action}"
        for name, lifecycle in BY_NAME.items()
        for action, by in lifecycle.by_action.items()
        if role in by
    }


def procedures(roles: set[Role]) -> set[str]:
    return {one.partition(".")[0] for role in roles for one in may(role)}


def test_who_listens_has_no_part_in_anything_formal() -> None:
    assert procedures(LISTENERS) == {"informal_resolution", "mediation"}
    assert procedures({Role.FOCAL_POINT}) == {"informal_resolution"}


@pytest.mark.parametrize("role", sorted(OVERSIGHT | ETHICS | {Role.LEGAL_OFFICER}))
def test_who_alerts_imposes_no_measure_and_who_decides_does_not_alert(role: Role) -> None:
    imposing = {"decide_measure", "decline_alert", "sign_measure", "extend_measure", "vary_measure", "lift_measure"}
    assert not {f"interim_measure.{action}" for action in imposing} & may(role)
    for decider in DECIDERS:
        assert "interim_measure.alert" not in may(decider)
        assert "interim_measure.record_consent" not in may(decider), "nor does her consent come through them"


def test_oversight_decides_no_discipline_and_legal_affairs_do_not_investigate() -> None:
    discipline = {"decide_discipline", "decide_no_sanction", "dismiss_summarily", "sign_second", "decline_signature"}
    for role in OVERSIGHT | {Role.LEGAL_OFFICER}:
        assert not {f"formal_report.{action}" for action in discipline} & may(role)
    investigation = {"open_investigation", "record_witness", "record_response", "notify_subject", "report_to_leg"}
    assert not {f"formal_report.{action}" for action in investigation} & may(Role.LEGAL_OFFICER)


def test_the_ethics_office_has_no_part_in_the_report_of_misconduct_itself() -> None:
    assert not procedures(ETHICS) & {
        "formal_report",
        "sea_report",
        "informal_resolution",
        "mediation",
        "support_referral",
    }


def test_who_helps_gives_nothing_to_the_file_of_a_report() -> None:
    helping = {Role.WELFARE_OFFICER, Role.SPECIALIST, Role.PSEAH_OFFICER}
    assert not procedures(helping) & {"formal_report", "retaliation", "respondent", "supervisor_request"}
    assert {one for role in helping for one in may(role) if one.startswith("sea_report.")} == {
        "sea_report.record_assistance"
    }


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HR_OFFICER])
def test_who_watches_or_carries_out_acts_in_no_case(role: Role) -> None:
    assert may(role) == set()


def test_a_manager_acts_for_people_they_lead_and_beside_that_only_says_that_protection_may_be_needed() -> None:
    assert procedures({Role.MANAGER}) == {"supervisor_request", "interim_measure"}
    assert {one for one in may(Role.MANAGER) if one.startswith("interim_measure.")} == {"interim_measure.note_need"}


def test_the_other_side_answers_for_himself_and_does_nothing_in_her_case() -> None:
    assert procedures({Role.ALLEGED_OFFENDER}) == {"mediation", "respondent"}


def test_what_is_hers_to_say_nobody_says_for_her() -> None:
    hers = {
        one for one in may(ActorKind.PERSON) if any(word in one for word in ("consent", "withdraw", "revoke", "agree"))
    }
    others = {one for role in Role for one in may(role)} | may(ActorKind.SYSTEM)
    assert hers & others == set()
    assert len(hers) > 15
