"""The packs we ship: complete, sourced, and honest about what is not known."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.topics import AUDIT_ENTRIES, TOPICS_FILE
from ops.policy_use import used_by
from policy.decisions import Burden, Standard
from policy.entry import PolicyBroken
from policy.lint import lint
from policy.load import load, packs_to_follow, restored
from policy.model import BY_ASSIGNMENT, AtEnd, Confidence, Office, Policy, Role, Side, ValueUnset
from policy.working_time import Unit
from tests.lifecycles import NOW

NAMES = ["iom-2024-03", "rehearsal", "minimal"]
PEOPLE = tomllib.loads((Path(__file__).parents[3] / "ops/demo/people.toml").read_text())


@pytest.fixture(params=NAMES)
def policy(request: pytest.FixtureRequest) -> Policy:
    return load(request.param)


def test_inv_51_every_value_names_source_and_confidence(policy: Policy) -> None:
    reminders = [one for some in policy.reminders.values() for one in some]
    entries = [*policy.deadlines.values(), *reminders, *policy.offices.values(), *policy.roles.values()]
    entries += [*policy.routes.values(), *policy.measures.values(), *policy.calendars.values()]
    entries += [*policy.desks.values(), *(one for desk in policy.desks.values() for one in desk.instead)]
    entries += [*policy.delegation.values(), *policy.tribunals.values(), *policy.presets.values()]
    entries += [*policy.identity_purposes.values()]
    entries += [*policy.thresholds.values(), *policy.options.values(), *policy.resources.values()]
    for entry in entries:
        assert entry.source.strip()
        assert isinstance(entry.confidence, Confidence)
        if entry.source.startswith("Default"):
            assert entry.confidence is Confidence.D, entry


def test_what_no_public_source_gives_is_unset_and_never_computed() -> None:
    policy = load("iom-2024-03")
    unset = {key for key in policy.deadlines if not policy.is_set(key)}
    assert unset == {
        "report.window",
        "report.window.latest",
        "review.request",
        "review.appeal",
        "ret.window",
        "keep.substantiated",
    }
    with pytest.raises(ValueUnset, match=r"report\.window is unset"):
        policy.due("report.window", NOW)


def test_deadlines_are_counted_in_their_unit() -> None:
    policy = load("iom-2024-03")
    friday = datetime(2026, 3, 6, 16, tzinfo=UTC)
    assert policy.due("im.ack", friday) == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert policy.due("report.ack", friday) == friday + timedelta(days=7)
    assert policy.due("report.feedback", friday) == datetime(2026, 6, 6, 16, tzinfo=UTC)
    with pytest.raises(KeyError):
        policy.due("no.such", friday)


def test_working_days_are_those_of_the_place_where_it_is_known() -> None:
    """On Thursday 2 April 2026: Easter in Valmora, Friday off in Creek, no holiday elsewhere."""
    policy = load("iom-2024-03")
    thursday = datetime(2026, 4, 2, 12, tzinfo=UTC)
    due = {place: policy.due("im.ack", thursday, place).date().day for place in (None, "valmora", "creek", "nowhere")}
    assert due == {None: 3, "valmora": 7, "creek": 5, "nowhere": 3}
    assert policy.opens("im.extend_window", thursday, "valmora") == datetime(2026, 3, 19, 13, tzinfo=UTC)
    assert policy.moved("im.ack", thursday, thursday, thursday + timedelta(days=5), "valmora").day == 7
    assert {station for one in policy.calendars.values() for station in one.stations} == set(PEOPLE["stations"])


OF_THE_WORLD = {"health.hiv", "health.ec", "help.recheck"}
"""Told to people or held against a date on a page; no clock counts them."""


def test_rehearsal_is_the_same_policy_in_seconds() -> None:
    iom, rehearsal = load("iom-2024-03"), load("rehearsal")
    assert rehearsal.content_hash != iom.content_hash
    assert rehearsal.deadlines.keys() == iom.deadlines.keys()
    assert rehearsal.reminders.keys() == iom.reminders.keys()
    for policy_part in ("measures", "roles", "routes", "desks", "wording", "appointments", "tribunal", "options"):
        assert getattr(rehearsal, policy_part) == getattr(iom, policy_part)
    for key, deadline in rehearsal.deadlines.items():
        assert rehearsal.is_set(key) or not iom.is_set(key), key
        assert deadline.starts_at == iom.deadlines[key].starts_at, key
        if rehearsal.is_set(key) and key not in OF_THE_WORLD:
            assert deadline.unit is Unit.SECONDS, key
    assert {key for key in OF_THE_WORLD if rehearsal.deadlines[key] != iom.deadlines[key]} == set()
    assert {one.unit for some in rehearsal.reminders.values() for one in some} == {Unit.SECONDS}


def test_the_minimal_pack_leaves_nothing_open_and_names_no_organisation() -> None:
    minimal = load("minimal")
    assert [key for key in minimal.deadlines if not minimal.is_set(key)] == []
    names = [minimal.tribunal.name, *(one.name for one in minimal.offices.values()), *minimal.wording.values()]
    assert not [name for name in names if "IOM" in name or "Migration" in name or "Mission" in name]
    assert all(one.aliases == () for one in minimal.offices.values())
    chosen = minimal.deadlines["report.window"]
    assert (chosen.preset, chosen.amount, chosen.unit) == ("with_exclusions", 6, Unit.MONTHS)
    assert chosen.excludes == ("sick_leave", "official_travel", "informal_effort")
    assert chosen.confidence is Confidence.B, "a chosen value keeps the confidence of its source"


def test_older_names_of_offices_are_known() -> None:
    oversight = load("iom-2024-03").offices[Office.OIO]
    assert "Office of the Inspector General" in oversight.aliases
    assert any("Ethics and Conduct Office" in alias for alias in oversight.aliases)


DECIDED = """
report.window unset months · report.ack 7 calendar_days · report.feedback 3 months · report.update 30 calendar_days
assess.target 30 calendar_days · investigation.sexual 120 calendar_days · investigation.other 180 calendar_days
leg.review 60 calendar_days · charge.reply 30 calendar_days · anon.silence 90 calendar_days
misdirect.forward 1 working_days · sea.report 24 hours · sea.assist 24 hours · health.hiv 72 hours · health.ec 120 hours
informal.checkin 14 calendar_days · informal.checkin.second 30 calendar_days · informal.checkin.third 90 calendar_days
supervisor.ack 2 working_days · supervisor.act 10 working_days · ombuds.first 2 working_days · rwfp.first 2 working_days
ombuds.purge 30 calendar_days · emergency.separation 5 working_days · emergency.alert 24 hours
mediation.consent 10 working_days · mediation.session 30 working_days
review.request unset calendar_days · review.appeal unset calendar_days
im.ack 1 working_days · im.ack.red 4 hours · im.decide 3 working_days · im.decide.red 24 hours
im.review 30 calendar_days · im.review.special_leave_full_pay 14 calendar_days · im.max_block 90 calendar_days
im.cumulative_alarm 180 calendar_days · im.cumulative_alarm.suspension_without_pay 90 calendar_days
ret.window unset months · ret.toll 120 calendar_days · ret.ack 5 working_days · ret.investigation 120 calendar_days
ret.prelim 30 calendar_days · ret.appeal 30 calendar_days · ret.lookahead 24 months
ret.monitor 30 calendar_days · ret.monitor.second 60 calendar_days · ret.monitor.third 90 calendar_days
ret.monitor.fourth 6 months · ret.monitor.last 12 months · consent.refresh 180 calendar_days
draft.expire 14 calendar_days · dsr.reply 1 months · dsr.reply.extension 2 months
keep.out_of_scope 60 calendar_days · keep.informal_supervisor 12 months · keep.no_case 36 months
keep.investigated 60 months · keep.substantiated unset months · keep.substantiated.review 60 months
keep.hr_measure 24 months · keep.access_log 12 months · keep.data_request 12 months
"""


def test_the_defaults_are_the_ones_decided_on() -> None:
    policy = load("iom-2024-03")
    for line in DECIDED.replace("\n", " · ").split(" · "):
        if line.strip():
            key, amount, unit = line.split()
            found = policy.deadlines[key]
            assert (found.amount, found.unit) == (None if amount == "unset" else int(amount), unit), key
    assert policy.thresholds["stats.min_cell"].value == 10
    ahead = {clock: [one.before for one in some] for clock, some in policy.reminders.items()}
    assert ahead["contract.end"] == [(120, 90, 60, 30)]
    assert ahead["im.end"] == [(14, 7, 2)]
    assert ahead["sea.report"] == ahead["sea.assist"] == [(20,)], "four hours after somebody was told"
    assert ahead["report.ack"] == [(5,)], "two days after receipt"
    assert [len(before) for before in ahead["anon.silence"]] == [2]


def test_inv_39_inv_40_the_catalogue_says_what_a_suspension_needs() -> None:
    measures = load("iom-2024-03").measures
    suspensions = {"suspension_with_pay", "suspension_without_pay"}
    assert {key for key, one in measures.items() if one.staff_only} >= suspensions
    assert all(measures[key].burdens == (Side.ALLEGED_OFFENDER,) for key in suspensions)
    assert all(one.burdens[0] is Side.ALLEGED_OFFENDER for one in measures.values()), "the burden falls first on them"
    without_pay = measures["suspension_without_pay"]
    assert set(without_pay.conditions) >= {
        "serious_misconduct",
        "exceptional_circumstances",
        "evidence_reference",
        "second_signature",
        "restoration_of_pay",
    }
    assert {key for key, one in measures.items() if one.second} == {"suspension_without_pay"}
    assert all(one.hr_record[-2:] == ("from", "to") for one in measures.values())


def test_inv_47_the_tribunal_says_who_has_to_show_what() -> None:
    policy = load("iom-2024-03")
    assert policy.tribunal is policy.tribunals["ilo"]
    assert (policy.tribunal.burden, policy.tribunals["un"].burden) == (Burden.REQUESTER, Burden.ORGANISATION)
    assert policy.tribunals["un"].standard is Standard.CLEAR
    for tribunal in policy.tribunals.values():
        assert {one.name for one in policy.presets.values() if one.deadline == "review.appeal"} >= {tribunal.windows}
        assert {*tribunal.disclosure, *tribunal.on_request} <= policy.options["disclosure"].choices.keys()


def test_a_demonstration_of_two_minutes_trips_over_no_deadline() -> None:
    policy = load("rehearsal")
    for key in (
        "report.ack",
        "assess.target",
        "ombuds.first",
        "rwfp.first",
        "im.ack",
        "im.decide",
        "im.apply",
        "ret.ack",
    ):
        assert policy.due(key, NOW) >= NOW + timedelta(seconds=60), key
    (remind,) = policy.reminders["im.end"]
    assert max(remind.before) < 25, "a measure of 25 seconds gets all its reminders"


def test_everybody_appointed_is_an_invented_person_at_a_known_station(policy: Policy) -> None:
    people = {one["staff_id"] for one in PEOPLE["people"]}
    for one in policy.appointments:
        assert one.staff_id in people
        assert one.place in PEOPLE["stations"]
        assert one.office is policy.roles[one.role].office


def test_every_role_is_held_and_roles_that_must_differ_have_two_people(policy: Policy) -> None:
    held = {role: {one.staff_id for one in policy.appointed(role, NOW)} for role in set(Role) - BY_ASSIGNMENT}
    assert all(held.values())
    assert len(held[Role.ADMINISTRATIVE_HEAD] - held[Role.LEGAL_OFFICER]) >= 2
    assert len(held[Role.INVESTIGATOR]) >= 2
    assert policy.roles_of("S0003", NOW) == {Role.LEGAL_OFFICER, Role.ADMINISTRATIVE_HEAD}
    assert policy.roles_of("S0018", NOW) == frozenset()


def test_the_custodian_sits_in_nobodys_line_and_in_no_office_that_handles_cases(policy: Policy) -> None:
    (custodian,) = policy.appointed(Role.CUSTODIAN, NOW)
    person = next(one for one in PEOPLE["people"] if one["staff_id"] == custodian.staff_id)
    assert person["unit"] not in {"OIO", "DHR", "LEG", "ECO", "OOM", "Field Support"}
    assert custodian.staff_id not in {one["line"] for one in PEOPLE["people"]}
    assert policy.roles_of(custodian.staff_id, NOW) == {Role.CUSTODIAN}


def test_inv_36_separation_and_line_change_pass_on_and_the_rest_lapses(policy: Policy) -> None:
    passes_on = {key for key, measure in policy.measures.items() if measure.at_end is AtEnd.PASS_ON}
    assert passes_on == {"physical_separation", "reporting_line_change"}


def test_every_route_has_somebody_to_handle_it(policy: Policy) -> None:
    for route in policy.routes.values():
        handles = [role in BY_ASSIGNMENT or policy.appointed(role, NOW) for role in route.handlers]
        assert any(handles), route.route


ONLY_WORDS = (
    "policy/protection.py",
    "policy/schema.py",
    "services/intake/web/pages/information.py",
    "lifecycle/pages/shared_words.py",
)


def test_every_length_of_time_is_counted_by_something() -> None:
    """A clock of a procedure, another value that names it, or a module: a page that only tells of it is none."""
    report = lint("iom-2024-03", "1", NOW)
    assert report.policy is not None

    def counts(use: str) -> bool:
        return not use.startswith((*ONLY_WORDS, "preset.", "reminder.")) and "/web/wording/" not in use

    unused = {
        key
        for key in report.policy.deadlines
        if not any(map(counts, used_by(report.policy, report.entries, "deadline", key)))
    }
    assert unused == set()


@pytest.mark.parametrize("name", ["iom-2024-03", "minimal"])
def test_who_acted_is_out_of_kafka_before_it_is_forgotten(name: str) -> None:
    """Nothing is taken out of a topic: what it keeps has to be gone by itself (ADR 79)."""
    topics = {one["name"]: one for one in tomllib.loads(TOPICS_FILE.read_text())["topic"]}
    kept = timedelta(days=topics[AUDIT_ENTRIES.name]["retention"])
    assert load(name).due("keep.access_log", NOW) > NOW + kept


@pytest.mark.parametrize("pin", packs_to_follow())
def test_a_pack_that_was_kept_is_read_again_as_it_was(pin: str) -> None:
    policy = load(*pin.split("/"))
    again = restored(policy.content, policy.content_hash)
    assert replace(again, name=policy.name, version=policy.version) == replace(
        policy, appointments=(), appointments_hash=""
    )


def test_a_pack_that_is_not_what_was_kept_is_not_read() -> None:
    policy = load("rehearsal")
    assert '"amount":600,' in policy.content
    with pytest.raises(PolicyBroken, match="is not what was kept"):
        restored(policy.content.replace('"amount":600,', '"amount":6000,', 1), policy.content_hash)
    with pytest.raises(PolicyBroken, match="is no table of a pack any more"):
        restored(policy.content.replace('["threshold",', '["ceiling",', 1), policy.content_hash)
