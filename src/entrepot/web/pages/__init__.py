"""The pages. How to add one:

1. a handler in the file of its subject, which calls a room's verb through `visit` and gives `render` a template:

       @get("/cart", include_in_schema=False)
       async def cart(visit: Visit) -> Response[str]:
           view = await visit.read(lambda s: orders.view_cart(s, visit.scope))
           return await render(visit, "cart.html", cart=view)

2. its template in `templates/`, which extends `base.html`; what a template may use stands in `rendering.py`;
3. its words in `texts/en/*.json` and `texts/zh/*.json`;
4. the handler in the `ROUTES` of its file, and the file in `ROUTES` here.

A form posts to a handler of its own, which reads fields, writes, and leads to a page (`redirect`), so that reloading
repeats nothing. The guard has already checked `_csrf`:

       @post("/cart/lines", include_in_schema=False)
       async def put_in_cart(visit: Visit) -> Response[None]:
           fields = await visit.fields(PutInCart)          # a msgspec.Struct; what does not fit is refused by name
           scope = await visit.owner()                     # begins a guest's session when there is none
           await visit.write(lambda tx: orders.set_line(tx, scope, fields.offer_id, fields.quantity))
           visit.flash("cart.added")                       # a text's key, shown once on the next page
           return redirect("/cart")

Where money or stock moves, the form carries `key_field()`, and the handler runs its command by
`visit.once(fields.key, command, Done)`. A path parameter that is an id is written `order_id: Id`, one of the query
`after: MaybeInQuery = None` (`params.py`).
`opt={"access": ...}` keeps a route for a `person`, a `member` of an organisation or the `operator`; whoever is not
signed in is sent to do so, and comes back. `opt={"rate": ...}` names another rate than the method's (`rates.py`). A
verb's `Refused` becomes a page with its sentence and status; catch it where the sentence should stand beside the form.
"""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from . import (
    afterwards,
    basket,
    browsing,
    cloud,
    collecting,
    delivering,
    documents,
    home,
    matching,
    merchant,
    operator,
    people,
    photos,
    prices,
    product,
    purchases,
    searching,
    team,
    voices,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *home.ROUTES,
    *searching.ROUTES,
    *photos.ROUTES,
    *browsing.ROUTES,
    *product.ROUTES,
    *matching.ROUTES,
    *collecting.ROUTES,
    *voices.ROUTES,
    *basket.ROUTES,
    *purchases.ROUTES,
    *documents.ROUTES,
    *afterwards.ROUTES,
    *people.ROUTES,
    *team.ROUTES,
    *merchant.ROUTES,
    *operator.ROUTES,
    *prices.ROUTES,
    *delivering.ROUTES,
    *cloud.ROUTES,
)

__all__ = ["ROUTES"]
