"""Writes many rows of one change at once instead of one by one.

Nothing that is written within is read back within: a query there sees the world as it was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.models import TimelineEntry
from service.rows import insert_rows
from service.workflows.work import TOGETHER, Work


@contextmanager
def together(work: Work) -> Iterator[None]:
    """Hold back what is written within, and write it in few statements at the end.

    Whoever asks the unit of work to flush meanwhile is not heard.
    """
    if TOGETHER in work.known:
        yield
        return
    work.known[TOGETHER] = True
    try:
        with work.session.no_autoflush:
            yield
    finally:
        del work.known[TOGETHER]
    _tell(work)
    work.session.flush()


def _tell(work: Work) -> None:
    """Write the pending entries of the timeline in one statement: nobody needs their numbers."""
    pending = [row for row in work.session.new if isinstance(row, TimelineEntry)]
    for entry in pending:
        work.session.expunge(entry)
    insert_rows(
        work.session,
        TimelineEntry,
        [
            {
                "application_id": entry.application_id,
                "at": entry.at,
                "recorded_at": entry.recorded_at,
                "kind": entry.kind,
                "actor": entry.actor,
                "source": entry.source,
                "data": entry.data,
            }
            for entry in pending
        ],
    )
