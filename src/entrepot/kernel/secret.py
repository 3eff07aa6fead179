"""A value that no log, error or page can show by accident."""

from __future__ import annotations

import hmac


class Secret:
    """Holds text that must not leak: printing, formatting and comparing never reveal it. `reveal()` gives it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself. Call it where it is used, never where it is passed on."""
        return self._value

    def matches(self, other: str | Secret) -> bool:
        """Whether both hold the same text, in time that does not depend on where they differ."""
        text = other.reveal() if isinstance(other, Secret) else other
        mine, theirs = (value.encode("utf-8", "surrogatepass") for value in (self._value, text))
        return hmac.compare_digest(mine, theirs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret(…)" if self._value else "Secret(empty)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled")
