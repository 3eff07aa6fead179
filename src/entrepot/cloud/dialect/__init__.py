"""OpenAI's dialect: what its clients ask at `/v1` and what they are told. Words only: nothing here calls a model."""

from .asked import PATHS, AskChat, AskCompletion, Asked, AskEmbeddings, AskRerank, Writing
from .told import (
    ChatCompletion,
    Completion,
    Cost,
    Embeddings,
    Failure,
    Reranking,
    cost_of,
    failure,
    failure_of,
)
from .written import END, Head, Written, event_of

__all__ = [
    "END",
    "PATHS",
    "AskChat",
    "AskCompletion",
    "AskEmbeddings",
    "AskRerank",
    "Asked",
    "ChatCompletion",
    "Completion",
    "Cost",
    "Embeddings",
    "Failure",
    "Head",
    "Reranking",
    "Writing",
    "Written",
    "cost_of",
    "event_of",
    "failure",
    "failure_of",
]
