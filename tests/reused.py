"""One application a kind of database, used for one test after another.

To make its routes, templates and statements anew for each of some thousand tests took longer than
the tests. The database, the clock, the mail and every running part are each test's own; an
application that a test has changed is not used again.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import Engine

from service.app import engine_of, equip
from service.clock import FakeClock
from tests.harness import MONDAY, Employer, RecordingTransport, make_config, make_employer

_WATCHED = ("before_cursor_execute", "after_cursor_execute", "begin", "commit")


class Reused:
    """The application for the next test on the database of one address."""

    def __init__(self, database_url: str) -> None:
        self._address = database_url
        self._app: Flask | None = None
        self._shape: object = None

    def employer(self, home: Path) -> Employer:
        """Return a running Keepword on a Monday morning, over what the database holds."""
        if self._app is None:
            made = make_employer(self._address, home)
            self._app, self._shape = made.app, _shape(made.app)
            return made
        clock, carrier = FakeClock(MONDAY), RecordingTransport()
        equip(self._app, make_config(self._address, home), clock=clock, transport=carrier)
        return Employer(self._app, clock, carrier)

    def give_back(self) -> None:
        """Let go of the database; forget an application that is no longer as it was made."""
        if self._app is None:
            return
        engine_of(self._app).dispose()
        if _shape(self._app) != self._shape:
            self._app = None


def _shape(app: Flask) -> object:
    """Return what a test may have added to an application or listens to on its engine."""
    engine: Engine = engine_of(app)
    return (
        len(app.view_functions),
        [len(hooks) for hooks in app.before_request_funcs.values()],
        [len(list(getattr(engine.dispatch, name))) for name in _WATCHED],
        len(list(engine.pool.dispatch.connect)),
        dict(app.config),
    )
