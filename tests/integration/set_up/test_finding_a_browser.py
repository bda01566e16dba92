"""A browser that does not start is none; one that is missing is brought where that is ours to do."""

import os
from pathlib import Path

import pytest

from ops import browser

pytestmark = pytest.mark.processes


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only programs there are."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    return folder


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_name_with_nothing_behind_it_is_passed_over(bin_folder: Path, tmp_path: Path) -> None:
    program(bin_folder / "chromium", "exit 1")
    assert browser.find() is None
    brought = program(tmp_path / ".cache/ms-playwright/chromium-1200/chrome-linux64/chrome", "exit 0")
    assert browser.find() == brought
    works = program(bin_folder / "google-chrome", "exit 0")
    assert browser.find() == works


def test_root_brings_one_with_the_fonts_and_says_so_in_one_line(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    chromium = bin_folder / "chromium"
    bringing = f'case "$*" in *chromium*) printf "#!/bin/sh\n" >{chromium}; /bin/chmod 755 {chromium};; esac'
    program(bin_folder / "apt-get", f'echo "$@" >>{tmp_path}/asked; {bringing}')
    browser.main()
    assert browser.find() == chromium
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["-q update", "-q install -y --no-install-recommends chromium fonts-noto-core"]
    assert capfd.readouterr().err.count("\n") == 1
    browser.main()
    assert capfd.readouterr().err == ""
    assert len((tmp_path / "asked").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("user", [0, 1000])
def test_where_none_can_be_had_one_sentence_says_how(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], user: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    program(bin_folder / "apt-get", 'echo "$0 was asked" >&2; exit 100')
    browser.main()
    said = capfd.readouterr().err
    assert said.endswith(f"{browser.HOW}\n")
    assert ("was asked" in said) == (user == 0)
