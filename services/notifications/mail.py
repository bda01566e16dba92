"""One mail: made, and handed to the mail server."""

from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import UUID

import aiosmtplib

from chassis.sealing import tag
from services.notifications.settings import NotificationsSettings
from services.notifications.wording import Said

_SECONDS: Final = 30.0
_PERMANENT: Final = 500


class Refused(Exception):
    """The mail server will never take this mail, or the address is none."""


class NotTaken(Exception):
    """The mail server did not take the mail now; it may later. The message says why in one word."""


def message_id(cell_key: bytes, event_id: UUID, domain: str) -> str:
    """The same for every attempt of one event, so that a mail system can drop a repetition; keyed, so that it is no id
    of ours to anybody else.
    """
    return f"<{tag(cell_key, 'mail', event_id.bytes).hex()[:32]}@{domain}>"


def compose(mail_from: str, address: str, message_id: str, said: Said, now: datetime) -> EmailMessage:
    """A plain mail, with nothing that every other has not. Raises Refused when `address` cannot be one."""
    try:
        to = Address(addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        # Without the cause: it quotes the address.
        raise Refused from None
    message = EmailMessage()
    message["From"] = mail_from
    message["To"] = to
    message["Subject"] = said.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(said.text)
    return message


async def deliver(settings: NotificationsSettings, message: EmailMessage) -> None:
    """Returns once the server has taken responsibility for the mail. Raises Refused, NotTaken."""
    try:
        await aiosmtplib.send(
            message,
            # Also on the envelope, whatever is written into the mail.
            sender=settings.mail_from,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            # The name that a greeting would otherwise give is that of this machine, looked up in its network.
            local_hostname=domain_of(settings.mail_from),
            timeout=_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(one.code >= _PERMANENT for one in error.recipients):
            raise Refused from None
        raise NotTaken("address_deferred") from None
    except aiosmtplib.SMTPDataError as error:
        if error.code >= _PERMANENT:
            raise Refused from None
        raise NotTaken("mail_deferred") from None
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError):
        raise NotTaken("server_unreachable") from None
    except aiosmtplib.SMTPException:
        # The server does not take mail from us at all (sender, sign-in, protocol): for the operator to put right.
        raise NotTaken("server_refused_us") from None


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]
