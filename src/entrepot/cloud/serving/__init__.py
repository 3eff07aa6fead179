"""Calls in OpenAI's words, answered over the gateway: one by one, and batches. Asynchronous, as the engines are."""

from .answering import EVENTS, Exchange
from .batching import BatchRunner

__all__ = ["EVENTS", "BatchRunner", "Exchange"]
