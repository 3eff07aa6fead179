"""The cloud: models and compute, sold by use. The shop is its largest customer and pays through the same meter.

A call of a model walks one path: the gateway finds the model, admission holds what it can cost, the fair queue gives it
its turn, an engine does the work, and settling bills what was used. `embed` is the shop's own short way to a model.
"""

from . import threads as _threads  # noqa: F401 - before whatever loads a numeric library
from .accounting import Credit, account_owner, list_calls, read_credit, spend_by_day
from .accounts import nano
from .admission import OutOfCredit, OverBudget
from .amounts import nano_per_minor, read_nano, read_price, write_nano
from .answers import Claim, KeptAnswer, claim_answer, free_answer, store_answer
from .batches import Batch, Tally, add_batch, cancel_batch, get_batch, list_batches, tally_batches
from .billing import Billing, Party, get_billing, save_party, set_credit_alert, set_netting
from .billing_tasks import ALERTS, BILLING, AlertRound, BillingRound, bill_round, billing_tasks, reactions
from .budgets import Budget, BudgetState, Period, add_budget, change_budget, end_budget, list_budgets
from .builtin import STANDARD, ensure_builtin
from .capabilities import Capabilities
from .claiming import Draft, find_draft
from .customers import Limits, credit_plan, limits_of, set_credit_line, set_limits
from .dialect import (
    AskChat,
    AskCompletion,
    Asked,
    AskEmbeddings,
    AskRerank,
    ChatCompletion,
    Completion,
    Cost,
    Embeddings,
    Failure,
    Head,
    Reranking,
    cost_of,
    failure,
    failure_of,
)
from .embedding import DIMENSIONS, MODEL, embed, embed_query, load_model
from .encoders import Encoders, open_encoders
from .engines.base import Engine, EngineFault, Generation, Message, Piece, Tool, Vectors
from .engines.capacity import Capacity
from .engines.gateway import Bill, Call, Gateway
from .engines.pool import Pool
from .events import ModelPriced, ModelPublished, ModelWithdrawn
from .exporting import FORMATS, ExportWish, export_usage
from .files import EXTRAS, KINDS, engine_for, fitting_kind, probe, store_files
from .formats import JSON_MAX
from .grants import Lasting, list_lasting
from .invoices import (
    CloudInvoice,
    InvoiceLine,
    InvoiceRow,
    get_cloud_invoice,
    lines_of,
    list_all_invoices,
    list_cloud_invoices,
    place_of,
    rows_of_line,
)
from .issuing import issue_in_slices, issue_now, request_invoice
from .jobs import get_job, submit_job
from .licences import Licence, has_agreed, terms_of
from .lineage import ancestors, descendants
from .makers import MAKERS, Earnings, PayMakers, makers_task, pay_makers, read_earnings
from .metering import Meter
from .meters import METERS
from .offers import Offer, find_offer, list_offers
from .packages import PACKAGES, draft_of, find_package, list_installed
from .pricing import (
    add_price_book,
    find_price_book,
    list_price_books,
    list_priced,
    publish_prices,
)
from .probing import probe_apart
from .proofs import PROOFS
from .publishing import (
    METERS_OF,
    NEEDED,
    SHARE_BPS,
    agree_to_licence,
    publish_model,
    refuse_model,
    set_prices,
    set_share,
    submit_model,
    withdraw_model,
)
from .pulling import RemoteFile, Repository, Web, choose_files, find_repository, pull_file
from .rating import PriceBook
from .reading import (
    OrganisationSpend,
    SurfaceCost,
    cost_by_surface,
    list_usage,
    spend_by_organisation,
)
from .receipts import grant_credit, record_payment
from .reconciling import RECONCILE, Reconcile, reconcile_task
from .refusals import UnknownModel
from .refused import Refusals, RefusedCalls, count_refused, list_refused, write_refused
from .registry import (
    Model,
    ModelDraft,
    ModelFile,
    add_model,
    find_live,
    find_version,
    get_own,
    list_own,
    list_submitted,
    list_versions,
)
from .repaying import (
    Repayable,
    Repayment,
    ask_repayment,
    decline_repayment,
    find_repayable,
    get_repayment,
    list_asked,
    list_repayments,
    pay_repayment,
    withdraw_repayment,
)
from .replay import Replay, replay, replay_export, replay_invoice
from .reserves import Reserve, StandingHold, list_reserves, list_standing_holds, request_reconciling
from .serving import EVENTS, BatchRunner, Exchange
from .spending import (
    DAYS_MAX,
    UnderWay,
    UsageCell,
    UsageSum,
    UsageWish,
    all_under_way,
    calls_under_way,
    days_of,
    sum_usage,
    usage_cells,
)
from .standing import Movement, Standing, find_standing, list_customers, list_movements, read_standing
from .taxing import get_tax
from .tidying import TIDY, Tidy, tidy_task
from .topups import Topup, cancel_topup, find_topup_action, get_topup, list_topups, top_up
from .types import SHOP, Settings, Usage, UsageClass
from .uploads import (
    Upload,
    add_upload,
    check_purpose,
    delete_upload,
    get_upload,
    list_uploads,
    receive_upload,
    uploads_in,
)
from .watching import WAIT_BUCKETS_S, Watch

__all__ = [
    "ALERTS", "BILLING", "DAYS_MAX", "DIMENSIONS", "EVENTS", "EXTRAS", "FORMATS", "JSON_MAX", "KINDS", "MAKERS",
    "METERS", "METERS_OF", "MODEL", "NEEDED", "PACKAGES", "PROOFS", "RECONCILE", "SHARE_BPS", "SHOP", "STANDARD",
    "TIDY", "WAIT_BUCKETS_S", "AlertRound", "AskChat", "AskCompletion", "AskEmbeddings", "AskRerank", "Asked", "Batch",
    "BatchRunner", "Bill", "Billing", "BillingRound", "Budget", "BudgetState", "Call", "Capabilities", "Capacity",
    "ChatCompletion", "Claim", "CloudInvoice", "Completion", "Cost", "Credit", "Draft", "Earnings", "Embeddings",
    "Encoders", "Engine", "EngineFault", "Exchange", "ExportWish", "Failure", "Gateway", "Generation", "Head",
    "InvoiceLine", "InvoiceRow", "KeptAnswer", "Lasting", "Licence", "Limits", "Message", "Meter", "Model",
    "ModelDraft", "ModelFile", "ModelPriced", "ModelPublished", "ModelWithdrawn", "Movement", "Offer",
    "OrganisationSpend", "OutOfCredit", "OverBudget", "Party", "PayMakers", "Period", "Piece", "Pool", "PriceBook",
    "Reconcile", "Refusals", "RefusedCalls", "RemoteFile", "Repayable", "Repayment", "Replay", "Repository",
    "Reranking", "Reserve", "Settings", "Standing", "StandingHold", "SurfaceCost", "Tally", "Tidy", "Tool", "Topup",
    "UnderWay", "UnknownModel", "Upload", "Usage", "UsageCell", "UsageClass", "UsageSum", "UsageWish", "Vectors",
    "Watch", "Web", "account_owner", "add_batch", "add_budget", "add_model", "add_price_book", "add_upload",
    "agree_to_licence", "all_under_way", "ancestors", "ask_repayment", "bill_round", "billing_tasks", "calls_under_way",
    "cancel_batch", "cancel_topup", "change_budget", "check_purpose", "choose_files", "claim_answer", "cost_by_surface",
    "cost_of", "count_refused", "credit_plan", "days_of", "decline_repayment", "delete_upload", "descendants",
    "draft_of", "embed", "embed_query", "end_budget", "engine_for", "ensure_builtin", "export_usage", "failure",
    "failure_of", "find_draft", "find_live", "find_offer", "find_package", "find_price_book", "find_repayable",
    "find_repository", "find_standing", "find_topup_action", "find_version", "fitting_kind", "free_answer", "get_batch",
    "get_billing", "get_cloud_invoice", "get_job", "get_own", "get_repayment", "get_tax", "get_topup", "get_upload",
    "grant_credit", "has_agreed", "issue_in_slices", "issue_now", "limits_of", "lines_of", "list_all_invoices",
    "list_asked", "list_batches", "list_budgets", "list_calls", "list_cloud_invoices", "list_customers",
    "list_installed", "list_lasting", "list_movements", "list_offers", "list_own", "list_price_books", "list_priced",
    "list_refused", "list_repayments", "list_reserves", "list_standing_holds", "list_submitted", "list_topups",
    "list_uploads", "list_usage", "list_versions", "load_model", "makers_task", "nano", "nano_per_minor",
    "open_encoders", "pay_makers", "pay_repayment", "place_of", "probe", "probe_apart", "publish_model",
    "publish_prices", "pull_file", "reactions", "read_credit", "read_earnings", "read_nano", "read_price",
    "read_standing", "receive_upload", "reconcile_task", "record_payment", "refuse_model", "replay", "replay_export",
    "replay_invoice", "request_invoice", "request_reconciling", "rows_of_line", "save_party", "set_credit_alert",
    "set_credit_line", "set_limits", "set_netting", "set_prices", "set_share", "spend_by_day", "spend_by_organisation",
    "store_answer", "store_files", "submit_job", "submit_model", "sum_usage", "tally_batches", "terms_of", "tidy_task",
    "top_up", "uploads_in", "usage_cells", "withdraw_model", "withdraw_repayment", "write_nano", "write_refused",
]  # fmt: skip
