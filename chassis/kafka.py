"""How a service signs in to Kafka, and what its topics are called there."""

from typing import Any

from chassis.settings import Settings
from contracts.topics import Topic


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of every aiokafka client; without a user name the broker asks for none."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka_bootstrap, "client_id": settings.service}
    if settings.kafka_username is not None:
        options |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
        }
    return options


def full_name(settings: Settings, topic: Topic) -> str:
    """The topic's name on a broker that several stacks share."""
    return settings.kafka_prefix + topic.name


def group(settings: Settings) -> str:
    """The consumer group, the only one the service may read in."""
    return f"{settings.kafka_prefix}recourse.{settings.service}"
