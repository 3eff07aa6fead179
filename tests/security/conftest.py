"""The market of the web tests, to be attacked."""

from tests.web.conftest import alice, app, bea, bruno, dana, entrepot, environ, market, nobody, visit

__all__ = ["alice", "app", "bea", "bruno", "dana", "entrepot", "environ", "market", "nobody", "visit"]
