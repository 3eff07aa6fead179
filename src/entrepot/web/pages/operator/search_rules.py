"""Rules of search: the list of them, a form to write one with the page it would make beside it, and ending one."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import discovery
from entrepot.catalog import Card, list_cards
from entrepot.discovery import ACTIONS, Rule, RuleDraft, SearchRequest
from entrepot.kernel import Invalid, Refused, Snapshot

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import listed
from ..named_goods import product_ids
from ..reading import day_of, day_text, whole_of, words_of
from .console import OPERATOR, show

HERE = "/operator/search"
PAGE = 50
PREVIEWED = 12
WEIGHTS = ("0.25", "1", "3", "100")
"""A little, clearly, strongly, in front of (or behind) everything."""
NAMED_MAX = 3
"""So many goods of a rule are named in the list."""


class RuleForm(msgspec.Struct, frozen=True):
    """A rule as it is typed. `q` is the search to preview it on."""

    id: str = ""
    name: str = ""
    action: str = "pin"
    products: str = ""
    filters: str = ""
    queries: str = ""
    whole: str = ""
    category: str = ""
    position: str = "1"
    weight: str = "1"
    most: str = "3"
    starts_at: str = ""
    ends_at: str = ""
    q: str = ""
    do: str = ""


@get(HERE, include_in_schema=False, opt=OPERATOR)
async def rules(visit: Visit, before: InQuery = "") -> Response[str]:
    """Every rule, the newest first, and in which order they act."""
    found = await visit.read(lambda s: discovery.list_rules(s, visit.scope, before or None, PAGE + 1))
    page = listed(found, PAGE, lambda rule: rule.id)
    cards = await visit.read(lambda s: _cards(s, page.items))
    return await show(
        visit,
        "search",
        "search-rules.html",
        rules=[(rule, rule.state(visit.now), _goods(rule, cards)) for rule in page.items],
        older=page.next,
        pictures=await _pictures(visit),
    )


async def _pictures(visit: Visit) -> str:
    """What search by photo was taught by, as a sentence."""
    say, settings = visit.say, visit.entrepot.settings.discovery
    if not settings.image_search or settings.picture_encoder:
        return say("picture_lesson.encoder" if settings.image_search else "picture_lesson.off")
    trained, lesson = await visit.read(lambda s: (discovery.find_trained(s), discovery.find_lesson(s)))
    if trained is not None and not trained.own:
        return say("picture_lesson.photos", photos=f"{trained.photos:,}", things=f"{trained.labels:,}")
    if lesson is None:
        return say("picture_lesson.none", count=discovery.PICTURES_LEAST)
    shares = {"before": f"{lesson.before:.0%}", "after": f"{lesson.after:.0%}"}
    return say("picture_lesson.own" if lesson.used else "picture_lesson.no_better", count=lesson.pictures, **shares)


@get(HERE + "/rules/new", include_in_schema=False, opt=OPERATOR)
async def new_rule(visit: Visit, q: InQuery = "", product: InQuery = "", action: InQuery = "pin") -> Response[str]:
    """An empty form, or one about a search."""
    chosen = action if action in ACTIONS else "pin"
    return await _show_form(visit, RuleForm(queries=q, products=product, q=q, name=q, action=chosen))


@get(HERE + "/rules/{rule_id:str}", include_in_schema=False, opt=OPERATOR)
async def rule(visit: Visit, rule_id: Id, q: InQuery = "") -> Response[str]:
    """A rule, to be changed, with the page that it makes."""
    kept = await visit.read(lambda s: discovery.get_rule(s, visit.scope, rule_id))
    form = _form_of(kept)
    return await _show_form(visit, msgspec.structs.replace(form, q=q or form.q, do="preview"), kept=kept)


@post(HERE + "/rules", include_in_schema=False, opt=OPERATOR)
async def save_rule(visit: Visit) -> Response[Any]:
    """Keep a rule; or, asked to preview it, show the page it would make and keep nothing."""
    form = await visit.fields(RuleForm)
    kept = await visit.read(lambda s: discovery.get_rule(s, visit.scope, form.id)) if form.id else None
    if form.do == "preview":
        return await _show_form(visit, form, kept=kept)
    try:
        draft = await _draft(visit, form)
        if kept is None:
            await visit.write(lambda tx: discovery.add_rule(tx, visit.scope, draft))
        else:
            await visit.write(lambda tx: discovery.change_rule(tx, visit.scope, form.id, draft))
    except Refused as refusal:
        return await _show_form(visit, form, refusal, kept)
    await visit.on_thread(visit.entrepot.searcher.rulebook.refresh)
    visit.flash("search_rule.saved")
    return redirect(HERE)


@post(HERE + "/rules/{rule_id:str}/end", include_in_schema=False, opt=OPERATOR)
async def end_rule(visit: Visit, rule_id: Id) -> Response[Any]:
    """Let a rule hold no longer."""
    await visit.write(lambda tx: discovery.end_rule(tx, visit.scope, rule_id))
    await visit.on_thread(visit.entrepot.searcher.rulebook.refresh)
    visit.flash("search_rule.was_ended")
    return redirect(HERE)


async def _draft(visit: Visit, form: RuleForm) -> RuleDraft:
    """What a form says. Invalid, by field."""
    products = await visit.read(lambda s: product_ids(s, words_of(form.products)))
    fields = {
        "name": form.name.strip(),
        "action": form.action,
        "products": products,
        "filters": _filters(form.filters),
        "queries": tuple(line.strip() for line in form.queries.splitlines() if line.strip()),
        "whole": bool(form.whole),
        "category": form.category.strip(),
        "position": _whole(form.position, "position"),
        "weight": form.weight,
        "most": _whole(form.most, "most"),
        "starts_at": day_of(form.starts_at, "starts_at"),
        "ends_at": day_of(form.ends_at, "ends_at"),
    }
    try:
        return msgspec.convert(fields, RuleDraft, strict=False)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`").partition("[")[0]
        raise Invalid(visit.say("search_rule.unfit"), fields={field: str(error).partition(" - at ")[0]}) from None


def _whole(text: str, field: str) -> int:
    """A whole number; one where nothing is written."""
    read = whole_of(text, field)
    return 1 if read is None else read


def _filters(text: str) -> dict[str, tuple[str, ...]]:
    """Lines of `brand = Acme`; a name that comes again means or."""
    found: dict[str, tuple[str, ...]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, separator, value = line.partition("=")
        if not (separator and name.strip() and value.strip()):
            sentence = f"{line[:60]!r} is no filter: write such as brand = Acme"
            raise Invalid(sentence, fields={"filters": sentence})
        found[name.strip()] = (*found.get(name.strip(), ()), value.strip())
    return found


def _form_of(kept: Rule) -> RuleForm:
    draft = kept.draft
    return RuleForm(
        id=kept.id,
        name=draft.name,
        action=draft.action,
        products="\n".join(draft.products),
        filters="\n".join(f"{name} = {value}" for name, values in draft.filters.items() for value in values),
        queries="\n".join(draft.queries),
        whole="1" if draft.whole else "",
        category=draft.category,
        position=str(draft.position),
        weight=f"{draft.weight:g}",
        most=str(draft.most),
        starts_at=day_text(draft.starts_at),
        ends_at=day_text(draft.ends_at),
        q=next(iter(draft.queries), ""),
    )


async def _show_form(
    visit: Visit, form: RuleForm, refusal: Refused | None = None, kept: Rule | None = None
) -> Response[str]:
    preview = None
    if form.do == "preview" and refusal is None:
        try:
            preview = await _preview(visit, form)
        except Refused as problem:
            refusal = problem
    named = await visit.read(lambda s: {card.id: card for card in list_cards(s, words_of(form.products)[:100])})
    return await show(
        visit,
        "search",
        "search-rule.html",
        form=form,
        kept=kept,
        ended=kept is not None and kept.ended_at is not None,
        actions=ACTIONS,
        weights=tuple(dict.fromkeys((*WEIGHTS, form.weight))),
        named=named,
        preview=preview,
        sentence=refusal.sentence if refusal else None,
        errors=(refusal.fields or {}) if refusal else {},
        status=400 if refusal else 200,
    )


async def _preview(visit: Visit, form: RuleForm) -> discovery.Preview:
    draft = await _draft(visit, form)
    filters: dict[str, tuple[str, ...]] = {"category": (draft.category,)} if draft.category else {}
    request = SearchRequest(form.q.strip()[:200], filters, limit=PREVIEWED, language=visit.language, surface="operator")
    searcher, scope = visit.entrepot.searcher, visit.scope
    return await visit.on_thread(
        lambda: discovery.preview_rule(searcher, scope, request, draft, replacing=form.id or None)
    )


def _cards(snapshot: Snapshot, kept: list[Rule]) -> dict[str, Card]:
    wanted = {each for rule in kept for each in rule.draft.products[:NAMED_MAX]}
    return {card.id: card for card in list_cards(snapshot, sorted(wanted))} if wanted else {}


def _goods(rule: Rule, cards: dict[str, Card]) -> tuple[list[str], int]:
    """The first goods of a rule by their titles, and how many more there are."""
    products = rule.draft.products
    return [cards[each].title if each in cards else each for each in products[:NAMED_MAX]], len(products[NAMED_MAX:])


ROUTES: tuple[ControllerRouterHandler, ...] = (rules, new_rule, save_rule, rule, end_rule)
