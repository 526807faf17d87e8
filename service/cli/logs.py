"""Writes the log of a running Keepword to standard error, one line a record.

An exception is logged as its kind and the places it went through, never with its text, and an
address without its query: both may quote a candidate. Of an address that is a secret itself no more
is logged than what it is for.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from gunicorn.glogging import Logger

from service.logs import Failure, json_formatter, place, scrubbed


class Formatter(logging.Formatter):
    """One line a record, in UTC; exceptions without their text."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
    converter = time.gmtime  # type: ignore[assignment]  # as logging's documentation has it

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what another handler made of the exception is not taken over."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Failure) -> str:  # noqa: N802 - logging's own name
        """Return the kind of the exception and where it passed through code of ours."""
        return place(ei)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line without what looks like a person's address, a key or a query."""
        record.message = scrubbed(record.message)
        return super().formatMessage(record)


class ServerLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """The web server's own log, in the same form and with the same care; no access log."""

    def setup(self, cfg: Any) -> None:
        """Take over the server's handlers."""
        super().setup(cfg)
        ours = next((each.formatter for each in logging.getLogger().handlers), None)
        for handler in self.error_log.handlers:
            handler.setFormatter(ours or Formatter())


def log_to_stderr(level: str, form: str = "text") -> None:
    """Log everything of Keepword from this level on, and what others warn of.

    ``form`` is ``text`` for people or ``json`` for programs, one object a line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(json_formatter() if form == "json" else Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("keepword").setLevel(level)
    # Its warnings say that a turn was still running when the next one came, which is as it
    # should be; a step that fails says so itself.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
