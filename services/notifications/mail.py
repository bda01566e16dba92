"""One mail: made, and handed to the mail server."""

import asyncio
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
_ALL_OF_IT: Final = 75.0
"""Seconds that one mail may take: with two questions before it, less than a notice is claimed for."""
# RFC 5321, 4.2.3 and RFC 7504: there is no such mailbox, or it takes no mail at all.
_NO_MAILBOX: Final = frozenset({550, 551, 553, 556})
_POLICY: Final = "5.7."
"""How RFC 3463 begins what the server refuses for its own reasons, whomever it is to."""


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
    if said.subject:
        message["Subject"] = said.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(said.text)
    return message


def to_gateway(settings: NotificationsSettings, number: str) -> str:
    """Where a mail has to go to become a text for this number. Raises NotTaken while there is no gateway (any more)."""
    if not settings.text_gateway:
        raise NotTaken("no_text_gateway")
    return settings.text_gateway.replace("{number}", number)


async def deliver(settings: NotificationsSettings, message: EmailMessage) -> None:
    """Returns once the server has taken responsibility for the mail. Raises Refused, NotTaken."""
    try:
        async with asyncio.timeout(_ALL_OF_IT):
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
        if all(_there_is_none(one) for one in error.recipients):
            raise Refused from None
        raise NotTaken("address_deferred") from None
    except aiosmtplib.SMTPDataError as error:
        if _there_is_none(error):
            raise Refused from None
        raise NotTaken("mail_deferred") from None
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError):
        raise NotTaken("server_unreachable") from None
    except aiosmtplib.SMTPException:
        # The server does not take mail from us at all (sender, sign-in, protocol): for the operator to put right.
        raise NotTaken("server_refused_us") from None


def _there_is_none(error: aiosmtplib.SMTPResponseException) -> bool:
    """Whether the address is none. A server that does not relay for us, or takes us for a sender of junk, says no for
    good, too: every notice there is would end, and nobody would hear of any.
    """
    return error.code in _NO_MAILBOX and not error.message.startswith(_POLICY)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]
