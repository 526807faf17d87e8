"""Keeps the ATS's own stage label on an application, and whether anybody knows what it means.

The newest label by the source's time wins; at the same instant the one that sorts last, so that
every order of the same events ends with the same label.
"""

from __future__ import annotations

from datetime import datetime

from service.ats.stages import guess_stage
from service.domain.changes import CLOSED_STAGES, Stage
from service.models import Application, Connection


def mapped_stage(connection: Connection, label: str | None) -> Stage | None:
    """Return what the employer says this label means. A label alone closes nothing."""
    said = connection.stage_map.get(label or "")
    stage = Stage(said) if said else None
    return None if stage in CLOSED_STAGES else stage


def take_label(
    connection: Connection,
    application: Application,
    label: str | None,
    at: datetime | None,
    received_at: datetime,
) -> None:
    """Take over the label that an event carries, unless a newer one is known."""
    if label is None:
        return
    when = at or received_at
    known = application.ats_stage
    if known is not None:
        known_at = application.ats_stage_at or application.stage_at
        if (when, label) < (known_at, known):
            return
    if label != known:
        # What the event itself says of its stage comes after this (``note_mapping``).
        said = mapped_stage(connection, label) or guess_stage(label)
        application.unmapped = said is None
    application.ats_stage, application.ats_stage_at = label, when


def note_mapping(
    application: Application,
    label: str | None,
    stage: Stage | None,
    at: datetime | None,
    *,
    applied: bool = False,
) -> None:
    """Note whether the stage behind the application's present label is known.

    An event that carries another label than the present one says nothing of it. Nor does an older
    word of applying: adapters say "applied" there for want of anything better.
    """
    newer = at is None or at >= (application.ats_stage_at or application.stage_at)
    if label is None:
        if stage is not None and newer:
            application.unmapped = False
    elif label == application.ats_stage and (newer or not applied):
        application.unmapped = stage is None
