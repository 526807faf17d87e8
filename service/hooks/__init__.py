"""The endpoints that vendors post to: raw bytes are stored and answered, worked out later."""

from __future__ import annotations

from flask import Flask

from service.hooks import ats, sendgrid


def init_app(app: Flask) -> None:
    """Mount the hooks."""
    app.register_blueprint(ats.blueprint)
    app.register_blueprint(sendgrid.blueprint)
