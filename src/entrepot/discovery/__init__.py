"""Discovery: finding things. Search, browse and suggest, over an index that follows the catalogue.

The set that a query finds, its total, facets and pages always speak of one and the same thing, and nothing that cannot
be bought is ever in it. No language model is asked while a shopper waits.
"""

from entrepot import cloud as _cloud  # noqa: F401 - it limits the threads of numeric libraries before they are loaded

from .beacons import Beacon, beacon_token, read_beacon
from .building import build
from .evaluation import PROTOCOLS, Compared, Measure, compare, measure, thirds
from .explaining import Contribution, Effect, ExplainedHit, Explanation, Moved, explain_page
from .index.served import ServedIndex
from .indexing import Indexer
from .judgments import Judged, read_judgments
from .learned import Learned, get_learned, list_learned, use_learned
from .pictures.encoder import find_trained
from .pictures.own import PICTURES_LEAST, OwnLesson, find_lesson, forget_lessons
from .pictures.own import SCHEDULE as PICTURES_SCHEDULE
from .pictures.own import tasks as picture_tasks
from .pictures.seeing import reactions
from .pictures.training import Lesson
from .pictures.training import train as train_pictures
from .picturing import PictureSearch
from .previewing import Preview, PreviewedHit, preview_rule
from .rebuilding import REBUILD, Rebuild, rebuild_task, request_rebuild
from .rewriting import SCHEDULE as REWRITING_SCHEDULE
from .rewriting import Rewrite, RewriteSearches, list_rewrites, rewrite_task
from .rules import ACTIONS, Action, Rule, RuleDraft, add_rule, change_rule, check_rule, end_rule, get_rule, list_rules
from .searching import Searcher
from .settings import Settings
from .synonyms import KeptSynonym, SynonymDraft, add_synonym, end_synonym, list_synonyms
from .training import FOLDS, Trained, keep_ranker
from .training import collect as collect_examples
from .training import train as train_ranker
from .tuning import TRAIN_ENCODER, TrainEncoder, keep_ratings, request_tuning, tuning_task
from .types import (
    LIMIT_MAX,
    OFFSET_MAX,
    SORTS,
    Chip,
    Document,
    Facet,
    FacetValue,
    Hit,
    Offer,
    Relaxed,
    SearchPage,
    SearchRequest,
    Suggestion,
    Understood,
    Wish,
)
from .weak import QueryOutcome, WeakQueries, weak_queries

SCHEDULE = (*REWRITING_SCHEDULE, *PICTURES_SCHEDULE)

__all__ = [
    "ACTIONS",
    "FOLDS",
    "LIMIT_MAX",
    "OFFSET_MAX",
    "PICTURES_LEAST",
    "PROTOCOLS",
    "REBUILD",
    "SCHEDULE",
    "SORTS",
    "TRAIN_ENCODER",
    "Action",
    "Beacon",
    "Chip",
    "Compared",
    "Contribution",
    "Document",
    "Effect",
    "ExplainedHit",
    "Explanation",
    "Facet",
    "FacetValue",
    "Hit",
    "Indexer",
    "Judged",
    "KeptSynonym",
    "Learned",
    "Lesson",
    "Measure",
    "Moved",
    "Offer",
    "OwnLesson",
    "PictureSearch",
    "Preview",
    "PreviewedHit",
    "QueryOutcome",
    "Rebuild",
    "Relaxed",
    "Rewrite",
    "RewriteSearches",
    "Rule",
    "RuleDraft",
    "SearchPage",
    "SearchRequest",
    "Searcher",
    "ServedIndex",
    "Settings",
    "Suggestion",
    "SynonymDraft",
    "TrainEncoder",
    "Trained",
    "Understood",
    "WeakQueries",
    "Wish",
    "add_rule",
    "add_synonym",
    "beacon_token",
    "build",
    "change_rule",
    "check_rule",
    "collect_examples",
    "compare",
    "end_rule",
    "end_synonym",
    "explain_page",
    "find_lesson",
    "find_trained",
    "forget_lessons",
    "get_learned",
    "get_rule",
    "keep_ranker",
    "keep_ratings",
    "list_learned",
    "list_rewrites",
    "list_rules",
    "list_synonyms",
    "measure",
    "picture_tasks",
    "preview_rule",
    "reactions",
    "read_beacon",
    "read_judgments",
    "rebuild_task",
    "request_rebuild",
    "request_tuning",
    "rewrite_task",
    "thirds",
    "train_pictures",
    "train_ranker",
    "tuning_task",
    "use_learned",
    "weak_queries",
]
