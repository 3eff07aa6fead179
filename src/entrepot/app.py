"""The one page that joins the rooms: which event wakes whom, what comes again by the clock, who does which task.

`open_home` gives a handle to everything that a door needs; `start` sets the background threads going; `close` ends them.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from entrepot import catalog, cloud, deliver, discovery, identity, ledger, migrations, orders, pay, signals
from entrepot.kernel import (
    Blobs,
    Clock,
    Database,
    Lane,
    ProjectionThread,
    Reactions,
    Relay,
    RelayThread,
    Scheduled,
    ScheduleThread,
    Secret,
    TaskKind,
    Unavailable,
    Workers,
    catch_up,
)
from entrepot.settings import Settings, read_settings

REACTIONS: Reactions = {
    pay.PaymentCaptured: (orders.mark_paid,),
    pay.PaymentDeclined: (orders.mark_declined,),
    deliver.ParcelDelivered: (orders.mark_delivered,),
    orders.SellerOrderCompleted: (catalog.grant_reviews,),
}

SCHEDULE: tuple[Scheduled, ...] = ()


class Entrepot:
    """A home, opened: the database and every part that keeps something in memory."""

    def __init__(self, home: Path, settings: Settings, database: Database, secret_key: Secret) -> None:
        self.home = home
        self.settings = settings
        self.database = database
        self.secret_key = secret_key


def open_home(
    home: Path, environ: Mapping[str, str] | None = None, *, clock: Clock | None = None, random: Random | None = None
) -> Entrepot:
    """Open a home, making it and its schema where they are missing.

    Refused with a sentence when a setting is wrong or the folder or database cannot be used.
    """
    settings = read_settings(home, os.environ if environ is None else environ)
    _make_folder(home)
    url = settings.database_url(home)
    migrations.upgrade(url)
    return Entrepot(home, settings, Database(url, clock=clock, random=random), read_secret_key(home))


def _make_folder(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The home {home} cannot be made: {error.strerror}. Choose another with --home") from error


def read_secret_key(home: Path) -> Secret:
    """The home's own key for signing links and cookies; made once, readable by its owner only."""
    path = home / "secret.key"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return Secret(path.read_text(encoding="ascii").strip())
