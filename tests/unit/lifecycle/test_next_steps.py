"""What a queue says that a case waits for: read from the table, for whoever looks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lifecycle.pages.next_steps import ASIDE, UNTIL, grouped, next_steps
from lifecycle.views import CaseSeen, ClockSeen, OfferSeen
from ops.lifecycle_docs import LIFECYCLES
from policy.model import Role
from services.workflow.web.themes import THEMES

NOW = datetime(2027, 3, 2, 9, tzinfo=UTC)
OF = {one.name: one for one in LIFECYCLES}


def seen(lifecycle: str, state: str, offers: str, clocks: Mapping[str, int]) -> CaseSeen:
    """`offers`: what is open, in the table's order. `clocks`: in how many days each is due."""
    return CaseSeen(
        case_id=uuid4(), lifecycle=lifecycle, number=1, state=state, version=1, opened_on=NOW.date(), next_date=None,
        overdue=False, unread=0, next_clock=None, assigned={}, steps=[], facts={}, placed_version=1, policy="p/1",
        offers=[OfferSeen(action=one, open=True, refused=None, fields=[]) for one in offers.split()]
        + [OfferSeen(action="close_report", open=False, refused=None, fields=[])],
        clocks=[
            ClockSeen(
                key=key, standing="running", started_at=NOW, due_at=NOW + timedelta(days=days), days_left=days,
                paused_at=None, pause_reason=None, met_at=None, source=None, confidence=None,
            )
            for key, days in clocks.items()
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lifecycle", "state", "offers", "clocks", "expected"),
    [
        ("formal_report", "submitted", "hand_over acknowledge pass_on", {"report.ack": 2}, "acknowledge"),
        # What is due moves nothing, and comes alone; later on it is the way ahead again.
        (
            "support_referral", "offered", "assign_specialist decide_for_child", {"support.first": -1},
            "assign_specialist",
        ),
        ("support_referral", "offered", "assign_specialist decide_for_child", {}, "decide_for_child"),
        ("formal_report", "acknowledged", "start_assessment send_update", {"report.feedback": 9}, "start_assessment"),
        # A decision is never shown as one of its answers.
        (
            "formal_report", "at_leg", "find_no_case advise_managerial_action charge", {"leg.review": 5},
            "find_no_case advise_managerial_action charge",
        ),
        # To close it is what is left, not what comes first.
        ("retaliation", "acknowledged", "complete_file close_case", {"ret.complete": 5}, "complete_file"),
        ("retaliation", "monitoring", "close_case", {}, "close_case"),
        ("retaliation", "monitoring", "close_case", {"ret.monitor": 30, "ret.monitor.last": 360}, ""),
        ("retaliation", "monitoring", "close_case", {"ret.monitor.last": -1}, "close_case"),
        # It waits for the person, or for another office: what would end it is open, and is not what it waits for.
        ("review", "decided", "record_appeal", {"review.appeal": 9, "review.end": 23}, ""),
        ("review", "decided", "record_appeal end_review", {"review.end": 14}, "end_review"),
        ("mediation", "proposed", "stop_mediation take_mediation", {"mediation.consent": 7}, ""),
        ("interim_measure", "applied", "lift_measure arrange_extra", {"im.release": 1}, ""),
        ("informal_resolution", "talking", "offer_match", {}, ""),
        ("informal_resolution", "steps_agreed", "propose_steps", {"informal.checkin": 9}, ""),
        ("informal_resolution", "requested", "offer_match", {}, "offer_match"),
        # Another date for what it waits for is not what it waits for.
        ("data_request", "identity_shown", "extend_time answer_request", {"dsr.reply": 20}, "answer_request"),
        ("interim_measure", "acknowledged", "raise_urgency", {"im.decide": 3}, ""),
        # Two people answer for a sanction: the second signs, though only a no would move it.
        (
            "formal_report", "decided", "sign_second decline_signature", {"report.update": 30, "discipline.decide": 30},
            "sign_second",
        ),
        # Nothing is told before it is known what is given back; asked once, it waits for whoever was asked.
        ("formal_report", "no_case", "ask_redress send_update", {"report.update": 29}, "ask_redress send_update"),
        (
            "formal_report", "no_case", "ask_redress send_update", {"report.update": 29, "redress.decide": 30},
            "send_update",
        ),
        # It waits for her answer: to close it meanwhile is not what it waits for.
        (
            "formal_report", "needs_info", "close_no_action refer_other send_update",
            {"assess.target": 20, "report.update": 29}, "send_update",
        ),
        # Whoever asked for a look at what comes after has the time limit of somebody else before it.
        (
            "formal_report", "no_case", "consider_redress", {"report.update": 29, "redress.decide": 30},
            "consider_redress",
        ),
        # Whoever has it in hand already ends it, or hands it on.
        ("danger_alert", "raised", "take_in_hand", {"danger.answer": 0}, "take_in_hand"),
        ("danger_alert", "in_hand", "take_in_hand close_alert", {"danger.close": 0}, "close_alert"),
        # What erases is nobody's step.
        ("informal_resolution", "ended", "", {"ombuds.purge": 1}, ""),
    ],
)  # fmt: skip
def test_what_a_case_waits_for(
    lifecycle: str, state: str, offers: str, clocks: Mapping[str, int], expected: str
) -> None:
    found = next_steps(OF[lifecycle], seen(lifecycle, state, offers, clocks))
    assert " ".join(found) == expected


LONG = (
    "open_investigation close_no_action pass_on ask_person send_update hand_over link_report set_hold pause_assessment"
)


def test_a_long_list_begins_with_what_the_case_waits_for_and_has_the_rest_under_what_it_is_about() -> None:
    case = seen("formal_report", "assessing", LONG, {"assess.decide": 5})
    parts = grouped(OF["formal_report"], case, THEMES)
    assert [(heading, " ".join(one.action for one in offers)) for heading, offers in parts] == [
        ("", "open_investigation ask_person"),
        ("Other ways on", "close_no_action pass_on"),
        ("The person who reported or is affected", "send_update"),
        ("Time", "pause_assessment"),
        ("The file and who works on it", "hand_over link_report set_hold"),
    ]


def test_what_is_under_no_theme_has_a_heading_of_its_own() -> None:
    """Else it would stand as if it were about what the theme before it is."""
    beside = (
        "send_update hand_over link_report set_hold release_hold check_withdrawal record_outside_demand of_no_theme x"
    )
    parts = grouped(OF["formal_report"], seen("formal_report", "monitoring", beside, {}), THEMES)
    assert [heading for heading, _ in parts] == [
        "The person who reported or is affected",
        "Other offices and authorities",
        "The file and who works on it",
        "Beside that, without moving it on",
    ]


def test_a_short_list_has_no_themes_and_every_open_step_is_in_it_once() -> None:
    case = seen("formal_report", "acknowledged", "start_assessment send_update hand_over", {})
    parts = grouped(OF["formal_report"], case, THEMES)
    assert [(heading, " ".join(one.action for one in offers)) for heading, offers in parts] == [
        ("", "start_assessment"),
        ("Beside that, without moving it on", "send_update hand_over"),
    ]
    assert grouped(OF["formal_report"], seen("formal_report", "closed", "", {}), THEMES) == []


def test_each_step_beside_the_way_of_a_report_is_under_one_theme() -> None:
    rules = OF["formal_report"].rule_of.items()
    beside = {
        action
        for (state, action), rule in rules
        if rule.to in (None, state) and any(isinstance(one, Role) for one in rule.by)
    }
    themed = [action for _, actions in THEMES for action in actions]
    assert len(themed) == len({*themed})
    assert beside - {*themed} == {"take_managerial_action", "sign_second"}, "these are what the case waits for"
    assert {*themed} <= {action for _, action in OF["formal_report"].rule_of}


def test_what_is_aside_is_a_step_of_some_table() -> None:
    known = {rule.action for one in LIFECYCLES for rule in one.rules}
    known |= {f"{state}.{rule.action}" for one in LIFECYCLES for rule in one.rules for state in rule.states}
    assert known >= ASIDE | {*UNTIL}
    assert {one.key for table in LIFECYCLES for one in table.clocks} >= {*UNTIL.values()}
