"""The running parts of one application, as the shells find them.

Shells ask here and never build a part themselves; below the shells nothing knows the application.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

from service.config import Config
from service.db import db
from service.mail.event_signature import EventVerifier
from service.steps import Tools
from service.worker import Runner
from service.workflows.work import Office, Work


@dataclass(frozen=True)
class Parts:
    """What one application is made of."""

    config: Config
    office: Office
    tools: Tools
    events: EventVerifier | None
    runner: Runner

    def now(self) -> datetime:
        """Return the present instant."""
        return self.tools.clock.now()

    def work(self, *, actor: str, source: str) -> Work:
        """Return a unit of work on this request's session; whoever asked commits it."""
        return Work(db.session(), self.now(), self.office, actor, source)


def parts(app: Flask | None = None) -> Parts:
    """Return the parts of an application, by default of the one serving this request."""
    found = (app or current_app).extensions["keepword"]
    if not isinstance(found, Parts):
        raise TypeError("the application was not made by create_app")
    return found
