"""Orders: from a cart over several merchants to goods at the door and money with its owner.

A cart becomes an order in one command, `place`, the only path there is. An order has a seller order per merchant; each
is shipped, delivered and completed by itself. What was agreed is frozen when it is placed: prices, quotes, commission,
and who gets what of the money, which always sums to what the buyer paid.
"""

from .cancellation import cancel, cancel_order
from .carts import adopt_cart, find_cart, open_cart, set_line
from .checkout import place
from .events import (
    OrderExpired,
    OrderPaid,
    OrderPaymentFailed,
    OrderPlaced,
    SellerOrderCancelled,
    SellerOrderCompleted,
    SellerOrderDelivered,
    SellerOrderShipped,
)
from .fulfilment import complete_if_due, confirm_receipt, deliver_seller_order, ship
from .links import follow_link, link_to, open_by_link, sign_order
from .money import legs_of
from .payment import expire_if_due, order_captured, order_declined
from .pricing import view_cart
from .proofs import PROOFS
from .quoting import quote_cart, view_checkout
from .reactions import grant_reviews, mark_declined, mark_delivered, mark_paid, mark_refunded, reactions
from .reads import (
    count_seller_orders,
    get_order,
    get_order_status,
    get_seller_order,
    list_orders,
    list_seller_orders,
)
from .tasks import SCHEDULE, TASKS
from .types import (
    CART_LINES_MAX,
    QUANTITY_MAX,
    Cart,
    CartItem,
    Legs,
    OrderStatus,
    Place,
    Placed,
    SellerOrderStatus,
    Settings,
    Shipment,
    Stage,
    Standing,
)
from .views import (
    CartGroup,
    CartLine,
    CartView,
    Change,
    ChangeKind,
    Checkout,
    CheckoutGroup,
    Custody,
    DeliveryOption,
    Holder,
    LineView,
    OrderView,
    PaymentView,
    SellerOrderView,
)

__all__ = [
    "CART_LINES_MAX",
    "PROOFS",
    "QUANTITY_MAX",
    "SCHEDULE",
    "TASKS",
    "Cart",
    "CartGroup",
    "CartItem",
    "CartLine",
    "CartView",
    "Change",
    "ChangeKind",
    "Checkout",
    "CheckoutGroup",
    "Custody",
    "DeliveryOption",
    "Holder",
    "Legs",
    "LineView",
    "OrderExpired",
    "OrderPaid",
    "OrderPaymentFailed",
    "OrderPlaced",
    "OrderStatus",
    "OrderView",
    "PaymentView",
    "Place",
    "Placed",
    "SellerOrderCancelled",
    "SellerOrderCompleted",
    "SellerOrderDelivered",
    "SellerOrderShipped",
    "SellerOrderStatus",
    "SellerOrderView",
    "Settings",
    "Shipment",
    "Stage",
    "Standing",
    "adopt_cart",
    "cancel",
    "cancel_order",
    "complete_if_due",
    "confirm_receipt",
    "count_seller_orders",
    "deliver_seller_order",
    "expire_if_due",
    "find_cart",
    "follow_link",
    "get_order",
    "get_order_status",
    "get_seller_order",
    "grant_reviews",
    "legs_of",
    "link_to",
    "list_orders",
    "list_seller_orders",
    "mark_declined",
    "mark_delivered",
    "mark_paid",
    "mark_refunded",
    "open_by_link",
    "open_cart",
    "order_captured",
    "order_declined",
    "place",
    "quote_cart",
    "reactions",
    "set_line",
    "ship",
    "sign_order",
    "view_cart",
    "view_checkout",
]
