"""Taking in a photograph to search by: bounded, looked at, and let go."""

from __future__ import annotations

from litestar.datastructures import UploadFile

from entrepot.kernel import TooLarge

from .visit import Visit

MIB = 2**20
PHOTO_BYTES_MAX = 25 * MIB


async def see_photo(visit: Visit, photo: UploadFile) -> str:
    """The name by which a photograph's results are asked for. Refused with a sentence for what is no picture.

    As many are looked at at a time as there are processors, so that a crowd of them slows nobody's search.
    """
    content = await photo.read(PHOTO_BYTES_MAX + 1)
    if len(content) > PHOTO_BYTES_MAX:
        raise TooLarge(f"The picture has more than {PHOTO_BYTES_MAX // MIB} MiB: save it smaller")
    pictures = visit.entrepot.pictures
    return await visit.work(lambda: pictures.see(content))
