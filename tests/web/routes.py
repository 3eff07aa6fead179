"""Every route of the application, for tests that are made from them."""

from __future__ import annotations

import re
from typing import NamedTuple

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

SAFE = {"GET", "HEAD", "OPTIONS"}
NOBODYS = {
    "sha256": "0" * 64,
    "file_name": "160.webp",
    "name": "entrepot.css",
    "slug": "nothing-of-this-name",
    "token": "not-a-token",
    "code": "en",
}


class Operation(NamedTuple):
    """A method at an address."""

    method: str
    template: str
    handler: HTTPRouteHandler

    @property
    def parameters(self) -> list[str]:
        """What the address leaves open."""
        return re.findall(r"{(\w+)}", self.template)

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method not in SAFE

    def path(self, values: dict[str, str] | None = None) -> str:
        """The address with these values, and others that name nothing."""
        known = {**NOBODYS, **(values or {})}
        return re.sub(r"{(\w+)}", lambda found: known.get(found[1], nothing(found[1])), self.template)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def nothing(parameter: str) -> str:
    """A well-formed id that names nothing."""
    return f"{parameter[:3]}_01KDWPVNG0000000000000000Z"


def operations(app: Litestar) -> list[Operation]:
    """All of them, in the order of their addresses; the documentation's own routes are left out."""
    return sorted(
        (
            Operation(method, route.path_format, handler)
            for route in app.routes
            if isinstance(route, HTTPRoute) and not route.path.startswith("/openapi.json/")
            for handler in route.route_handlers
            for method in handler.http_methods
            if method != "OPTIONS"
        ),
        key=str,
    )
