"""Identity's settings, section `[identity]`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from entrepot.kernel import Secret

from .mail import FileMailer, Mailer, SmtpMailer, SmtpSettings, SmtpTls


class MailerKind(StrEnum):
    """Where mail goes: into the folder `mail` of the home, or to an SMTP server."""

    FILE = "file"
    SMTP = "smtp"


class Settings(msgspec.Struct, frozen=True):
    """How people sign in, and how mail leaves."""

    session_days: Annotated[int, msgspec.Meta(ge=1, le=400)] = 30
    confirm_email: bool = False
    mailer: MailerKind = MailerKind.FILE
    mail_from: str = "market@localhost"
    smtp_host: str = "127.0.0.1"
    smtp_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    smtp_tls: SmtpTls = SmtpTls.STARTTLS
    smtp_user: str = ""
    smtp_password: Secret = Secret("")
    webhooks_to_loopback: bool = False
    """Whether merchants' webhooks may be programs on this machine, over plain http: for development alone."""


def open_mailer(settings: Settings, folder: Path) -> Mailer:
    """The mailer that the settings name; the folder is for mails that become files."""
    if settings.mailer is MailerKind.FILE:
        return FileMailer(folder, settings.mail_from)
    return SmtpMailer(
        SmtpSettings(
            sender=settings.mail_from,
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            user=settings.smtp_user,
            password=settings.smtp_password,
        )
    )
