"""The policy guide's own examples, followed to the letter."""

import re
import shutil
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from policy.changes import ChangeRefused, not_yet
from policy.decisions import Burden
from policy.lint import Report, lint
from policy.load import PACKS
from policy.schema import KINDS
from tests.lifecycles import NOW

GUIDE = (Path(__file__).parents[3] / "docs/policy-guide.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


LESS_TIME = """
[deadline."ret.lookahead"]
amount = 6
unit = "months"
starts_at = "closure"
source = "ours"
confidence = "D"
"""


@pytest.fixture
def yours(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKS / "minimal/1", tmp_path / "yours/1"))


def linted(folder: Path) -> Report:
    return lint("yours", "1", NOW, packs=folder.parent.parent)


def test_a_copy_of_the_minimal_pack_is_a_pack_of_ones_own(yours: Path) -> None:
    report = linted(yours)
    assert (report.mistakes, report.unset) == ((), ())
    assert report.policy is not None
    assert (report.policy.name, report.policy.version) == ("yours", "1")


def test_the_example_of_a_preset(yours: Path) -> None:
    (yours / "deadlines.toml").write_text(EXAMPLES[0])
    report = linted(yours)
    assert report.policy is not None
    assert "report.window" not in report.unset
    assert report.policy.due("report.window", NOW) - NOW > timedelta(days=180)


def test_the_example_of_an_approval(yours: Path) -> None:
    second = Path(shutil.copytree(yours, yours.parent / "2"))
    (second / "deadlines.toml").write_text(LESS_TIME)
    (second / "approvals.toml").write_text(EXAMPLES[1])
    (wrong,) = lint("yours", "2", NOW, packs=yours.parent.parent).mistakes
    assert (wrong.key, wrong.line) == ("approval.1.content", 3)
    content_hash = wrong.wrong.rsplit(" ", 1)[1]
    (second / "approvals.toml").write_text(EXAMPLES[1].replace("0f5c", content_hash))
    report = lint("yours", "2", NOW, packs=yours.parent.parent)
    assert (report.mistakes, report.policy is not None) == ((), True)
    assert report.policy is not None
    older = linted(yours).policy
    assert older is not None
    signed = report.policy.approvals[0].confirmed_at
    assert not_yet(older, report.policy, signed) == (ChangeRefused.TOO_EARLY,)
    assert not_yet(older, report.policy, older.due("policy.waiting", signed)) == ()
    same = EXAMPLES[1].replace("0f5c", content_hash).replace("S0062", "s0002")
    (second / "approvals.toml").write_text(same)
    (wrong,) = lint("yours", "2", NOW, packs=yours.parent.parent).mistakes
    assert wrong.key == "approval.1.confirmed_by"
    (second / "approvals.toml").write_text(EXAMPLES[1].replace("2026-03-05T09:00:00Z", "2026-03-05"))
    (wrong,) = lint("yours", "2", NOW, packs=yours.parent.parent).mistakes
    assert "moment with its zone" in wrong.wrong


def test_the_example_of_a_tribunal(yours: Path) -> None:
    (yours / "decisions.toml").write_text(EXAMPLES[2])
    head = yours / "pack.toml"
    head.write_text(head.read_text().replace('tribunal = "appeals_body"', 'tribunal = "regional"'))
    chosen = {"deadline.review.request.preset", "deadline.review.appeal.preset"}
    wrong = {one.key for one in linted(yours).mistakes}
    assert wrong == {"tribunal.regional.windows", *chosen}, "the guide's second step"
    window = '\n[preset."review.{}".regional]\namount = 45\nunit = "calendar_days"\nstarts_at = "decision"\n'
    basis = 'source = "Statute, article 9"\nconfidence = "A"\n'
    deadlines = yours / "deadlines.toml"
    before = deadlines.read_text()
    windows = "".join(window.format(one) + basis for one in ("request", "appeal"))
    deadlines.write_text(before + windows)
    assert {one.key for one in linted(yours).mistakes} == chosen, "the other half of it"
    deadlines.write_text(before.replace('preset = "un"', 'preset = "regional"', 2) + windows)
    report = linted(yours)
    assert report.mistakes == ()
    assert report.policy is not None
    assert report.policy.tribunal.burden is Burden.ORGANISATION
    assert report.policy.due("review.appeal", NOW) == NOW + timedelta(days=45)


def test_the_guide_names_every_file_and_what_several_kinds_share() -> None:
    for file, kinds in KINDS.items():
        assert f"`{file}`" in GUIDE
        if len(kinds) > 1 and file != "options.toml":
            assert all(f"`{kind}`" in GUIDE for kind in kinds), file


def test_every_pack_is_in_the_guide() -> None:
    assert all(f"`{folder.name}`" in GUIDE for folder in PACKS.iterdir() if folder.is_dir())
    assert all(tomllib.loads(example) for example in EXAMPLES)
