"""Parameters and parts of bodies, with bounds that the schema tells.

No text holds a NUL, and no number is without an end.
"""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.params import HeaderParameter, PathParameter, QueryParameter
from msgspec import Meta

from entrepot import identity
from entrepot.kernel import Secret
from entrepot.kernel.money import MINOR_MAX

NO_NUL = r"^[^\x00]*$"
ID = r"^[a-z0-9]{2,8}_[0-7][0-9A-HJKMNP-TV-Z]{25}$"
SLUG = r"^[^\x00/]+$"
SHA256 = r"^[0-9a-f]{64}$"

Id = Annotated[str, PathParameter(pattern=ID), Meta(pattern=ID)]
"""An id of ours, such as ord_01K…; another shape in a path answers 404."""
Slug = Annotated[str, PathParameter(pattern=SLUG, min_length=1, max_length=300)]
SlugPath = Annotated[str, PathParameter(max_length=1_000)]
"""Slugs joined by slashes, as a category's address is."""
Sha256 = Annotated[str, PathParameter(pattern=SHA256)]
Photo = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$", description="Of a photograph that was searched by")]
Line = Annotated[str, Meta(pattern=NO_NUL, max_length=300)]
"""A short text."""
PLAIN = r"^[^\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*$"
"""No control signs, and none that cannot be seen."""
Name = Annotated[str, Meta(pattern=PLAIN, min_length=1, max_length=100)]
"""A short text that may not be empty."""
Prose = Annotated[str, Meta(pattern=NO_NUL, max_length=20_000)]
"""A long text."""
Email = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$",
        min_length=3,
        max_length=254,
    ),
]
NewPassword = Annotated[Secret, Meta(extra_json_schema={"minLength": 8, "maxLength": 200})]
"""A password that somebody chooses now; one that is only checked may be any `Secret`."""
Token = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$", min_length=1, max_length=500)]
"""Something we gave out: a link's token, a payment method."""
Language = Literal["en", "zh"]
Country = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{2}$",
        description="ISO 3166 alpha-2",
        extra_json_schema={"enum": sorted(identity.COUNTRIES)},
    ),
]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Amount = Annotated[int, Meta(ge=0, lt=MINOR_MAX, description="Whole minor units")]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]

InQuery = Annotated[str, QueryParameter(max_length=500, pattern=NO_NUL)]
"""A page's query parameter, under the name that the handler gives it."""
MaybeInQuery = Annotated[str | None, QueryParameter(max_length=500, pattern=NO_NUL)]
After = Annotated[
    str | None, QueryParameter(name="after", max_length=200, pattern=NO_NUL, description="`next` of the page before")
]
Most = Annotated[int, QueryParameter(name="most", ge=1, le=200, description="Items a page")]
_KEY = r"^[\x21-\x7e]+$"
_KEY_DOC = "The same key with the same body has its effect once"
Key = Annotated[
    str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=200, pattern=_KEY, description=_KEY_DOC)
]
OptionalKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", min_length=1, max_length=200, pattern=_KEY, description=_KEY_DOC),
]
