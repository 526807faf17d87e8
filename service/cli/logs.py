"""Writes the log of a running Keepword to standard error, one line a record.

An exception is logged as its kind and the places it went through, never with its text, and an
address without its query: both may quote a candidate. Of an address that is a secret itself no more
is logged than what it is for.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from types import TracebackType
from typing import Any

from gunicorn.glogging import Logger


class Formatter(logging.Formatter):
    """One line a record, in UTC; exceptions without their text."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
    converter = time.gmtime  # type: ignore[assignment]  # as logging's documentation has it

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatException(  # noqa: N802 - logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the kind of the exception and where it passed through code of ours.

        A loop that cannot reach its database fails every few seconds, sixty frames deep in
        libraries: of those only the innermost is written.
        """
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        kept = [frame for frame in frames[:-1] if "site-packages" not in frame.filename]
        where = "".join(traceback.format_list(kept + frames[-1:]))
        return f"{where}{kind.__name__ if kind else 'no exception'}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line, with the query cut off any address among the arguments."""
        if isinstance(record.args, tuple):
            record.message = str(record.msg) % tuple(_without_query(a) for a in record.args)
        return super().formatMessage(record)


class ServerLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """The web server's own log, in the same form and with the same care; no access log."""

    def setup(self, cfg: Any) -> None:
        """Take over the server's handlers."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Formatter())


def log_to_stderr(level: str) -> None:
    """Log everything of Keepword from this level on, and what others warn of."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("keepword").setLevel(level)
    # Its warnings say that a turn was still running when the next one came, which is as it
    # should be; a step that fails says so itself.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


_SECRET = re.compile(r"/(calendar|welcome)/.*", re.DOTALL)
"""Addresses whose last part opens what they lead to."""


def _without_query(argument: object) -> object:
    if isinstance(argument, str) and argument.startswith("/"):
        return _SECRET.sub(r"/\1/…", argument.partition("?")[0])
    return argument
