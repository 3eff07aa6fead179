"""Models as goods: what the cloud publishes is listed in the catalogue, with its price by the meter.

The catalogue and the cloud do not know each other. Each handler looks at the model as it is now and makes the catalogue
say so, whichever event came first: of several live versions the newest is shown, and prices to come are shown when they
begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import msgspec

from entrepot import catalog, cloud, identity
from entrepot.catalog import AttributeDefinition, CategoryDraft, MeteredDraft, MeterPrice
from entrepot.kernel import Reactions, TaskKind, TaskRun, Tx

from .market import EVERYWHERE, find_market

SHOW = "group.show_model"
COUNTRY = "US"
"""Where the market sells from when it says no country of its own."""
CATEGORY = CategoryDraft("models", {"en": "Models", "zh": "模型"})
DEFINITIONS = (
    AttributeDefinition("model_kind", "choice", {"en": "Made for", "zh": "用途"}, facet=True),
    AttributeDefinition("licence", "choice", {"en": "Licence", "zh": "许可"}, facet=True),
    AttributeDefinition("context_tokens", "number", {"en": "Looks at (tokens)", "zh": "上下文（词元）"}),
    AttributeDefinition("dimensions", "number", {"en": "Dimensions", "zh": "维度"}),
    AttributeDefinition("made_from", "text", {"en": "Made from", "zh": "基础模型"}),
)
KINDS = {"chat": "conversations", "completion": "texts", "embedding": "embeddings", "rerank": "reranking"}
PARAGRAPHS_MAX = 400


class ShowModel(msgspec.Struct, frozen=True):
    """The model whose prices begin now."""

    model: str


def show_model(tx: Tx, name: str, currency: str) -> str | None:
    """Make the catalogue say what is true of a model now; returns its product, or None when none is to be seen."""
    model = cloud.find_live(tx, name)
    book = cloud.find_price_book(tx, name, tx.now) if model is not None else None
    if model is None or book is None or not model.listed:
        catalog.withdraw_product(tx, name)
        return None
    market = find_market(tx)
    country = next((each for each in market.countries if each != EVERYWHERE), COUNTRY) if market else COUNTRY
    return catalog.list_product(tx, _draft(tx, model, book, currency), country)


def reactions(currency: str) -> Reactions:
    """Which events it follows."""

    def show_published(tx: Tx, event: cloud.ModelPublished) -> None:
        show_model(tx, event.model, currency)

    def show_withdrawn(tx: Tx, event: cloud.ModelWithdrawn) -> None:
        show_model(tx, event.model, currency)

    def show_priced(tx: Tx, event: cloud.ModelPriced) -> None:
        if event.effective_at > tx.now:
            tx.enqueue(SHOW, ShowModel(event.model), run_at=event.effective_at)
        else:
            show_model(tx, event.model, currency)

    return {
        cloud.ModelPublished: (show_published,),
        cloud.ModelWithdrawn: (show_withdrawn,),
        cloud.ModelPriced: (show_priced,),
    }


def show_task(currency: str) -> TaskKind[ShowModel]:
    """The task that shows prices when they begin."""

    def run(task: TaskRun, body: ShowModel) -> None:
        task.database.write_now(lambda tx: show_model(tx, body.model, currency))

    return TaskKind(SHOW, ShowModel, run)


def _draft(tx: Tx, model: cloud.Model, book: cloud.PriceBook, currency: str) -> MeteredDraft:
    able = model.capabilities
    facts: dict[str, str | int | None] = {
        "model_kind": KINDS[model.kind], "licence": model.licence.name, "context_tokens": able.context,
        "dimensions": able.dimensions, "made_from": model.base,
    }  # fmt: skip
    return MeteredDraft(
        "model", model.name, model.id, model.name, "".join(_paragraphs(model.card)), currency,
        tuple(_meters(model, book)), _brand(tx, model), CATEGORY,
        {name: value for name, value in facts.items() if value is not None}, DEFINITIONS,
    )  # fmt: skip


def _meters(model: cloud.Model, book: cloud.PriceBook) -> Iterator[MeterPrice]:
    """The prices, the one that models of a kind are compared by first."""
    order = cloud.METERS_OF[model.kind]
    known = {meter: place for place, meter in enumerate(order)}
    for meter in sorted(book.nano, key=lambda each: (known.get(each, len(order)), each)):
        yield MeterPrice(meter, book.nano[meter], cloud.METERS[meter].per)


def _brand(tx: Tx, model: cloud.Model) -> str | None:
    """Who made it; the market's own have no other name."""
    return next(iter(o.name for o in identity.organisations_of(tx, [model.organisation]).values()), None)


def _paragraphs(card: str) -> Iterator[str]:
    """A card's words as paragraphs: it is text, whatever signs it holds."""
    parts = [part.strip() for part in card.replace("\r\n", "\n").split("\n\n")]
    for part in list(filter(None, parts))[:PARAGRAPHS_MAX]:
        yield f"<p>{escape(part)}</p>"
