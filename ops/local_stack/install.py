"""
What `make install` needs beyond Python's own packages: the kit of the pages, Kafka's jars, and Tryton in an environment
of its own.
"""

import argparse
import asyncio
import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from ops.kit import make as kit
from ops.local_stack.kafka_archive import make_archive
from ops.local_stack.kafka_fetch import fetch, relock
from ops.local_stack.kafka_jars import missing
from ops.local_stack.paths import CACHE, DEPLOY, KAFKA_ARCHIVE, TRYTON_TEMPLATE, TRYTON_VENV
from ops.local_stack.problem import StackProblem
from ops.local_stack.tryton import make_template

TRYTON_LOCK = DEPLOY / "tryton-requirements.lock"


def install() -> None:
    """Bring what is missing. Two at a time wait for each other. Raises StackProblem."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / ".installing").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _kit()
            _kafka()
            _tryton()
    except PermissionError as error:
        raise StackProblem(
            f"{error.filename} cannot be written: give yourself the right, or use another clone."
        ) from error
    except OSError as error:
        raise StackProblem(
            f"The installation stopped ({error.strerror}): free some disk space, then run the same command again."
        ) from error


def _kit() -> None:
    if not kit.is_there():
        print("making the kit of the pages …", file=sys.stderr)
        kit.make()


def _kafka() -> None:
    if missing():
        print("fetching Kafka …", file=sys.stderr)
        fetch()
        KAFKA_ARCHIVE.unlink(missing_ok=True)
    if not KAFKA_ARCHIVE.is_file():
        print("starting Kafka once …", file=sys.stderr)
        asyncio.run(make_archive())


def _tryton() -> None:
    wanted = hashlib.sha256(TRYTON_LOCK.read_bytes()).hexdigest()
    stamp = TRYTON_VENV / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        print("installing Tryton …", file=sys.stderr)
        shutil.rmtree(TRYTON_VENV, ignore_errors=True)
        shutil.rmtree(TRYTON_TEMPLATE, ignore_errors=True)
        uv = Path(sys.executable).parent / "uv"
        _run(uv, "venv", "--quiet", "--no-config", "--no-python-downloads", "--python", sys.executable, TRYTON_VENV)
        _run(
            uv, "pip", "sync", "--quiet", "--no-config", "--require-hashes", "--compile-bytecode",
            "--python", TRYTON_VENV / "bin" / "python", TRYTON_LOCK,
        )  # fmt: skip
        stamp.write_text(wanted, encoding="ascii")
    asyncio.run(make_template())


def _run(*words: str | Path) -> None:
    done = subprocess.run([str(word) for word in words], check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise StackProblem(
            f"Tryton could not be installed: {done.stderr.strip()[-400:]} "
            "Check the network and the disk, then run the same command again."
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--relock", action="store_true", help="resolve Kafka's jars anew and write deploy/kafka.lock")
    try:
        if parser.parse_args().relock:
            relock()
        install()
    except StackProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
