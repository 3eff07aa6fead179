"""Alipay: the page to pay on, look-ups, refunds, transfers to merchants, and notices."""

from .processor import AlipayProcessor
from .signatures import Keys, open_keys, signed_text

__all__ = ["AlipayProcessor", "Keys", "open_keys", "signed_text"]
