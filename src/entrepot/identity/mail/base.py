"""The port: a mailer takes a message and either has it, or says whether trying again may help."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

import msgspec

from entrepot.kernel import SECOND


class Message(msgspec.Struct, frozen=True):
    """A mail in plain text. `id` names it: a message that is sent twice says that it is the same one."""

    id: str
    to: str
    subject: str
    text: str
    sent_at: int


class Mailer(Protocol):
    """Sends messages."""

    def send(self, message: Message) -> None:
        """Hand the message over. Unavailable when trying again may help; Invalid when this one can never be sent."""
        ...


def compose(message: Message, sender: str) -> EmailMessage:
    """The message as it goes over the wire. Raises ValueError when a header would break into two."""
    mail = EmailMessage(SMTP)
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.sent_at / SECOND, UTC))
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].strip('>') or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail
