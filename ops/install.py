"""
`make install`: everything a fresh clone needs, by the standard library alone, since nothing else is there yet.

An environment with exactly the locked packages, the project in it, then what `ops.local_stack.install` adds. Two runs
at once wait for each other; a run that was cut off is simply repeated; a second run ends at once.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STATE = ROOT / ".recourse"
STAMP = VENV / "installed"
LOCKS = (
    "requirements.lock", "pyproject.toml", "deploy/bootstrap.lock", "deploy/kafka.lock",
    "deploy/tryton-requirements.lock", "deploy/kit.lock", "deploy/node.lock", "NOTICE", "ops/install.py",
    *sorted(f"ops/kit/{path.name}" for path in (ROOT / "ops" / "kit").iterdir() if path.is_file()),
)  # fmt: skip
PLACES = (
    VENV / "bin" / "recourse",
    STATE / "cache" / "kafka",
    STATE / "cache" / "kit" / "manifest.json",
    STATE / "tryton-venv",
    STATE / "cache" / "tryton-template",
)


def wanted() -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in LOCKS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed() -> bool:
    return STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted() and all(place.exists() for place in PLACES)


def install() -> None:
    python = VENV / "bin" / "python"
    if not _works(python):
        say("making .venv …")
        run("a virtual environment", sys.executable, "-m", "venv", "--clear", str(VENV))
    STAMP.unlink(missing_ok=True)
    uv = str(VENV / "bin" / "uv")
    pip = ("-m", "pip", "--disable-pip-version-check", "--quiet")
    run("uv", str(python), *pip, "install", "--require-hashes", "--requirement", "deploy/bootstrap.lock")
    say("installing the locked packages …")
    run(
        "the locked packages",
        uv,
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--compile-bytecode",
        "requirements.lock",
    )
    run("the project", uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    run("the real parts", str(python), "-m", "ops.local_stack.install")
    STAMP.write_text(wanted(), encoding="ascii")
    say("installed")


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    asked = "import pip, sys; print(sys.version_info[:2])"
    answer = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == str(sys.version_info[:2])


def run(what: str, *words: str) -> None:
    # uv must install into our environment with our Python, whatever the shell has been told.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PYTHON"))}
    environment |= {"VIRTUAL_ENV": str(VENV), "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
    if subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode != 0:
        sys.exit(
            f"{what} could not be installed (the reason is above). Check the network and the free disk space, then run "
            "`make install` again: what has arrived is kept."
        )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  # the one file that an older Python may be given
        sys.exit(
            f"Recourse needs Python 3.11 or newer, and {sys.executable} is older: `make install PYTHON=python3.11`."
        )
    if importlib.util.find_spec("ensurepip") is None:  # Debian packs it apart
        sys.exit("This Python cannot make virtual environments: install its venv package (Debian: python3-venv).")
    try:
        STATE.mkdir(exist_ok=True)
        with (STATE / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not installed():
                install()
    except OSError as error:
        sys.exit(
            f"The installation stopped at {error.filename or ROOT}: {error.strerror}. "
            "Free some disk space or give yourself the right to write there, then run `make install` again."
        )


if __name__ == "__main__":
    main()
