"""What the registry tells makers and the operator, in every language."""

from __future__ import annotations

from entrepot.identity import NoticeKind, declare_notices

SUBMITTED = "cloud.model_submitted"
PUBLISHED = "cloud.model_published"
REFUSED = "cloud.model_refused"
SHARE = "cloud.model_share"

declare_notices(
    NoticeKind(
        SUBMITTED,
        {"en": "A model waits for your word", "zh": "有模型等待审核"},
        {
            "en": "{model} was submitted: look at its licence and its files, and publish or refuse it.",
            "zh": "{model} 已提交：请查看其许可与文件，然后发布或拒绝。",
        },
        mailed=True,
    ),
    NoticeKind(
        PUBLISHED,
        {"en": "Your model is published", "zh": "您的模型已发布"},
        {
            "en": "{model} is found in the catalogue and answers calls. You earn {share} of every price.",
            "zh": "{model} 已出现在目录中并可被调用。您将获得每笔费用的 {share}。",
        },
        mailed=True,
    ),
    NoticeKind(
        REFUSED,
        {"en": "Your model was not published", "zh": "您的模型未获发布"},
        {
            "en": "{model} was sent back. The operator's reason: {reason}",
            "zh": "{model} 已被退回。运营方给出的原因：{reason}",
        },
        mailed=True,
    ),
    NoticeKind(
        SHARE,
        {"en": "Your share has changed", "zh": "您的分成已变更"},
        {
            "en": "You earn {share} of every price of {model} from now on.",
            "zh": "从现在起，您将获得 {model} 每笔费用的 {share}。",
        },
        mailed=True,
    ),
)
