"""The playground: a model is tried on a page, by a form; a script streams the answer. It costs what a call costs.

A conversation may be held to a JSON schema, and given tools: what the model calls is shown, and nothing is called.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.kernel import Invalid, NotFound, Refused, new_id

from ...compute.leaving import while_here
from ...params import MaybeInQuery
from ...visit import CurrentVisit, Visit
from .console import MEMBER, currency_of, show

TURNS_MAX = 40
DOCUMENTS_MAX = 50
_Text = Annotated[str, msgspec.Meta(max_length=20_000)]


A = TypeVar("A", bound=cloud.AskChat | cloud.AskCompletion)


class Turn(msgspec.Struct, frozen=True):
    """What was said so far, by whom."""

    role: Literal["user", "assistant"]
    content: _Text


class PlayForm(msgspec.Struct, frozen=True):
    """What is tried: a conversation's next turn, a text to go on with, or documents to put in order."""

    model: str = ""
    system: _Text = ""
    history: str = "[]"
    text: _Text = ""
    documents: _Text = ""
    max_tokens: str = "200"
    temperature: str = ""
    schema: _Text = ""
    tools: _Text = ""
    must_call: str = ""

    @property
    def turns(self) -> list[Turn]:
        """The conversation so far. Invalid for what this page did not write."""
        try:
            turns = msgspec.json.decode(self.history or "[]", type=list[Turn])
        except msgspec.MsgspecError:
            raise Invalid("The conversation could not be read: begin anew") from None
        return turns[-TURNS_MAX:]


class Tried(msgspec.Struct, frozen=True):
    """What came of it: the text, or places with their scores; the usage with its cost."""

    usage: dict[str, Any]
    text: str = ""
    finish: str = ""
    ranking: tuple[tuple[str, float], ...] = ()


@get("/cloud/playground", include_in_schema=False, opt=MEMBER)
async def playground(visit: Visit, model: MaybeInQuery = None) -> Response[str]:
    """A model to try."""
    offers = await visit.read(cloud.list_offers)
    chosen = next((each for each in offers if each.model.name == model), None) or _first(offers)
    if model and (chosen is None or chosen.model.name != model):
        raise NotFound("There is no such model")
    return await _show(visit, offers, chosen, PlayForm(model=chosen.model.name if chosen else ""), [])


@post("/cloud/playground", include_in_schema=False, opt={**MEMBER, "rate": "compute"}, status_code=200)
async def try_model(visit: Visit) -> Response[str]:
    """Try it, and show what came."""
    form = await visit.fields(PlayForm)
    offers = await visit.read(cloud.list_offers)
    chosen = next((each for each in offers if each.model.name == form.model), None)
    turns: list[Turn] = []
    try:
        if chosen is None:
            raise NotFound("There is no such model: choose another", fields={"model": "choose one"})
        turns = form.turns
        tried = await _try(visit, chosen, form, turns)
    except Refused as refusal:
        return await _show(visit, offers, chosen, form, turns, refusal=refusal)
    if _way(chosen) == "chat":
        turns = [*turns, Turn("user", form.text), Turn("assistant", tried.text)]
        form = msgspec.structs.replace(form, text="")
    return await _show(visit, offers, chosen, form, turns, tried)


def _first(offers: list[cloud.Offer]) -> cloud.Offer | None:
    """What most people come to try: a conversation."""
    return next((each for each in offers if each.model.capabilities.chat), offers[0] if offers else None)


def _way(offer: cloud.Offer) -> str:
    """How a model is tried: `chat`, `text` or `ranking`."""
    known = offer.model.capabilities
    return "chat" if known.chat else "text" if known.completion else "ranking"


async def _try(visit: CurrentVisit, offer: cloud.Offer, form: PlayForm, turns: list[Turn]) -> Tried:
    asked = _asked(offer, form, turns)
    request = new_id("req", visit.now, visit.entrepot.database.random)
    head = cloud.Head(request, visit.now // 1_000_000, asked.model, currency_of(visit))
    call = cloud.Call(request, visit.scope, asked.model, "playground")
    answer = await while_here(visit, cloud.Exchange(visit.entrepot.gateway, call, asked, head).whole())
    told = msgspec.json.decode(answer)
    match asked:
        case cloud.AskChat():
            choice = told["choices"][0]
            return Tried(told["usage"], _said(choice["message"]), choice["finish_reason"])
        case cloud.AskCompletion():
            return Tried(told["usage"], told["choices"][0]["text"], told["choices"][0]["finish_reason"])
    found = tuple((row["document"]["text"], row["relevance_score"]) for row in told["results"])
    return Tried(told["usage"], ranking=found)


def _asked(offer: cloud.Offer, form: PlayForm, turns: list[Turn]) -> cloud.Asked:
    """The call that the form stands for, checked as every call is."""
    body: dict[str, Any] = {"model": offer.model.name}
    if not form.text.strip():
        raise Invalid("Write something to try it with", fields={"text": "write something"})
    if _way(offer) == "ranking":
        texts = [line.strip() for line in form.documents.splitlines() if line.strip()]
        if not 0 < len(texts) <= DOCUMENTS_MAX:
            few = f"Write 1 to {DOCUMENTS_MAX} texts, a line each"
            raise Invalid(few, fields={"documents": few})
        return cloud.AskRerank(offer.model.name, form.text, list(texts), return_documents=True)
    body |= {"max_tokens": form.max_tokens or "200", **({"temperature": form.temperature} if form.temperature else {})}
    if _way(offer) == "text":
        return _read(cloud.AskCompletion, {**body, "prompt": form.text})
    said = [{"role": "system", "content": form.system}] if form.system.strip() else []
    said += [msgspec.to_builtins(turn) for turn in [*turns, Turn("user", form.text)]]
    return _read(cloud.AskChat, {**body, **_wishes(form), "messages": said})


def _wishes(form: PlayForm) -> dict[str, Any]:
    """The schema that the answer must fit, and the tools that may be called, as a call has them."""
    wishes: dict[str, Any] = {}
    if form.schema.strip():
        schema = _json("schema", form.schema, dict[str, Any])
        wishes["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    if form.tools.strip():
        wishes["tools"] = _json("tools", form.tools, list[dict[str, Any]])
        wishes["tool_choice"] = "required" if form.must_call else "auto"
    return wishes


def _json(field: str, text: str, shape: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.DecodeError, RecursionError):
        what = "a JSON object" if field == "schema" else "a JSON list of objects"
        raise Invalid(f"This is not {what}", fields={field: f"This is not {what}"}) from None


def _said(message: dict[str, Any]) -> str:
    """What a model said; or a line for each tool that it calls, with the arguments."""
    calls = [f"{call['function']['name']} {call['function']['arguments']}" for call in message.get("tool_calls", ())]
    return message["content"] or "\n".join(calls)


def _read(into: type[A], body: dict[str, Any]) -> A:
    try:
        return msgspec.convert(body, into, strict=False)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`") or "text"
        raise Invalid(f"This does not fit: {field}: {what}", fields={field: what}) from None


async def _show(
    visit: CurrentVisit, offers: list[cloud.Offer], chosen: cloud.Offer | None, form: PlayForm, turns: list[Turn],
    tried: Tried | None = None, refusal: Refused | None = None,
) -> Response[str]:  # fmt: skip
    return await show(
        visit,
        "playground",
        "playground.html",
        refusal=refusal,
        offers=offers,
        chosen=chosen,
        way=_way(chosen) if chosen else "",
        form=form,
        turns=turns,
        history=msgspec.json.encode(turns).decode(),
        tried=tried,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (playground, try_model)
