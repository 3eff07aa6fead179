"""What a notice says, by its kind, in every language. Each room declares the kinds that it sends.

A text is data: `{name}` stands for a parameter of the notice.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .types import LANGUAGES

_KINDS: dict[str, NoticeKind] = {}


class NoticeKind(msgspec.Struct, frozen=True):
    """A kind of notice, named `room.kind`: its title and text by language, and whether it is mailed as well."""

    name: str
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    mailed: bool = False


def declare_notices(*kinds: NoticeKind) -> None:
    """Make kinds known; called once, when a room is imported."""
    for kind in kinds:
        for language in LANGUAGES:
            assert kind.titles.get(language), f"the notice {kind.name} has no title in {language}"
            assert kind.texts.get(language), f"the notice {kind.name} has no text in {language}"
        _KINDS[kind.name] = kind


def notice_kind(name: str) -> NoticeKind:
    """A declared kind. KeyError when no imported room declares it."""
    return _KINDS[name]


def list_notice_kinds() -> list[NoticeKind]:
    """Every kind that the imported rooms declare, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def write_notice(name: str, params: Mapping[str, str], language: str) -> tuple[str, str]:
    """Title and text of a notice. KeyError when a parameter is missing."""
    kind = notice_kind(name)
    language = language if language in kind.titles else LANGUAGES[0]
    return kind.titles[language].format_map(params), kind.texts[language].format_map(params)


declare_notices(
    NoticeKind(
        "identity.confirm",
        {"en": "Confirm your e-mail address", "zh": "请确认您的电子邮箱"},
        {
            "en": "Hello {name}, open this link to confirm that this address is yours. It works once, for seven days.",
            "zh": "{name}，您好！请打开下面的链接确认此邮箱属于您。链接七天内有效，只能使用一次。",
        },
        mailed=True,
    ),
    NoticeKind(
        "identity.reset",
        {"en": "Set a new password", "zh": "重设密码"},
        {
            "en": "Hello {name}, open this link to set a new password. It works once, for one hour. "
            "If you did not ask for it, do nothing: your password stays as it is.",
            "zh": "{name}，您好！请打开下面的链接设置新密码。链接一小时内有效，只能使用一次。"
            "如非本人操作，请忽略此邮件，您的密码不会改变。",
        },
        mailed=True,
    ),
    NoticeKind(
        "identity.password_changed",
        {"en": "Your password was changed", "zh": "您的密码已更改"},
        {
            "en": "Hello {name}, your password was changed and your other sessions were ended. "
            "If that was not you, set a new password now: ask for a link where you sign in.",
            "zh": "{name}，您好！您的密码已更改，其他登录均已退出。"
            "如非本人操作，请立即在登录页面选择「忘记密码」重设密码。",
        },
        mailed=True,
    ),
    NoticeKind(
        "identity.let_in",
        {"en": "You act for {organisation} now", "zh": "您现在可以代表{organisation}操作"},
        {
            "en": "Somebody of {organisation} has let you in. Choose it on your account's page to act for it. "
            "If you do not know them, do nothing: you act for nobody until you choose to.",
            "zh": "{organisation}已将您加入。请在账户页面选择该组织后代其操作。"
            "如不认识对方，无需任何操作：在您选择之前，您不代表任何组织。",
        },
        mailed=True,
    ),
    NoticeKind(
        "identity.address_taken",
        {"en": "You have an account already", "zh": "您已有账户"},
        {
            "en": "Hello {name}, somebody tried to open an account with this address, which has one already. "
            "If it was you, sign in, or set a new password. If not, there is nothing to do.",
            "zh": "{name}，您好！有人尝试用此邮箱注册，但该邮箱已有账户。"
            "如是您本人，请直接登录或重设密码；如非本人，无需任何操作。",
        },
        mailed=True,
    ),
)
