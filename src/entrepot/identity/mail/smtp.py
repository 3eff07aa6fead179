"""Mail through an SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from enum import StrEnum

import msgspec

from entrepot.kernel import Invalid, Secret, Unavailable

from .base import Message, compose


class SmtpTls(StrEnum):
    """How the connection is encrypted: by STARTTLS, from its first byte, or not at all."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class SmtpSettings(msgspec.Struct, frozen=True):
    """Where the server is, and who we are to it. Without a user name there is no sign-in."""

    sender: str
    host: str
    port: int = 587
    tls: SmtpTls = SmtpTls.STARTTLS
    user: str = ""
    password: Secret = Secret("")
    timeout_s: float = 20.0


class SmtpMailer:
    """Hands each message to one server, over a connection of its own."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, message: Message) -> None:
        """Hand the message over and wait until the server has taken it."""
        try:
            mail = compose(message, self._settings.sender)
        except ValueError as error:
            raise Invalid(f"This mail cannot be written: {error}") from error
        try:
            with self._connect() as server:
                server.send_message(mail)
        except smtplib.SMTPException as error:
            raise self._refusal(error) from error
        except (OSError, ValueError) as error:
            raise Unavailable(f"{self._server()} does not answer ({error}): check identity.smtp_host") from error

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.tls is SmtpTls.IMPLICIT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_s, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        try:
            if settings.tls is SmtpTls.STARTTLS:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password.reveal())
        except BaseException:
            server.close()
            raise
        return server

    def _refusal(self, error: smtplib.SMTPException) -> Invalid | Unavailable:
        """A server that answers 5xx to this message will do so again; anything else may pass."""
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= 500 for code in codes):
                return Invalid(f"{self._server()} refuses this recipient ({codes[0]})")
        if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
            return Invalid(f"{self._server()} refuses this message ({error.smtp_code})")
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return Unavailable(f"{self._server()} refuses our sign-in: check identity.smtp_user and smtp_password")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return Unavailable(f"{self._server()} cannot do what we need ({error}): check identity.smtp_tls")
        return Unavailable(f"{self._server()} did not take the mail ({type(error).__name__}): it is tried again")

    def _server(self) -> str:
        return f"The mail server {self._settings.host}:{self._settings.port}"
