"""What people read when something happens to their money, in English and Chinese."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

ACCOUNT_SET, ACCOUNT_CHANGED = "pay.account_set", "pay.account_changed"
PAYOUT_SENT, PAYOUT_FAILED = "pay.payout_sent", "pay.payout_failed"
CHARGEBACK_RECOVERED, CHARGEBACK_LOST_AGAIN = "pay.chargeback_recovered", "pay.chargeback_lost_again"
PAYOUT_FAILED_OPERATOR, CHARGEBACK = "pay.payout_failed_operator", "pay.chargeback"

declare_notices(
    NoticeKind(
        ACCOUNT_SET,
        {"en": "Your payouts go to {account}", "zh": "结算款将付至 {account}"},
        {
            "en": "The account {account} was given for payouts in {currency}. If that was not you, tell the market's "
            "operator at once.",
            "zh": "已设置 {currency} 收款账户 {account}。如非本人操作，请立即联系平台运营方。",
        },
        mailed=True,
    ),
    NoticeKind(
        ACCOUNT_CHANGED,
        {"en": "Your payout account was changed to {account}", "zh": "您的收款账户已更改为 {account}"},
        {
            "en": "Payouts in {currency} go to {account} from now on. For {days} days nothing is sent, so that you can "
            "object: if that was not you, set a new password and tell the market's operator at once.",
            "zh": "今后 {currency} 结算款将付至 {account}。{days} 天内暂不付款，以便您核实："
            "如非本人操作，请立即修改密码并联系平台运营方。",
        },
        mailed=True,
    ),
    NoticeKind(
        PAYOUT_SENT,
        {"en": "{amount} is on its way to you", "zh": "{amount} 已付出"},
        {
            "en": "Your payout was sent to {account}. Its statement explains every line.",
            "zh": "结算款已付至 {account}，明细见结算单。",
        },
    ),
    NoticeKind(
        PAYOUT_FAILED,
        {"en": "A payout of {amount} did not arrive", "zh": "{amount} 的结算未成功"},
        {
            "en": "It was refused: {reason}. The money is yours as before. Check your payout account, or give another; "
            "nothing is sent until then.",
            "zh": "付款被拒绝：{reason}。款项仍归您所有。请核对或更换收款账户，在此之前暂不付款。",
        },
        mailed=True,
    ),
    NoticeKind(
        PAYOUT_FAILED_OPERATOR,
        {"en": "A payout of {amount} was refused", "zh": "{amount} 的结算付款被拒绝"},
        {
            "en": "{payout} to {merchant}: {reason}. It is due again; the merchant was told.",
            "zh": "{payout}（商家 {merchant}）：{reason}。该款项重新计入应付，已通知商家。",
        },
    ),
    NoticeKind(
        CHARGEBACK_RECOVERED,
        {"en": "{amount} of a chargeback has come back", "zh": "拒付款项 {amount} 已追回"},
        {
            "en": "The bank has changed its decision about order {order}. Your part is due to you again.",
            "zh": "银行已改变对订单 {order} 的决定，您应得的部分已重新计入应付。",
        },
        mailed=True,
    ),
    NoticeKind(
        CHARGEBACK_LOST_AGAIN,
        {"en": "{amount} of a chargeback is lost again", "zh": "拒付款项 {amount} 再次败诉"},
        {
            "en": "The bank has taken back its last decision about order {order}, and decided for the buyer. Your part "
            "is taken from what is due to you; what is not there comes off later sales.",
            "zh": "银行撤回了对订单 {order} 的上一次决定，改判买家胜诉。"
            "您的部分将从应付款中扣除，不足部分从后续收入中抵扣。",
        },
        mailed=True,
    ),
    NoticeKind(
        CHARGEBACK,
        {"en": "A buyer's bank takes {amount} back", "zh": "买家银行发起拒付 {amount}"},
        {
            "en": "{processor} tells of a chargeback of {payment}: {reason}. Answer there with what shows "
            "the sale; the dispute's page has it all.",
            "zh": "{processor} 通知：{payment} 发生拒付，原因：{reason}。请在该支付平台提交交易凭证，资料见争议页面。",
        },
        mailed=True,
    ),
)
