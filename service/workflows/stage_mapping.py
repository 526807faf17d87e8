"""Says which of our stages an employer's own stage names mean, and lets open applications follow.

Mapping closes nothing: a rejection or a hire is an event of its own at every vendor. What stands
later than the label, such as a move made here, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from service.ats.stages import guess_stage
from service.db import in_chunks
from service.domain.applications import Standing, settle
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.wording import told
from service.models import Application, Connection
from service.workflows.connection_faults import BadConnectionError, pointer_to
from service.workflows.decide import set_standing
from service.workflows.promise_changes import lock_application, retire
from service.workflows.rule_promises import arm_silence
from service.workflows.work import Work

MOST_LABELS = 500
LONGEST_LABEL = 200

_CHUNK = 500


@dataclass(frozen=True)
class Remapped:
    """What a new map did: the labels it changed, and the open applications that moved."""

    labels: int
    moved: int


def set_stage_map(work: Work, connection: Connection, stage_map: Mapping[str, str]) -> Remapped:
    """Make this the employer's map; open applications that carry a changed label follow."""
    _check(stage_map)
    before = dict(connection.stage_map)
    connection.stage_map = dict(stage_map)
    work.session.flush()
    changed = {
        label for label in {*before, *stage_map} if before.get(label) != stage_map.get(label)
    }
    # A delivery that was worked in at the very moment of the last change missed it.
    late = _unmapped(work, connection) & {*stage_map}
    moved = 0
    for label in sorted(changed | late):
        moved += _follow(work, connection, label)
    work.session.flush()
    return Remapped(len(changed), moved)


def map_labels(work: Work, connection: Connection, labels: Mapping[str, str | None]) -> Remapped:
    """Change what these labels mean; ``None`` takes a meaning back, and the others stay."""
    both = {**connection.stage_map, **labels}
    return set_stage_map(
        work, connection, {label: stage for label, stage in both.items() if stage is not None}
    )


def _check(stage_map: Mapping[str, str]) -> None:
    known = [stage.value for stage in Stage if stage not in CLOSED_STAGES]
    if len(stage_map) > MOST_LABELS:
        raise BadConnectionError(
            told("at most %(number)s labels can be mapped", number=MOST_LABELS), "/stage_map"
        )
    for label, stage in stage_map.items():
        pointer = pointer_to("stage_map", label)
        if stage not in known:
            raise BadConnectionError(
                told("a stage must be one of %(known)s", known=", ".join(known)), pointer
            )
        if not label.strip() or len(label) > LONGEST_LABEL:
            raise BadConnectionError(
                told("a label has 1 to %(number)s characters", number=LONGEST_LABEL), pointer
            )


def _unmapped(work: Work, connection: Connection) -> set[str]:
    found = work.session.scalars(
        select(Application.ats_stage)
        .where(Application.connection_id == connection.id, Application.unmapped)
        .distinct()
    )
    return {label for label in found if label is not None}


def _follow(work: Work, connection: Connection, label: str) -> int:
    """Let what carries a label stand where it leads now; return how many open ones moved."""
    ids = work.session.scalars(
        select(Application.id)
        .where(Application.connection_id == connection.id, Application.ats_stage == label)
        .order_by(Application.id)
    ).all()
    said = connection.stage_map.get(label)
    moved = 0
    for chunk in in_chunks(ids, _CHUNK):
        for id_ in chunk:
            application = lock_application(work, id_)
            if application is None or application.ats_stage != label:
                continue
            application.unmapped = said is None and guess_stage(label) is None
            if said is not None:
                moved += _stand(work, application, Stage(said))
    return moved


def _stand(work: Work, application: Application, stage: Stage) -> bool:
    current = Standing(Stage(application.stage), application.stage_at)
    gone = application.deleted_at is not None or application.candidate.erased_at is not None
    if current.closed or gone:
        return False
    at = application.ats_stage_at or application.stage_at
    # What the same event was taken for before is replaced; what came later than it stays.
    standing = Standing(stage, at) if current.at == at else settle(current, stage, at, at)
    moved = set_standing(work, application, standing)
    if moved:
        retire(work, application)
        arm_silence(work, application)
    return moved
