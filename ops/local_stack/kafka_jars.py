"""Which jars Kafka is made of: `deploy/kafka.lock` names each with its sha256."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ops.local_stack.paths import DEPLOY, KAFKA_JARS

LOCK = DEPLOY / "kafka.lock"


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def name(self) -> str:
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{classifier}.jar"


def locked() -> list[Jar]:
    return [Jar(**entry) for entry in tomllib.loads(LOCK.read_text(encoding="utf-8"))["jar"]]


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def missing(target: Path = KAFKA_JARS) -> list[str]:
    """Names of locked jars that are not there; a jar gets its name only after its hash was right."""
    return [jar.name for jar in locked() if not (target / jar.name).is_file()]
