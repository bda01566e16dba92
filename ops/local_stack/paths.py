"""Where a clone keeps what it installs and what a local run leaves behind."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
INSTALLED = ROOT / ".recourse"  # what `make install` brought; a run's state may lie elsewhere (RECOURSE_STATE)
CACHE = INSTALLED / "cache"
KAFKA_JARS = CACHE / "kafka"
JAVA_ARCHIVE = CACHE / "java.jsa"
KAFKA_ARCHIVE = CACHE / "kafka.jsa"
TRYTON_VENV = INSTALLED / "tryton-venv"
TRYTON_TEMPLATE = CACHE / "tryton-template"
KIT = CACHE / "kit"
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
