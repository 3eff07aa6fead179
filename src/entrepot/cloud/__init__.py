"""The cloud: models and compute, sold by use. The shop is its largest customer and pays through the same meter.

So far its first two verbs: `embed` turns texts into vectors, metered by the token; `submit_job` has longer work done.
"""

from . import threads as _threads  # noqa: F401 - before whatever loads a numeric library
from .embedding import DIMENSIONS, MODEL, embed, embed_query, load_model
from .jobs import get_job, submit_job
from .metering import Meter
from .meters import METERS, MeterKind
from .proofs import PROOFS
from .reading import SurfaceUse, list_usage, use_by_surface
from .types import SHOP, Job, Settings, Usage, UsageClass

__all__ = [
    "DIMENSIONS",
    "METERS",
    "MODEL",
    "PROOFS",
    "SHOP",
    "Job",
    "Meter",
    "MeterKind",
    "Settings",
    "SurfaceUse",
    "Usage",
    "UsageClass",
    "embed",
    "embed_query",
    "get_job",
    "list_usage",
    "load_model",
    "submit_job",
    "use_by_surface",
]
