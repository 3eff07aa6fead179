"""The audit log as a person reads it: a sentence for each act, who did it, to what, and when.

The sentence of an act is the text `audit.<act>`, with places for the thing (`{thing}`) and for what was
noted beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import identity
from entrepot.kernel import Invalid, is_id

from ... import formats
from ...api.cloud_money import read_time
from ...params import InQuery, MaybeInQuery
from ...texts import has_text, list_keys
from ...visit import CurrentVisit, Visit
from ...wire import listed
from .console import OPERATOR, show
from .naming import Named, Names, name_all, named

ENTRIES = 50
_PLACE = re.compile(r"{(\w+)}")
_NAMED_BY = ("name", "account", "host", "model", "slug")
"""Details that say what a thing is called, where it has no name that can be read any more."""
_SHOWN_MAX = 200


class Entry(msgspec.Struct, frozen=True):
    """A line of the log. `said` are the pieces of its sentence, some of which lead somewhere; `rest` the details that
    the sentence leaves out."""

    record: identity.Audited
    who: Named
    of: Named | None
    said: tuple[Named, ...]
    rest: tuple[tuple[str, str], ...]


class Wish(msgspec.Struct, frozen=True):
    """What the log is asked for, as it stands in the form."""

    who: str = ""
    what: str = ""
    about: str = ""
    since: str = ""


@get("/operator/audit", include_in_schema=False, opt=OPERATOR)
async def audit(
    visit: Visit, who: InQuery = "", what: InQuery = "", about: InQuery = "", since: InQuery = "",
    before: MaybeInQuery = None,
) -> Response[str]:  # fmt: skip
    """What operators and others with rights did, newest first: by one, of one kind, about one thing, or since."""
    wish = Wish(*(each.strip() for each in (who, what, about, since)))
    try:
        actor = await visit.read(lambda s: _actor(s, visit, wish.who))
        after = read_time(wish.since) if wish.since else None
        found = await visit.read(
            lambda s: identity.list_audit(
                s, visit.scope, actor=actor, act=wish.what or None, subject=wish.about or None, since=after,
                before=before, most=ENTRIES + 1,
            )
        )  # fmt: skip
    except Invalid as refusal:
        return await _show(visit, wish, [], None, refusal)
    page = listed(found, ENTRIES, lambda entry: entry.id)
    return await _show(visit, wish, page.items, page.next)


async def _show(
    visit: CurrentVisit,
    wish: Wish,
    records: list[identity.Audited],
    older: str | None,
    refusal: Invalid | None = None,
) -> Response[str]:
    names = await visit.read(lambda s: name_all(s, visit, _ids_in(records)))
    return await show(
        visit,
        "audit",
        "audit.html",
        entries=[_entry(visit, record, names) for record in records],
        older=older,
        wish=wish,
        wished={name: value for name, value in msgspec.structs.asdict(wish).items() if value},
        acts=_acts(visit),
        errors=refusal.fields if refusal else {},
        sentence=refusal.sentence if refusal else None,
    )


def _actor(snapshot: Any, visit: CurrentVisit, who: str) -> str | None:
    """An id as it stands, or the person with this e-mail address."""
    if not who or "@" not in who:
        return who or None
    identity.require_operator(visit.scope)
    person = identity.find_credentials(snapshot, who)
    if person is None:
        sentence = "Nobody has this e-mail address: write another, or an id"
        raise Invalid(sentence, fields={"who": sentence})
    return person.user_id


def _acts(visit: CurrentVisit) -> list[tuple[str, str]]:
    """Every act that has a sentence, with the sentence as far as it says what was done, by room and then by words."""
    keys = [key for key in list_keys("audit.") if "." in key.removeprefix("audit.")]
    found = [(key.removeprefix("audit."), _PLACE.sub("…", visit.say(key))) for key in keys]
    return sorted(found, key=lambda pair: pair[1].casefold())


def _ids_in(records: Iterable[identity.Audited]) -> set[str]:
    found: set[str] = set()
    for record in records:
        texts = [each for each in record.details.values() if isinstance(each, str)]
        found |= {each for each in (record.actor, record.organisation or "", record.subject, *texts) if _is_id(each)}
    return found


def _entry(visit: CurrentVisit, record: identity.Audited, names: Names) -> Entry:
    kept = next((str(record.details[name]) for name in _NAMED_BY if record.details.get(name)), "")
    thing = named(record.subject, kept, names, record.act)
    shown = {name: _shown(visit, record.details, name, names) for name in record.details}
    key = f"audit.{record.act}"
    text = visit.say(key) if has_text(key) else "{thing}"
    used = set(_PLACE.findall(text))
    return Entry(
        record,
        _who(visit, record.actor, names),
        names.get(record.organisation or ""),
        tuple(_pieces(text, {"thing": thing, **shown})),
        tuple(
            (name, each.name) for name, each in shown.items() if name not in used and each.name not in ("", thing.name)
        ),
    )


def _who(visit: CurrentVisit, actor: str, names: Names) -> Named:
    if actor == "system":
        return Named(visit.say("audit.system"), "/operator/audit?who=system")
    return named(actor, "", names)


def _pieces(text: str, places: Mapping[str, Named]) -> Iterable[Named]:
    """A sentence in pieces; what was not noted at the time is left as a dash."""
    for n, part in enumerate(_PLACE.split(text)):
        if n % 2:
            yield places.get(part, Named("–"))
        elif part:
            yield Named(part)


def _shown(visit: CurrentVisit, details: Mapping[str, Any], name: str, names: Names) -> Named:
    """What was noted, as people read it: rates in percent, times as days, compute as money, ids as names."""
    value = details[name]
    if value is None or value in ("", (), [], {}):
        return Named("")
    if isinstance(value, str):
        return named(value, "", names) if _is_id(value) else Named(value[:_SHOWN_MAX])
    if isinstance(value, int) and name.endswith("bps"):
        return Named(f"{value / 100:g} %")
    if isinstance(value, int) and name.endswith("_at"):
        return Named(formats.day(value, visit.language))
    if isinstance(value, int) and name == "nano" and details.get("unit"):
        return Named(formats.nano(value, str(details["unit"]).removesuffix("9"), visit.language))
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return Named(", ".join(value)[:_SHOWN_MAX])
    return Named((str(value) if isinstance(value, int) else msgspec.json.encode(value).decode())[:_SHOWN_MAX])


def _is_id(text: str) -> bool:
    return is_id(text, text.partition("_")[0])


ROUTES: tuple[ControllerRouterHandler, ...] = (audit,)
