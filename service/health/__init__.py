"""``/livez``, ``/readyz`` and ``/metrics``: what machines ask about this one.

They need no key and therefore tell nothing about any person: counts, spans and connections' names.
"""

from __future__ import annotations

from flask import Flask

from service.health import endpoints
from service.health.readiness import Readiness
from service.parts import parts


def equip(app: Flask) -> None:
    """Begin to watch the running parts; from here on a loop that never ran is measured."""
    running = parts(app)
    app.extensions["keepword.readiness"] = Readiness(
        running.tools.clock,
        running.config.base_url,
        running.office,
        running.config.broker_url,
    )


def init_app(app: Flask) -> None:
    """Mount the endpoints."""
    app.register_blueprint(endpoints.blueprint)
