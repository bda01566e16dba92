"""The environment of each service process: what it may know, and nothing that another service must know alone."""

import json
from collections.abc import Callable

from ops.local_stack import roles
from ops.local_stack.addresses import INTAKE_DESK, Addresses
from ops.local_stack.paths import KIT

Password = Callable[[str], str]


def migration_environment(addresses: Addresses, service: str, password: Password) -> dict[str, str]:
    """The addresses of the roles that own a service's schemas; a running service does not get them."""
    return _databases(addresses, service, password, owners=True)


def _databases(addresses: Addresses, service: str, password: Password, *, owners: bool) -> dict[str, str]:
    environment = {}
    for instance, admin_dsn, name, owners_name in (
        ("postgres", addresses.postgres_admin_dsn, "RECOURSE_DATABASE_DSN", "RECOURSE_MIGRATION_DSN"),
        ("keystore", addresses.keystore_admin_dsn, "RECOURSE_KEYSTORE_DSN", "RECOURSE_KEYSTORE_MIGRATION_DSN"),
    ):
        plan = roles.plans()[instance]
        if service in plan.services:
            if owners:
                environment[owners_name] = _dsn(admin_dsn, plan, roles.owner(service), password)
            else:
                environment[name] = _dsn(admin_dsn, plan, service, password)
    return environment


def _dsn(admin_dsn: str, plan: roles.DatabasePlan, role: str, password: Password) -> str:
    return roles.dsn_for(admin_dsn, user=role, password=password(f"{plan.instance}.{role}"), database=plan.name)


def service_environment(
    addresses: Addresses, service: str, password: Password, *, principal: str | None = None
) -> dict[str, str]:
    """
    All RECOURSE_ variables of one process of `service`. `password` is asked for `<instance>.<role>`.

    `principal` is its Kafka user where that is not the service's own name (the sentinel's).
    """
    principal = principal or service
    host, _, port = addresses.urls[service].removeprefix("http://").rpartition(":")
    environment = {
        "RECOURSE_SERVICE": service,
        **_databases(addresses, service, password, owners=False),
        "RECOURSE_KAFKA_BOOTSTRAP": addresses.kafka_bootstrap,
        "RECOURSE_KAFKA_USERNAME": principal,
        "RECOURSE_KAFKA_PASSWORD": password(f"kafka.{principal}"),
        "RECOURSE_KAFKA_PREFIX": "",
        "RECOURSE_INSTANCE": principal,
        "RECOURSE_TEMPORAL_ADDRESS": addresses.temporal_address,
        "RECOURSE_TEMPORAL_NAMESPACE": addresses.temporal_namespace,
        "RECOURSE_OIDC_ISSUER": addresses.oidc_issuer,
        # The provider of one machine wants one and takes any.
        "RECOURSE_OIDC_CLIENT_SECRET": password(f"oidc.{service}"),
        "RECOURSE_HTTP_HOST": host,
        "RECOURSE_HTTP_PORT": port,
        "RECOURSE_PUBLIC_URL": addresses.public_url(service),
        "RECOURSE_KEYS_DIR": str(addresses.keys / service),
        "RECOURSE_SERVICE_KEYS": str(addresses.service_keys),
        "RECOURSE_KIT_DIR": str(KIT),
        "RECOURSE_PEERS": json.dumps(addresses.urls),
        "RECOURSE_POLICY": addresses.policy,
        "RECOURSE_TELEMETRY_DIR": str(addresses.telemetry),
    }
    if addresses.demonstration:
        environment["RECOURSE_DEMONSTRATION"] = "true"
    if addresses.otlp_endpoint:
        environment["RECOURSE_OTLP_ENDPOINT"] = addresses.otlp_endpoint
    if addresses.text_gateway and service in ("intake", "notifications"):
        environment["RECOURSE_TEXT_GATEWAY"] = addresses.text_gateway
    if service == "intake":
        environment["RECOURSE_HELP_URL"] = addresses.public_url("support")
        environment["RECOURSE_WORK_DOMAINS"] = json.dumps(addresses.work_domains)
    if service == "support":
        environment["RECOURSE_PORTAL_URL"] = addresses.public_url("intake")
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


def desk_environment(addresses: Addresses, password: Password) -> dict[str, str]:
    """All RECOURSE_ variables of intake's second application: intake's stores and keys, an address of its own."""
    host, _, port = addresses.intake_desk.removeprefix("http://").rpartition(":")
    return service_environment(addresses, "intake", password) | {
        "RECOURSE_HTTP_HOST": host,
        "RECOURSE_HTTP_PORT": port,
        "RECOURSE_PUBLIC_URL": addresses.public_url(INTAKE_DESK),
        "RECOURSE_PORTAL_URL": addresses.public_url("intake"),
    }
