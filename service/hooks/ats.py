"""``/hooks/ats/<connection>``: one webhook delivery is verified, stored and answered."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from service.ats.base import Incoming
from service.db import db
from service.hooks.bodies import BodyTooLargeError, read_body
from service.parts import parts
from service.secret_box import SealedSecretError
from service.signing import SignatureError
from service.workflows.receive import receive

blueprint = Blueprint("ats_hooks", __name__)


@blueprint.post("/hooks/ats/<name>")
def deliver(name: str) -> Response:
    """Answer with the vendor's own success code once the delivery is safely stored."""
    try:
        body = read_body(request)
    except BodyTooLargeError as error:
        return _answer(413, str(error))
    running = parts()
    work = running.work(actor=f"ats:{name}", source=name)
    incoming = Incoming.of(request.headers.items(), body, work.now)
    try:
        receipt = receive(work, name, incoming)
    except SignatureError:
        # One text for every fault: which check failed is nobody's business but ours.
        db.session.commit()
        return _answer(401, "the signature is missing or does not match this connection's secret")
    except SealedSecretError as error:
        # Ours to mend: the vendor tries again later, and nothing is lost.
        db.session.rollback()
        return _answer(503, str(error))
    db.session.commit()
    if receipt is None:
        return _answer(404, "there is no connection of this name")
    if receipt.stored:
        running.runner.wake("ingest")
    if receipt.body:
        return Response(receipt.body, receipt.status, receipt.headers)
    response = jsonify(stored=receipt.stored)
    response.status_code = receipt.status
    response.headers.update(receipt.headers)
    return response


def _answer(status: int, text: str) -> Response:
    response = jsonify(error=text)
    response.status_code = status
    return response
