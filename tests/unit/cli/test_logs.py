"""A log line tells what failed and where, and nothing about any person."""

from __future__ import annotations

import logging
import sys

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from service.cli.logs import Formatter


def record(message: str, *arguments: object, error: bool = False) -> str:
    return Formatter().format(
        logging.LogRecord(
            "keepword.test",
            logging.ERROR,
            __file__,
            1,
            message,
            arguments,
            sys.exc_info() if error else None,
        )
    )


def test_a_line_begins_with_its_instant_in_utc_its_level_and_its_name() -> None:
    line = record("the step %s failed", "check")

    assert line.endswith("Z ERROR keepword.test: the step check failed")
    assert len(line.split(" ")[0]) == len("2026-03-02T09:00:00.000Z")


def test_an_exception_is_logged_without_its_text() -> None:
    written = "amara.okafor@example.com"
    try:
        raise ValueError(written)
    except ValueError:
        line = record("a request failed", error=True)

    assert "amara" not in line
    assert line.endswith("ValueError")
    assert "test_logs.py" in line


def test_of_the_libraries_only_the_innermost_place_is_logged() -> None:
    engine = create_engine("sqlite:////nowhere/at/all.db")
    try:
        engine.connect()
    except OperationalError:
        line = record("the step check failed", error=True)

    assert line.endswith("OperationalError")
    assert "test_logs.py" in line
    assert line.count("site-packages") == 1


def test_an_address_is_logged_without_its_query() -> None:
    line = record("Error handling request %s", "/api/v1/candidates?email=amara@example.com")

    assert line.endswith("Error handling request /api/v1/candidates")


def test_an_address_that_is_a_secret_itself_is_logged_by_what_it_is_for() -> None:
    for path in ("/calendar/c2VjcmV0.ics", "/welcome/c2VjcmV0"):
        line = record("Exception on %s [%s]", path, "GET")

        assert "c2VjcmV0" not in line
        assert f"Exception on /{path.split('/')[1]}/… [GET]" in line


def test_a_named_argument_is_filled_in() -> None:
    assert record("%(count)d waiting", {"count": 3}).endswith("3 waiting")
