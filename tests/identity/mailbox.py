"""Mailers that tests look into, and a mail server of a few lines on the loopback address."""

import re
import socketserver
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType

from entrepot import identity
from entrepot.identity import Message
from entrepot.kernel import Database
from entrepot.kernel.testing import settle

SITE = "https://market.example"


class Mailbox:
    """A mailer that keeps what it was given; `refusals` are raised first, one a message."""

    def __init__(self, *refusals: Exception) -> None:
        self.messages: list[Message] = []
        self.refusals = list(refusals)

    def send(self, message: Message) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.messages.append(message)

    def to(self, email: str) -> list[Message]:
        """What was sent to an address."""
        return [message for message in self.messages if message.to == email]


def deliver(database: Database, mailbox: Mailbox | None = None) -> Mailbox:
    """Send every letter that waits."""
    mailbox = mailbox or Mailbox()
    settle(database, {}, identity.tasks(mailbox, SITE))
    return mailbox


def token_in(message: Message) -> str:
    """The token of the link in a message."""
    found = re.search(r"token=([\w-]+)", message.text)
    assert found, message.text
    return found[1]


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP to take mail, or to answer a command with the reply that a test chose for it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, **replies: str) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.replies = replies
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def __enter__(self) -> "MailServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say(self.server.replies.get("greeting", "220 ready"))
        while line := self.rfile.readline().decode().strip():
            command = line[:4].lower()
            if (reply := self.server.replies.get(command)) is not None:
                self._say(reply)
            elif command == "ehlo":
                self._say("250 8BITMIME")
            elif command == "rcpt":
                self.server.recipients.append(line)
                self._say("250 ok")
            elif command == "data":
                self._take_mail()
            elif command == "quit":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take_mail(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(mail, EmailMessage)
        self.server.mails.append(mail)
        self._say(self.server.replies.get("taken", "250 taken"))

    def _say(self, reply: str) -> None:
        self.wfile.write(reply.encode() + b"\r\n")
