"""Kafka's users, topics and access rules, made from `deploy/topics.toml`; running it again takes back the rights that
are not in the list any more, and changes nothing else.
"""

import asyncio
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from confluent_kafka.cimpl import NewTopic

from ops.local_stack.kafka import admin_settings
from ops.local_stack.paths import DEPLOY
from ops.local_stack.problem import StackProblem

FILE = DEPLOY / "topics.toml"
DAY = 24 * 60 * 60 * 1000
ITERATIONS = 4096
TIMEOUT = 30


@dataclass(frozen=True)
class TopicPlan:
    """One topic. `retention` is in days, -1 for ever, None where the topic is compacted."""

    name: str
    cleanup: str
    retention: int | None
    producers: tuple[str, ...]
    consumers: tuple[str, ...]

    def configuration(self) -> dict[str, str]:
        if self.retention is None:
            return {"cleanup.policy": self.cleanup}
        keep = -1 if self.retention < 0 else self.retention * DAY
        return {"cleanup.policy": self.cleanup, "retention.ms": str(keep)}


@dataclass(frozen=True)
class TopicsPlan:
    """All topics, all principals, and the number of partitions by place (`local`, `production`)."""

    principals: tuple[str, ...]
    partitions: dict[str, int]
    topics: tuple[TopicPlan, ...]


def plan(file: Path = FILE) -> TopicsPlan:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    services = tuple(table["services"])

    def named(names: list[str]) -> tuple[str, ...]:
        return services if names == ["*"] else tuple(names)

    return TopicsPlan(
        tuple(table["principals"]),
        table["partitions"],
        tuple(
            TopicPlan(
                entry["name"],
                entry["cleanup"],
                entry.get("retention"),
                named(entry["producers"]),
                named(entry["consumers"]),
            )
            for entry in table["topic"]
        ),
    )


def group(principal: str, prefix: str = "") -> str:
    """The one consumer group a principal may read in."""
    return f"{prefix}recourse.{principal}"


def rules(topics: TopicsPlan, prefix: str = "") -> Iterator[AclBinding]:
    """Every access rule: write to what one produces, read what one consumes, in one's own group."""

    def allow(kind: ResourceType, name: str, principal: str, operation: AclOperation) -> AclBinding:
        literal, anywhere = ResourcePatternType.LITERAL, "*"
        return AclBinding(kind, name, literal, f"User:{principal}", anywhere, operation, AclPermissionType.ALLOW)

    for topic in topics.topics:  # to read or to write includes to describe
        for principal in topic.producers:
            yield allow(ResourceType.TOPIC, prefix + topic.name, principal, AclOperation.WRITE)
        for principal in topic.consumers:
            yield allow(ResourceType.TOPIC, prefix + topic.name, principal, AclOperation.READ)
    for principal in topics.principals:
        yield allow(ResourceType.GROUP, group(principal, prefix), principal, AclOperation.READ)


async def create_users(
    bootstrap: str, user: str, password: str, principals: Iterable[str], password_of: Callable[[str], str]
) -> None:
    """Give every principal its SCRAM password. Raises StackProblem when the broker refuses."""
    alterations: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(
            principal,
            ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
            password_of(principal).encode(),
        )
        for principal in principals
    ]

    def work() -> None:
        admin = AdminClient(admin_settings(bootstrap, user, password))
        _wait(admin.alter_user_scram_credentials(alterations, request_timeout=TIMEOUT), "users")

    await asyncio.to_thread(work)


async def create_topics(
    bootstrap: str, user: str, password: str, topics: TopicsPlan, *, place: str = "local", prefix: str = ""
) -> None:
    """Create missing topics and rules, each name led by `prefix`; take back the rights of ours that are in the list no
    more. Raises StackProblem when the broker refuses.
    """
    new = [
        NewTopic(
            prefix + topic.name,
            num_partitions=topics.partitions[place],
            config=topic.configuration(),
        )
        for topic in topics.topics
    ]

    def work() -> None:
        admin = AdminClient(admin_settings(bootstrap, user, password))
        there = _wait(
            admin.create_topics(new, request_timeout=TIMEOUT), "topics", known=KafkaError.TOPIC_ALREADY_EXISTS
        )
        wanted = list(rules(topics, prefix))
        _wait(admin.create_acls(wanted, request_timeout=TIMEOUT), "access rules")
        if there:
            _take_back(admin, wanted, {f"User:{principal}" for principal in topics.principals})
        _wait_until_in_force(admin, wanted)

    await asyncio.to_thread(work)


def _take_back(admin: AdminClient, wanted: list[AclBinding], ours: set[str]) -> None:
    anything: Any = None
    literal = ResourcePatternType.LITERAL
    every = AclBindingFilter(
        ResourceType.TOPIC, anything, literal, anything, anything, AclOperation.ANY, AclPermissionType.ANY
    )
    names = {rule.name for rule in wanted if rule.restype is ResourceType.TOPIC}

    def stale() -> list[AclBinding]:
        granted = admin.describe_acls(every, request_timeout=TIMEOUT).result()
        return [rule for rule in granted if rule.name in names and rule.principal in ours and rule not in wanted]

    filters = [
        AclBindingFilter(one.restype, one.name, literal, one.principal, one.host, one.operation, one.permission_type)
        for one in stale()
    ]
    if filters:
        _wait(admin.delete_acls(filters, request_timeout=TIMEOUT), "access rules")
        _until(lambda: not stale())


def _wait_until_in_force(admin: AdminClient, wanted: list[AclBinding]) -> None:
    """A rule is recorded before the broker obeys it: whoever connects in between would be refused. It obeys them in the
    order in which they are recorded, so only the last is looked for: showing all takes longer with each that there is.
    """
    last = wanted[-1]
    anything: Any = None
    like_it = AclBindingFilter(
        last.restype,
        last.name,
        last.resource_pattern_type,
        anything,
        anything,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    _until(lambda: last in admin.describe_acls(like_it, request_timeout=TIMEOUT).result())


def _until(in_force: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not in_force():
        if time.monotonic() > deadline:
            raise StackProblem("Kafka does not show the access rules it was given: look at its log and start it again.")
        time.sleep(0.02)


def _wait(futures: dict[Any, "Future[Any]"], what: str, *, known: int | None = None) -> bool:
    """Whether something failed because of what is `known`."""
    found = False
    for name, future in futures.items():
        try:
            future.result(TIMEOUT)
        except KafkaException as error:
            cause = error.args[0]
            if cause.code() != known:
                raise StackProblem(
                    f"Kafka refused to create its {what} ({name}: {cause.str()}): check the admin's user name, "
                    "password and rights."
                ) from error
            found = True
    return found
