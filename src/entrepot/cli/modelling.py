"""Registering models from the command line: a file, an installed package, a server elsewhere, or a hub."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from entrepot import cloud
from entrepot.app import Entrepot, open_database, opened
from entrepot.cli.progress import Bar
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Invalid, NotFound, Tx

SYSTEM = Scope.system()
UPSTREAM = "upstream:"
PULLED = "incoming/pulled"


class Wishes(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    source: str
    name: str | None = None
    kind: str | None = None
    licence: str = ""
    licence_url: str = ""
    tokenizer: Path | None = None
    prices: tuple[str, ...] = ()
    base: str | None = None
    card: Path | None = None
    listed: bool = True
    context: int | None = None
    revision: str = "main"
    file: str | None = None


def add_model(home: Path, wishes: Wishes) -> None:
    """Keep the files, load the model once, register and publish it."""
    nano = dict(map(cloud.read_price, wishes.prices))
    with opened(home) as entrepot:
        _register(entrepot, _draft(entrepot.blobs, wishes), wishes, nano)


def pull_model(home: Path, wishes: Wishes) -> None:
    """The same for a model of an installed package, or of the hub."""
    if "/" not in wishes.source:
        if cloud.find_package(wishes.source) is None:
            raise Invalid(_not_there(wishes.source))
        add_model(home, wishes)
        return
    nano = dict(map(cloud.read_price, wishes.prices))
    with opened(home) as entrepot:
        hub = entrepot.settings.cloud.hub
        with closing(cloud.Web(hub, entrepot.settings.cloud.hub_token)) as web:
            repository = cloud.find_repository(web, hub, wishes.source, wishes.revision)
            folder = home / PULLED / repository.name.replace("/", "--") / repository.commit[:12]
            files = cloud.choose_files(repository, wishes.file)
            paths = [_pull(web, hub, repository, file, folder) for file in files]
            _register(entrepot, _pulled(entrepot.blobs, repository, paths, wishes), wishes, nano)
            shutil.rmtree(folder)


def publish(home: Path, name: str, share: str | None) -> None:
    """Let the newest version of a name be called."""
    bps = None if share is None else _bps(share)
    with open_database(home) as database:
        found = database.write_now(lambda tx: cloud.publish_model(tx, SYSTEM, _version(tx, name).id, bps))
    click.echo(f"{found.name}@{found.version} answers at /v1")


def _version(tx: Tx, name: str) -> cloud.Model:
    found = cloud.find_version(tx, name)
    if found is None:
        raise NotFound(f"There is no model {name}: `entrepot models list` shows those there are")
    return found


def _register(entrepot: Entrepot, draft: cloud.ModelDraft, wishes: Wishes, nano: Mapping[str, int]) -> None:
    """Look what it can do; register it; publish it where it has prices."""
    if not nano and not _is_pull(wishes):
        raise Invalid(f"Say what it costs, zero if it is free: --price {cloud.NEEDED[draft.kind][0]}=0.10")
    settings = entrepot.settings.cloud
    known = _told(draft, wishes.context or settings.context) if draft.engine == "upstream" else cloud.probe(
        entrepot.blobs, draft, settings.context
    )  # fmt: skip

    if wishes.kind is None and draft.engine != "upstream":
        draft = msgspec.structs.replace(draft, kind=cloud.fitting_kind(known))

    def act(tx: Tx) -> cloud.Model:
        model = cloud.add_model(tx, SYSTEM, draft, known)
        if nano:
            cloud.set_prices(tx, SYSTEM, model.id, nano)
            return cloud.publish_model(tx, SYSTEM, model.id)
        return model

    model = entrepot.database.write_now(act)
    able = f"{known.context:,} tokens" + (f", {known.dimensions} dimensions" if known.dimensions else "")
    then = "answers at /v1" if nano else "is a draft: `entrepot bill price` it, then `entrepot models publish` it"
    click.echo(f"{model.name}@{model.version} ({model.kind}, {able}) {then}")


def _is_pull(wishes: Wishes) -> bool:
    return "/" in wishes.source and not Path(wishes.source).exists()


def _draft(blobs: Blobs, wishes: Wishes) -> cloud.ModelDraft:
    if wishes.source.startswith(UPSTREAM):
        return _upstream(wishes)
    found = cloud.find_package(wishes.source)
    if found is not None:
        packaged, file, words = found
        return _said(cloud.draft_of(packaged, cloud.store_files(blobs, file, words)), wishes)
    path = Path(wishes.source)
    if not path.exists():
        raise Invalid(_not_there(wishes.source))
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    if wishes.tokenizer is not None:
        paths.append(wishes.tokenizer)
    return _said(_of_files(blobs, path.name if path.is_dir() else path.stem, paths, wishes, "file"), wishes)


def _of_files(blobs: Blobs, name: str, paths: list[Path], wishes: Wishes, source: str) -> cloud.ModelDraft:
    """A draft of files that lie somewhere; its licence must be said."""
    if not wishes.licence:
        raise Invalid("Say under which licence the model is: --licence Apache-2.0")
    extras = {each.name: each.read_bytes() for each in paths if each.name in cloud.EXTRAS}
    if wishes.tokenizer is not None:
        extras["tokenizer.json"] = wishes.tokenizer.read_bytes()
    weights = [each for each in paths if each.name not in cloud.EXTRAS and each != wishes.tokenizer and
               (len(paths) == 1 or each.suffix in (".gguf", ".onnx", ".safetensors"))]  # fmt: skip
    if not weights:
        raise Invalid("There is no GGUF, ONNX or safetensors file there")
    files = cloud.store_files(blobs, weights, extras=extras)
    engine = cloud.engine_for(weights[0], extras)
    called = name.lower().replace("_", "-").replace(" ", "-")
    return cloud.ModelDraft(called, cloud.KINDS[engine], engine, cloud.Licence(wishes.licence), files, source=source)


def _pulled(
    blobs: Blobs, repository: cloud.Repository, paths: list[Path], wishes: Wishes
) -> cloud.ModelDraft:  # fmt: skip
    licence = wishes.licence or repository.licence
    if not licence:
        raise Invalid(f"The hub does not say under which licence {repository.name} is: look, and say --licence")
    wishes = msgspec.structs.replace(wishes, licence=licence, base=wishes.base or repository.base)
    source = f"{repository.name}@{repository.commit}"
    return _said(_of_files(blobs, repository.name.partition("/")[2], paths, wishes, source), wishes)


def _said(draft: cloud.ModelDraft, wishes: Wishes) -> cloud.ModelDraft:
    """A draft with what was said on the command line."""
    licence = cloud.Licence(wishes.licence or draft.licence.name, wishes.licence_url or draft.licence.url)
    return msgspec.structs.replace(
        draft, name=wishes.name or draft.name, kind=cast(Any, wishes.kind or draft.kind), licence=licence,
        base=wishes.base or draft.base, listed=wishes.listed,
        card=wishes.card.read_text("utf-8") if wishes.card else draft.card,
    )  # fmt: skip


def _upstream(wishes: Wishes) -> cloud.ModelDraft:
    place = wishes.source.removeprefix(UPSTREAM)
    if "/" not in place or not wishes.kind or not wishes.licence:
        raise Invalid("Say which: upstream:SETTING/their-model, with --kind and --licence")
    name = wishes.name or place.partition("/")[2].lower().replace("/", "-")
    return _said(
        cloud.ModelDraft(name, cast(Any, wishes.kind), "upstream", cloud.Licence(wishes.licence), upstream=place,
                         source="elsewhere"),
        wishes,
    )  # fmt: skip


def _told(draft: cloud.ModelDraft, context: int) -> cloud.Capabilities:
    """What a server elsewhere is said to do: it is asked when it is called."""
    writes = draft.kind in ("chat", "completion")
    return cloud.Capabilities(
        context, chat=draft.kind == "chat", completion=writes, rerank=draft.kind == "rerank",
        dimensions=1 if draft.kind == "embedding" else None,
    )  # fmt: skip


def _pull(
    web: cloud.Web, hub: str, repository: cloud.Repository, file: cloud.RemoteFile, folder: Path
) -> Path:  # fmt: skip
    with Bar(file.name) as bar:
        return cloud.pull_file(web, hub, repository, file, folder, lambda _, done, total: bar.advance(done, total))


def _not_there(source: str) -> str:
    here = ", ".join(each.name for each in cloud.list_installed()) or "none is"
    names = ", ".join(each.name for each in cloud.PACKAGES)
    return (
        f"{source} is neither a file nor an installed model. Installed: {here}. `make models` installs {names}; "
        "`entrepot models pull OWNER/NAME` asks the hub"
    )


def _bps(text: str) -> int:
    """Hundredths of a percent from percent, such as 70 or 12.5."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text):
        raise Invalid(f"{text[:20]!r} is no share: write percent, such as 70")
    return int(Fraction(text) * 100)
