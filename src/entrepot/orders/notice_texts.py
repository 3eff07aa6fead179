"""What people read when something happens to an order, in English and Chinese. `{name}` stands for a parameter."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

PAID, TO_SEND = "orders.paid", "orders.to_send"
PAYMENT_FAILED, EXPIRED = "orders.payment_failed", "orders.expired"
SHIPPED, DELIVERED, COMPLETED = "orders.shipped", "orders.delivered", "orders.completed"
TO_COLLECT = "orders.to_collect"
CANCELLED, CALLED_OFF = "orders.cancelled", "orders.called_off"

declare_notices(
    NoticeKind(
        PAID,
        {"en": "Thank you for your order {number}", "zh": "感谢您的订单 {number}"},
        {
            "en": "{total} is paid. We keep it safe until your goods have arrived; only then do the merchants get it.",
            "zh": "您已支付 {total}。款项由平台保管，商品送达后才会付给商家。",
        },
        mailed=True,
    ),
    NoticeKind(
        TO_SEND,
        {"en": "New order {number} to send", "zh": "新订单 {number} 待发货"},
        {
            "en": "Pieces: {pieces}. Total: {total}. It is paid; the money is yours once the goods have arrived.",
            "zh": "共 {pieces} 件，金额 {total}。买家已付款，商品送达后款项归您所有。",
        },
    ),
    NoticeKind(
        PAYMENT_FAILED,
        {"en": "Order {number} could not be paid", "zh": "订单 {number} 支付失败"},
        {
            "en": "{reason}. Nothing was taken. Your cart is as it was: place it again, perhaps with another card.",
            "zh": "{reason}。未扣除任何款项。购物车已为您保留，可换一种支付方式重新下单。",
        },
        mailed=True,
    ),
    NoticeKind(
        EXPIRED,
        {"en": "Order {number} was not paid in time", "zh": "订单 {number} 超时未支付"},
        {
            "en": "We kept the goods for you as long as we could. Your cart is as it was: place it again if you like.",
            "zh": "为您保留商品的时间已过。购物车已为您保留，可随时重新下单。",
        },
        mailed=True,
    ),
    NoticeKind(
        SHIPPED,
        {"en": "{merchant} has sent your goods", "zh": "{merchant} 已发货"},
        {
            "en": "Part {number} of your order is on its way. Follow it on the order's page.",
            "zh": "您的包裹 {number} 已在途中，可在订单页面查看物流。",
        },
        mailed=True,
    ),
    NoticeKind(
        TO_COLLECT,
        {"en": "Your parcel from {merchant} waits at {point}", "zh": "您在 {merchant} 购买的商品已到达自提点 {point}"},
        {
            "en": "Collect it at {address}, and say the code {code}. It is kept for you for {days} days.",
            "zh": "请前往 {address} 取件，取件码 {code}。包裹为您保留 {days} 天。",
        },
        mailed=True,
    ),
    NoticeKind(
        DELIVERED,
        {"en": "Your goods from {merchant} have arrived", "zh": "您在 {merchant} 购买的商品已送达"},
        {
            "en": "Is everything as it should be? Then confirm it on the order's page, and the merchant is paid. "
            "If you do nothing, this happens by itself after {days} days.",
            "zh": "商品是否完好？请在订单页面确认收货，款项随即付给商家。若未操作，{days} 天后将自动确认。",
        },
        mailed=True,
    ),
    NoticeKind(
        COMPLETED,
        {"en": "Order {number} is complete", "zh": "订单 {number} 已完成"},
        {
            "en": "{amount} of it is yours and comes with your next payout.",
            "zh": "其中 {amount} 归您所有，将随下次结算付给您。",
        },
    ),
    NoticeKind(
        CANCELLED,
        {"en": "Your goods from {merchant} were cancelled", "zh": "您在 {merchant} 的订单已取消"},
        {
            "en": "The reason given: {reason}. What you paid for them, {total}, goes back to you.",
            "zh": "取消原因：{reason}。您为此支付的 {total} 将退还给您。",
        },
        mailed=True,
    ),
    NoticeKind(
        CALLED_OFF,
        {"en": "Order {number} was cancelled: do not send it", "zh": "订单 {number} 已取消，请勿发货"},
        {
            "en": "The reason given: {reason}. Your stock is on sale again.",
            "zh": "取消原因：{reason}。库存已恢复销售。",
        },
    ),
)
