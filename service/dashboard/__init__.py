"""The pages at ``/``: rendered here, complete without any script, and never kept by a cache."""

from __future__ import annotations

from flask import Flask

from service.dashboard import pages
from service.dashboard.trust import Watchman
from service.parts import parts


def init_app(app: Flask) -> None:
    """Mount the pages."""
    app.extensions["keepword.watchman"] = Watchman(parts(app).tools.clock)
    app.register_blueprint(pages.blueprint)
