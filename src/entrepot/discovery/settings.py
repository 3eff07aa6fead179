"""The section `[discovery]` of the settings."""

from __future__ import annotations

from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """How things are found."""

    similarity_floor: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.4
    """How alike in meaning, from 0 to 1, a product without the query's words must be to be found all the same."""
    popular_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30
    """For how many days a click, a cart or an order makes a product popular."""
    image_search: bool = True
    """Whether shoppers can search by a photograph; pictures are looked at as products are listed."""
    picture_encoder: str = ""
    """An ONNX file that makes vectors of pictures, with one input of N x 3 x side x side as ImageNet's encoders want
    it; empty: our own features, and what `entrepot train images` made of them."""
