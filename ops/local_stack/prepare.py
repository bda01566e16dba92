"""
`recourse prepare`: what `up` does once, for servers that run already, here or elsewhere.

It makes databases with roles, topics with access rules, keys and schemas, and writes for each service process a file
with its environment, into the folder of that service's keys: where a service runs, only its own folder need be.
"""

import asyncio
import os
import shlex
from collections.abc import Mapping
from enum import StrEnum

from ops.local_stack import stack_file, tryton
from ops.local_stack.addresses import INTAKE_DESK
from ops.local_stack.environment import desk_environment, service_environment
from ops.local_stack.graph import Stack
from ops.local_stack.paths import write_private
from ops.local_stack.people import organisation
from ops.local_stack.ports import PortBook
from ops.local_stack.problem import StackProblem
from ops.local_stack.running import credentials, disk_problems
from ops.local_stack.secret_store import SecretStore
from ops.local_stack.settings import StackSettings
from ops.local_stack.stack import SERVICES, compose
from ops.local_stack.supervisor import say
from ops.local_stack.tryton_people import HR_BRIDGE


class Task(StrEnum):
    DATABASES = "databases"
    TOPICS = "topics"
    KEYS = "keys"
    SCHEMAS = "schemas"
    ENVIRONMENT = "environment"
    PEOPLE = "people"


STEPS: Mapping[Task, tuple[str, ...]] = {
    Task.DATABASES: ("postgres roles", "keystore roles"),
    Task.TOPICS: ("topics",),
    Task.KEYS: ("keys",),
    Task.SCHEMAS: ("schemas",),
}
"""The steps of the stack that do a task."""


def prepare(settings: StackSettings, policy: str, tasks: list[Task]) -> None:
    """Do these tasks in the order of `Task`; repeating them changes nothing. Raises StackProblem."""
    os.umask(0o077)
    with disk_problems(settings.state):
        settings.state.mkdir(parents=True, exist_ok=True)
        settings = running_servers(settings)
        with PortBook({}) as book:
            stack = compose(settings, policy, book)
        stack.addresses.logs.mkdir(mode=0o700, exist_ok=True)
        for task in Task:
            if task in tasks:
                asyncio.run(_do(task, stack, settings))
                say(f"{task} done")


def running_servers(settings: StackSettings) -> StackSettings:
    """
    The settings with the servers of a stack that runs here, where they name none themselves.

    Raises StackProblem when there is neither.
    """
    found = stack_file.read(settings.state)
    if found is None:
        if not (settings.postgres_dsn and settings.keystore_dsn and settings.kafka_bootstrap):
            raise StackProblem(
                "There is no server to prepare: start the stack with `recourse up`, or set RECOURSE_POSTGRES_DSN, "
                "RECOURSE_KEYSTORE_DSN and RECOURSE_KAFKA_BOOTSTRAP."
            )
        return settings
    secret = credentials(settings)
    here = {
        "postgres_dsn": secret["postgres"]["admin_dsn"],
        "keystore_dsn": secret["keystore"]["admin_dsn"],
        "kafka_bootstrap": secret["kafka"]["bootstrap"],
        "kafka_admin_username": secret["kafka"]["username"],
        "kafka_admin_password": secret["kafka"]["password"],
        "temporal_address": found["temporal"]["address"],
        "oidc_issuer": found["oidc"]["issuer"],
        "tryton_url": secret["tryton"]["url"],
        "tryton_username": HR_BRIDGE,
        "tryton_password": SecretStore(settings.state / "secrets.json").of("tryton.hr_bridge"),
        "tryton_admin_password": secret["tryton"]["password"],
        "smtp_host": found["smtp"]["host"],
        "smtp_port": found["smtp"]["port"],
        "peers": {name: found[name]["url"] for name in (INTAKE_DESK,)}
        | {name: service["url"] for name, service in found["services"].items()},
    }
    return settings.model_copy(update=here)


async def _do(task: Task, stack: Stack, settings: StackSettings) -> None:
    if task is Task.ENVIRONMENT:
        _write_environments(stack, SecretStore(settings.state / "secrets.json"))
    elif task is Task.PEOPLE:
        addresses = stack.addresses
        await tryton.settle(
            addresses.tryton_url,
            organisation(),
            password=addresses.tryton_password,
            hr_bridge_password=addresses.hr_bridge_password,
        )
    else:
        for step in stack.steps:
            if step.name in STEPS[task] and step.work is not None:
                await step.work()


def _write_environments(stack: Stack, secrets: SecretStore) -> None:
    addresses = stack.addresses
    principals = {service: service for service in SERVICES} | {"sentinel": "ethics"}
    environments = {
        (service, principal): service_environment(addresses, service, secrets.of, principal=principal)
        for principal, service in principals.items()
    }
    environments["intake", INTAKE_DESK] = desk_environment(addresses, secrets.of)
    for (service, process), environment in environments.items():
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
        write_private(addresses.keys / service / f"environment-{process}", "".join(lines))
