"""Passwords of a local run: random, made at first use, kept in one file that only its owner can read."""

import base64
import json
import secrets
from pathlib import Path

from ops.local_stack.paths import write_private


class SecretStore:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def of(self, name: str) -> str:
        """The secret of this name: 256 bits, written base64url."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(32)
            write_private(self._file, json.dumps(self._known, indent=2, sort_keys=True))
        return self._known[name]


def key_file(path: Path) -> Path:
    """A file with 32 random bytes in base64, made where there is none."""
    if not path.exists():
        write_private(path, base64.b64encode(secrets.token_bytes(32)).decode("ascii") + "\n")
    return path
