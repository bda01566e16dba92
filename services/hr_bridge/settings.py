"""What the HR bridge is told beside what every service is told."""

import base64
import binascii
from pathlib import Path

from chassis.keys import KeyFileUnusable
from chassis.settings import Secret, Settings

WEBHOOK_KEY_BYTES = 32


class WebhookKeyUnusable(KeyFileUnusable):
    """The file with the webhook's key is missing or holds none; the message names the file."""


class HrBridgeSettings(Settings):
    """`tryton_url` names server and database, as in `http://127.0.0.1:8000/hris`; durations are in seconds."""

    service: str = "hr_bridge"
    tryton_url: str
    tryton_username: str
    tryton_password: Secret
    webhook_key_file: Path
    """Base64 of the 32 bytes that HR signs its personnel actions with."""
    directory_every: float = 60.0
    """How often the people directory is read from the HR system."""
    undeclared_after: float = 86_400.0
    """How long HR may take to declare a change seen in its system before the bridge tells of it."""
    overdue_after: float = 30.0
    """How long a due task may stay untouched before its workflow is started again."""

    def webhook_key(self) -> bytes:
        """Raises WebhookKeyUnusable."""
        try:
            key = base64.b64decode(self.webhook_key_file.read_text(encoding="ascii").strip(), validate=True)
        except (OSError, UnicodeDecodeError, binascii.Error) as error:
            raise WebhookKeyUnusable(f"{self.webhook_key_file} cannot be read ({type(error).__name__})") from None
        if len(key) != WEBHOOK_KEY_BYTES:
            raise WebhookKeyUnusable(f"{self.webhook_key_file} does not hold {WEBHOOK_KEY_BYTES} bytes in base64")
        return key
