"""The directory of help as data, and what is said about each place before somebody turns to it."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from policy.load import load as load_policy
from services.support.domain.guards import SERVICES
from services.support.domain.help import (
    ALWAYS,
    EVERYWHERE,
    HELPS_WITH,
    Directory,
    Service,
    Warned,
    checked_since,
    lint,
)
from services.support.help_file import FILE, HelpBroken, load
from tests.lifecycles import POLICY

PLACES = load()
NEWEST = max(entry.last_checked for entry in PLACES.entries)
LONG_AGO = date(2020, 1, 1)
TODAY = NEWEST + timedelta(days=1)


def test_what_we_ship_has_no_mistake() -> None:
    assert list(lint(PLACES, checked_since(POLICY, TODAY), TODAY)) == []


@pytest.mark.parametrize("station", PLACES.stations)
def test_every_station_has_what_is_needed_at_once_and_the_ways_that_need_no_report(station: str) -> None:
    entries = PLACES.at(station)
    assert {entry.service for entry in entries} >= set(ALWAYS)
    assert entries[0].service is Service.EMERGENCY
    assert {entry.station for entry in entries} <= {station, EVERYWHERE}


def test_what_is_here_comes_before_what_is_elsewhere() -> None:
    medical = [entry.key for entry in PLACES.at("selwick") if entry.service is Service.MEDICAL]
    assert medical == ["selwick_hospital", "any_doctor"]


@pytest.mark.parametrize("station", [None, "nowhere", EVERYWHERE])
def test_an_unknown_station_is_no_dead_end(station: str | None) -> None:
    entries = PLACES.at(station)
    assert {entry.service for entry in entries} >= set(ALWAYS)
    assert {entry.station for entry in entries} == {EVERYWHERE}
    assert len(entries) == len({entry.key for entry in entries})


@pytest.mark.parametrize("service", ["emergency", "welfare", "medical", "ombudsperson", "ethics"])
def test_inv_21_a_station_without_what_everybody_needs_is_found(service: str) -> None:
    without = replace(PLACES, entries=tuple(one for one in PLACES.entries if one.service != service))
    found = [sentence for sentence in lint(without, LONG_AGO, TODAY) if f"no {service} help" in sentence]
    assert len(found) == len(PLACES.stations)


def test_what_a_station_has_itself_it_does_not_lack() -> None:
    local = replace(PLACES, entries=tuple(one for one in PLACES.entries if one.key != "any_doctor"))
    found = "\n".join(lint(local, LONG_AGO, TODAY))
    assert "station.selwick has no medical" not in found
    assert "station.tarn has no medical help, not even from elsewhere." in found


def test_a_place_that_is_not_there_is_none() -> None:
    assert PLACES.entry("nowhere") is None


@pytest.mark.parametrize("service", ["listening", "psychosocial"])
def test_who_wants_to_be_listened_to_may_go_to_the_welfare_office_and_to_a_counsellor(service: str) -> None:
    assert HELPS_WITH[service] == {Service.WELFARE, Service.PSYCHOSOCIAL}


def test_every_service_of_a_referral_can_be_had_somewhere() -> None:
    assert HELPS_WITH.keys() == set(SERVICES)
    there = {entry.service for entry in PLACES.entries}
    assert all(kinds & there for kinds in HELPS_WITH.values())


def test_somebody_is_warned_of_who_has_to_pass_on_and_where_the_law_punishes() -> None:
    def warned(key: str, since: date = LONG_AGO) -> set[Warned]:
        entry = PLACES.entry(key)
        assert entry is not None
        return set(PLACES.warnings(entry, since))

    assert warned("creek_hospital") == {Warned.MUST_REPORT, Warned.LAW_PUNISHES, Warned.NOT_CONFIDENTIAL}
    assert warned("perdida_clinic") == {Warned.MUST_REPORT, Warned.LAW_PUNISHES}
    assert warned("tarn_children") == {Warned.MUST_REPORT}, "no law there punishes whoever tells"
    assert warned("selwick_hospital") == set()
    assert warned("any_doctor") == set()
    assert warned("selwick_hospital", date(2030, 1, 1)) == {Warned.NOT_CHECKED_LATELY}


@pytest.mark.parametrize("days", [180, 181])
def test_what_was_checked_too_long_ago_is_flagged(days: int) -> None:
    entry = PLACES.entries[0]
    today = entry.last_checked + timedelta(days=days)
    flagged = Warned.NOT_CHECKED_LATELY in PLACES.warnings(entry, checked_since(POLICY, today))
    assert flagged is (days > 180)


def test_every_mistake_in_the_data_is_named() -> None:
    entry = replace(PLACES.entries[0], key="x", station="atlantis", last_checked=TODAY + timedelta(days=1))
    old = replace(PLACES.entries[1], key="y", last_checked=LONG_AGO)
    broken = replace(PLACES, entries=(entry, old))
    found = "\n".join(lint(broken, checked_since(POLICY, TODAY), TODAY))
    assert "help.x.station is no station" in found
    assert "help.x.last_checked lies in the future" in found
    assert "help.y was last checked on 2020-01-01" in found
    assert "station.creek has no ombudsperson help" in found


def test_a_day_is_late_only_when_it_has_passed() -> None:
    checked = replace(PLACES, entries=tuple(replace(one, last_checked=TODAY) for one in PLACES.entries))
    assert list(lint(checked, TODAY, TODAY)) == []
    assert len(list(lint(checked, TODAY + timedelta(days=1), TODAY))) == len(PLACES.entries)


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({"confidential": False}, {Warned.NOT_CONFIDENTIAL, Warned.LAW_PUNISHES}),
        ({"must_report": ("the police",)}, {Warned.MUST_REPORT, Warned.LAW_PUNISHES}),
        ({}, set()),
    ],
)
def test_whoever_passes_on_in_any_way_is_a_danger_where_the_law_punishes(
    changes: dict[str, Any], warned: set[Warned]
) -> None:
    quiet = replace(PLACES.entries[0], station="creek", confidential=True, must_report=())
    assert set(PLACES.warnings(replace(quiet, **changes), LONG_AGO)) == warned


@pytest.mark.parametrize("changes", [{"confidential": False}, {"must_report": ("the police",)}])
def test_help_from_elsewhere_that_passes_on_is_not_safe(changes: dict[str, Any]) -> None:
    unsafe = tuple(replace(one, **changes) if one.station == EVERYWHERE else one for one in PLACES.entries)
    assert "station.creek: its law punishes" in "\n".join(lint(replace(PLACES, entries=unsafe), LONG_AGO, TODAY))


def test_a_place_whose_law_punishes_needs_safe_help_from_elsewhere() -> None:
    nothing_safe = tuple(one for one in PLACES.entries if one.station != EVERYWHERE)
    found = "\n".join(lint(replace(PLACES, entries=nothing_safe), LONG_AGO, TODAY))
    assert "station.creek: its law punishes" in found
    assert "station.selwick: its law punishes" not in found


def test_health_windows_are_the_policys_deadlines() -> None:
    assert [one.deadline for one in PLACES.health] == ["health.hiv", "health.ec"]
    for pack in ("iom-2024-03", "rehearsal"):
        deadlines = load_policy(pack).deadlines
        assert [(deadlines[one.deadline].amount, deadlines[one.deadline].unit) for one in PLACES.health] == [
            (72, "hours"),
            (120, "hours"),
        ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '[station.tarn]\nname = "Tarn Hollow"',
            "[station.tarn]",
            "station.tarn: Object missing required field `name`",
        ),
        ('service = "safety"', 'service = "shelter"', "help.selwick_shelter: Invalid enum value 'shelter'"),
        ("confidential = false", 'confidential = "no"', r"help\.\w+: Expected `bool`, got `str`"),
        ('cost = "free"', 'price = "free"', r"help\.\w+: price is no field of it"),
        ("last_checked = 2026-10-01", 'last_checked = "soon"', r"help\.\w+: .*last_checked"),
        ("[directory]\n", "[directories]\n", "directories is no table"),
        ("[station.tarn]", "[station.tarn", "cannot be read"),
        ("said_first = ", "said_last = ", "said_first is missing"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_it_is_wrong(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "help.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(HelpBroken, match=sentence):
        load(file)


def test_the_directory_is_pure_data() -> None:
    assert isinstance(PLACES, Directory)
    assert load() == PLACES
