"""The pages at ``/``: rendered here, complete without any script, and never kept by a cache."""

from __future__ import annotations

from flask import Flask

from service.config import ensure_secret_key
from service.dashboard import actions, connection_actions, connections, outbox, pages, people, site
from service.dashboard.forms import Forms
from service.dashboard.trust import Watchman
from service.parts import parts

__all__ = [
    "actions",
    "connection_actions",
    "connections",
    "init_app",
    "outbox",
    "pages",
    "people",
]


def init_app(app: Flask) -> None:
    """Mount the pages."""
    app.extensions["keepword.watchman"] = Watchman(parts(app).tools.clock)
    app.extensions["keepword.forms"] = Forms(ensure_secret_key(parts(app).config))
    app.register_blueprint(site.blueprint)
