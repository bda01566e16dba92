"""Kafka's jars, fetched through jgo's resolver in pure Python and kept only when their hash is the locked one."""

import logging
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.maven import MavenContext
from jgo.parse import Coordinate

from ops.local_stack.kafka_jars import LOCK, Jar, locked, sha256
from ops.local_stack.paths import KAFKA_JARS
from ops.local_stack.problem import StackProblem

# Without the explicit kafka-clients the resolver picks 3.9.1 and the broker dies of NoSuchMethodError.
ROOTS = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.kafka:kafka-clients:4.3.1",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.1",
)


def fetch(target: Path = KAFKA_JARS) -> None:
    """
    Bring every locked jar into `target`; what is there already is left alone, so a broken run is simply repeated.

    Raises StackProblem when a download fails or a jar is not the one that was locked.
    """
    wanted = [jar for jar in locked() if not (target / jar.name).is_file()]
    if not wanted:
        return
    # One folder for each run: two runs at a time never see each other's half-written files.
    target.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix="kafka-partial-"))
    try:
        context = MavenContext(repo_cache=partial, timeout=60)
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(lambda jar: _fetch_one(context, jar, target), wanted))
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fetch_one(context: MavenContext, jar: Jar, target: Path) -> None:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier)
    try:
        path = artifact.resolve()
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise StackProblem(
            f"Kafka's {jar.name} could not be downloaded ({type(error).__name__}): check the network and the free "
            "disk space, then run the same command again; what has arrived is kept."
        ) from error
    if sha256(path) != jar.sha256:
        raise StackProblem(
            f"Kafka's {jar.name} is not the file that deploy/kafka.lock names: the download was cut off or changed "
            "on its way; run the same command again, and if it persists do not use this network."
        )
    path.replace(target / jar.name)


def relock() -> None:
    """Resolve the roots anew and write `deploy/kafka.lock`: coordinates and hashes, no address."""
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as cache:
        context = MavenContext(repo_cache=Path(cache), timeout=60)
        inputs, others = context.resolver.resolve([context.create_dependency(Coordinate.parse(root)) for root in ROOTS])
        wanted = [*inputs, *(one for one in others if one.scope in {"compile", "runtime"})]
        artifacts = sorted({one.artifact for one in wanted}, key=str)
        with ThreadPoolExecutor(max_workers=8) as pool:
            paths = list(pool.map(lambda artifact: artifact.resolve(), artifacts))
        lines = [
            "# Written by `python -m ops.local_stack.install --relock`; one jar each, checked before it is used.\n"
        ]
        for artifact, path in zip(artifacts, paths, strict=True):
            lines.append(
                f'[[jar]]\ngroup = "{artifact.groupId}"\nartifact = "{artifact.artifactId}"\n'
                f'version = "{artifact.version}"\nclassifier = "{artifact.classifier}"\nsha256 = "{sha256(path)}"\n'
            )
    LOCK.write_text("\n".join(lines), encoding="utf-8")
