"""The schema's versions. The one package that sees every room's tables.

Until the first release there is one baseline, made anew from the rooms' tables by `python -m entrepot.migrations`.
"""

from .schema import baseline, differences, require_schema, upgrade

__all__ = ["baseline", "differences", "require_schema", "upgrade"]
