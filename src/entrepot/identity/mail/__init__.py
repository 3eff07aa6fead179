"""Mail: a port with two makings, a folder of files and an SMTP server."""

from .base import Mailer, Message
from .file import FileMailer
from .smtp import SmtpMailer, SmtpSettings, SmtpTls

__all__ = ["FileMailer", "Mailer", "Message", "SmtpMailer", "SmtpSettings", "SmtpTls"]
