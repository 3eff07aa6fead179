"""Identity: people and the organisations they act for; sessions, keys, notices and what operators did.

Every verb of every room takes a `Scope`, which says who acts and with which rights. Passwords are hashed outside
transactions (`hash_password`, `authenticate`); secrets are kept as digests only. A room that sends notices declares
their texts with `declare_notices`.
"""

from collections.abc import Sequence
from typing import Any

from entrepot.kernel import TaskKind

from .accounts import (
    Credentials,
    SignUp,
    User,
    authenticate,
    find_credentials,
    sign_up,
    update_profile,
    users_of,
)
from .addresses import SavedAddress, delete_address, list_addresses, save_address
from .audit import Audited, audit, list_audit
from .countries import COUNTRIES
from .emails import check_email
from .events import PersonSignedUp
from .keys import (
    ApiKey,
    create_key,
    find_key,
    find_revoked_key,
    keys_of,
    list_keys,
    owner_of_key,
    query_live_keys,
    revoke_key,
)
from .mail import FileMailer, Mailer, Message, SmtpMailer, SmtpSettings, SmtpTls
from .mailing import LINK_PATHS, mail_tasks
from .notice_kinds import NoticeKind, declare_notices, list_notice_kinds
from .notices import InboxNotice, Notice, count_unread, list_notices, mark_read, notify
from .organisations import (
    Member,
    Organisation,
    add_member,
    create_organisation,
    find_organisations,
    find_platform,
    get_organisation,
    list_members,
    list_own_organisations,
    organisations_of,
    remove_member,
)
from .passwords import hash_password, verify_password
from .proofs import PROOFS
from .recovery import change_password, confirm_email, request_reset, reset_password
from .sessions import Session, close_session, find_session, open_session, set_language, switch_organisation
from .settings import MailerKind, Settings, open_mailer
from .throttle import begin_attempt, forgive_attempt, network_of
from .tidying import TIDY, Tidy, forget_notices, forget_webhooks
from .tokens import sign, unsign
from .types import (
    LANGUAGES,
    Address,
    OrganisationKind,
    Role,
    Scope,
    check_address,
    require_operator,
    require_organisation,
    require_person,
    tidy_address,
)
from .webhook_sending import webhook_tasks
from .webhooks import (
    Delivery,
    Endpoint,
    NewEndpoint,
    WebhookEvent,
    add_endpoint,
    change_secret,
    enable_endpoint,
    list_deliveries,
    list_endpoints,
    list_webhook_events,
    publish,
    remove_endpoint,
    replay,
)


def tasks(mailer: Mailer, site_url: str) -> Sequence[TaskKind[Any]]:
    """The kinds of task that identity has: its letters, and tidying up (schedule `Tidy()` once an hour)."""
    return (*mail_tasks(mailer, site_url), TIDY)


__all__ = [
    "COUNTRIES",
    "LANGUAGES",
    "LINK_PATHS",
    "PROOFS",
    "TIDY",
    "Address",
    "ApiKey",
    "Audited",
    "Credentials",
    "Delivery",
    "Endpoint",
    "FileMailer",
    "InboxNotice",
    "Mailer",
    "MailerKind",
    "Member",
    "Message",
    "NewEndpoint",
    "Notice",
    "NoticeKind",
    "Organisation",
    "OrganisationKind",
    "PersonSignedUp",
    "Role",
    "SavedAddress",
    "Scope",
    "Session",
    "Settings",
    "SignUp",
    "SmtpMailer",
    "SmtpSettings",
    "SmtpTls",
    "Tidy",
    "User",
    "WebhookEvent",
    "add_endpoint",
    "add_member",
    "audit",
    "authenticate",
    "begin_attempt",
    "change_password",
    "change_secret",
    "check_address",
    "check_email",
    "close_session",
    "confirm_email",
    "count_unread",
    "create_key",
    "create_organisation",
    "declare_notices",
    "delete_address",
    "enable_endpoint",
    "find_credentials",
    "find_key",
    "find_organisations",
    "find_platform",
    "find_revoked_key",
    "find_session",
    "forget_notices",
    "forget_webhooks",
    "forgive_attempt",
    "get_organisation",
    "hash_password",
    "keys_of",
    "list_addresses",
    "list_audit",
    "list_deliveries",
    "list_endpoints",
    "list_keys",
    "list_members",
    "list_notice_kinds",
    "list_notices",
    "list_own_organisations",
    "list_webhook_events",
    "mail_tasks",
    "mark_read",
    "network_of",
    "notify",
    "open_mailer",
    "open_session",
    "organisations_of",
    "owner_of_key",
    "publish",
    "query_live_keys",
    "remove_endpoint",
    "remove_member",
    "replay",
    "request_reset",
    "require_operator",
    "require_organisation",
    "require_person",
    "reset_password",
    "revoke_key",
    "save_address",
    "set_language",
    "sign",
    "sign_up",
    "switch_organisation",
    "tasks",
    "tidy_address",
    "unsign",
    "update_profile",
    "users_of",
    "verify_password",
    "webhook_tasks",
]
