"""What the catalogue tells merchants, in every language."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

declare_notices(
    NoticeKind(
        "catalog.approved",
        {"en": "Your shop is open", "zh": "您的店铺已开业"},
        {
            "en": "{name} is approved: your goods are seen and sold from now on.",
            "zh": "{name} 已通过审核：您的商品现在可以展示和出售。",
        },
        mailed=True,
    ),
    NoticeKind(
        "catalog.suspended",
        {"en": "Your shop is suspended", "zh": "您的店铺已被暂停"},
        {
            "en": "{name} is suspended: your goods are no longer shown. Please still send what was ordered. "
            "The operator's reason: {reason}",
            "zh": "{name} 已被暂停，商品不再展示。已售出的订单请照常发货。平台给出的原因：{reason}",
        },
        mailed=True,
    ),
    NoticeKind(
        "catalog.import_done",
        {"en": "Your import is finished", "zh": "导入已完成"},
        {
            "en": "{file}: {created} new, {changed} changed, {unchanged} as before, {refused} refused.",
            "zh": "{file}：新增 {created}，更新 {changed}，未变 {unchanged}，被拒 {refused}。",
        },
    ),
)
