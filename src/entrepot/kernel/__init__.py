"""The kernel: what every room stands on and nobody buys.

Money, ids and time; refusals; a database whose commands are functions of a transaction; events with positions,
reactions done once, tasks, a schedule, leases; idempotency keys; blobs; settings. It knows nothing of shops or clouds.
"""

from .backlog import Backlog, read_backlog
from .blobs import Blobs
from .cells import guarded, unguarded
from .clock import DAY, HOUR, MINUTE, SECOND, Clock, ManualClock, SystemClock, from_rfc3339, to_rfc3339
from .database import Database, sqlite_url
from .dumping import dump, load, require_empty
from .errors import (
    Conflict,
    Invalid,
    Kind,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
)
from .events import Event, Recorded, list_event_types
from .facts import find_fact, write_fact
from .fetching import Bounds, Fetched, Fetcher, check_address
from .idempotency import RequestKey, once, request_key
from .ids import derive_id, is_id, new_id
from .lanes import Lane
from .leases import acquire, release
from .logs import configure_logs
from .many import New, insert_new, insert_rows, update_rows
from .money import Money, decimals_of, format_money, parse_money, round_half_even, share_bps, split
from .positions import last_position, list_events, list_unplaced, move_cursor
from .processes import free_from_the_dead, is_dead, process_name
from .projections import Projection, ProjectionThread, catch_up
from .proofs import Finding, Proof
from .reactions import FailedReaction, Handler, Reactions, handler_name, list_failed_reactions, retry_reaction
from .relay import Relay, RelayThread
from .remembered import Remembered
from .schedule import Scheduled, ScheduleThread, enqueue_due
from .secret import Secret
from .settings import Loaded, Sourced, load_settings
from .sql import Prepared, from_json, in_set, prepare, prepare_text, to_json
from .stopping import NEVER, Deadline, Stop
from .structs import settle_structs
from .tasks import (
    Task,
    TaskKind,
    TaskRun,
    Workers,
    get_task,
    list_stuck_tasks,
    retry_stuck_tasks,
    retry_task,
)
from .tidying import TIDY, Aging, Kept, Tidy, forget_events, forgotten_up_to, tidy_task
from .tx import Again, NewRows, Query, RowSet, Snapshot, Tx

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "NEVER",
    "SECOND",
    "TIDY",
    "Again",
    "Aging",
    "Backlog",
    "Blobs",
    "Bounds",
    "Clock",
    "Conflict",
    "Database",
    "Deadline",
    "Event",
    "FailedReaction",
    "Fetched",
    "Fetcher",
    "Finding",
    "Handler",
    "Invalid",
    "Kept",
    "Kind",
    "Lane",
    "Loaded",
    "ManualClock",
    "Money",
    "New",
    "NewRows",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Prepared",
    "Projection",
    "ProjectionThread",
    "Proof",
    "Query",
    "Reactions",
    "Recorded",
    "Refused",
    "Relay",
    "RelayThread",
    "Remembered",
    "RequestKey",
    "RowSet",
    "ScheduleThread",
    "Scheduled",
    "Secret",
    "Snapshot",
    "Sourced",
    "Stop",
    "SystemClock",
    "Task",
    "TaskKind",
    "TaskRun",
    "Tidy",
    "TooLarge",
    "TooMany",
    "Tx",
    "Unavailable",
    "Workers",
    "acquire",
    "catch_up",
    "check_address",
    "configure_logs",
    "decimals_of",
    "derive_id",
    "dump",
    "enqueue_due",
    "find_fact",
    "forget_events",
    "forgotten_up_to",
    "format_money",
    "free_from_the_dead",
    "from_json",
    "from_rfc3339",
    "get_task",
    "guarded",
    "handler_name",
    "in_set",
    "insert_new",
    "insert_rows",
    "is_dead",
    "is_id",
    "last_position",
    "list_event_types",
    "list_events",
    "list_failed_reactions",
    "list_stuck_tasks",
    "list_unplaced",
    "load",
    "load_settings",
    "move_cursor",
    "new_id",
    "once",
    "parse_money",
    "prepare",
    "prepare_text",
    "process_name",
    "read_backlog",
    "release",
    "request_key",
    "require_empty",
    "retry_reaction",
    "retry_stuck_tasks",
    "retry_task",
    "round_half_even",
    "settle_structs",
    "share_bps",
    "split",
    "sqlite_url",
    "tidy_task",
    "to_json",
    "to_rfc3339",
    "unguarded",
    "update_rows",
    "write_fact",
]
