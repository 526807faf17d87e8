"""The endpoints that vendors post to: raw bytes in, stored, answered. Nothing is worked out here."""

from __future__ import annotations

from flask import Flask

from service.hooks import ats, sendgrid


def init_app(app: Flask) -> None:
    """Mount the hooks."""
    app.register_blueprint(ats.blueprint)
    app.register_blueprint(sendgrid.blueprint)
