"""The application: routes, guard, errors and the layer around them, for one opened home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from limits import RateLimitItem
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from entrepot.kernel import Refused, settle_structs

from . import errors
from .admission import admit
from .api import ROUTES as API_ROUTES
from .beacons import ROUTES as BEACON_ROUTES
from .compute import ROUTES as COMPUTE_ROUTES
from .compute.refusing import keep_writing, write_counted
from .edge import Edge
from .feeds import ROUTES as FEED_ROUTES
from .house import House, visit_of
from .media import ROUTES as MEDIA_ROUTES
from .openapi import openapi_config
from .pages import ROUTES as PAGE_ROUTES
from .policy import BODY_BYTES_MAX
from .static import static_file

if TYPE_CHECKING:
    from entrepot.app import Entrepot

UNLOAD_EVERY_S = 30.0
TELL_EVERY_S = 1.0
ENGINES_S = 7.0
"""Longer than a child has to end by itself before it is killed."""
TRACES_S = 2.0
COUNTS_S = 2.0


def create_app(entrepot: Entrepot, *, rates: Mapping[str, RateLimitItem] | None = None) -> Litestar:
    """Everything this home answers over HTTP. The home's own threads are started and ended by whoever opened it.

    `rates` replaces some of the classes of `rates.RATES`.
    """
    app = _laid_out()
    move_in(app, House(entrepot, rates or {}))
    return app


def move_in(app: Litestar, house: House) -> None:
    """Have an application answer for this home, and know nothing of one it answered for before.

    Its routes are the same for every home, and laying them out takes a second.
    """
    house.methods = {route.path_format: sorted(route.methods) for route in app.routes if isinstance(route, HTTPRoute)}
    app.state = State({"house": house})


def _laid_out() -> Litestar:
    settle_structs()
    routes: list[ControllerRouterHandler] = [
        *API_ROUTES, *COMPUTE_ROUTES, *PAGE_ROUTES, *MEDIA_ROUTES, *FEED_ROUTES, *BEACON_ROUTES, static_file,
    ]  # fmt: skip
    app = Litestar(
        routes,
        guards=[admit],
        dependencies={"visit": Provide(visit_of, sync_to_thread=False)},
        exception_handlers={
            Refused: errors.refused,
            HTTPException: errors.http_error,
            Exception: errors.unexpected,
        },
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=openapi_config(),
        logging_config=None,
        lifespan=[_closing],
        debug=False,
    )
    app.asgi_handler = Edge(app)
    return app


@asynccontextmanager
async def _closing(app: Litestar) -> AsyncGenerator[None, Any]:
    """However the serving ends, waiting handlers learn of it."""
    house: House = app.state.house
    idle = asyncio.ensure_future(_unload_idle(house))
    counting = asyncio.ensure_future(keep_writing(house))
    telling = asyncio.ensure_future(_tell_siblings(house))
    house.entrepot.batches.attach(asyncio.get_running_loop())
    try:
        yield
    finally:
        house.closing.set()
        house.entrepot.batches.attach(None)
        idle.cancel()
        counting.cancel()
        telling.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(write_counted(house), COUNTS_S)
        # What cannot be settled or sent in a while never will be, and others have to be closed yet.
        with suppress(TimeoutError):
            await asyncio.wait_for(house.entrepot.gateway.close(), ENGINES_S)
        if house.tracer is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(house.tracer.close), TRACES_S)


async def _tell_siblings(house: House) -> None:
    """What this process counts is told by whichever is asked."""
    while house.siblings is not None:
        with suppress(OSError):  # a full disk: the next time tells it
            await asyncio.to_thread(house.siblings.write, house.measures.counted())
        await asyncio.sleep(TELL_EVERY_S)


async def _unload_idle(house: House) -> None:
    """Models that nobody uses make room."""
    while True:
        await asyncio.sleep(UNLOAD_EVERY_S)
        await house.entrepot.gateway.unload_idle()
