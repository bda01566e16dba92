"""The process that cleans one file: `python -I -m services.intake.files.clean <descriptor of the copy>`.

Parsers are attacked by what they parse. So each file gets a process of its own that has no settings and no keys, little
memory and time, and, where the kernel can (Landlock), no files and no network any more when it reads the first byte. It
reads the file from standard input, writes the copy to the descriptor, and says to standard output, as JSON, what it
is: `kind` and `removed`, or `refused`. A process that ends otherwise has refused the file.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import sysconfig
from typing import Final

from services.intake.files import images, office, pdf
from services.intake.files.kinds import ZIP, Cleaned, FileRefused, Kind, Refusal, clean_text, kind_of

_MEMORY: Final = 2 * 1024 * 1024 * 1024
_SECONDS: Final = 60
_LARGEST_COPY: Final = 64 * 1024 * 1024
_DESCRIPTORS: Final = 32

# Landlock, by the numbers that all architectures share: a set of rules that this process puts on itself.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WHICH_VERSION, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_SIGNAL_AT_PARENTS_DEATH: Final = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# What can be denied from which version on: files; cutting them short; TCP; other processes, by signal or socket.
_DENIED: Final = {1: ((1 << 13) - 1,), 3: ((1 << 15) - 1,), 4: ((1 << 15) - 1, 0b11), 6: ((1 << 15) - 1, 0b11, 0b11)}
_LIBRARIES: Final = ("stdlib", "platstdlib", "purelib", "platlib")


def clean(data: bytes) -> Cleaned:
    """Raises FileRefused."""
    try:
        if data.startswith(ZIP):
            return office.clean(data)
        match kind_of(data):
            case Kind.TEXT:
                return clean_text(data)
            case Kind.PDF:
                return pdf.clean(data)
            case kind:
                return images.clean(data, kind)
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001  # whatever a parser finds wrong: its words may be the person's
        raise FileRefused(Refusal.UNREADABLE) from None


def main() -> None:
    copy = int(sys.argv[1])
    _set_limits()
    _close_the_doors()
    print(json.dumps(_verdict(copy)))  # noqa: T201  # this is how it answers


def _verdict(copy: int) -> dict[str, object]:
    try:
        with open(0, "rb", closefd=False) as source:  # a descriptor
            cleaned = clean(source.read())
        with open(copy, "wb", closefd=False) as target:
            target.write(cleaned.content)
    except FileRefused as refused:
        return {"refused": refused.code.value}
    return {"kind": cleaned.kind.value, "removed": sorted(cleaned.removed)}


def landlock() -> int:
    """Its version in this kernel; none is below 1."""
    version: int = ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _WHICH_VERSION)
    return version


def _set_limits() -> None:
    # With the process that started it this one ends, too: nobody is left to hear it.
    ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    for what, limit in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, _LARGEST_COPY),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_NPROC, 0),
        # A dump of this process would be the file in clear, on a disk.
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _close_the_doors() -> None:
    """From here on nothing is opened by name but Python's own libraries, which load some of their parts late, and
    nobody is called, whoever has taken over. A kernel without Landlock leaves the limits alone.
    """
    kernel, version = ctypes.CDLL(None), landlock()
    if version < 1:
        return
    known = _DENIED[max(since for since in _DENIED if since <= version)]
    denied = struct.pack(f"={len(known)}Q", *known)
    rules = _done(kernel.syscall(_CREATE_RULESET, denied, len(denied), 0))
    for path in {sysconfig.get_path(one) for one in _LIBRARIES}:
        folder = os.open(path, os.O_PATH)
        allowed = struct.pack("=Qi", _READ_FILE | _READ_FOLDER, folder)
        _done(kernel.syscall(_ADD_RULE, rules, _BENEATH, allowed, 0))
        os.close(folder)
    _done(kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _done(kernel.syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _done(answer: int) -> int:
    if answer < 0:
        raise OSError("this process could not lock itself up")
    return answer


if __name__ == "__main__":
    main()
