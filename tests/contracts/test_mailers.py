"""What every mailer promises: a message arrives whole, and a refusal says whether trying again may help."""

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from entrepot.identity import FileMailer, Mailer, Message, SmtpMailer, SmtpSettings, SmtpTls
from entrepot.kernel import Invalid, Secret, Unavailable
from entrepot.kernel.testing import NOON
from tests.identity.mailbox import MailServer
from tests.waiting import WAIT_S

MESSAGE = Message("tsk_1", "alice@example.com", "您的订单 · Your order", "您好 Alice,\n\n.it left today.\n", NOON)

Received = Callable[[], list[EmailMessage]]


@pytest.fixture(params=["file", "smtp"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Mailer, Received]]:
    """A mailer, and what arrived where it sends."""
    if request.param == "file":
        folder = tmp_path / "mail"
        yield (
            FileMailer(folder, "Market <market@example.com>"),
            lambda: [read(path) for path in sorted(folder.glob("*.eml"))],
        )
        return
    with MailServer() as server:
        yield SmtpMailer(settings(server.port)), lambda: server.mails


def settings(port: int, **more: object) -> SmtpSettings:
    basic = {"sender": "Market <market@example.com>", "host": "127.0.0.1", "port": port, "tls": SmtpTls.NONE}
    return SmtpSettings(**{**basic, "timeout_s": WAIT_S, **more})  # type: ignore[arg-type]


def read(path: Path) -> EmailMessage:
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_message_arrives_whole(post: tuple[Mailer, Received]) -> None:
    mailer, received = post
    mailer.send(MESSAGE)
    (mail,) = received()
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "Market <market@example.com>",
        "alice@example.com",
        MESSAGE.subject,
    )
    assert mail["Date"].datetime.timestamp() == NOON / 1_000_000
    assert mail.get_content().splitlines() == MESSAGE.text.splitlines()


def test_a_message_that_is_sent_twice_says_that_it_is_the_same(post: tuple[Mailer, Received]) -> None:
    mailer, received = post
    mailer.send(MESSAGE)
    mailer.send(MESSAGE)
    assert {mail["Message-ID"] for mail in received()} == {"<tsk_1@example.com>"}


@pytest.mark.parametrize("field", ["to", "subject"])
def test_no_text_breaks_out_of_its_header(post: tuple[Mailer, Received], field: str) -> None:
    mailer, received = post
    broken = {"to": MESSAGE.to, "subject": MESSAGE.subject, field: "a@example.com\r\nBcc: everybody@example.com"}
    with pytest.raises(Invalid):
        mailer.send(Message("tsk_2", broken["to"], broken["subject"], "text", NOON))
    assert received() == []


def test_mail_files_are_for_their_owner_only(tmp_path: Path) -> None:
    FileMailer(tmp_path / "mail").send(MESSAGE)
    (path,) = (tmp_path / "mail").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands here")
    with pytest.raises(Unavailable, match="could not be written"):
        FileMailer(tmp_path / "mail").send(MESSAGE)


@pytest.mark.parametrize(
    ("replies", "refusal"),
    [
        ({"rcpt": "550 no such mailbox"}, Invalid),
        ({"rcpt": "450 try later"}, Unavailable),
        ({"taken": "554 looks like junk"}, Invalid),
        ({"taken": "451 try later"}, Unavailable),
        ({"mail": "421 shutting down"}, Unavailable),
        ({"greeting": "554 go away"}, Unavailable),
    ],
)
def test_a_refusal_says_whether_trying_again_may_help(replies: dict[str, str], refusal: type[Exception]) -> None:
    with MailServer(**replies) as server, pytest.raises(refusal):
        SmtpMailer(settings(server.port)).send(MESSAGE)


def test_a_server_that_is_not_there_gets_a_sentence() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        SmtpMailer(settings(1)).send(MESSAGE)


def test_a_password_is_not_sent_when_the_server_offers_no_encryption() -> None:
    with MailServer(star="454 no TLS today") as server, pytest.raises(Unavailable, match="smtp_tls"):
        SmtpMailer(settings(server.port, tls=SmtpTls.STARTTLS, user="us", password=Secret("x"))).send(MESSAGE)
    assert server.mails == []


def test_a_sign_in_that_the_server_refuses_names_the_setting() -> None:
    with MailServer(ehlo="250-local\r\n250 AUTH PLAIN", auth="535 no") as server:
        mailer = SmtpMailer(settings(server.port, user="us", password=Secret("hunter2")))
        with pytest.raises(Unavailable, match="smtp_user") as refused:
            mailer.send(MESSAGE)
    assert "hunter2" not in refused.value.sentence


@pytest.mark.parametrize("text", ["24,80 €\n", "付款成功\n第二行\n", "a" * 3_000 + "\n", "\n", "one\r\ntwo\n\n"])
def test_every_text_arrives_as_it_was_written(post: tuple[Mailer, Received], text: str) -> None:
    mailer, received = post
    subject = f"{text.splitlines()[0][:60]} 已付款 ¥24.80, " * 4
    mailer.send(Message("tsk_3", "alice@example.com", subject.strip(), text, NOON))
    (mail,) = received()
    assert mail["Subject"] == subject.strip()
    assert mail.get_content().splitlines() == text.splitlines()
