"""The environment of each service process: what it may know, and nothing that another service must know alone."""

import json
from collections.abc import Callable

from ops.local_stack import roles
from ops.local_stack.addresses import Addresses

Password = Callable[[str], str]


def _databases(addresses: Addresses, service: str, password: Password, *, migration: bool) -> dict[str, str]:
    """
    The addresses of a service's databases. `password` is asked for `<instance>.<role>`.

    Only the migration gets the owner's: a running service cannot change its own tables.
    """
    environment = {}
    for instance, admin_dsn, name, owners_name in (
        ("postgres", addresses.postgres_admin_dsn, "RECOURSE_DATABASE_DSN", "RECOURSE_MIGRATION_DSN"),
        ("keystore", addresses.keystore_admin_dsn, "RECOURSE_KEYSTORE_DSN", "RECOURSE_KEYSTORE_MIGRATION_DSN"),
    ):
        plan = roles.plans()[instance]
        if service in plan.services:
            environment[name] = _dsn(admin_dsn, plan, service, password)
            if migration:
                environment[owners_name] = _dsn(admin_dsn, plan, roles.owner(service), password)
    return environment


def _dsn(admin_dsn: str, plan: roles.DatabasePlan, role: str, password: Password) -> str:
    return roles.dsn_for(admin_dsn, user=role, password=password(f"{plan.instance}.{role}"), database=plan.name)


def service_environment(
    addresses: Addresses, service: str, password: Password, *, principal: str | None = None, migration: bool = False
) -> dict[str, str]:
    """
    All RECOURSE_ variables of one process of `service`.

    `principal` is its Kafka user where that is not the service's own name (the sentinel's); `migration` is for
    `python -m services.<name> migrate`.
    """
    principal = principal or service
    host, _, port = addresses.urls[service].removeprefix("http://").rpartition(":")
    environment = {
        "RECOURSE_SERVICE": service,
        **_databases(addresses, service, password, migration=migration),
        "RECOURSE_KAFKA_BOOTSTRAP": addresses.kafka_bootstrap,
        "RECOURSE_KAFKA_USERNAME": principal,
        "RECOURSE_KAFKA_PASSWORD": password(f"kafka.{principal}"),
        "RECOURSE_KAFKA_PREFIX": "",
        "RECOURSE_TEMPORAL_ADDRESS": addresses.temporal_address,
        "RECOURSE_TEMPORAL_NAMESPACE": addresses.temporal_namespace,
        "RECOURSE_OIDC_ISSUER": addresses.oidc_issuer,
        "RECOURSE_HTTP_HOST": host,
        "RECOURSE_HTTP_PORT": port,
        "RECOURSE_KEYS_DIR": str(addresses.keys / service),
        "RECOURSE_SERVICE_KEYS": str(addresses.service_keys),
        "RECOURSE_PEERS": json.dumps(addresses.urls),
        "RECOURSE_POLICY": addresses.policy,
        "RECOURSE_TELEMETRY_DIR": str(addresses.telemetry),
    }
    if addresses.otlp_endpoint:
        environment["RECOURSE_OTLP_ENDPOINT"] = addresses.otlp_endpoint
    if service == "hr_bridge":
        environment |= {
            "RECOURSE_TRYTON_URL": addresses.tryton_url,
            "RECOURSE_TRYTON_USERNAME": addresses.hr_bridge_username,
            "RECOURSE_TRYTON_PASSWORD": addresses.hr_bridge_password,
            "RECOURSE_WEBHOOK_KEY_FILE": str(addresses.webhook_key),
        }
    if service == "notifications":
        environment |= {
            "RECOURSE_SMTP_HOST": addresses.smtp_host,
            "RECOURSE_SMTP_PORT": str(addresses.smtp_port),
            "RECOURSE_MAIL_FROM": addresses.mail_from,
        }
    return environment
