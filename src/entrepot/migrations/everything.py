"""Every room's tables in one metadata."""

from entrepot.catalog import tables as _catalog
from entrepot.cloud import tables as _cloud
from entrepot.deliver import tables as _deliver
from entrepot.discovery import tables as _discovery
from entrepot.identity import tables as _identity
from entrepot.kernel import tables as _kernel
from entrepot.kernel.sql import METADATA
from entrepot.ledger import tables as _ledger
from entrepot.orders import tables as _orders
from entrepot.pay import tables as _pay
from entrepot.signals import tables as _signals

ROOMS = (_kernel, _identity, _ledger, _signals, _pay, _deliver, _catalog, _cloud, _orders, _discovery)

__all__ = ["METADATA", "ROOMS"]
