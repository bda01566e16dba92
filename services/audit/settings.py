"""What the audit service is told beside what every service is told."""

from chassis.settings import Settings


class AuditSettings(Settings):
    checkpoint_every: float = 60.0
    """How often, in seconds, a grown record gets a signed checkpoint."""
