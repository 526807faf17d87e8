"""``/hooks/ats/<connection>``: one webhook delivery is verified, stored and answered."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from service.ats.base import Incoming
from service.db import db
from service.hooks.bodies import BodyTooLargeError, read_body
from service.parts import parts
from service.secret_box import SealedSecretError
from service.signing import SignatureError
from service.telemetry import Fact, tell
from service.workflows.receive import Receipt, receive, receive_known

blueprint = Blueprint("ats_hooks", __name__)

SHORT_WAY = "keepword.deliveries"
"""Where the application keeps the engine that stores a delivery in one statement."""

_STORED, _KNOWN = b'{"stored":true}\n', b'{"stored":false}\n'


@blueprint.post("/hooks/ats/<name>")
def deliver(name: str) -> Response:
    """Answer with the vendor's own success code once the delivery is safely stored."""
    try:
        body = read_body(request)
    except BodyTooLargeError as error:
        return _answer(413, str(error))
    running, now = parts(), parts().now()
    incoming = Incoming.of(request.headers.items(), body, now)
    receipt = receive_known(current_app.extensions[SHORT_WAY], running.office, now, name, incoming)
    if receipt is None:
        try:
            receipt = _received(name, incoming)
        except SignatureError:
            # One text for every fault: which check failed is nobody's business but ours.
            db.session.commit()
            return _answer(
                401, "the signature is missing or does not match this connection's secret"
            )
        except SealedSecretError as error:
            # Ours to mend: the vendor tries again later, and nothing is lost.
            db.session.rollback()
            return _answer(503, str(error))
    if receipt is None:
        return _answer(404, "there is no connection of this name")
    if receipt.stored:
        # The step that works it in says the same of itself: so the two are found together.
        tell(Fact.DELIVERY, receipt.delivery_id)
        running.runner.wake("ingest")
    if receipt.body:
        return Response(receipt.body, receipt.status, receipt.headers)
    said = _STORED if receipt.stored else _KNOWN
    return Response(said, receipt.status, receipt.headers, mimetype="application/json")


def _received(name: str, incoming: Incoming) -> Receipt | None:
    """Take in and commit what is not settled in one statement."""
    receipt = receive(parts().work(actor=f"ats:{name}", source=name), name, incoming)
    db.session.commit()
    if receipt is not None:
        receipt.committed()
    return receipt


def _answer(status: int, text: str) -> Response:
    response = jsonify(error=text)
    response.status_code = status
    return response
