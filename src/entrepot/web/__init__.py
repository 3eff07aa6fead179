"""Web: the market's doors over HTTP: pages for people, JSON under /api for programs.

A handler is thin: it reads what was sent, calls a room's verb through its `Visit`, and shows what came back. What is
true of every request stands once: the guard (`admission`), the layer around everything (`edge`), the table of errors.
"""

from .application import create_app
from .serving import serve

__all__ = ["create_app", "serve"]
