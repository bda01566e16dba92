"""Files that have no name and lie on no disk: a person's file in clear is here, for as long as it takes to seal it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

_WHAT: Final = "file"
_FIXED: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


class MemoryFile:
    """Gone when closed, and with the process. Its bytes do not count among those of the process."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create(_WHAT, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)

    @property
    def size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def append(self, part: bytes) -> None:
        with open(self.descriptor, "ab", closefd=False) as file:
            file.write(part)

    def fix(self) -> None:
        """From here on nobody changes it, whoever has the descriptor; reading begins at the beginning."""
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, _FIXED)
        os.lseek(self.descriptor, 0, os.SEEK_SET)

    def parts(self, length: int) -> Iterator[bytes]:
        """All of it, `length` bytes at a time."""
        at = 0
        while part := os.pread(self.descriptor, length, at):
            yield part
            at += len(part)

    def close(self) -> None:
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
