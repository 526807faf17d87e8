"""A beat whose broker is away says so in a line a minute, and everything else as it comes."""

from __future__ import annotations

import logging

import pytest

pytest.importorskip("celery", reason="Celery is an extra: pip install .[cluster]")

from celery.beat import Scheduler, SchedulingError

from service.cli.beat_log import BrokerAway
from service.cluster import make_celery
from tests.postgres import free_port


class Kept(logging.Handler):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record)


def test_a_beat_without_its_broker_says_so_once_a_minute_with_how_many_turns_it_cost() -> None:
    log, kept = logging.getLogger("celery.beat"), Kept()
    away = BrokerAway()
    log.addFilter(away)
    log.addHandler(kept)
    try:
        app = make_celery(f"redis://127.0.0.1:{free_port()}/0", 0.5)
        app.conf.task_publish_retry = False
        scheduler = Scheduler(app, lazy=True)
        entry = next(iter(app.conf.beat_schedule.values()))
        scheduler.apply_entry(scheduler.Entry(**entry, app=app))
        (line,) = kept.lines
        assert "1 turns were not called" in line.getMessage()
        assert "stays in the database" in line.getMessage()
        assert line.exc_info is None
        assert "File " not in line.getMessage()

        for after, told in ((1, False), (59, False), (61, True)):
            later = _again(line, after)
            assert away.filter(later) is told
        assert "3 turns were not called" in later.getMessage()
        assert away.filter(_again(line, -3600)), "a clock that was put back silences nothing"

        log.error("something else")
        assert kept.lines[-1].getMessage() == "something else"
    finally:
        log.removeHandler(kept)
        log.removeFilter(away)


def _again(line: logging.LogRecord, seconds: int) -> logging.LogRecord:
    """Return the same complaint as it comes so much later."""
    later = logging.makeLogRecord(vars(line))
    error = SchedulingError("Couldn't apply scheduled task check")
    later.exc_info, later.created = (SchedulingError, error, None), line.created + seconds
    return later
