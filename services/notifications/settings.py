"""What notifications is told beside what every service is told."""

from chassis.settings import Settings
from chassis.web.pages.page import NAME
from chassis.web.pages.words import SOURCE
from services.notifications.gateway import TextGateway


class NotificationsSettings(Settings):
    """`mail_from` is the address that mails come from; the server at `smtp_host` takes them on to wherever they go."""

    service: str = "notifications"
    smtp_host: str = "127.0.0.1"
    smtp_port: int
    mail_from: str
    text_gateway: TextGateway = ""
    portal_name: str = NAME
    """What a person's mail calls the portal, as its pages do: nothing that tells a glance what it is about."""
    staff_language: str = SOURCE
    """In which language staff is written to whose appointment names none."""
