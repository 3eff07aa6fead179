"""What people read about parcels in parts, refunds, returns and disputes. `{name}` stands for a parameter."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

PARCEL_SENT, LINES_CANCELLED = "orders.parcel_sent", "orders.lines_cancelled"
LINES_CALLED_OFF = "orders.lines_called_off"
REFUND_MADE = "orders.refund_made"
RETURN_ASKED, RETURN_ACCEPTED = "orders.return_asked", "orders.return_accepted"
RETURN_DECLINED = "orders.return_declined"
RETURN_SENT, RETURN_ARRIVED = "orders.return_sent", "orders.return_arrived"
RETURN_WITHDRAWN, RETURN_LAPSED = "orders.return_withdrawn", "orders.return_lapsed"
DISPUTE_OPENED, DISPUTE_FOR_YOU, CHARGEBACK = "orders.dispute_opened", "orders.dispute_for_you", "orders.chargeback"
EVIDENCE, EVIDENCE_FOR_MERCHANT, TO_DECIDE = "orders.evidence", "orders.evidence_for_merchant", "orders.to_decide"
DECIDED_BACK, DECIDED_NOTHING = "orders.decided_back", "orders.decided_nothing"
DECIDED_AGAINST, DECIDED_FOR = "orders.decided_against", "orders.decided_for"


def _kind(name: str, title: tuple[str, str], text: tuple[str, str], mailed: bool = False) -> NoticeKind:
    """A kind of notice with its title and its text, each in English and Chinese."""
    return NoticeKind(name, {"en": title[0], "zh": title[1]}, {"en": text[0], "zh": text[1]}, mailed=mailed)


declare_notices(
    _kind(
        PARCEL_SENT,
        ("A first parcel from {merchant} is on its way", "{merchant} 已寄出部分商品"),
        ("{pieces} pieces of order {number} were sent; {left} follow.",
         "订单 {number} 已寄出 {pieces} 件，还有 {left} 件待发。"),
        mailed=True,
    ),
    _kind(
        LINES_CANCELLED,
        ("{pieces} pieces from {merchant} were cancelled", "{merchant} 取消了 {pieces} 件商品"),
        ("The reason given: {reason}. {amount} goes back to you; the rest goes on.",
         "取消原因：{reason}。{amount} 将退还给您，其余商品照常处理。"),
        mailed=True,
    ),
    _kind(
        LINES_CALLED_OFF,
        ("Order {number}: do not send {pieces} pieces", "订单 {number}：请勿发送其中 {pieces} 件"),
        ("They were cancelled. The reason given: {reason}.", "这些商品已取消。原因：{reason}。"),
    ),
    _kind(
        REFUND_MADE,
        ("{amount} from {merchant} is on its way back to you", "{merchant} 的退款 {amount} 正在途中"),
        ("Order {number}. The reason given: {reason}.", "订单 {number}。退款原因：{reason}。"),
        mailed=True,
    ),
    _kind(
        RETURN_ASKED,
        ("Order {number}: the buyer wants to send something back", "订单 {number}：买家申请退货"),
        ("Answer within {days} days; otherwise it is accepted.", "请在 {days} 天内答复，逾期视为同意。"),
        mailed=True,
    ),
    _kind(
        RETURN_ACCEPTED,
        ("{merchant} takes it back", "{merchant} 同意退货"),
        ("Send it on the order's page: {number}. You are paid back once it was looked at.",
         "请在订单 {number} 页面寄回商品，验货后退款。"),
        mailed=True,
    ),
    _kind(
        RETURN_DECLINED,
        ("{merchant} declined your return", "{merchant} 拒绝了您的退货"),
        ("The reason is on the page of order {number}. If you do not agree, open a dispute there.",
         "原因见订单 {number} 页面。如有异议，可在该页面提出争议。"),
        mailed=True,
    ),
    _kind(
        RETURN_LAPSED,
        ("Your return to {merchant} was not sent in time", "您退给 {merchant} 的商品逾期未寄"),
        ("Order {number} goes on as if you kept it.", "订单 {number} 将视为您保留商品。"),
        mailed=True,
    ),
    _kind(
        RETURN_SENT,
        ("Order {number}: the return is on its way", "订单 {number}：退货已寄出"),
        ("Look at it within {days} days of its arrival; otherwise it is paid back.",
         "请在收到后 {days} 天内验货，逾期自动退款。"),
    ),
    _kind(
        RETURN_ARRIVED,
        ("Order {number}: the return has arrived", "订单 {number}：退货已送达"),
        ("Look at it within {days} days; otherwise it is paid back.", "请在 {days} 天内验货，逾期自动退款。"),
        mailed=True,
    ),
    _kind(
        RETURN_WITHDRAWN,
        ("Order {number}: the buyer keeps it after all", "订单 {number}：买家撤回退货"),
        ("There is nothing to do.", "无需处理。"),
    ),
    _kind(
        DISPUTE_OPENED,
        ("Order {number} is disputed", "订单 {number} 存在争议"),
        ("Its money stays where it is. Answer within {days} days; then the market decides.",
         "款项已冻结。请在 {days} 天内答复，之后由平台裁决。"),
        mailed=True,
    ),
    _kind(
        DISPUTE_FOR_YOU,
        ("Your goods from {merchant} seem to be lost", "您在 {merchant} 购买的商品可能丢失"),
        ("No delivery was reported for order {number}. We keep your money until this is decided.",
         "订单 {number} 一直没有送达记录。裁决之前您的款项由平台保管。"),
        mailed=True,
    ),
    _kind(
        CHARGEBACK,
        ("Order {number}: the buyer's bank took the money back", "订单 {number}：买家银行拒付"),
        ("The bank decides. Say what you know on the dispute's page.", "由银行裁决，请在争议页面说明情况。"),
        mailed=True,
    ),
    _kind(
        EVIDENCE,
        ("Something was said about your dispute with {merchant}", "您与 {merchant} 的争议有新陈述"),
        ("Read it on the page of order {number}.", "请在订单 {number} 页面查看。"),
        mailed=True,
    ),
    _kind(
        EVIDENCE_FOR_MERCHANT,
        ("Order {number}: something was said in the dispute", "订单 {number}：争议有新陈述"),
        ("Read it, and say what you know.", "请查看并说明情况。"),
    ),
    _kind(
        TO_DECIDE,
        ("A dispute with {merchant} is answered: please decide", "与 {merchant} 的争议已答复，请裁决"),
        ("Both sides have said what they know.", "双方均已陈述。"),
    ),
    _kind(
        DECIDED_BACK,
        ("Your dispute with {merchant}: {amount} comes back", "您与 {merchant} 的争议：退还 {amount}"),
        ("The reason is on the page of order {number}.", "裁决理由见订单 {number} 页面。"),
        mailed=True,
    ),
    _kind(
        DECIDED_NOTHING,
        ("Your dispute with {merchant} is over", "您与 {merchant} 的争议已结束"),
        ("Nothing goes back; the reason is on the page of order {number}.", "未退款，理由见订单 {number} 页面。"),
        mailed=True,
    ),
    _kind(
        DECIDED_AGAINST,
        ("Order {number}: {amount} goes back to the buyer", "订单 {number}：退还买家 {amount}"),
        ("The dispute is decided; read why on its page.", "争议已裁决，理由见争议页面。"),
        mailed=True,
    ),
    _kind(
        DECIDED_FOR,
        ("Order {number}: the dispute is over, nothing goes back", "订单 {number}：争议结束，无需退款"),
        ("Its money is on its way to you again.", "款项将继续结算给您。"),
        mailed=True,
    ),
)  # fmt: skip
