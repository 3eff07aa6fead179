"""Taking in a model that a maker sends: its files to the store, a look at what it can do, a draft in the registry."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from litestar.datastructures import UploadFile

from entrepot import cloud
from entrepot.kernel import Blobs, Invalid, TooLarge

from .refusals import Unreadable
from .visit import CurrentVisit
from .wire import Made

MODEL_BYTES_MAX = 4 << 30
KINDS = ("chat", "completion", "embedding", "rerank")
MIB = 1 << 20


async def receive_model(
    visit: CurrentVisit, fields: Mapping[str, str], files: Sequence[Any], key: str | None = None
) -> cloud.Model:
    """Register what was sent as a draft of the caller's organisation.

    Unreadable without weights; Invalid for what may not be loaded, or does not do what it is registered for; TooLarge
    above what an organisation may keep here.
    """
    sent = [each for each in files if isinstance(each, UploadFile) and each.filename]
    if not sent:
        raise Unreadable("Send the model's files as parts named `files`", fields={"files": "are missing"})
    size = sum(_size(each) for each in sent)
    kept = await visit.read(lambda s: sum(f.size for m in cloud.list_own(s, visit.scope) for f in m.files))
    most = visit.entrepot.settings.cloud.models_mib * MIB
    if not visit.scope.is_operator and kept + size > most:
        raise TooLarge(f"An organisation keeps at most {most // MIB:,} MiB of models here: {kept // MIB:,} are kept")
    draft, known = await visit.work(lambda: _look(visit, fields, sent))
    said = "\n".join((draft.name, *(each.sha256 for each in draft.files))).encode()
    made = await visit.once(
        key, lambda tx: Made(cloud.add_model(tx, visit.scope, draft, known).id), Made, stands_for=said
    )
    return await visit.read(lambda s: cloud.get_own(s, visit.scope, made.id))


def _look(
    visit: CurrentVisit, fields: Mapping[str, str], sent: Sequence[UploadFile]
) -> tuple[cloud.ModelDraft, cloud.Capabilities]:
    """What was sent as a draft, and what it can do. Files lie apart until they are known to be a model: what is none
    leaves nothing behind."""
    home = visit.entrepot.home / "incoming"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        apart = Path(folder)
        draft = _draft(Blobs(apart), fields, sent)
        known = cloud.probe_apart(apart, draft, visit.entrepot.settings.cloud.context)
        if not fields.get("kind"):
            draft = msgspec.structs.replace(draft, kind=cloud.fitting_kind(known))
        for each in draft.files:
            visit.entrepot.blobs.put_file(apart / each.sha256[:2] / each.sha256[2:])
    return draft, known


def _draft(blobs: Blobs, fields: Mapping[str, str], sent: Sequence[UploadFile]) -> cloud.ModelDraft:
    extras: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="entrepot-model-") as folder:
        weights = []
        for each in sent:
            name = Path(each.filename.replace("\\", "/")).name
            file: Any = each.file
            file.seek(0)
            if name in cloud.EXTRAS:
                extras[name] = file.read(cloud.JSON_MAX + 1)
                continue
            path = Path(folder) / (name or "model")
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy, MIB)
            weights.append(path)
        if not weights:
            raise Invalid("There are no weights among the files: send a GGUF, ONNX or safetensors file",
                          fields={"files": "no weights"})  # fmt: skip
        files = cloud.store_files(blobs, weights, extras=extras)
        engine = cloud.engine_for(weights[0], extras)
    kind = fields.get("kind", "") or cloud.KINDS[engine]
    if kind not in KINDS:
        raise Invalid("Say what it is made for", fields={"kind": ", ".join(KINDS)})
    licence = cloud.Licence(
        fields.get("licence", ""), fields.get("licence_url", ""), fields.get("gated") in ("true", "on"),
        fields.get("own") in ("true", "on"),
    )  # fmt: skip
    return cloud.ModelDraft(
        fields.get("name", "").strip(), cast(Any, kind), engine, licence, files, fields.get("card", ""),
        fields.get("base") or None, source="upload", listed=fields.get("listed", "true") != "false",
    )  # fmt: skip


def _size(upload: UploadFile) -> int:
    file: Any = upload.file
    size = int(file.seek(0, os.SEEK_END))
    file.seek(0)
    return size
