"""``/hooks/sendgrid/events``: SendGrid's signed events are verified, stored and answered."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from service.db import db
from service.hooks.bodies import BodyTooLargeError, read_body
from service.mail.event_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from service.mail.sendgrid_events import ParseError, parse_events
from service.parts import parts
from service.workflows.fold_events import store_events, store_unreadable

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
        store_unreadable(db.session(), body, str(error), now)
        db.session.commit()
        return jsonify(stored=0, unreadable=True), 200
    stored = store_events(db.session(), parsed.events, now)
    db.session.commit()
    running.runner.wake("mail-events")
    return jsonify(stored=stored, skipped=len(parsed.skipped)), 200
