"""Licences: what a model may be used for, asked twice: when it is deployed, and before somebody's first call.

A licence is open (everybody may serve the model and be paid for it), conditional (they may, on terms that callers must
agree to as well), or closed to business. Which of the three is told by its name: SPDX identifiers where there is one. A
name that is not known counts as conditional, because nobody here has read it: so its text must be named and agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, select

from entrepot.identity import Scope, require_organisation
from entrepot.kernel import Conflict, Invalid, Prepared, Snapshot, Tx, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .types import SHOP

Terms = Literal["open", "conditional", "closed"]

_OPEN = re.compile(
    r"apache-2\.0|mit(-0)?|0bsd|bsd-[234]-clause(-.*)?|isc|zlib|unlicense|bsl-1\.0|upl-1\.0|afl-3\.0|ecl-2\.0|wtfpl|ncsa"
    r"|postgresql|artistic-2\.0|cc0-1\.0|cc-by(-sa|-nd)?-[234]\.[05]|mpl-2\.0|epl-2\.0|eupl-1\.[12]|[al]?gpl-[23]\.[01]"
    r"(-only|-or-later)?|cdla-(permissive|sharing)-[12]\.0|odc-by-1\.0|odbl-1\.0|openmdw-1\.[01]",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"(^|[-_ ])nc([-_ ]|$)|non-?commercial|research[-_ ]?only|academic|evaluation[-_ ]?only", re.IGNORECASE
)


class Licence(msgspec.Struct, frozen=True):
    """What a model may be used for. `name` is an SPDX identifier where there is one, `url` where its text stands.

    A `gated` one must be agreed to before the first use. `own` says that the model's publisher holds the rights: what
    the licence forbids others is theirs to do.
    """

    name: str
    url: str = ""
    gated: bool = False
    own: bool = False


def terms_of(licence: Licence) -> Terms:
    """What a licence's name tells."""
    name = licence.name.strip()
    if _CLOSED.search(name):
        return "closed"
    return "open" if _OPEN.fullmatch(name) else "conditional"


def settled_licence(licence: Licence) -> Licence:
    """A licence as it is registered: conditional terms must be agreed to. Invalid without a name or a web address."""
    name, url = licence.name.strip(), licence.url.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid("Say under which licence the model is", fields={"licence": "an SPDX identifier, or its name"})
    if url and not (re.fullmatch(r"https?://[^\s\"'<>]{3,500}", url)):
        raise Invalid("A licence's text stands at a web address", fields={"licence_url": "begins with https://"})
    gated = licence.gated or terms_of(licence) != "open"
    return Licence(name, url, gated, licence.own)


def check_deployable(name: str, licence: Licence, made_from: Sequence[tuple[str, Licence]]) -> None:
    """The gate at deployment: refuse to serve, for money, what may not be served so.

    `made_from` are the models that this one was made from, with their licences. Conflict, saying whose terms stand in
    the way; Invalid when callers cannot read what they must agree to.
    """
    if terms_of(licence) == "closed" and not licence.own:
        raise Conflict(
            f"{name} is under {licence.name}, which does not allow it to be sold: it can be published by whoever holds "
            "its rights only"
        )
    if licence.gated and not licence.url:
        raise Invalid(
            f"Callers must agree to {licence.name}: say where its text stands",
            fields={"licence_url": "where it stands"},
        )
    for base, terms in made_from:
        if terms_of(terms) == "closed" and not terms.own:
            raise Conflict(
                f"{name} was made from {base}, which is under {terms.name}: that does not allow it to be sold"
            )
        if terms.gated and not licence.gated:
            raise Conflict(
                f"{name} was made from {base}, whose terms ({terms.name}) callers must agree to: have them agree to "
                "its own as well"
            )


def agree(tx: Tx, scope: Scope, model_id: str) -> None:
    """Note that the caller's organisation agrees to the licence of a version; once is enough."""
    organisation = require_organisation(scope)
    tx.run(_agree, organisation=organisation, model_id=model_id, agreed_by=scope.actor, agreed_at=tx.now)


def has_agreed(snapshot: Snapshot, organisation: str, model: Any) -> bool:
    """Whether an organisation may use a model by its licence: its maker and the market itself always may.

    Who agreed to another version of the same model under the very same terms need not do it again.
    """
    if not model.licence.gated or organisation in (model.organisation, SHOP):
        return True
    licences = {row[0] for row in snapshot.all(_agreed, organisation=organisation, name=model.name)}
    return any(_same_terms(msgspec.json.decode(text, type=Licence), model.licence) for text in licences)


def _same_terms(agreed: Licence, wanted: Licence) -> bool:
    return (agreed.name, agreed.url) == (wanted.name, wanted.url)


_l, _m = tables.licences.c, tables.models.c
_agree: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_licences (organisation, model_id, agreed_by, agreed_at) "
    "VALUES (:organisation, :model_id, :agreed_by, :agreed_at) ON CONFLICT DO NOTHING"
)
_agreed: Prepared[Any] = prepare(
    select(_m.licence)
    .join_from(tables.licences, tables.models, _m.id == _l.model_id)
    .where(_l.organisation == bindparam("organisation"), _m.name == bindparam("name"))
)
