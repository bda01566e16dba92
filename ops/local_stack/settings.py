"""What an operator may set before `recourse up`: where the run's state lies, fixed ports, servers of their own."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ops.local_stack.paths import INSTALLED
from ops.local_stack.problem import StackProblem
from services.notifications.gateway import TextGateway

Secret = Annotated[str | None, Field(repr=False)]


class StackSettings(BaseSettings):
    """
    Environment variables that begin with RECOURSE_. A server named here is used, and none of ours is started for it.

    A fixed port is `RECOURSE_PORTS__<NAME>`, where NAME is that of a part or service, as in RECOURSE_PORTS__INTAKE.
    """

    model_config = SettingsConfigDict(
        env_prefix="RECOURSE_", env_nested_delimiter="__", hide_input_in_errors=True, extra="ignore"
    )

    state: Path = INSTALLED
    ports: dict[str, int] = {}
    peers: dict[str, str] = {}
    """Base URLs of services that run elsewhere than on this machine, as JSON; for `recourse prepare`."""
    public_urls: dict[str, str] = {}
    """Where browsers find these services, as JSON; those that are not named, where they listen."""

    postgres_dsn: Secret = None
    """An administrator's address on a PostgreSQL server: it may create roles and databases."""
    keystore_dsn: Secret = None
    kafka_bootstrap: str | None = None
    kafka_admin_username: str = "admin"
    kafka_admin_password: Secret = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    oidc_issuer: str | None = None
    tryton_url: str | None = None
    tryton_username: str | None = None
    """The account that hr_bridge signs in with, and its password."""
    tryton_password: Secret = None
    tryton_admin_password: Secret = None
    """The administrator's, only for `recourse prepare --only people`."""
    smtp_host: str | None = None
    smtp_port: int = 25
    mail_from: str = "no-reply@recourse.example"
    work_domains: list[str] = ["staff.example"]
    """Domains of the organisation's own mail; those of the invented people."""
    text_gateway: TextGateway = ""
    otlp_endpoint: str | None = None
    demonstration: bool = False
    """Every page says that nothing real belongs there; only such a stack is filled with invented matters."""


def load() -> StackSettings:
    """Raises StackProblem that names the settings that are malformed, or missing beside one that needs them."""
    try:
        settings = StackSettings()
    except ValidationError as error:
        names = ", ".join(sorted({"RECOURSE_" + "__".join(map(str, one["loc"])).upper() for one in error.errors()}))
        raise StackProblem(f"These settings are malformed: {names}. Correct or unset them.") from None
    if settings.kafka_bootstrap and not settings.kafka_admin_password:
        raise StackProblem(
            "RECOURSE_KAFKA_BOOTSTRAP needs RECOURSE_KAFKA_ADMIN_PASSWORD too: topics are created there."
        )
    if settings.tryton_url and not (settings.tryton_username and settings.tryton_password):
        raise StackProblem("RECOURSE_TRYTON_URL needs RECOURSE_TRYTON_USERNAME and RECOURSE_TRYTON_PASSWORD too.")
    settings.state = settings.state.absolute()
    return settings
