"""Searching by a photograph: the products whose pictures look like it, as far as they can be bought and pass filters.

1. The photograph is decoded within bounds, and seen by the same encoder as the catalogue's pictures, metered as a
   search of the surface `image`.
2. The FOUND_MAX nearest pictures make the set, in the order of their likeness; stock, filters, exclusions, totals and
   facets are then those of any list.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from entrepot.catalog import decode_picture
from entrepot.cloud import Meter
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Database, NotFound

from .pictures.encoder import Encoders
from .pictures.gallery import Gallery
from .pictures.photos import KeptPhoto, Photos
from .pictures.seeing import encode_metered
from .searching import Searcher
from .settings import Settings
from .types import SearchPage, SearchRequest

FOUND_MAX = 120
"""Further down the likeness says nothing."""


class PictureSearch:
    """Search by photographs, over the same index as all search."""

    def __init__(
        self, database: Database, blobs: Blobs, searcher: Searcher, meter: Meter, settings: Settings, folder: Path
    ) -> None:
        """`folder` is where photographs are kept while somebody looks at what they found."""
        self._database = database
        self._searcher = searcher
        self._meter = meter
        self._settings = settings
        self._photos = Photos(folder)
        self.encoders = Encoders(database, blobs, settings)
        self.gallery = Gallery(database)

    def check_on(self) -> None:
        """NotFound where the operator has turned it off."""
        if not self._settings.image_search:
            raise NotFound("This market is not searched by pictures")

    def see(self, content: bytes) -> str:
        """Look at a photograph; returns the name by which its results are asked for during the next hour.

        Refused with a sentence for what is no picture, a damaged or moving one, or one too large (`decode_picture`).
        """
        self.check_on()
        image = decode_picture(content, still=True)
        encoder = self.encoders.current()
        [vector] = encode_metered(self._database, encoder, self._meter, [image], None)
        return self._photos.keep(image, encoder.name, vector)

    def photo(self, name: str) -> KeptPhoto:
        """A photograph's thumbnail and vector; NotFound when it is no longer kept."""
        return self._photos.get(name)

    def search(self, scope: Scope, name: str, request: SearchRequest) -> SearchPage:
        """A page of what a photograph finds; of the request count filters, limit, offset, language and facets."""
        photo, encoder = self.photo(name), self.encoders.current()
        if photo.encoder != encoder.name:
            raise NotFound("This photo is no longer kept: search with it again")
        near = self.gallery.nearest(encoder.name, photo.as_floats(), FOUND_MAX)
        asked = msgspec.structs.replace(request, q="", sort="relevance", cursor=None, surface="image")
        return self._searcher.search_among(scope, asked, [product_id for product_id, _ in near])
