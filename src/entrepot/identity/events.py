"""What identity announces."""

from __future__ import annotations

from entrepot.kernel import Event


class PersonSignedUp(Event, frozen=True):
    """Somebody has an account from now on."""

    user_id: str
