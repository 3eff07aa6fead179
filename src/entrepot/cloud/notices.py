"""What people read about the money of compute, in English and Chinese."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

BUDGET_REACHED, CREDIT_LOW = "cloud.budget_reached", "cloud.credit_low"
CREDIT_PAID, CREDIT_FAILED = "cloud.credit_paid", "cloud.credit_failed"
GRANT_ENDS = "cloud.grant_ends"
REPAYMENT_ASKED, REPAYMENT_PAID = "cloud.repayment_asked", "cloud.repayment_paid"
REPAYMENT_DECLINED = "cloud.repayment_declined"
INVOICE_ISSUED, INVOICE_DUE = "cloud.invoice_issued", "cloud.invoice_due"

declare_notices(
    NoticeKind(
        BUDGET_REACHED,
        {"en": "{percent} % of the budget {name} is spent", "zh": "预算「{name}」已用 {percent}%"},
        {
            "en": "{spent} of {amount} is spent. No call passes the budget: what it does not cover is refused until "
            "you raise it, or it begins anew.",
            "zh": "已用 {spent}，预算为 {amount}。超出预算的调用会被拒绝，直到您提高预算或预算重新计算。",
        },
        mailed=True,
    ),
    NoticeKind(
        CREDIT_LOW,
        {"en": "{left} of compute credit is left", "zh": "算力余额还剩 {left}"},
        {
            "en": "Calls that the credit does not cover are refused. Add credit before they are.",
            "zh": "余额不足时调用会被拒绝，请及时充值。",
        },
        mailed=True,
    ),
    NoticeKind(
        CREDIT_PAID,
        {"en": "{amount} of compute credit was added", "zh": "已充值算力余额 {amount}"},
        {"en": "Your payment has arrived, and may be spent at once.", "zh": "款项已到账，可立即使用。"},
    ),
    NoticeKind(
        CREDIT_FAILED,
        {"en": "A payment of {amount} for compute did not arrive", "zh": "算力充值 {amount} 未成功"},
        {"en": "{reason}. Nothing was charged for it; try again.", "zh": "{reason}。未产生扣款，请重试。"},
        mailed=True,
    ),
    NoticeKind(
        INVOICE_ISSUED,
        {"en": "Invoice {number}: {amount}", "zh": "账单 {number}：{amount}"},
        {
            "en": "What you used is invoiced, and paid by your credit. Each line opens to the calls behind it.",
            "zh": "本期用量已出账，并由余额支付。每一行都可展开查看对应的调用。",
        },
    ),
    NoticeKind(
        INVOICE_DUE,
        {"en": "Invoice {number}: {due} is to be paid by {day}", "zh": "账单 {number}：请于 {day} 前支付 {due}"},
        {
            "en": "What you used comes to {amount}. Each line opens to the calls behind it.",
            "zh": "本期用量共 {amount}。每一行都可展开查看对应的调用。",
        },
        mailed=True,
    ),
    NoticeKind(
        GRANT_ENDS,
        {"en": "{left} of granted credit ends on {day}", "zh": "赠送余额 {left} 将于 {day} 到期"},
        {
            "en": "It is used before all other credit. What is left of it on that day is no more.",
            "zh": "赠送余额会优先使用，到期后未用部分将失效。",
        },
        mailed=True,
    ),
    NoticeKind(
        REPAYMENT_ASKED,
        {"en": "A customer of compute asks {amount} of credit back", "zh": "有客户申请退回算力余额 {amount}"},
        {"en": "Pay it back or say why not.", "zh": "请退款或说明拒绝原因。"},
    ),
    NoticeKind(
        REPAYMENT_PAID,
        {"en": "{amount} of unused credit is on its way back", "zh": "未用余额 {amount} 正在退回"},
        {
            "en": "It goes back the way it was paid. How long that takes depends on your bank.",
            "zh": "将按原付款方式退回，到账时间取决于银行。",
        },
        mailed=True,
    ),
    NoticeKind(
        REPAYMENT_DECLINED,
        {"en": "{amount} of credit is not paid back", "zh": "退回余额 {amount} 的申请未通过"},
        {
            "en": "The operator's reason: {reason}. The credit stays yours to use.",
            "zh": "原因：{reason}。余额仍可继续使用。",
        },
        mailed=True,
    ),
)
