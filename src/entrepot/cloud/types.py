"""What the cloud speaks of: what was used, by whom and for what; and work that it was asked to do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from entrepot.kernel import Secret

SHOP = "platform"
"""Who pays for what the market itself uses: the operator's own compute account, through the meter that all use."""


class Upstream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A server elsewhere: its address up to `/v1`, and the key it wants."""

    url: str
    key: Secret = Secret("")


class Settings(msgspec.Struct, frozen=True):
    """The section `[cloud]`."""

    currency: str = "USD"
    """Compute is counted in nano units (thousand-millionths) of this currency."""
    standing_hold: Annotated[int, msgspec.Meta(ge=1)] = 10_000_000_000
    """How much a serving process sets aside at a time for what it is about to use, in nano units."""
    tab_s: Annotated[float, msgspec.Meta(ge=0, le=10)] = 1.0
    """So long calls of a customer far from its limits are let in from memory, under one hold; 0: each has its own."""
    threads: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Cores for models that generate text; 0: all but one."""
    parallel: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    """Answers that one model writes at once."""
    context: Annotated[int, msgspec.Meta(ge=256)] = 4_096
    """Tokens that a text model may look at, input and answer together."""
    memory_mib: Annotated[int, msgspec.Meta(ge=64)] = 2_048
    """What loaded models may take together; those unused longest make room."""
    idle_s: Annotated[int, msgspec.Meta(ge=1)] = 600
    """A model that nobody used for so long is unloaded."""
    silence_s: Annotated[float, msgspec.Meta(gt=0)] = 120
    """An engine that says nothing for so long in the middle of an answer has failed."""
    stall_s: Annotated[float, msgspec.Meta(gt=0)] = 15
    """The same of one that runs here, when it uses no processor time either: it hangs, and is started anew."""
    wait_s_max: Annotated[int, msgspec.Meta(ge=1)] = 60
    """A call that would wait longer is refused at once, with the wait it was told."""
    requests_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 600
    """How often a new customer may call."""
    tokens_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    """How many tokens a new customer's calls may come to."""
    invoice_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 14
    """So long after its issue an invoice is to be paid."""
    topup_min_minor: Annotated[int, msgspec.Meta(ge=1)] = 500
    """The least that is paid for credit at a time, in minor units."""
    topup_max_minor: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    """The most."""
    refund_auto_minor: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Unused credit that goes back without the operator's word, in minor units for an organisation in 30 days."""
    grant_notice_days: Annotated[int, msgspec.Meta(ge=0, le=90)] = 7
    """So many days before granted credit ends, its people are told."""
    shop_share: Annotated[float, msgspec.Meta(ge=0, le=0.9)] = 0.25
    """The part of a busy model that the shop's own work has at least, however many others want it."""
    hub: str = "https://huggingface.co"
    """Where `entrepot models pull` finds models."""
    hub_token: Secret = Secret("")
    """What the hub wants for models that it does not give everybody."""
    models_mib: Annotated[int, msgspec.Meta(ge=1)] = 4_096
    """What the files of one organisation's models may take together."""
    weights: dict[str, float] = {}
    """Shares of organisations in a busy model, by their ids; 1 where nothing is said. The shop is `platform`."""
    upstreams: dict[str, Upstream] = {}
    """Servers elsewhere that speak OpenAI's API, by the name that models call them by."""
    routes: dict[str, dict[str, float]] = {}
    """Names that stand for several models, each with its share of the calls; the others step in when one fails."""


class UsageClass(StrEnum):
    """How sure a usage row is."""

    EXACT = "exact"
    """Counted."""
    CHECKPOINTED = "checkpointed"
    """Counted up to the last look at a stream that broke off: no more than what came was billed."""
    ESTIMATED = "estimated"
    """What a crash left uncounted, reckoned from what was counted before; borne by the shop."""


class Usage(msgspec.Struct, frozen=True):
    """So much of one meter, used by one attempt at one request. `surface` and `ref` say what for, `items` how many
    searches or listings it served: what one of them costs is a division of sums. `price`, and `share`, what the model's
    maker earned of it, in nano units, by the version `price_book` of the model's prices (None: it has none, and costs
    nothing); `at` in microseconds."""

    request: str
    meter: str
    quantity: int
    model: str
    surface: str
    at: int
    ref: str | None = None
    attempt: int = 1
    organisation: str = SHOP
    price: int = 0
    share: int = 0
    usage_class: str = UsageClass.EXACT
    items: int = 1
    price_book: str | None = None


class Job(msgspec.Struct, frozen=True):
    """Work that somebody asked for. `state` is waiting, running, done or stuck; `done` of `total` steps."""

    id: str
    kind: str
    state: str
    done: int | None
    total: int | None
    error: str | None
    created_at: int
    finished_at: int | None
