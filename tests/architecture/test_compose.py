"""`docker-compose.yml` describes the same system as `recourse up`: same parts, walls, topics, roles and settings."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.local_stack import kafka_jars, postgres, roles
from ops.local_stack.environment import desk_environment, migration_environment, service_environment
from ops.local_stack.graph import Stack
from ops.local_stack.kafka import Kafka
from ops.local_stack.paths import DEPLOY, ROOT
from ops.local_stack.ports import PortBook
from ops.local_stack.prepare import STEPS, Task
from ops.local_stack.services import IntakeDeskPart, SentinelPart, ServicePart
from ops.local_stack.settings import StackSettings
from ops.local_stack.stack import SERVICES, compose

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
BESIDE = {"sentinel": ("ethics", "sentinel"), "intake_desk": ("intake", "desk")}
"""Processes beside a service's own: whose they are, and what they are started with."""
ONLY_HERE = {"prepare"}  # what `recourse up` does between its parts


@pytest.fixture
def local(tmp_path: Path) -> Stack:
    with PortBook({}) as book:
        return compose(StackSettings(state=tmp_path), "iom-2024-03", book)


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The stack that the settings of the container `prepare` describe."""
    for name, value in CONTAINERS["prepare"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{.*?\}", "password", value))
    with PortBook({}) as book:
        return compose(StackSettings(state=tmp_path), "iom-2024-03", book)


def parts(stack: Stack) -> set[str]:
    return {step.name for step in stack.steps if step.part is not None}


def test_there_is_a_container_for_every_process_of_the_local_stack(local: Stack) -> None:
    assert set(CONTAINERS) - ONLY_HERE == parts(local)


def test_the_settings_of_prepare_are_settings_and_name_every_server(prepared: Stack) -> None:
    names = {name.removeprefix("RECOURSE_").lower() for name in CONTAINERS["prepare"]["environment"]}
    assert names <= set(StackSettings.model_fields)
    ours = [step.part for step in prepared.steps if step.part is not None]
    assert all(isinstance(part, ServicePart | IntakeDeskPart | SentinelPart) for part in ours)
    addresses = prepared.addresses
    assert addresses.urls == {service: f"http://{service}:8000" for service in SERVICES}
    assert addresses.intake_desk == "http://intake_desk:8000"
    hosts = [addresses.kafka_bootstrap, addresses.temporal_address, addresses.oidc_issuer, addresses.tryton_url]
    hosts += [addresses.smtp_host, addresses.postgres_admin_dsn, addresses.keystore_admin_dsn]
    named = [re.search(r"([a-z_]+)(:\d+|$)", host.rpartition("@")[2].removeprefix("http://")) for host in hosts]
    assert [found and found.group(1) for found in named] == [
        "kafka", "temporal", "oidc", "tryton", "smtp", "postgres", "keystore"
    ]  # fmt: skip


def test_prepare_does_everything_that_up_does_between_its_parts(local: Stack) -> None:
    words = CONTAINERS["prepare"]["command"]
    assert words[:2] == ["recourse", "prepare"]
    assert {word.removeprefix("--only=") for word in words if word.startswith("--only=")} == {*Task}
    done = {step.name for step in local.steps if step.work is not None}
    assert {name for names in STEPS.values() for name in names} == done
    assert "topics" in done


def test_databases_and_roles_are_those_of_the_declared_list() -> None:
    environment = CONTAINERS["prepare"]["environment"]
    assert {plan.instance for plan in roles.plans().values()} == {
        name.removeprefix("RECOURSE_").removesuffix("_DSN").lower() for name in environment if name.endswith("_DSN")
    }
    for instance in roles.plans():
        assert CONTAINERS[instance]["image"] == "postgres:18"
        assert f"@{instance}:5432/" in environment[f"RECOURSE_{instance.upper()}_DSN"]
        assert "scram-sha-256" in CONTAINERS[instance]["environment"]["POSTGRES_INITDB_ARGS"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_the_same_settings_in_both(local: Stack, prepared: Stack, service: str) -> None:
    def names(stack: Stack) -> set[str]:
        return set(service_environment(stack.addresses, service, str))

    assert names(local) == names(prepared)
    assert set(desk_environment(local.addresses, str)) == set(desk_environment(prepared.addresses, str))
    owners = set(migration_environment(local.addresses, service, str))
    assert owners
    assert not owners & names(local)


def test_the_gateway_for_texts_is_told_to_whoever_offers_and_whoever_sends_them_and_only_where_there_is_one(
    local: Stack,
) -> None:
    def told(gateway: str) -> set[str]:
        addresses = replace(local.addresses, text_gateway=gateway)
        asked = {service: service_environment(addresses, service, str) for service in SERVICES}
        return {service for service, names in asked.items() if "RECOURSE_TEXT_GATEWAY" in names}

    assert told("{number}@text.example.org") == {"intake", "notifications"}
    assert told("") == set()


def test_browsers_find_the_portal_and_the_directory_of_help_where_their_ports_are(prepared: Stack) -> None:
    for service in ("intake", "support"):
        (published,) = CONTAINERS[service]["ports"]
        assert prepared.addresses.public_url(service) == f"http://{published.rpartition(':')[0]}"
    told = {service: service_environment(prepared.addresses, service, str) for service in ("intake", "support")}
    assert told["intake"]["RECOURSE_HELP_URL"] == told["support"]["RECOURSE_PUBLIC_URL"]
    assert told["support"]["RECOURSE_PORTAL_URL"] == told["intake"]["RECOURSE_PUBLIC_URL"]


@pytest.mark.parametrize("service", [*SERVICES, *BESIDE])
def test_a_service_sees_its_own_keys_and_the_public_ones_alone_and_changes_none(service: str) -> None:
    owner, verb = BESIDE.get(service, (service, "all"))
    assert CONTAINERS[service]["volumes"] == [
        f"keys-{owner}:/state/keys/{owner}:ro",
        "keys-public:/state/keys/public:ro",
    ]
    started = f". /state/keys/{owner}/environment-{service} && exec python -m services.{owner} {verb}"
    assert CONTAINERS[service]["command"] == ["sh", "-c", started]
    assert "environment" not in CONTAINERS[service]


@pytest.mark.parametrize(
    ("instance", "settings"),
    [("postgres", postgres.SETTINGS), ("keystore", {**postgres.SETTINGS, **postgres.SHORT_LIVED_LOG})],
)
def test_postgres_keeps_values_out_of_its_log_in_both(instance: str, settings: dict[str, str]) -> None:
    words = [word for word in CONTAINERS[instance]["command"] if "=" in word]
    told = dict(word.split("=", 1) for word in words)
    assert told.items() <= settings.items()
    private = {name for name in settings if name.startswith(("log_error", "log_min", "log_param", "log_statement"))}
    short = {name for name in postgres.SHORT_LIVED_LOG if "wal" in name} if instance == "keystore" else set()
    assert private | short <= set(told)


def test_the_walls_of_kafka_are_the_same_in_both(tmp_path: Path) -> None:
    script = (DEPLOY / "kafka-start.sh").read_text(encoding="utf-8")
    text = script.partition("<<PROPERTIES\n")[2].partition("\nPROPERTIES")[0]
    text = text.replace("$login", 'required username="admin" password="secret"').replace(
        "$KAFKA_ADMIN_PASSWORD", "secret"
    )
    in_container = dict(line.split("=", 1) for line in text.splitlines())
    here = {name: str(value) for name, value in Kafka(tmp_path, 1, 2, tmp_path, password="secret").settings().items()}
    addressed = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    assert in_container.keys() <= here.keys()
    for name in in_container.keys() - addressed:
        assert in_container[name] == here[name], name
    walls = {name for name in here if re.search(r"sasl|authorizer|super|acl|auto\.create|security", name)}
    assert len(walls) >= 9
    assert walls <= in_container.keys()


def test_kafka_is_of_the_same_version_in_both() -> None:
    (version,) = {jar.version for jar in kafka_jars.locked() if jar.artifact == "kafka_2.13"}
    assert CONTAINERS["kafka"]["image"] == f"apache/kafka:{version}"


def test_every_password_comes_from_the_environment_file() -> None:
    made = set(re.findall(r"[A-Z_]+_PASSWORD", (DEPLOY / "compose-env.sh").read_text(encoding="utf-8")))
    asked = set(re.findall(r"\$\{([A-Z_]+_PASSWORD)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert made == asked
    assert not re.search(r"(?i)password: [a-z0-9]", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
