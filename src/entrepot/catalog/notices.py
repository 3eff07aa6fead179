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
        "catalog.low_stock",
        {"en": "Running low", "zh": "库存不足"},
        {
            "en": "{title}: {left} left, and you asked to be told at {at}.",
            "zh": "{title}：仅剩 {left} 件，已达到您设定的提醒值 {at}。",
        },
        mailed=True,
    ),
    NoticeKind(
        "catalog.bulk_done",
        {"en": "Your edit is finished", "zh": "批量修改已完成"},
        {
            "en": "{changed} changed, {unchanged} as before, {refused} refused.",
            "zh": "已修改 {changed} 项，未变 {unchanged} 项，被拒 {refused} 项。",
        },
    ),
    NoticeKind(
        "catalog.words_proposed",
        {"en": "Another seller proposes other words", "zh": "其他卖家提出修改商品内容"},
        {
            "en": "{merchant} proposes to change what {title} says. Accept or decline it.",
            "zh": "{merchant} 建议修改“{title}”的内容，请采纳或拒绝。",
        },
    ),
    NoticeKind(
        "catalog.words_decided",
        {"en": "Your proposal was decided", "zh": "您的修改建议已处理"},
        {
            "en": "{title}: your proposal was {decision}.",
            "zh": "“{title}”：您的建议结果为 {decision}。",
        },
    ),
    NoticeKind(
        "catalog.import_done",
        {"en": "Your import is finished", "zh": "导入已完成"},
        {
            "en": "{file}: {created} new, {changed} changed, {unchanged} as before, {refused} refused.",
            "zh": "{file}：新增 {created}，更新 {changed}，未变 {unchanged}，被拒 {refused}。",
        },
    ),
    NoticeKind(
        "catalog.words_kept",
        {"en": "What you wrote is shown", "zh": "您发布的内容已展示"},
        {
            "en": "We have looked at what you wrote about {product}, and it is shown.",
            "zh": "我们已查看您关于 {product} 的内容，现已展示。",
        },
    ),
    NoticeKind(
        "catalog.words_hidden",
        {"en": "What you wrote is not shown", "zh": "您发布的内容未展示"},
        {
            "en": "We do not show what you wrote about {product}. The reason: {reason}. You may write it otherwise.",
            "zh": "您关于 {product} 的内容未予展示。原因：{reason}。您可以修改后重新发布。",
        },
    ),
    NoticeKind(
        "catalog.question_asked",
        {"en": "A question about your goods", "zh": "有顾客提问"},
        {"en": "{author} asks about {product}: {question}", "zh": "{author} 询问 {product}：{question}"},
    ),
    NoticeKind(
        "catalog.question_answered",
        {"en": "Your question is answered", "zh": "您的提问有了回答"},
        {"en": "{author} answers about {product}: {answer}", "zh": "{author} 回答了关于 {product} 的问题：{answer}"},
    ),
    NoticeKind(
        "catalog.review_answered",
        {"en": "The seller answers your review", "zh": "卖家回复了您的评价"},
        {"en": "{merchant} about {product}: {answer}", "zh": "{merchant} 关于 {product}：{answer}"},
    ),
)
