"""Taking in a feed that is uploaded: from the spool on the disk to the store of feeds, never whole in memory."""

from __future__ import annotations

import os
from typing import Any

from litestar.datastructures import UploadFile

from entrepot import catalog
from entrepot.catalog import FeedRef

from .visit import Visit

NAME_LENGTH_MAX = 200


async def receive_feed(visit: Visit, merchant_id: str, upload: UploadFile, format: str = "auto") -> FeedRef:
    """Store an upload and look what it is. TooLarge beyond the merchant's quota; Invalid for what is no feed."""
    file: Any = upload.file
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    settings = visit.entrepot.settings.catalog
    await visit.read(lambda s: catalog.check_quota(s, merchant_id, size, settings))
    blobs, name = visit.entrepot.blobs, _plain(upload.filename)
    feeds = catalog.feeds_in(blobs)

    def store() -> FeedRef:
        sha256 = feeds.put_stream(file)
        try:
            return catalog.uploaded_feed(blobs, sha256, name, format)
        except BaseException:
            feeds.delete(sha256)  # no import refers to what is no feed, so nothing would ever delete it
            raise

    return await visit.on_thread(store)


def _plain(name: str) -> str:
    """A file's name without its folders, and without signs that hide or break it where it is shown."""
    return "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable())[:NAME_LENGTH_MAX]
