"""What a service process is told from outside: environment variables that begin with RECOURSE_."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Secret = Annotated[str, Field(repr=False)]
OptionalSecret = Annotated[str | None, Field(repr=False)]

_KIT = Path(__file__).resolve().parents[1] / ".recourse" / "cache" / "kit"


class Settings(BaseSettings):
    """The settings every service has; durations are in seconds.

    Raises pydantic.ValidationError, which names the missing or malformed setting and never its value.
    """

    model_config = SettingsConfigDict(env_prefix="RECOURSE_", hide_input_in_errors=True, extra="ignore")

    service: str
    database_dsn: Secret
    migration_dsn: OptionalSecret = None
    keystore_dsn: OptionalSecret = None
    keystore_migration_dsn: OptionalSecret = None

    kafka_bootstrap: str
    kafka_username: str | None = None
    kafka_password: OptionalSecret = None
    kafka_prefix: str = ""
    instance: str | None = None
    """A name of this process that its next life has too (a pod's, or the service's where it runs once): Kafka then
    gives a killed process's partitions to its successor at once, not only when the dead one's session has run out."""

    temporal_address: str
    temporal_namespace: str = "default"

    oidc_issuer: str
    oidc_client_id: str = ""
    """What the provider calls the pages of this service; by default `recourse-<service>`. Each has one of its own, so
    that what was said to one is nothing to another."""
    oidc_client_secret: OptionalSecret = None
    """None for a public client, which the provider knows by PKCE alone."""
    http_host: str = "127.0.0.1"
    http_port: int
    public_url: str = ""
    """Where browsers find this service: scheme, host and port. By default, where it listens."""
    keys_dir: Path
    service_keys: Path
    kit_dir: Path = _KIT
    """The style sheets that `make install` brought: `manifest.json` and what it names."""
    peers: dict[str, str] = {}
    policy: str = "iom-2024-03"
    demonstration: bool = False
    """Every page then says that it is one, and that nothing real belongs there."""

    telemetry_dir: Path | None = None
    otlp_endpoint: str | None = None

    reemit_after: float = 30.0
    """How long an acknowledged topic's event waits for its receiver before it is sent again."""
    heartbeat_every: float = 60.0
    """How often a service says how far its audit chains go."""

    @model_validator(mode="after")
    def _found_where_it_listens(self) -> Self:
        self.oidc_client_id = self.oidc_client_id or f"recourse-{self.service}"
        self.public_url = self.public_url.rstrip("/") or f"http://{self.http_host}:{self.http_port}"
        return self
