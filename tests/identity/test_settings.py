"""Identity's settings choose the mailer."""

from pathlib import Path

import pytest

from entrepot.identity import FileMailer, Settings, SmtpMailer, open_mailer
from entrepot.kernel import Invalid, load_settings


def load(**environ: str) -> Settings:
    section = load_settings({"identity": Settings}, None, environ).sections["identity"]
    assert isinstance(section, Settings)
    return section


def test_mail_becomes_files_unless_a_server_is_named(tmp_path: Path) -> None:
    assert isinstance(open_mailer(load(), tmp_path), FileMailer)
    smtp = load(ENTREPOT_IDENTITY__MAILER="smtp", ENTREPOT_IDENTITY__SMTP_PASSWORD="hunter2")
    assert isinstance(open_mailer(smtp, tmp_path), SmtpMailer)
    assert "hunter2" not in repr(smtp)


@pytest.mark.parametrize(
    ("setting", "value"), [("MAILER", "pigeon"), ("SMTP_PORT", "0"), ("SESSION_DAYS", "0"), ("SMTP_TLS", "maybe")]
)
def test_a_wrong_value_is_refused_by_name(setting: str, value: str) -> None:
    with pytest.raises(Invalid, match=f"ENTREPOT_IDENTITY__{setting}"):
        load(**{f"ENTREPOT_IDENTITY__{setting}": value})
