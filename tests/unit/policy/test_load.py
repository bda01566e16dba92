"""A pack with a mistake is refused in one sentence that says where the mistake is."""

import shutil
from pathlib import Path

import pytest

from policy.entry import PolicyBroken
from policy.load import PACKS, load


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKS, tmp_path / "packs"))


def edit(packs: Path, file: str, old: str, new: str) -> None:
    path = packs / file
    text = path.read_text()
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1))


def line_of(packs: Path, file: str, text: str) -> int:
    return next(n for n, line in enumerate((packs / file).read_text().splitlines(), start=1) if text in line)


DEADLINES = "iom-2024-03/1/deadlines.toml"
APPOINTED = "invented-organisation/1/appointments.toml"
ROUTING = "iom-2024-03/1/routing.toml"
CALENDARS = "iom-2024-03/1/calendars.toml"
SIXTY_TWO_DAYS = ", ".join(f'"{month:02}-{day:02}"' for month in (1, 3) for day in range(1, 32))
ACK = '[deadline."report.ack"]\namount = 7\nunit = "calendar_days"\n'


@pytest.mark.parametrize(
    ("old", "new", "field", "wrong"),
    [
        (ACK, ACK.replace("7", '"seven"'), "amount", "must be a whole number, not a text"),
        (ACK, ACK.replace("7", "true"), "amount", "must be a whole number, not a flag"),
        (ACK, ACK.replace("7", "7.5"), "amount", "must be a whole number, not a number"),
        (ACK, ACK.replace("7", "0"), "amount", 'must be between 1 and 100000, or "unset"'),
        (ACK, ACK.replace("amount = 7\n", ""), "amount", "is missing"),
        (
            ACK,
            ACK.replace("calendar_days", "days"),
            "unit",
            "is 'days'; known are seconds, hours, calendar_days, working_days, months",
        ),
        (
            ACK,
            ACK + "grace = 1\n",
            "grace",
            "is not a field of a deadline; known are amount, unit, starts_at, source, confidence",
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(packs: Path, old: str, new: str, field: str, wrong: str) -> None:
    edit(packs, DEADLINES, old, new)
    header = line_of(packs, DEADLINES, '[deadline."report.ack"]')
    line = (
        header
        if wrong == "is missing"
        else header + new.splitlines().index(next(x for x in new.splitlines() if field in x))
    )
    with pytest.raises(PolicyBroken) as error:
        load("iom-2024-03", packs=packs)
    assert str(error.value) == f"{DEADLINES}, line {line}: deadline.report.ack.{field} {wrong}."


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (DEADLINES, "[deadline", "[deadline.", "deadlines.toml is not valid TOML:"),
        (
            DEADLINES,
            '[deadline."report.ack"]',
            '[limit."report.ack"]',
            "limit is no table here; expected deadline and remind",
        ),
        (
            DEADLINES,
            '[deadline."ret.lookahead"]\namount = 24',
            '[deadline."ret.lookahead"]\namount = "unset"',
            "deadline.ret.lookahead.amount may not be unset: what counts by it would have no end, or never begin.",
        ),
        (
            DEADLINES,
            '[deadline."im.short_block"]\namount = 30',
            '[deadline."im.short_block"]\namount = "unset"',
            "measure.special_leave_full_pay.longest names a deadline that is unset: im.short_block",
        ),
        (
            DEADLINES,
            "before = [14, 7, 2]",
            "before = []",
            "reminder.im.remind.before must be a list of numbers greater",
        ),
        (
            DEADLINES,
            "before = [14, 7, 2]",
            "before = [14, -7]",
            "reminder.im.remind.before must be a list of numbers greater",
        ),
        (
            "iom-2024-03/1/offices.toml",
            "[role.focal_point]",
            "[role.focalpoint]",
            "role.focalpoint is not known; known are f",
        ),
        ("iom-2024-03/1/offices.toml", "[office.oom]", "[office.ooo]", "office.ooo is not known; known are oom, rwfp"),
        (
            "iom-2024-03/1/offices.toml",
            'escalates_to = "auditor"',
            'escalates_to = "boss"',
            "escalates_to is 'boss'; known",
        ),
        ("iom-2024-03/1/offices.toml", 'aliases = ["', 'aliases = [1, "', "aliases must be a list of texts"),
        ("iom-2024-03/1/measures.toml", '"im.max_block"', '"im.maxblock"', "longest names no deadline: im.maxblock"),
        (
            "iom-2024-03/1/measures.toml",
            'at_end = "lapse"',
            'at_end = "stay"',
            "at_end is 'stay'; known are pass_on, lapse",
        ),
        (
            "iom-2024-03/1/routing.toml",
            '"focal_point"',
            '"friend"',
            "route.informal_resolution.handlers is 'friend'; known",
        ),
        (CALENDARS, '"UTC"', '"Middle/Earth"', "time_zone is 'Middle/Earth', which is no time zone; known are names"),
        (CALENDARS, '"UTC"', '"../../etc/passwd"', "which is no time zone"),
        (CALENDARS, '"saturday"', '"satday"', "weekend is 'satday'; known are monday"),
        (
            CALENDARS,
            '["saturday", "sunday"]',
            '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]',
            "line 6: calendar.organisation.weekend leaves no day to work on",
        ),
        (CALENDARS, '"12-25"]', '"25-12"]', "holidays has '25-12', which is neither a day like 2026-04-03 nor"),
        (CALENDARS, '"12-25"]', "2026-12-25T00:00:00]", "holidays must be a day without a time"),
        (CALENDARS, '"12-25"]', f"{SIXTY_TWO_DAYS}]", "holidays has more than 60 days that come back each year"),
        (
            "minimal/1/deadlines.toml",
            '"with_exclusions"',
            '"without"',
            "window.preset is 'without'; known are unfpa",
        ),
        (
            "minimal/1/deadlines.toml",
            'preset = "un"',
            'preset = "un"\namount = 3',
            "amount is not a field of a deadline",
        ),
        ("iom-2024-03/1/decisions.toml", '"requester"', '"nobody"', "tribunal.ilo.burden is 'nobody'; known are req"),
        ("iom-2024-03/1/decisions.toml", '"each"', '"never"', "extensions is 'never'; known are each, chain"),
        ("iom-2024-03/1/pack.toml", '"ilo"', '"moon"', "line 7: tribunal names no tribunal: moon"),
        (ROUTING, 'desk = "committee"', 'desk = "comittee"', "desk.oio.instead.5.desk names no desk: comittee"),
        (ROUTING, 'desk = "committee"', 'desk = "support"', "instead.5.desk belongs to another service than workflow"),
        (ROUTING, "{ focal_point =", "{ friend =", "in_place_of is 'friend'; known are focal_point"),
        (ROUTING, "away = true", 'away = "yes"', "desk.oio_away.away must be true or false, not a text"),
        (
            ROUTING,
            '[desk.supervisors]\nservice = "workflow"',
            "[desk.supervisors]\nservice = 1",
            "service must be a text",
        ),
        ("iom-2024-03/1/options.toml", 'yes = "Yes"', "yes = 1", "option.may_name_me.choices must be a table of texts"),
        ("iom-2024-03/1/pack.toml", '"organisation"', '"moon"', "line 6: calendar names no calendar: moon"),
        ("iom-2024-03/1/pack.toml", "calendar =", "kalendar =", "kalendar is not a field of a pack; known are title"),
        ("iom-2024-03/1/pack.toml", "calendar = ", "# ", "iom-2024-03/1/pack.toml: calendar is missing"),
        ("iom-2024-03/1/pack.toml", "/1", "/one", "must name a pack and its version, like iom-2024-03/1"),
        (
            "iom-2024-03/1/pack.toml",
            "invented-organisation/1",
            "nobody/1",
            "There is no policy pack nobody/1; there are:",
        ),
        (
            "iom-2024-03/1/wording.toml",
            '"query.late" = "A',
            '"query.late" = 1 # "A',
            "wording.query.late must be a text",
        ),
        (
            "invented-organisation/1/appointments.toml",
            "[[appointment]]",
            "[[appointed]]",
            "must hold [[appointment]] tables",
        ),
        (
            "invented-organisation/1/appointments.toml",
            '"ombudsperson"',
            '"ombudsman"',
            "appointment.1.role is 'ombudsman'; known",
        ),
        (
            "invented-organisation/1/appointments.toml",
            "from = 2024-01-01",
            "from = 2024-01-01\nto = 2023-12-31",
            "line 9: appointment.1.to is before from",
        ),
        (
            APPOINTED,
            'confirmed_by = "S0062"',
            'confirmed_by = "S0001"',
            "names the one who appointed; two people have t",
        ),
        (APPOINTED, 'confirmed_by = "S0062"', 'confirmed_by = "S0010"', "confirmed_by names the one who is appointed"),
        (APPOINTED, 'appointed_by = "S0001"', 'appointed_by = "S0010"', "appointed_by names the one who is appointed"),
        (APPOINTED, 'appointed_by = "S0001"\n', "", "appointment.1.appointed_by is missing"),
        (APPOINTED, '"ombudsperson"', '"manager"', "appointment.1.role is manager, a part in one case; nobody is appo"),
        (APPOINTED, "from =", 'substitute_for = "S0010"\nfrom =', "substitute_for names the one who is appointed"),
        (APPOINTED, "from =", 'substitute_for = "S0011"\nfrom =', "substitute_for names nobody appointed to that role"),
        (
            "invented-organisation/1/appointments.toml",
            "from = 2024-01-01",
            "from = 2024-01-01T00:00:00Z",
            "appointment.1.from must be a day without a time",
        ),
    ],
)
def test_every_other_mistake_is_named_too(packs: Path, file: str, old: str, new: str, sentence: str) -> None:
    edit(packs, file, old, new)
    with pytest.raises(PolicyBroken) as error:
        load("minimal" if file.startswith("minimal") else "iom-2024-03", packs=packs)
    assert sentence in str(error.value)
    assert str(error.value).count("\n") == 0


def test_every_mistake_is_found_in_one_reading(packs: Path) -> None:
    edit(packs, DEADLINES, "amount = 7", 'amount = "seven"\ngrace = 1')
    edit(packs, CALENDARS, '"UTC"', '"Mars"')
    edit(packs, "iom-2024-03/1/offices.toml", "[role.focal_point]", "[role.focalpoint]")
    edit(packs, "iom-2024-03/1/measures.toml", '"im.max_block"', '"im.maxblock"')
    (packs / "iom-2024-03/1/more.toml").write_text("")
    with pytest.raises(PolicyBroken) as error:
        load("iom-2024-03", packs=packs)
    assert [one.key for one in error.value.mistakes] == [
        "iom-2024-03/1/more.toml",
        "deadline.report.ack.grace",
        "deadline.report.ack.amount",
        "calendar.organisation.time_zone",
        "role.focalpoint",
        "role.focal_point",
        "measure.physical_separation.longest",
    ]
    assert str(error.value).endswith("And 6 more: `recourse policy lint` lists them.")


def test_a_months_deadline_stays_within_the_calendar(packs: Path) -> None:
    edit(packs, DEADLINES, 'amount = 3\nunit = "months"', 'amount = 1201\nunit = "months"')
    with pytest.raises(PolicyBroken, match=r"report\.feedback\.amount must be at most 1200 months"):
        load("iom-2024-03", packs=packs)


def test_a_missing_role_is_named(packs: Path) -> None:
    path = packs / "iom-2024-03/1/offices.toml"
    text = path.read_text()
    path.write_text(text[: text.index("[role.custodian]")] + text[text.index("[role.registrar]") :])
    with pytest.raises(PolicyBroken, match=r"iom-2024-03/1: role\.custodian is missing"):
        load("iom-2024-03", packs=packs)


def test_a_file_that_does_not_belong_to_a_pack_is_refused(packs: Path) -> None:
    (packs / "rehearsal/1/deadline.toml").write_text("")
    with pytest.raises(PolicyBroken, match=r"rehearsal/1/deadline\.toml is not a file of a policy pack"):
        load("rehearsal", packs=packs)


@pytest.mark.parametrize("name", ["", "iom", "../packs/rehearsal/../nothing"])
def test_an_unknown_pack_says_which_there_are(name: str) -> None:
    with pytest.raises(PolicyBroken, match="there are: invented-organisation/1, iom-2024-03/1, minimal/1, rehearsal/1"):
        load(name)


def test_the_newest_version_is_taken_unless_one_is_named(packs: Path) -> None:
    shutil.copytree(packs / "iom-2024-03/1", packs / "iom-2024-03/10")
    shutil.copytree(packs / "iom-2024-03/1", packs / "iom-2024-03/9")
    assert load("iom-2024-03", packs=packs).version == "10"
    assert load("iom-2024-03", "9", packs=packs).version == "9"


def test_the_hash_is_of_what_is_said_and_not_of_how_it_is_written(packs: Path) -> None:
    before = load("iom-2024-03", packs=packs)
    edit(packs, DEADLINES, ACK, '# a comment\n[deadline."report.ack"]\nunit = "calendar_days"\namount = 7\n')
    same = load("iom-2024-03", packs=packs)
    assert same.content_hash == before.content_hash == load("iom-2024-03").content_hash
    edit(packs, DEADLINES, "amount = 7", "amount = 6")
    assert load("iom-2024-03", packs=packs).content_hash != before.content_hash


def test_new_people_do_not_change_the_rules_a_case_is_pinned_to(packs: Path) -> None:
    before = load("iom-2024-03", packs=packs)
    edit(packs, "invented-organisation/1/appointments.toml", '"S0010"', '"S0014"')
    after = load("iom-2024-03", packs=packs)
    assert after.content_hash == before.content_hash
    assert after.appointments_hash != before.appointments_hash


def test_a_pack_takes_what_it_does_not_say_from_the_pack_below(packs: Path) -> None:
    edit(packs, "iom-2024-03/1/wording.toml", '"A query has not been looked at."', '"Look."')
    policy = load("rehearsal", packs=packs)
    assert policy.wording["query.late"] == "Look."
    assert policy.deadlines["report.ack"].unit == "seconds"
    edit(packs, "iom-2024-03/1/pack.toml", "title", 'based_on = "rehearsal/1"\ntitle')
    with pytest.raises(PolicyBroken, match="based on another"):
        load("rehearsal", packs=packs)
