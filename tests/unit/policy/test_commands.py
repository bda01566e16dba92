"""`recourse policy lint`, `diff` and `explain`, on the packs we ship and on copies with mistakes in them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ops.policy import app
from policy.load import PACKS

HERS = "iom-2024-03/1"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKS, tmp_path / "packs"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def data(*arguments: str, code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def edit(packs: Path, file: str, old: str, new: str) -> None:
    path = packs / file
    text = path.read_text()
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1))


def mistakes(packs: Path, pack: str = HERS) -> dict[str, str]:
    (report,) = data("lint", str(packs / pack), code=1)
    for one in report["mistakes"]:
        assert one["line"] or one["file"].endswith("pack.toml") or not one["file"].endswith(".toml"), one
    return {one["key"]: one["wrong"] for one in report["mistakes"]}


def test_the_packs_we_ship_have_no_mistake_and_say_what_they_leave_open() -> None:
    found = {one["pack"]: one for one in data("lint")}
    assert found.keys() == {"iom-2024-03/1", "minimal/1", "rehearsal/1"}
    assert all(one["mistakes"] == [] for one in found.values())
    assert "ret.window" in found["iom-2024-03/1"]["unset"]
    assert found["minimal/1"]["unset"] == []
    said = run("lint", "iom-2024-03").stdout
    assert "deadline.report.window is unset; choose a value in a pack of your own, or name a preset: unfpa" in said


def test_every_mistake_is_listed_with_its_place(packs: Path) -> None:
    edit(packs, f"{HERS}/deadlines.toml", '[deadline."report.ack"]\namount = 7', '[deadline."report.ack"]\namonut = 7')
    edit(packs, f"{HERS}/measures.toml", 'source = "', 'source = "" #')
    result = run("lint", str(packs / HERS))
    assert result.exit_code == 1
    lines = [line.split(": ", 1) for line in result.stdout.splitlines()]
    assert [where for where, _ in lines] == [
        f"{HERS}/deadlines.toml, line {line_of(packs, 'deadlines.toml', 'amonut')}",
        f"{HERS}/deadlines.toml, line {line_of(packs, 'deadlines.toml', 'amonut') - 1}",
        f"{HERS}/measures.toml, line {line_of(packs, 'measures.toml', 'source = ')}",
    ]
    assert lines[0][1].startswith("deadline.report.ack.amonut is not a field of a deadline; known are amount")
    assert lines[1][1] == "deadline.report.ack.amount is missing."
    assert lines[2][1] == "measure.physical_separation.source must say where the value comes from."
    assert "3 mistakes in" in result.stderr


def line_of(packs: Path, file: str, text: str) -> int:
    lines = (packs / HERS / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_role_that_nobody_holds_and_a_route_that_nobody_handles(packs: Path) -> None:
    appointed = packs / "invented-organisation/1/appointments.toml"
    text = appointed.read_text().split("\n\n")
    appointed.write_text("\n\n".join(one for one in text if '"oversight_committee"' not in one))
    edit(packs, f"{HERS}/routing.toml", 'handlers = ["focal_point", "ombudsperson"]', "handlers = []")
    found = mistakes(packs)
    assert found["role.oversight_committee"] == "is held by nobody"
    assert found["route.informal_resolution.handlers"] == "names nobody who would handle it"
    assert "desk.governing_body" not in found, "an outside investigator is left there"
    appointed.write_text(appointed.read_text().replace('"outside_investigator"', '"reviewer"'))
    assert mistakes(packs)["desk.governing_body"].startswith("has nobody who would handle ")


def test_a_desk_that_keeps_what_is_about_itself(packs: Path) -> None:
    edit(packs, f"{HERS}/routing.toml", 'about = ["eco", "executive"]', 'about = ["executive"]')
    edit(
        packs,
        f"{HERS}/routing.toml",
        'about = ["eco"]\ndesk = "ethics_outside"',
        'about = ["executive"]\ndesk = "ethics_outside"',
    )
    assert mistakes(packs)["desk.ethics.offices"] == "has eco, and nobody takes a matter about eco"


def test_what_a_tribunal_or_a_preset_refers_to_is_there(packs: Path) -> None:
    edit(packs, f"{HERS}/decisions.toml", 'windows = "un"', 'windows = "moon"')
    edit(packs, f"{HERS}/deadlines.toml", '[preset."ret.window".un]', '[preset."ret.windows".un]')
    edit(packs, f"{HERS}/decisions.toml", 'deciders = ["reviewer"]', "deciders = []")
    found = mistakes(packs)
    assert found["tribunal.un.windows"] == "names no preset of review.request or review.appeal: moon"
    assert found["preset.ret.windows.un"] == "is for no deadline: ret.windows"
    assert found["delegation.review.deciders"] == "names nobody who would decide"


def test_a_key_that_the_pack_below_does_not_know_is_a_slip_of_the_pen(packs: Path) -> None:
    edit(packs, "rehearsal/1/deadlines.toml", '[deadline."report.ack"]', '[deadline."report.akc"]')
    assert mistakes(packs, "rehearsal/1") == {
        "deadline.report.akc": "is not known to iom-2024-03/1, on which this pack is based"
    }


@pytest.mark.parametrize("above", ["investigator", "intake_officer"])
def test_a_way_up_that_ends_nowhere_is_a_mistake(packs: Path, above: str) -> None:
    edit(
        packs,
        f"{HERS}/offices.toml",
        'office = "oio"\nescalates_to = "auditor"',
        f'office = "oio"\nescalates_to = "{above}"',
    )
    found = mistakes(packs)
    assert found["role.investigator.escalates_to"] == "comes to no independent body, but back to investigator"
    assert "role.intake_officer.escalates_to" in found, "and whoever it was above"


def test_what_procedures_ask_for_and_do_not_get(packs: Path) -> None:
    path = packs / HERS / "deadlines.toml"
    text = path.read_text()
    begin = text.index('[deadline."ret.prelim"]')
    path.write_text(text[:begin] + text[text.index("[", begin + 1) :])
    routing = packs / HERS / "routing.toml"
    routing.write_text(routing.read_text().replace("[route.formal_report]", "[route.formal_reports]"))
    found = mistakes(packs)
    assert found["route.formal_reports"] == "opens no procedure; there is none of that name"
    assert found["deadline.ret.prelim"] == "is missing; retaliation counts by it"


def test_the_difference_of_two_packs(packs: Path) -> None:
    edit(
        packs,
        f"{HERS}/deadlines.toml",
        '[deadline."ret.lookahead"]\namount = 24',
        '[deadline."ret.lookahead"]\namount = 12',
    )
    edit(packs, f"{HERS}/measures.toml", "staff_only = false", "staff_only = true")
    result = run("diff", "iom-2024-03", str(packs / HERS))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "weaker    deadline.ret.lookahead: 24 months -> 12 months",
        "stronger  measure.physical_separation.staff_only: False -> True",
    ]
    assert "2 differ: 1 weaker, 1 stronger" in result.stderr
    assert data("diff", str(packs / HERS), "iom-2024-03/1")[0] == {
        "key": "deadline.ret.lookahead",
        "before": "12 months",
        "after": "24 months",
        "direction": "stronger",
    }
    assert data("diff", "rehearsal", "rehearsal/1") == []


def test_a_pack_that_is_not_there_or_broken_is_said_so(packs: Path) -> None:
    result = run("diff", "iom-2024-03", "moon/3")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no policy pack moon/3; there are: invented-organisation/1, iom-2024-03/1" in result.stderr
    edit(packs, f"{HERS}/deadlines.toml", "amount = 7", 'amount = "seven"')
    result = run("explain", "report.ack", "--policy", str(packs / HERS))
    assert result.exit_code == 1
    assert "must be a whole number" in result.stderr


def test_a_value_explained() -> None:
    (found,) = data("explain", "report.ack")
    assert (found["value"], found["unit"], found["starts_at"]) == (7, "calendar_days", "receipt")
    assert found["confidence"] == "A: the text itself was seen"
    assert found["written_in"] == f"{HERS}/deadlines.toml"
    assert "Article 9" in found["source"]
    assert {"route.formal_report (first_clock)", "formal_report (clock report.ack)"} <= set(found["used_by"])


@pytest.mark.parametrize(
    ("key", "used_by"),
    [
        ("im.max_block", "measure.reporting_line_change (longest)"),
        ("im.extend_window", "services/workflow/domain/measure_rules.py"),
        ("role.investigator", "desk.committee (in_place_of)"),
        ("role.investigator", "formal_report (open_investigation)"),
        ("desk.committee", "desk.oio (instead)"),
        ("im.remind", "interim_measure (clock im.end)"),
        ("formal_report.closed", "formal_report (closed)"),
        ("review.appeal.ilo", "pack"),
    ],
)
def test_who_uses_a_value(key: str, used_by: str) -> None:
    (found,) = data("explain", key)
    assert used_by in found["used_by"] or used_by == "pack"


def test_an_unset_value_explained_names_its_presets() -> None:
    (found,) = data("explain", "deadline.report.window")
    assert found["value"] == "unset"
    assert found["presets"] == [
        "unfpa (6 months)",
        "with_exclusions (6 months)",
        "thirty_days (30 calendar_days)",
        "none (no limit)",
    ]
    (chosen,) = data("explain", "report.window", "--policy", "minimal")
    assert (chosen["value"], chosen["preset"], chosen["written_in"]) == (
        6,
        "with_exclusions",
        "minimal/1/deadlines.toml",
    )


def test_a_default_is_never_called_the_organisations_policy() -> None:
    assert "confidence   D: a default of this software" in run("explain", "report.update").stdout
    assert "until somebody has checked" in run("explain", "tribunal.ilo").stdout


def test_an_unknown_key_gets_a_suggestion() -> None:
    result = run("explain", "report.akc")
    assert result.exit_code == 2
    assert "report.ack" in result.stderr
