"""``/hooks/sendgrid/events``: SendGrid's signed events are verified, stored and answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import IntegrityError

from service.db import db
from service.hooks.bodies import BodyTooLargeError, read_body
from service.mail.event_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from service.mail.sendgrid_events import ParseError, parse_events
from service.parts import parts
from service.workflows.fold_events import store_events, store_unreadable

T = TypeVar("T")

blueprint = Blueprint("sendgrid_hooks", __name__)


@blueprint.post("/hooks/sendgrid/events")
def events() -> tuple[Response, int]:
    """Store what is authentic, readable or not; 2xx only once it is committed."""
    running = parts()
    if running.events is None:
        return jsonify(error="no verification key is set: set SENDGRID_EVENT_PUBLIC_KEY"), 503
    try:
        body = read_body(request)
    except BodyTooLargeError as error:
        return jsonify(error=str(error)), 413
    authentic = running.events.verify(
        body,
        signature=request.headers.get(SIGNATURE_HEADER),
        timestamp=request.headers.get(TIMESTAMP_HEADER),
    )
    if not authentic:
        return jsonify(error="the signature is missing or does not match"), 401
    now = running.now()
    try:
        parsed = parse_events(body)
    except ParseError as error:
        # Sending it again would not mend it: it is kept for a person and answered.
        fault = str(error)
        _commit(lambda: store_unreadable(db.session(), body, fault, now))
        return jsonify(stored=0, unreadable=True), 200
    stored = _commit(lambda: store_events(db.session(), parsed.events, now))
    running.runner.wake("mail-events")
    return jsonify(stored=stored, skipped=len(parsed.skipped)), 200


def _commit(store: Callable[[], T]) -> T:
    """Store and commit; once more where the same events came twice at once and lost the race."""
    try:
        stored = store()
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        stored = store()
        db.session.commit()
    return stored
