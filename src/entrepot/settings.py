"""Every setting in one frozen, typed object, made of the rooms' own sections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from entrepot import catalog, cloud, deliver, discovery, identity, orders, pay
from entrepot.kernel import Invalid, Secret, Sourced, load_settings, sqlite_url

FILE = "entrepot.toml"


class Serve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where and how the program serves."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    public_url: str = ""
    """How people reach it, such as https://shop.example; empty: http at host and port."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that are answered; empty: any."""
    log_level: str = "INFO"
    stop_s: Annotated[float, msgspec.Meta(ge=2, le=3_600)] = 20.0
    """A stop takes so many seconds at most, whatever hangs; half of them for requests that are under way."""
    rate_limits: bool = True
    traces: str = ""
    """Where spans of calls of models and of searches are sent, by OTLP over HTTP; empty: nowhere."""


Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]


class Keep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long what only ever grows is kept, in days; 0: for ever. Orders, money and usage stay."""

    events_days: Days = 90
    """What happened, by which indexes and other processes follow; only what all of them have passed goes."""
    webhooks_days: Days = 90
    """What webhooks told, each attempt at it, and the names of those that payment processors sent."""
    notices_days: Days = 400
    """What people were told on their own page."""
    signals_days: Days = 800
    """What visitors saw, clicked and searched for, from which rankings learn."""


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the rows are."""

    url: Secret = Secret("")
    """postgresql://…; empty: SQLite in the home. ENTREPOT_DATABASE_URL sets it."""


class Settings(msgspec.Struct, frozen=True):
    """What `entrepot.toml` and the environment say, checked."""

    serve: Serve
    database: Database
    keep: Keep
    identity: identity.Settings
    pay: pay.Settings
    catalog: catalog.Settings
    deliver: deliver.Settings
    orders: orders.Settings
    cloud: cloud.Settings
    discovery: discovery.Settings
    sources: tuple[Sourced, ...]

    @property
    def public_url(self) -> str:
        """How people reach the market, for links in mails."""
        return (self.serve.public_url or f"http://{self.serve.host}:{self.serve.port}").rstrip("/")

    def database_url(self, home: Path) -> str:
        """The database's address: the one set, else a file in the home."""
        return self.database.url.reveal() or sqlite_url(home / "entrepot.db")


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "serve": Serve,
    "database": Database,
    "keep": Keep,
    "identity": identity.Settings,
    "pay": pay.Settings,
    "catalog": catalog.Settings,
    "deliver": deliver.Settings,
    "orders": orders.Settings,
    "cloud": cloud.Settings,
    "discovery": discovery.Settings,
}
# Named in the design, or read elsewhere; not sections.
_PLAIN_VARIABLES = {"ENTREPOT_DATABASE_URL": "ENTREPOT_DATABASE__URL"}


def read_settings(home: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a home. Invalid, naming path and value, for whatever is unknown or wrong."""
    environ = {_PLAIN_VARIABLES.get(name, name): value for name, value in environ.items()}
    for name in environ:
        section, separator, _ = name.removeprefix("ENTREPOT_").partition("__")
        if name.startswith("ENTREPOT_") and separator and section.lower() not in SECTIONS:
            raise Invalid(f"{name}: there is no section {section.lower()}: there are {', '.join(sorted(SECTIONS))}")
    loaded = load_settings(SECTIONS, home / FILE, environ)
    return Settings(**loaded.sections, sources=loaded.values)
