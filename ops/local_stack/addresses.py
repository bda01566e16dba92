"""Where everything of one run is to be found: what the services are told, and what `stack.json` tells clients."""

from dataclasses import dataclass, field
from pathlib import Path

INTAKE_DESK = "intake_desk"
"""The process of intake's second application."""


@dataclass(frozen=True)
class Addresses:
    """Addresses with a password in them stay out of repr. `admin_dsn`s name the databases `recourse` and `keys`."""

    state: Path
    policy: str
    urls: dict[str, str]  # service -> base URL
    postgres_admin_dsn: str = field(repr=False)
    keystore_admin_dsn: str = field(repr=False)
    kafka_bootstrap: str
    kafka_username: str
    kafka_password: str = field(repr=False)
    temporal_address: str
    temporal_namespace: str
    oidc_issuer: str
    tryton_url: str
    tryton_username: str
    tryton_password: str = field(repr=False)
    hr_bridge_username: str
    hr_bridge_password: str = field(repr=False)
    smtp_host: str
    smtp_port: int
    mail_from: str
    work_domains: list[str]
    otlp_endpoint: str | None
    demonstration: bool = False
    text_gateway: str = ""
    public_urls: dict[str, str] = field(default_factory=dict)  # where browsers find a service elsewhere than we do
    intake_desk: str = ""  # intake's second application, which no service asks anything

    def public_url(self, service: str) -> str:
        return self.public_urls.get(service, self.intake_desk if service == INTAKE_DESK else self.urls[service])

    @property
    def maildir(self) -> Path:
        return self.state / "mail"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    @property
    def service_keys(self) -> Path:
        return self.keys / "public" / "services.json"

    @property
    def webhook_key(self) -> Path:
        return self.keys / "hr_bridge" / "webhook.key"

    @property
    def telemetry(self) -> Path:
        return self.state / "telemetry"

    def public(self) -> dict[str, object]:
        """For `stack.json`: no secret."""
        return {
            "policy": self.policy,
            "demonstration": self.demonstration,
            "services": {name: {"url": url} for name, url in self.urls.items()},
            INTAKE_DESK: {"url": self.intake_desk},
            "kafka": {"bootstrap": self.kafka_bootstrap, "username": self.kafka_username},
            "temporal": {"address": self.temporal_address, "namespace": self.temporal_namespace},
            "oidc": {"issuer": self.oidc_issuer},
            "tryton": {"url": self.tryton_url, "username": self.tryton_username},
            "smtp": {"host": self.smtp_host, "port": self.smtp_port, "maildir": str(self.maildir)},
            "keys_dir": str(self.keys),
            "service_keys": str(self.service_keys),
            "webhook_key_file": str(self.webhook_key),
            "telemetry_dir": str(self.telemetry),
            "logs_dir": str(self.logs),
        }

    def secret(self) -> dict[str, object]:
        """For the credentials file."""
        return {
            "postgres": {"admin_dsn": self.postgres_admin_dsn},
            "keystore": {"admin_dsn": self.keystore_admin_dsn},
            "kafka": {
                "bootstrap": self.kafka_bootstrap,
                "username": self.kafka_username,
                "password": self.kafka_password,
            },
            "tryton": {"url": self.tryton_url, "username": self.tryton_username, "password": self.tryton_password},
        }
