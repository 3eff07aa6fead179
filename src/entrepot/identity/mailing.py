"""The tasks that send letters: an act in the world, after the commit that wanted it.

A letter with a link that gives access gets its token here, so that no queue, log or backup ever holds one: the digest
is stored first, then the mail goes out. A second attempt stores another token, and the link of the last mail is the one
that works.
"""

from __future__ import annotations

import structlog

from entrepot.kernel import Invalid, Secret, Snapshot, TaskKind, TaskRun

from .accounts import User, find_credentials, users_of
from .letters import LINK_TASK, MAIL_TASK, Letter, LinkLetter, LinkPurpose
from .links import has_links_left, write_link
from .mail import Mailer, Message
from .notice_kinds import write_notice
from .organisations import find_platform
from .tokens import new_token

LINK_PATHS = {LinkPurpose.CONFIRM: "/account/confirm", LinkPurpose.RESET: "/account/reset"}

MAIL_ATTEMPTS_MAX = 32
"""A letter that anybody may read later is tried for about a day: mail servers are away for hours."""

log = structlog.get_logger(__name__)


def mail_tasks(mailer: Mailer, site_url: str) -> tuple[TaskKind[Letter], TaskKind[LinkLetter]]:
    """The two kinds of mail task, for a market that people reach at `site_url`."""

    def send_letter(run: TaskRun, letter: Letter) -> None:
        _send(run, mailer, site_url, letter)

    def send_link(run: TaskRun, letter: LinkLetter) -> None:
        user = run.database.read_now(lambda snapshot: _owner(snapshot, letter.email))
        if user is None:
            return
        token = new_token()
        run.database.write_now(lambda tx: write_link(tx, run.task_id, user.id, letter.purpose, token))
        kind, link = f"identity.{letter.purpose.value}", _path(letter.purpose, token)
        _send(run, mailer, site_url, Letter(user.email, kind, {"name": user.name}, user.language, link))

    return (
        TaskKind(MAIL_TASK, Letter, send_letter, MAIL_ATTEMPTS_MAX, slow=True),
        TaskKind(LINK_TASK, LinkLetter, send_link, slow=True),
    )


def _owner(snapshot: Snapshot, email: str) -> User | None:
    """Whose address this is, unless they got enough links within the hour."""
    found = find_credentials(snapshot, email)
    if found is None or not has_links_left(snapshot, found.user_id):
        return None
    return users_of(snapshot, [found.user_id])[found.user_id]


def _path(purpose: LinkPurpose, token: Secret) -> str:
    return f"{LINK_PATHS[purpose]}?token={token.reveal()}"


def _send(run: TaskRun, mailer: Mailer, site_url: str, letter: Letter) -> None:
    platform = run.database.read_now(find_platform)
    title, text = write_notice(letter.kind, letter.params, letter.language)
    lines = [text, *([site_url.rstrip("/") + letter.link] if letter.link else []), "-- \n" + _name(platform)]
    now = run.database.clock.now()
    try:
        mailer.send(Message(run.task_id, letter.to, " ".join(title.split()), "\n\n".join(lines) + "\n", now))
    except Invalid as refusal:
        log.warning("a mail can never be sent", task_id=run.task_id, kind=letter.kind, reason=refusal.sentence)


def _name(platform: object) -> str:
    return getattr(platform, "name", "Entrepot")
