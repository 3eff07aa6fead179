"""The port: a mailer takes a message and either has it, or says whether trying again may help.

A message is composed with the older half of Python's `email`: a mail goes out with every order, and the newer half
makes a class and a parse tree for each header (500 µs a mail instead of 100).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from typing import Protocol

import msgspec

from entrepot.kernel import SECOND

LINE_LENGTH_MAX = 900
"""In octets; servers may break a line of more than 998, so that text with longer ones is encoded."""
_POLICY = compat32.clone(linesep="\r\n")


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


def compose(message: Message, sender: str) -> MIMEText:
    """The message as it goes over the wire. Raises ValueError when a header would break into two."""
    text = "\r\n".join(message.text.splitlines()) + "\r\n"
    is_plain = text.isascii() and max(map(len, text.splitlines())) <= LINE_LENGTH_MAX
    mail = MIMEText(text, "plain", "us-ascii" if is_plain else "utf-8", policy=_POLICY)
    headers = {
        "From": formataddr(parseaddr(sender)),
        "To": formataddr(("", message.to)),
        "Subject": message.subject,
        "Date": format_datetime(datetime.fromtimestamp(message.sent_at / SECOND, UTC)),
        "Message-ID": f"<{message.id}@{sender.rpartition('@')[2].strip('>') or 'localhost'}>",
        "Auto-Submitted": "auto-generated",
    }
    for name, value in headers.items():
        if len(value.splitlines()) > 1:
            raise ValueError(f"{name} has more than one line")
        mail[name] = value if value.isascii() else Header(value, "utf-8", header_name=name).encode()
    return mail
