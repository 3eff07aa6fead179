"""Taking in what the catalogue announced: the step that every index does, whether it serves or is being built."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from entrepot import catalog, cloud, pay
from entrepot.catalog import OffersChanged, ProductDocument, ProductsHidden, ProductsListed, StockChanged
from entrepot.cloud import Meter
from entrepot.kernel import Database, Recorded, Snapshot, Tx, acquire, forgotten_up_to, list_events, move_cursor
from entrepot.pay import Rates

from .documents import document_of, documents_of
from .index.base import Damaged
from .index.columns import change_of
from .index.fields import embedded_text
from .index.fused import FusedIndex
from .index.generation import Generation
from .preparing import Preparer
from .types import Change

LEASE = "index"
PRODUCTS_MAX = 1_000
EVENTS_MAX = 500


def take_in(
    snapshot: Snapshot, index: FusedIndex, meter: Meter, preparer: Preparer, events: Sequence[Recorded], *, words: bool
) -> bool:
    """Write what events speak of into an index: columns always, words and vectors when it is open for writing.

    Returns whether words changed. Reads the newest rows, so events may come twice.
    """
    listed, changed = ids_of(events)
    if not listed and not changed:
        return False
    found = {product.id: product for product in catalog.documents_of(snapshot, listed | changed)}
    rates = pay.read_rates(snapshot)
    known = {product_id for product_id in changed | listed if index.has(product_id)}
    wanted = (listed | (changed - known)) & found.keys() if words else set[str]()
    index.change([change_of(document_of(found[each], rates)) for each in sorted((known & found.keys()) - wanted)])
    gone = sorted(known - found.keys())
    index.change([Change(each) for each in gone])  # shown by no list from now on, whether or not its words have left
    if not words or not (wanted or gone):
        return False
    for origin, ids in _by_origin(events, sorted(wanted)).items():
        surface, ref = ("import", origin) if origin is not None else ("indexing", ids[0] if len(ids) == 1 else None)
        put_in(index, meter, preparer, [found[each] for each in ids], rates, surface, ref)
    index.remove(gone)
    index.commit()
    return True


def follow(
    database: Database, index: FusedIndex, meter: Meter, preparer: Preparer, position: int, *, words: bool
) -> int:
    """Take in everything that is placed behind a position; returns the last one."""

    def step(snapshot: Snapshot) -> tuple[int, int]:
        events = first_of(list_events(snapshot, position, EVENTS_MAX))
        if events:
            take_in(snapshot, index, meter, preparer, events, words=words)
        return len(events), events[-1].position if events else position

    while True:
        count, position = database.read_now(step)
        if not count:
            return position


def convert_anew(database: Database, index: FusedIndex) -> None:
    """Convert the prices that are not in the home currency by the rates of now."""
    ids = index.columns.foreign_ids()
    for start in range(0, len(ids), PRODUCTS_MAX):
        found = database.read_now(partial(documents_of, product_ids=ids[start : start + PRODUCTS_MAX]))
        index.change([change_of(document) for document in found.values()])


def hold(tx: Tx, holder: str, seconds: int, position: int | None) -> int | None:
    """Take or renew the lease, and say up to where events are in the index for good: those behind must not be
    forgotten. Returns the fencing number, or None while another process has it."""
    fence = acquire(tx, LEASE, holder, seconds)
    if fence is not None and position is not None:
        move_cursor(tx, LEASE, position)
    return fence


def check_followed(database: Database, generation: Generation) -> Generation:
    """A generation that can go on from where it stands. Damaged when events behind that were forgotten: it was away for
    longer than `keep.events_days`, as one from an old backup is."""
    forgotten = database.read_now(forgotten_up_to)
    if generation.manifest.position < forgotten:
        generation.close()
        raise Damaged(f"The search index stands before event {forgotten}, and those before were forgotten meanwhile")
    return generation


def put_in(
    index: FusedIndex, meter: Meter, preparer: Preparer, products: Sequence[ProductDocument], rates: Rates,
    surface: str, ref: str | None = None,
) -> None:  # fmt: skip
    """Put products into an index with the vectors of what they say, paid for by `surface` and `ref`."""
    if not products:
        return
    parts = preparer.begin(products, rates)
    encoder = cloud.open_encoders(index.encoder).text
    texts = [embedded_text(each.title, each.brand, each.category_names, each.text) for each in products]
    vectors = cloud.embed(meter, texts, surface=surface, ref=ref, encoder=encoder)
    titles = cloud.embed(meter, [each.title for each in products], surface=surface, ref=ref, encoder=encoder, items=0)
    end = 0
    for part in parts:
        begin, end = end, end + len(part)
        documents = [each.document for each in part]
        index.change([change_of(each) for each in documents])
        index.upsert(documents, vectors[begin:end], titles[begin:end], [each.fields for each in part])
        index.add_new()  # while the next part is being prepared


def ids_of(events: Sequence[Recorded]) -> tuple[set[str], set[str]]:
    """The products whose words may have changed, and those of which only what changes often may have."""
    listed: set[str] = set()
    changed: set[str] = set()
    for recorded in events:
        match recorded.event:
            case ProductsListed(product_ids=ids) | ProductsHidden(product_ids=ids):
                listed.update(ids)
            case OffersChanged(product_ids=ids) | StockChanged(product_ids=ids):
                changed.update(ids)
    return listed, changed


def _by_origin(events: Sequence[Recorded], wanted: Sequence[str]) -> dict[str | None, list[str]]:
    """The products to be embedded, by the import that listed them last; None for those that people listed."""
    origins: dict[str, str | None] = {}
    for recorded in events:
        if isinstance(recorded.event, ProductsListed):
            origins.update(dict.fromkeys(recorded.event.product_ids, recorded.event.origin))
    found: dict[str | None, list[str]] = {}
    for product_id in wanted:
        found.setdefault(origins.get(product_id), []).append(product_id)
    return found


def first_of(events: Sequence[Recorded]) -> Sequence[Recorded]:
    """The first events, at least one, that together speak of no more than PRODUCTS_MAX products."""
    products = 0
    for place, recorded in enumerate(events):
        products += len(getattr(recorded.event, "product_ids", ()))
        if products > PRODUCTS_MAX:
            return events[: max(1, place)]
    return events
