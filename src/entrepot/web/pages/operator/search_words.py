"""Synonyms of search, and the searches that served people badly: each leads to a synonym or a rule to be written."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import discovery, identity
from entrepot.discovery import SynonymDraft
from entrepot.kernel import Invalid, Refused

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import listed
from ..reading import words_of
from .console import OPERATOR, show

SYNONYMS, WEAK = "/operator/search/synonyms", "/operator/search/weak"
PAGE = 100


class SynonymForm(msgspec.Struct, frozen=True):
    """Synonyms as they are typed, with commas between."""

    words: str = ""
    others: str = ""
    kind: str = "two_way"
    language: str = ""


@get(SYNONYMS, include_in_schema=False, opt=OPERATOR)
async def synonyms(visit: Visit, q: InQuery = "", before: InQuery = "") -> Response[str]:
    """Every synonym, the newest first, and a form for one more."""
    return await _show(visit, SynonymForm(words=q), before=before)


@post(SYNONYMS, include_in_schema=False, opt=OPERATOR)
async def add_synonym(visit: Visit) -> Response[Any]:
    """Let words stand for others."""
    form = await visit.fields(SynonymForm)
    try:
        draft = _draft(visit, form)
        await visit.write(lambda tx: discovery.add_synonym(tx, visit.scope, draft))
    except Refused as refusal:
        return await _show(visit, form, refusal)
    await visit.on_thread(visit.entrepot.searcher.rulebook.refresh)
    visit.flash("search_synonym.saved")
    return redirect(SYNONYMS)


@post(SYNONYMS + "/{synonym_id:str}/end", include_in_schema=False, opt=OPERATOR)
async def end_synonym(visit: Visit, synonym_id: Id) -> Response[Any]:
    """Let them stand for others no longer."""
    await visit.write(lambda tx: discovery.end_synonym(tx, visit.scope, synonym_id))
    await visit.on_thread(visit.entrepot.searcher.rulebook.refresh)
    visit.flash("search_synonym.was_ended")
    return redirect(SYNONYMS)


@get(WEAK, include_in_schema=False, opt=OPERATOR)
async def weak(visit: Visit) -> Response[str]:
    """Searches that found nothing, and those from which nobody chose."""
    found = await visit.read(lambda s: discovery.weak_queries(s, visit.scope))
    return await show(visit, "search", "search-weak.html", found=found)


def _draft(visit: Visit, form: SynonymForm) -> SynonymDraft:
    fields = {
        "words": words_of(form.words),
        "others": words_of(form.others) if form.kind == "one_way" else (),
        "kind": form.kind,
        "language": form.language,
    }
    try:
        return msgspec.convert(fields, SynonymDraft)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`").partition("[")[0]
        raise Invalid(visit.say("search_rule.unfit"), fields={field: str(error).partition(" - at ")[0]}) from None


async def _show(visit: Visit, form: SynonymForm, refusal: Refused | None = None, before: str = "") -> Response[str]:
    found = await visit.read(lambda s: discovery.list_synonyms(s, visit.scope, before or None, PAGE + 1))
    page = listed(found, PAGE, lambda each: each.id)
    return await show(
        visit,
        "search",
        "search-synonyms.html",
        form=form,
        synonyms=page.items,
        older=page.next,
        languages=sorted(identity.LANGUAGES),
        sentence=refusal.sentence if refusal else None,
        errors=(refusal.fields or {}) if refusal else {},
        status=400 if refusal else 200,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (synonyms, add_synonym, end_synonym, weak)
