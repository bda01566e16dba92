"""Where a clone keeps what it installs and what a local run leaves behind."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
STATE = ROOT / ".recourse"
CACHE = STATE / "cache"
KAFKA_JARS = CACHE / "kafka"
TRYTON_VENV = STATE / "tryton-venv"
PEOPLE = ROOT / "ops" / "demo" / "people.toml"


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
