"""What notifications is told beside what every service is told."""

from chassis.settings import Settings


class NotificationsSettings(Settings):
    """`mail_from` is the address that mails come from; the server at `smtp_host` takes them on to wherever they go."""

    service: str = "notifications"
    smtp_host: str = "127.0.0.1"
    smtp_port: int
    mail_from: str
