"""The archives of the kit are the locked ones, or there is a sentence and nothing else."""

import shutil
from pathlib import Path

import pytest

from ops.kit import archives, make
from ops.local_stack.ports import free_port
from ops.local_stack.problem import StackProblem

pytestmark = pytest.mark.processes


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs in here are found before this machine's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_an_archive_that_is_not_the_locked_one_is_refused_and_leaves_nothing(bin_folder: Path, tmp_path: Path) -> None:
    _, second = archives.locked()
    program(bin_folder / "npm", f'cp "{archives.KEPT}"/*.tgz .\nprintf x >>{second.file}')
    with pytest.raises(StackProblem, match=f"{second} is not the archive that deploy/kit.lock names"):
        make.make(tmp_path / "cache" / "kit", kept=tmp_path / "cache" / "npm")
    assert [path for path in (tmp_path / "cache").rglob("*") if not path.is_dir()] == []
    assert not (tmp_path / "cache" / "kit").exists()


def test_what_was_kept_is_looked_at_again_and_fetched_anew_where_it_is_damaged(
    bin_folder: Path, tmp_path: Path
) -> None:
    program(bin_folder / "npm", f'echo "$@" >>"{tmp_path}/asked"; cp "{archives.KEPT}"/*.tgz .')
    kept = tmp_path / "npm"
    shutil.copytree(archives.KEPT, kept)
    first, second = locked = archives.locked()
    archives.fetch(locked, kept)
    assert not (tmp_path / "asked").exists()
    (kept / first.file).write_bytes((kept / first.file).read_bytes()[:-1])
    archives.fetch(locked, kept)
    assert all(one.is_locked_one(kept / one.file) for one in locked)
    (asked,) = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert str(first) in asked
    assert str(second) not in asked


def test_without_any_npm_and_without_a_network_there_is_a_sentence_that_says_what_to_do(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program(bin_folder / "npm", "exit 127")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(StackProblem, match="Check the network, or install npm, then run `make install` again"):
        archives.fetch(archives.locked(), tmp_path / "npm")
    assert [path for path in (tmp_path / "npm").iterdir() if not path.is_dir()] == []
    assert [path.name for path in tmp_path.glob("npm-partial-*")] == []
    assert "fetching one for this once" in capfd.readouterr().err
