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
from .budgets import Budget, BudgetState, Period, add_budget, change_budget, end_budget, list_budgets
from .builtin import ensure_builtin
from .capabilities import Capabilities
from .customers import Limits, credit_plan, set_credit_line, set_limits
from .embedding import DIMENSIONS, MODEL, Encoder, embed, embed_query, load_model
from .engines.base import Engine, EngineFault, Generation, Message, Piece, Tool, Vectors
from .engines.gateway import Bill, Call, Gateway
from .engines.pool import Pool
from .events import ModelPublished, ModelWithdrawn
from .files import PACKAGES, Packaged, draft_of, find_package, probe, store_files
from .jobs import get_job, submit_job
from .metering import Meter
from .meters import METERS, MeterKind
from .offers import Offer, list_offers
from .pricing import add_price_book, find_price_book, list_price_books
from .proofs import PROOFS
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
    Licence,
    Model,
    ModelDraft,
    ModelFile,
    add_model,
    agree_to_licence,
    find_live,
    get_model,
    has_agreed,
    list_own,
    publish_model,
    withdraw_model,
)
from .replay import Replay, replay
from .types import SHOP, Job, Settings, Usage, UsageClass

__all__ = [
    "DIMENSIONS",
    "METERS",
    "MODEL",
    "PACKAGES",
    "PROOFS",
    "RECONCILE",
    "SHOP",
    "Bill",
    "Budget",
    "BudgetState",
    "Call",
    "CallView",
    "Capabilities",
    "Credit",
    "DaySpend",
    "Encoder",
    "Engine",
    "EngineFault",
    "Gateway",
    "Generation",
    "Job",
    "Licence",
    "Limits",
    "Message",
    "Meter",
    "MeterKind",
    "Model",
    "ModelDraft",
    "ModelFile",
    "ModelPublished",
    "ModelWithdrawn",
    "Offer",
    "OrganisationSpend",
    "OutOfCredit",
    "OverBudget",
    "Packaged",
    "Period",
    "Piece",
    "Pool",
    "PriceBook",
    "Reconcile",
    "Replay",
    "Settings",
    "SurfaceCost",
    "SurfaceUse",
    "Tool",
    "Usage",
    "UsageClass",
    "Vectors",
    "account_owner",
    "add_budget",
    "add_model",
    "add_price_book",
    "agree_to_licence",
    "change_budget",
    "cost_by_surface",
    "credit_plan",
    "draft_of",
    "embed",
    "embed_query",
    "end_budget",
    "ensure_builtin",
    "find_live",
    "find_package",
    "find_price_book",
    "get_job",
    "get_model",
    "has_agreed",
    "list_budgets",
    "list_calls",
    "list_offers",
    "list_own",
    "list_price_books",
    "list_usage",
    "load_model",
    "nano",
    "nano_per_minor",
    "probe",
    "publish_model",
    "read_credit",
    "read_nano",
    "read_price",
    "reconcile_task",
    "replay",
    "set_credit_line",
    "set_limits",
    "spend_by_day",
    "spend_by_organisation",
    "store_files",
    "submit_job",
    "use_by_surface",
    "withdraw_model",
    "write_nano",
]
