"""What a person does about a connection: replay what failed, and say what its stages mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm.exc import StaleDataError

from service.dashboard.actions import Said
from service.dashboard.connections import no_connection
from service.dashboard.saying import why_refused
from service.dashboard.site import blueprint, forms, takes, visitor
from service.domain.rights import Right
from service.models import Connection
from service.parts import parts
from service.queries.traffic import connection_named, delivery_of
from service.workflows.connection_faults import BadConnectionError
from service.workflows.ingest import replay
from service.workflows.replay_many import failed_deliveries, replay_all
from service.workflows.stage_mapping import map_labels
from service.workflows.work import Work

Act = Callable[..., Said]

MOST_LABELS = 500
"""Stages that one form may name."""


def _action(rule: str) -> Callable[[Act], Callable[..., Any]]:
    """Mount a form's address: who may, is it ours, one transaction, then back to the page."""

    def decorate(act: Act) -> Callable[..., Any]:
        @blueprint.post(rule, endpoint=act.__name__)
        @takes(Right.FEEDS)
        @wraps(act)
        def answered(name: str, **path: str) -> Any:
            return _performed(act, name, path)

        return answered

    return decorate


@_action("/connections/<name>/replay")
def replay_failed(work: Work, connection: Connection) -> Said:
    """Put every delivery that failed back in line."""
    done = replay_all(work, failed_deliveries(connection.id, None))
    if not done.replayed:
        return "care", _("Nothing was left to try again.")
    return "good", ngettext(
        "%(num)s delivery is tried again.", "%(num)s deliveries are tried again.", done.replayed
    )


@_action("/connections/<name>/deliveries/<delivery_id>/replay")
def replay_one(work: Work, connection: Connection, delivery_id: str) -> Said:
    """Put one delivery back in line."""
    found = delivery_of(work.session, connection.id, delivery_id, lock=True)
    if found is None:
        return "care", _("There is no such delivery any more.")
    try:
        replay(work, found)
    except ValueError as error:
        return "care", why_refused(error)
    return "good", _(
        "The delivery is worked in anew. What it changed before does not change twice."
    )


@_action("/connections/<name>/stages")
def say_stages(work: Work, connection: Connection) -> Said:
    """Say what the ATS's own stages mean here."""
    labels = request.form.getlist("label")[:MOST_LABELS]
    stages = request.form.getlist("stage")[:MOST_LABELS]
    was = request.form.getlist("was")[:MOST_LABELS]
    if not len(labels) == len(stages) == len(was):
        return "care", _("The form is not complete: reload the page.")
    rows = zip(labels, was, stages, strict=True)
    told = {label: (seen, stage) for label, seen, stage in rows if stage and stage != seen}
    # What somebody else said meanwhile stays as they said it: the page shows it now.
    changed = {
        label: stage
        for label, (seen, stage) in told.items()
        if connection.stage_map.get(label, "") == seen
    }
    if told and not changed:
        return "care", _("Somebody else changed this meanwhile: look again.")
    if not changed:
        return "care", _("Nothing was chosen.")
    done = map_labels(work, connection, changed)
    said = ngettext("%(num)s stage is mapped.", "%(num)s stages are mapped.", done.labels)
    if done.moved:
        moved = ngettext("%(num)s application moved.", "%(num)s applications moved.", done.moved)
        said = f"{said} {moved}"
    if len(changed) < len(told):
        return "care", f"{said} " + _("Somebody else changed others meanwhile: look again.")
    return "good", said


def _performed(act: Act, name: str, path: dict[str, str]) -> Any:
    running = parts()
    work = running.work(actor=visitor().actor, source="page")
    session = work.session
    connection = connection_named(session, name, lock=True)
    if connection is None:
        session.rollback()
        return no_connection()
    try:
        style, said = act(work, connection, **path)
        session.commit()
    except BadConnectionError as error:
        session.rollback()
        style, said = "care", why_refused(error)
    except StaleDataError:
        session.rollback()
        style, said = "care", _("Somebody else changed this meanwhile: look again.")
    running.runner.wake("ingest")
    seal = forms().seal(visitor().who, style, said, running.now())
    to: dict[str, Any] = {"name": name, "style": style, "said": said, "seal": seal}
    return redirect(url_for("pages.connection", **to), 303)
