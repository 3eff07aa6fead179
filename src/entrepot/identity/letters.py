"""Letters that leave by mail: what stands in the queue, before the mailer gets it.

A letter in the queue never holds a secret. A link that gives access (a password reset) gets its token when the letter
is sent; see `mailing`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from entrepot.kernel import Tx

MAIL_TASK = "identity.mail"
LINK_TASK = "identity.mail_link"


class LinkPurpose(StrEnum):
    """What a mailed link lets its reader do, once."""

    CONFIRM = "confirm"
    RESET = "reset"


class Letter(msgspec.Struct, frozen=True):
    """A mail to write: the text of the notice kind in the reader's language; `link` is a path of the market."""

    to: str
    kind: str
    params: dict[str, str]
    language: str
    link: str | None = None


class LinkLetter(msgspec.Struct, frozen=True):
    """A mail with a link that works once, to the owner of this address, if it has one."""

    purpose: LinkPurpose
    email: str


def enqueue_letter(tx: Tx, letter: Letter, *, key: str | None = None) -> None:
    """Have a letter sent after the commit; once for ever with a `key`."""
    tx.enqueue(MAIL_TASK, letter, key=key)


def enqueue_link(tx: Tx, letter: LinkLetter) -> None:
    """Have a link mailed after the commit. Whether the address has an account is looked up then, not now."""
    tx.enqueue(LINK_TASK, letter)
