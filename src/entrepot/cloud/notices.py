"""What people read about the money of compute, in English and Chinese."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

BUDGET_REACHED, CREDIT_LOW = "cloud.budget_reached", "cloud.credit_low"
CREDIT_PAID, CREDIT_FAILED = "cloud.credit_paid", "cloud.credit_failed"
INVOICE_ISSUED, INVOICE_DUE = "cloud.invoice_issued", "cloud.invoice_due"

declare_notices(
    NoticeKind(
        BUDGET_REACHED,
        {"en": "{percent} % of the budget {name} is spent", "zh": "预算「{name}」已用 {percent}%"},
        {
            "en": "{spent} of {amount} is spent in this period. No call passes the budget: what it does not cover is "
            "refused. Raise it, or wait for its next period.",
            "zh": "本周期已用 {spent}，预算为 {amount}。超出预算的调用会被拒绝，可提高预算或等待下一周期。",
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
)
