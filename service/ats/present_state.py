"""What follows when a source is asked how one application stands and says that it is open.

Somebody who has just applied is news, whoever told of it first: they are owed an acknowledgement.
Somebody found long after they applied is not: the first sync of a connection must not write to
everybody who ever applied.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from service.domain.changes import ApplicationRef, Applied, Change, Stage, Stands

NEWS_FOR = timedelta(days=7)
"""How long after somebody applied their applying is still news."""


def stands_open(
    ref: ApplicationRef, at: datetime | None, stage: Stage | None, received_at: datetime
) -> list[Change]:
    """The application is open, at this stage, as of ``at``."""
    return [*applied(ref, received_at), Stands(ref, at, stage)]


def applied(ref: ApplicationRef, received_at: datetime) -> list[Change]:
    """That somebody applied, while it is news; nothing otherwise."""
    if ref.applied_at is None or received_at - ref.applied_at > NEWS_FOR:
        return []
    return [Applied(ref, ref.applied_at)]
