"""The ATS's own stage labels: which were seen, what each is taken for, and why.

A label that nobody can place is a to-do that is counted, never a silent "applied".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from service.ats.registry import UnknownAdapterError, adapter_named
from service.ats.stages import guess_stage
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.wording import ENGLISH, Speech
from service.models import Application, Connection


class Known(StrEnum):
    """How it is known what a label means."""

    CONFIRMED = "confirmed"
    GUESSED = "guessed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StageLabel:
    """One label: the stage it is taken for, how that is known, and how many carry it.

    ``unmapped`` counts the open applications whose stage nobody knows because of it.
    """

    label: str
    stage: Stage | None
    known: Known
    why: str
    open: int
    closed: int
    unmapped: int = 0


def stage_labels(
    session: Session, connection: Connection, speech: Speech = ENGLISH
) -> list[StageLabel]:
    """Return the labels seen or mapped on a connection: what is to do first, then by how many."""
    rows = session.execute(
        select(
            Application.ats_stage,
            Application.stage,
            Application.unmapped,
            func.count().label("carriers"),
        )
        .where(
            Application.connection_id == connection.id,
            Application.ats_stage.is_not(None),
            Application.deleted_at.is_(None),
        )
        .group_by(Application.ats_stage, Application.stage, Application.unmapped)
    ).all()
    seen: dict[str, _Seen] = {label: _Seen() for label in connection.stage_map}
    for label, stage, unmapped, carriers in rows:
        if label is not None:
            seen.setdefault(label, _Seen()).add(Stage(stage), carriers, unmapped=unmapped)
    found = [_described(connection, label, each, speech) for label, each in seen.items()]
    return sorted(found, key=lambda each: (not each.unmapped, -each.open, each.label.casefold()))


def guessed_map(labels: Iterable[StageLabel]) -> dict[str, str]:
    """Return what is guessed of these labels, as a map to be confirmed."""
    return {
        each.label: each.stage.value
        for each in labels
        if each.known is Known.GUESSED and each.stage is not None
    }


def unmapped_labels(session: Session, connection_id: str | None = None) -> dict[str, int]:
    """Count, by connection id, the labels on open applications that nobody can place.

    Connections without any are left out.
    """
    query = unmapped_query(session)
    if connection_id is not None:
        query = query.where(Application.connection_id == connection_id)
    return {id_: number for id_, number in session.execute(query).all() if id_ is not None}


def unmapped_query(session: Session) -> Select[*tuple[Any, ...]]:
    """Return the question how many labels of each connection nobody can place."""
    return (
        select(Application.connection_id, func.count(Application.ats_stage.distinct()))
        .where(*_unmapped(session), Application.connection_id.is_not(None))
        .group_by(Application.connection_id)
    )


def _unmapped(session: Session) -> Iterable[ColumnElement[bool]]:
    # Word for word the condition of ix_application_unmapped: SQLite uses it only then.
    sqlite = session.get_bind().dialect.name == "sqlite"
    return (
        literal_column("application.unmapped = 1" if sqlite else "application.unmapped"),
        Application.stage.not_in(CLOSED_STAGES),
        Application.deleted_at.is_(None),
    )


class _Seen:
    def __init__(self) -> None:
        self.open = self.closed = self.unmapped = 0
        self.stood: dict[Stage, int] = {}

    def add(self, stage: Stage, carriers: int, *, unmapped: bool) -> None:
        if stage in CLOSED_STAGES:
            self.closed += carriers
            return
        self.open += carriers
        if unmapped:
            self.unmapped += carriers
        else:
            self.stood[stage] = self.stood.get(stage, 0) + carriers


def _described(connection: Connection, label: str, seen: _Seen, speech: Speech) -> StageLabel:
    said = connection.stage_map.get(label)
    if said:
        return StageLabel(
            label,
            Stage(said),
            Known.CONFIRMED,
            speech.say("you said so"),
            seen.open,
            seen.closed,
            seen.unmapped,
        )
    guess = guess_stage(label)
    if seen.stood and not seen.unmapped:
        # What its carriers stand at is what the adapter took it for.
        taken = max(seen.stood, key=lambda stage: (seen.stood[stage], stage == guess, stage))
        if taken is not guess:
            why = speech.say("%(vendor)s files it so", vendor=_vendor(connection))
            return StageLabel(label, taken, Known.GUESSED, why, seen.open, seen.closed)
    if guess is not None and not seen.unmapped:
        why = speech.say("its name says so")
        return StageLabel(label, guess, Known.GUESSED, why, seen.open, seen.closed)
    why = speech.say("nothing in its name says which stage it is")
    return StageLabel(label, None, Known.UNKNOWN, why, seen.open, seen.closed, seen.unmapped)


def _vendor(connection: Connection) -> str:
    try:
        return adapter_named(connection.vendor).label
    except UnknownAdapterError:
        return connection.vendor
