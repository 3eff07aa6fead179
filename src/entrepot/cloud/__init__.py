"""The cloud: models and compute, sold by use. The shop is its largest customer and pays through the same meter.

A call of a model walks one path: the gateway finds the model, admission holds what it can cost, the fair queue gives it
its turn, an engine does the work, and settling bills what was used. `embed` is the shop's own short way to the small
model that is always there; `submit_job` has longer work done.
"""

from . import threads as _threads  # noqa: F401 - before whatever loads a numeric library
from .accounting import CallView, Credit, DaySpend, account_owner, list_calls, read_credit, spend_by_day
from .accounts import nano
from .admission import OutOfCredit, OverBudget
from .amounts import nano_per_minor, read_nano, read_price, write_nano
from .answers import Claim, KeptAnswer, claim_answer, free_answer, store_answer
from .batches import Batch, Problem, Tally, add_batch, cancel_batch, get_batch, list_batches, tally_batches
from .budgets import Budget, BudgetState, Period, add_budget, change_budget, end_budget, list_budgets
from .builtin import ensure_builtin
from .capabilities import Capabilities
from .customers import Limits, credit_plan, set_credit_line, set_limits
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
from .embedding import DIMENSIONS, MODEL, Encoder, embed, embed_query, load_model
from .engines.answering import EVENTS, Exchange
from .engines.base import Engine, EngineFault, Generation, Message, Piece, Tool, Vectors
from .engines.batching import BatchRunner
from .engines.gateway import Bill, Call, Gateway
from .engines.pool import Pool
from .events import ModelPriced, ModelPublished, ModelWithdrawn
from .files import PACKAGES, Packaged, draft_of, find_package, probe, store_files
from .jobs import get_job, submit_job
from .licences import Licence, has_agreed, terms_of
from .lineage import ancestors, descendants
from .makers import MAKERS, Earned, Earnings, PayMakers, makers_task, pay_makers, read_earnings
from .metering import Meter
from .meters import METERS, MeterKind
from .offers import Offer, list_offers
from .pricing import add_price_book, find_price_book, list_price_books
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
from .rating import PriceBook
from .reading import (
    OrganisationSpend,
    SurfaceCost,
    SurfaceUse,
    cost_by_surface,
    list_usage,
    spend_by_organisation,
    use_by_surface,
)
from .reconciling import RECONCILE, Reconcile, reconcile_task
from .registry import (
    Model,
    ModelDraft,
    ModelFile,
    add_model,
    find_live,
    find_version,
    get_model,
    get_own,
    is_own,
    list_live,
    list_own,
    list_submitted,
    list_versions,
)
from .replay import Replay, replay
from .types import SHOP, Job, Settings, Usage, UsageClass
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

__all__ = [
    "DIMENSIONS",
    "EVENTS",
    "MAKERS",
    "METERS",
    "METERS_OF",
    "MODEL",
    "NEEDED",
    "PACKAGES",
    "PROOFS",
    "RECONCILE",
    "SHARE_BPS",
    "SHOP",
    "AskChat",
    "AskCompletion",
    "AskEmbeddings",
    "AskRerank",
    "Asked",
    "Batch",
    "BatchRunner",
    "Bill",
    "Budget",
    "BudgetState",
    "Call",
    "CallView",
    "Capabilities",
    "ChatCompletion",
    "Claim",
    "Completion",
    "Cost",
    "Credit",
    "DaySpend",
    "Earned",
    "Earnings",
    "Embeddings",
    "Encoder",
    "Engine",
    "EngineFault",
    "Exchange",
    "Failure",
    "Gateway",
    "Generation",
    "Head",
    "Job",
    "KeptAnswer",
    "Licence",
    "Limits",
    "Message",
    "Meter",
    "MeterKind",
    "Model",
    "ModelDraft",
    "ModelFile",
    "ModelPriced",
    "ModelPublished",
    "ModelWithdrawn",
    "Offer",
    "OrganisationSpend",
    "OutOfCredit",
    "OverBudget",
    "Packaged",
    "PayMakers",
    "Period",
    "Piece",
    "Pool",
    "PriceBook",
    "Problem",
    "Reconcile",
    "Replay",
    "Reranking",
    "Settings",
    "SurfaceCost",
    "SurfaceUse",
    "Tally",
    "Tool",
    "Upload",
    "Usage",
    "UsageClass",
    "Vectors",
    "account_owner",
    "add_batch",
    "add_budget",
    "add_model",
    "add_price_book",
    "add_upload",
    "agree_to_licence",
    "ancestors",
    "cancel_batch",
    "change_budget",
    "check_purpose",
    "claim_answer",
    "cost_by_surface",
    "cost_of",
    "credit_plan",
    "delete_upload",
    "descendants",
    "draft_of",
    "embed",
    "embed_query",
    "end_budget",
    "ensure_builtin",
    "failure",
    "failure_of",
    "find_live",
    "find_package",
    "find_price_book",
    "find_version",
    "free_answer",
    "get_batch",
    "get_job",
    "get_model",
    "get_own",
    "get_upload",
    "has_agreed",
    "is_own",
    "list_batches",
    "list_budgets",
    "list_calls",
    "list_live",
    "list_offers",
    "list_own",
    "list_price_books",
    "list_submitted",
    "list_uploads",
    "list_usage",
    "list_versions",
    "load_model",
    "makers_task",
    "nano",
    "nano_per_minor",
    "pay_makers",
    "probe",
    "publish_model",
    "read_credit",
    "read_earnings",
    "read_nano",
    "read_price",
    "receive_upload",
    "reconcile_task",
    "refuse_model",
    "replay",
    "set_credit_line",
    "set_limits",
    "set_prices",
    "set_share",
    "spend_by_day",
    "spend_by_organisation",
    "store_answer",
    "store_files",
    "submit_job",
    "submit_model",
    "tally_batches",
    "terms_of",
    "uploads_in",
    "use_by_surface",
    "withdraw_model",
    "write_nano",
]
