"""The Chromium that tests walk through pages with: found, or brought where this machine lets us."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-noto-core")  # the fonts for what is written in Arabic
HOW = (
    "There is no Chromium that runs here, and the tests of pages need one: install it "
    f"(Debian: `apt-get install {' '.join(_PACKAGES)}`; elsewhere Chrome, or `.venv/bin/playwright install chromium`)."
)


def find() -> Path | None:
    """A Chromium or Chrome that starts: some systems have one of these names and nothing behind it."""
    return next((path for path in _candidates() if _starts(path)), None)


def _candidates() -> Iterator[Path]:
    yield from (Path(found) for name in _PROGRAMS if (found := shutil.which(name)))
    brought = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    yield from sorted(brought.glob("chromium-*/chrome-linux*/chrome"), reverse=True)


def _starts(path: Path) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _bring() -> None:
    """With Debian's own means, where they are ours to use. What they say is shown only when nothing came of it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"installing {' and '.join(_PACKAGES)} for the tests of pages …", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(
            ["apt-get", "-q", *words], env=environment, check=False, capture_output=True, text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != 0:
            print(f"apt-get {words[0]}: {done.stderr.strip()[-400:]}", file=sys.stderr)


def main() -> None:
    """`make test` asks for it first. Without one the tests of pages fail and say so; the others are worth running."""
    if find() is None:
        _bring()
        if find() is None:
            print(HOW, file=sys.stderr)


if __name__ == "__main__":
    main()
