"""The processors that this market works with, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entrepot.kernel import Invalid, Unavailable

from .base import Processor

PLAIN = "sandbox"
"""Whose a method without a processor's name is."""


def split_method(method: str) -> tuple[str, str]:
    """The processor and its token of a way to pay such as `stripe:checkout`; a plain token is the sandbox's."""
    name, separator, token = method.partition(":")
    return (name, token) if separator else (PLAIN, method)


class Processors:
    """Those that are enabled, in the order of the setting; and those that were, for what they still have to finish."""

    def __init__(self, enabled: Sequence[Processor], retired: Sequence[Processor] = ()) -> None:
        self._enabled = {processor.name: processor for processor in enabled}
        self._known = {processor.name: processor for processor in retired} | self._enabled

    def __iter__(self) -> Iterator[Processor]:
        return iter(self._enabled.values())

    def get(self, name: str) -> Processor:
        """A processor; Unavailable, for the operator to read, when the settings know none of this name."""
        if name not in self._known:
            raise Unavailable(f"The processor {name} is not set up: name it in pay.processors, and give its keys")
        return self._known[name]

    def close(self) -> None:
        """Let all of them go."""
        for processor in self._known.values():
            processor.close()

    def find(self, name: str) -> Processor | None:
        """A processor, also one that is not offered any more; None when there is none of this name."""
        return self._known.get(name)

    def check_method(self, method: str) -> None:
        """Refuse a way to pay that is not offered."""
        name, token = split_method(method)
        if name not in self._enabled or not token:
            raise Invalid("Choose how to pay", fields={"method": "This way to pay is not offered"})

    @property
    def for_payouts(self) -> Processor | None:
        """The first enabled one that sends merchants money."""
        return next((each for each in self if each.abilities.payouts), None)
