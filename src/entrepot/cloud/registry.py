"""The registry: which models there are, what they are made of, who published them, and under which licence.

A model is a name with versions. Its files are blobs named by their sha256; its capabilities are found out by loading it
before it goes live, so that nothing is promised which it cannot do. Callers name a model, or one version of it as
`name@2`; of several live versions the newest answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import (
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Query,
    Snapshot,
    Tx,
    from_json,
    in_set,
    prepare,
    to_json,
)

from . import tables
from .accounting import account_owner
from .capabilities import Capabilities
from .licences import Licence, settled_licence

Kind = Literal["chat", "completion", "embedding", "rerank"]
EngineName = Literal["llama", "onnx", "static", "e5", "transformers", "upstream"]
State = Literal["draft", "submitted", "refused", "live", "withdrawn"]
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
CARD_LENGTH_MAX = 50_000
BASE_LENGTH_MAX = 200


class ModelFile(msgspec.Struct, frozen=True):
    """A file of a model: `role` is `weights` or `tokenizer`, `size` in bytes."""

    role: str
    name: str
    sha256: str
    size: int


class ModelDraft(msgspec.Struct, frozen=True):
    """A model to be registered. `base` names the model it was made from, `source` where its files came from;
    `upstream` is `SETTING/their-name`. One that is not `listed` is called as others are, and not in the catalogue."""

    name: str
    kind: Kind
    engine: EngineName
    licence: Licence
    files: tuple[ModelFile, ...] = ()
    card: str = ""
    base: str | None = None
    upstream: str | None = None
    source: str = ""
    listed: bool = True


class Model(msgspec.Struct, frozen=True):
    """One version of a model, as it stands. `share_bps` is what its maker asks for of every price, in hundredths of a
    percent, while the operator has not decided; `reason` is why the operator refused it."""

    id: str
    name: str
    version: int
    kind: Kind
    engine: EngineName
    organisation: str
    licence: Licence
    card: str
    base: str | None
    files: tuple[ModelFile, ...]
    upstream: str | None
    capabilities: Capabilities
    state: State
    created_at: int
    source: str = ""
    listed: bool = True
    share_bps: int = 0
    reason: str | None = None
    decided_at: int | None = None

    def file(self, role: str) -> ModelFile | None:
        """Its file of a role."""
        return next((each for each in self.files if each.role == role), None)


def add_model(tx: Tx, scope: Scope, draft: ModelDraft, capabilities: Capabilities) -> Model:
    """Register a new version, as a draft. `capabilities` are those found by loading it.

    Invalid when a name is none, or what was found does not fit the kind; Conflict when the name is another's.
    """
    organisation = account_owner(scope)
    check_draft(draft, capabilities)
    owner, version = tx.one(_newest, name=draft.name) or (organisation, 0)
    if owner != organisation:
        raise Conflict(f"The name {draft.name} belongs to somebody else: choose another")
    model = Model(
        tx.new_id("mdl"), draft.name, version + 1, draft.kind, draft.engine, organisation,
        settled_licence(draft.licence), draft.card.strip(), pin_base(tx, draft.base), draft.files, draft.upstream,
        capabilities, "draft", tx.now, draft.source, draft.listed,
    )  # fmt: skip
    row = msgspec.structs.asdict(model) | {"listed": int(model.listed)}
    row |= {name: to_json(row[name]) for name in ("licence", "files", "capabilities")}
    tx.run(_insert, **row)
    return model


def pin_base(snapshot: Snapshot, base: str | None) -> str | None:
    """What a model was made from, as it is kept: a model of this registry by its very version, else what was said."""
    if base is None or not (said := base.strip()):
        return None
    found = find_version(snapshot, said)
    return f"{found.name}@{found.version}" if found else said[:BASE_LENGTH_MAX]


def find_version(snapshot: Snapshot, name: str) -> Model | None:
    """The version that `name@2` means, whatever its state; without a number the newest there is."""
    bare, _, version = name.partition("@")
    if version and not version.isdecimal():
        return None
    found = snapshot.all(_named, name=bare)
    return next((model for model in found if not version or model.version == int(version)), None)


def find_live(snapshot: Snapshot, name: str) -> Model | None:
    """The live version that a name means: the newest, or the one after `@`."""
    bare, _, version = name.partition("@")
    if version and not version.isdecimal():
        return None
    live = snapshot.all(_live_of, name=bare)
    return next((model for model in live if not version or model.version == int(version)), None)


def query_live(names: Sequence[str]) -> Query:
    """The query for the name, number and id of each live version that these names mean, the newest first."""
    return _live_ids, {"names": sorted({name.partition("@")[0] for name in names})}


def live_id(versions: Sequence[tuple[str, int, str]], name: str) -> str | None:
    """The id of the live version that a name means, among what `query_live` found."""
    bare, _, number = name.partition("@")
    return next((id_ for one, version, id_ in versions if one == bare and number in ("", str(version))), None)


def list_live(snapshot: Snapshot) -> list[Model]:
    """The newest live version of each model, by name."""
    newest: dict[str, Model] = {}
    for model in snapshot.all(_live):
        newest.setdefault(model.name, model)
    return list(newest.values())


def list_own(snapshot: Snapshot, scope: Scope) -> list[Model]:
    """Every version that the caller's organisation registered, newest first; the operator sees all."""
    if scope.is_operator:
        return snapshot.all(_all)
    return snapshot.all(_own, organisation=identity.require_organisation(scope))


def list_versions(snapshot: Snapshot, name: str) -> list[Model]:
    """Every version of a name, newest first, whatever its state."""
    return snapshot.all(_named, name=name)


def list_submitted(snapshot: Snapshot, scope: Scope) -> list[Model]:
    """What waits for the operator's word, oldest first."""
    identity.require_operator(scope)
    return snapshot.all(_submitted)


def get_own(snapshot: Snapshot, scope: Scope, model_id: str) -> Model:
    """A version of the caller's organisation, or any for the operator; NotFound for anybody else's."""
    model = snapshot.one(_get, id=model_id)
    if model is None or not is_own(scope, model):
        raise NotFound("There is no such model")
    return model


def is_own(scope: Scope, model: Model) -> bool:
    """Whether a caller may decide about a model."""
    return scope.is_operator or (scope.organisation is not None and model.organisation == scope.organisation)


def set_state(tx: Tx, model: Model, state: State, reason: str | None = None, share_bps: int | None = None) -> Model:
    """Put a version into another state, now."""
    share = model.share_bps if share_bps is None else share_bps
    tx.run(_set_state, id_=model.id, state_=state, reason_=reason, share_bps_=share, now_=tx.now)
    return msgspec.structs.replace(model, state=state, reason=reason, share_bps=share, decided_at=tx.now)


def get_model(snapshot: Snapshot, model_id: str) -> Model:
    """A version by its id; NotFound when there is none."""
    model = snapshot.one(_get, id=model_id)
    if model is None:
        raise NotFound("There is no such model")
    return model


def lock_own(tx: Tx, scope: Scope, model_id: str) -> Model:
    """A version of the caller's organisation, kept from others until the commit; NotFound for anybody else's."""
    model = tx.one(_lock, id=model_id)
    if model is None or not is_own(scope, model):
        raise NotFound("There is no such model")
    return model


def check_draft(draft: ModelDraft, capabilities: Capabilities) -> None:
    """Refuse what could not be served: a name that is none, or a kind that the model itself does not bear out."""
    if not NAME.fullmatch(draft.name):
        raise Invalid(
            "A model's name has 1 to 80 small letters, digits, dots and dashes", fields={"name": "such as smollm2-135m"}
        )
    if len(draft.card) > CARD_LENGTH_MAX:
        raise Invalid(f"A card has at most {CARD_LENGTH_MAX:,} characters", fields={"card": "too long"})
    if draft.kind == "chat" and not capabilities.chat:
        raise Invalid(
            f"{draft.name} was not made for conversations: it has no chat template. Register it as a completion model",
            fields={"kind": "completion"},
        )
    if draft.kind == "embedding" and capabilities.dimensions is None:
        raise Invalid(f"{draft.name} makes no vectors: register it as what it is", fields={"kind": "not embedding"})
    if draft.kind == "rerank" and not capabilities.rerank:
        raise Invalid(f"{draft.name} orders no documents: register it as what it is", fields={"kind": "not rerank"})
    if draft.kind == "completion" and not capabilities.completion:
        raise Invalid(f"{draft.name} writes nothing: register it as what it is", fields={"kind": "not completion"})


def _read(*columns: Any) -> Model:
    values = dict(zip(Model.__struct_fields__, columns, strict=True))
    values["licence"] = from_json(values["licence"], Licence)
    values["files"] = from_json(values["files"], tuple[ModelFile, ...])
    values["capabilities"] = from_json(values["capabilities"], Capabilities)
    values["listed"] = bool(values["listed"])
    return Model(**values)


_m = tables.models.c
_rows = select(*(_m[name] for name in Model.__struct_fields__))
_by_id = _rows.where(_m.id == bindparam("id"))
_get: Prepared[Model] = prepare(_by_id, _read)
_lock: Prepared[Model] = prepare(_by_id.with_for_update(), _read)
_newest_first = _rows.order_by(_m.name, _m.version.desc())
_all: Prepared[Model] = prepare(_newest_first, _read)
_own: Prepared[Model] = prepare(_newest_first.where(_m.organisation == bindparam("organisation")), _read)
_live: Prepared[Model] = prepare(_newest_first.where(_m.state == "live"), _read)
_live_of: Prepared[Model] = prepare(_newest_first.where(_m.state == "live", _m.name == bindparam("name")), _read)
_live_ids: Prepared[Any] = prepare(
    select(_m.name, _m.version, _m.id)
    .where(in_set(_m.name, "names"), _m.state == "live")
    .order_by(_m.name, _m.version.desc())
)
_named: Prepared[Model] = prepare(_newest_first.where(_m.name == bindparam("name")), _read)
_submitted: Prepared[Model] = prepare(_rows.where(_m.state == "submitted").order_by(_m.id), _read)
_newest: Prepared[Any] = prepare(
    select(_m.organisation, func.max(_m.version).label("version"))
    .where(_m.name == bindparam("name"))
    .group_by(_m.organisation)
)
_insert: Prepared[Any] = prepare(
    insert(tables.models).values({column.name: bindparam(column.name) for column in tables.models.columns})
)
_set_state: Prepared[Any] = prepare(
    update(tables.models)
    .where(_m.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        reason=bindparam("reason_"),
        share_bps=bindparam("share_bps_"),
        decided_at=bindparam("now_"),
    )
)
