"""Errors in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from litestar import Response

from entrepot import cloud

JSON = "application/json"


def failure(status: int, kind: str, sentence: str, fields: dict[str, str], headers: dict[str, str]) -> Response[Any]:
    """An answer that is an error."""
    body = msgspec.json.encode(cloud.failure(status, kind, sentence, fields))
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def told(body: msgspec.Struct | bytes, headers: Mapping[str, str] = MappingProxyType({})) -> Response[bytes]:
    """An answer."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, media_type=JSON, headers={"cache-control": "no-store", **headers})
