"""The endpoints that vendors post to: raw bytes are stored and answered, worked out later.

What could not be stored is answered 503, so that the sender keeps it and tries again.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify
from sqlalchemy.exc import InterfaceError, OperationalError

from service.db import at_once, db
from service.hooks import ats, sendgrid

_BLUEPRINTS = (ats.blueprint, sendgrid.blueprint)
_LOG = logging.getLogger("keepword.hooks")


def init_app(app: Flask) -> None:
    """Mount the hooks."""
    with app.app_context():
        options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
        app.extensions[ats.SHORT_WAY] = at_once(db.engine, options)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)


def _not_stored(error: Exception) -> Response:
    """Say that nothing was stored: the database is busy, full or out of reach."""
    db.session.rollback()
    _LOG.warning("a delivery could not be stored: %s", type(error).__name__)
    response = jsonify(error="nothing was stored, the database is busy or away: send it again")
    response.status_code = 503
    response.headers["Retry-After"] = "5"
    return response


# Here and not in init_app: a blueprint is set up once, and mounted in any number of applications.
for _blueprint in _BLUEPRINTS:
    _blueprint.register_error_handler(OperationalError, _not_stored)
    _blueprint.register_error_handler(InterfaceError, _not_stored)
