"""The ledger: everything scarce, moved between accounts that always add up.

Money, compute credits, stock and advertising budgets are all units here. A verb of another room returns a `Plan`; its
command posts the plan once, and the whole of it happens or nothing. Transfers are never changed: to undo one, post
another. It knows no prices, orders or people.
"""

from .balances import balance_of, balances_of
from .chain import chain_root, check_root, seal
from .foreseeing import Foreseen, Found, foresee
from .history import list_latest, list_transfers
from .holds import find_hold, holds_of, list_expired_holds
from .overview import KindTotal, accounts_of, list_newest, list_units, sum_by_kind
from .posting import post
from .proofs import PROOFS, sum_by_unit
from .snapshots import snapshot_accounts
from .tasks import TASKS, Housekeeping
from .types import (
    AMOUNT_MAX,
    TOTAL_MAX,
    Account,
    Balance,
    Capture,
    Expire,
    Hold,
    HoldState,
    Insufficient,
    Move,
    Plan,
    Posted,
    Step,
    Transfer,
    Void,
)

__all__ = [
    "AMOUNT_MAX",
    "PROOFS",
    "TASKS",
    "TOTAL_MAX",
    "Account",
    "Balance",
    "Capture",
    "Expire",
    "Foreseen",
    "Found",
    "Hold",
    "HoldState",
    "Housekeeping",
    "Insufficient",
    "KindTotal",
    "Move",
    "Plan",
    "Posted",
    "Step",
    "Transfer",
    "Void",
    "accounts_of",
    "balance_of",
    "balances_of",
    "chain_root",
    "check_root",
    "find_hold",
    "foresee",
    "holds_of",
    "list_expired_holds",
    "list_latest",
    "list_newest",
    "list_transfers",
    "list_units",
    "post",
    "seal",
    "snapshot_accounts",
    "sum_by_kind",
    "sum_by_unit",
]
