"""Parcels to test with: Bruno sends Alice a lamp."""

from entrepot import deliver
from entrepot.identity import Address, Scope
from entrepot.kernel import HOUR, Database, Event, Snapshot, list_events
from entrepot.kernel.testing import NOON, settle

ALICE = Scope("usr_alice")
BRUNO = Scope("usr_bruno", "org_bruno", frozenset(("merchant",)))
CARLA = Scope("usr_carla", "org_carla", frozenset(("merchant",)))
CHEN = Scope("usr_chen", "org_chen", frozenset(("developer",)))
DANA = Scope("usr_dana", "org_platform", frozenset(("operator",)))

HOME = Address(name="Alice", line1="1 Harbour Street", city="Hamburg", postal_code="20457", country="DE")
FLAT = deliver.RateSheetDraft("Post", "flat", ("DE", "FR"), "EUR", ((0, 4_90),), free_over_minor=50_00)
WEIGHT = deliver.RateSheetDraft(
    "By weight", "weight", ("*",), "EUR", ((1_000, 3_90), (5_000, 6_90), (30_000, 15_00)), days_min=1, days_max=3
)


def ask(
    weight_g: int | None = 800,
    subtotal_minor: int = 20_00,
    country: str = "DE",
    currency: str = "EUR",
    merchant_id: str = "org_bruno",
) -> deliver.QuoteRequest:
    """What Alice wants delivered."""
    return deliver.QuoteRequest(ALICE.actor, merchant_id, weight_g, subtotal_minor, currency, country)


def quote(database: Database, *requests: deliver.QuoteRequest) -> list[deliver.Quote]:
    """The prices she is shown."""
    return database.write_now(lambda tx: deliver.quote(tx, requests))


def save(database: Database, draft: deliver.RateSheetDraft, scope: Scope = BRUNO) -> deliver.RateSheet:
    """Save a rate sheet."""
    return database.write_now(lambda tx: deliver.save_rate_sheet(tx, scope, draft))


def book(
    database: Database, carrier: str = "own", quote_id: str | None = None, tracking_no: str | None = None
) -> deliver.Parcel:
    """Bruno sends a parcel."""
    booking = deliver.Booking("sor_lamp", "org_bruno", carrier, tracking_no, quote_id, HOME)
    return database.write_now(lambda tx: deliver.book(tx, booking))


def scan(parcel: deliver.Parcel, code: deliver.ScanCode, hours: int = 0, source_id: str | None = None) -> deliver.Scan:
    """A carrier saw it, so many hours before noon."""
    return deliver.Scan(parcel.id, code, NOON - hours * HOUR, "Hamburg", source_id or f"{code} {hours}")


def record(database: Database, seen: deliver.Scan, scope: Scope = BRUNO) -> deliver.Parcel:
    """Tell us of it."""
    return database.write_now(lambda tx: deliver.record_scan(tx, scope, seen))


def events_of(database: Database) -> list[Event]:
    """Everything announced so far."""
    settle(database, {})
    return [recorded.event for recorded in database.read_now(lambda snapshot: list_events(snapshot, 0))]


def breaches(database: Database) -> list[str]:
    """What the proofs of deliver find."""

    def check(snapshot: Snapshot) -> list[str]:
        return [f"{proof.name}: {breach}" for proof in deliver.PROOFS for breach in proof.check(snapshot).breaches]

    return database.read_now(check)
