"""E-mail addresses of people."""

from __future__ import annotations

import re

from entrepot.kernel import Invalid

EMAIL_LENGTH_MAX = 254
_SHAPE = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def normal_email(text: str) -> str:
    """How an address is compared and stored: without spaces around it, in lower case."""
    return text.strip().lower()


def check_email(text: str) -> str:
    """The address as it is stored; Invalid when no mail could go there."""
    email = normal_email(text)
    if len(email) > EMAIL_LENGTH_MAX or not _SHAPE.fullmatch(email):
        sentence = "Write an e-mail address such as name@example.com, in Latin letters"
        raise Invalid(sentence, fields={"email": sentence})
    return email
