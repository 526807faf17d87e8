"""The three addresses; what they answer is worked out in ``readiness`` and ``metrics``."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from service.clock import instant_text
from service.db import db
from service.health.metrics import metrics_text
from service.health.readiness import Readiness
from service.parts import parts

blueprint = Blueprint("health", __name__)


@blueprint.after_request
def never_keep(response: Response) -> Response:
    """Keep proxies from answering with yesterday's health."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get("/livez")
def livez() -> Response:
    """Answer as long as the process does, whatever else fails: restarting mends nothing else."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Answer 200, or 503 with each problem and its remedy; warnings make nothing unready."""
    readiness: Readiness = current_app.extensions["keepword.readiness"]
    report = readiness.look(db.session(), db.engine)
    rest = report.mail_rests
    body = jsonify(
        ready=report.ready,
        problems=[vars(problem) for problem in report.problems],
        warnings=[vars(warning) for warning in report.warnings],
        loops=[
            {
                "name": loop.name,
                "last_at": instant_text(loop.last_at) if loop.last_at else None,
                "late": loop.late,
            }
            for loop in report.loops
        ],
        mail={
            "paused": report.mail_paused is not None,
            "reason": report.mail_paused,
            "resting": rest is not None,
            "resting_until": instant_text(rest.until) if rest and rest.until else None,
        },
    )
    return body, 200 if report.ready else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Answer in Prometheus's text format, read from the database at each scrape."""
    readiness: Readiness = current_app.extensions["keepword.readiness"]
    try:
        work = parts().work(actor="metrics", source="metrics")
        text = metrics_text(work, readiness.running_for())
    except SQLAlchemyError:
        db.session.rollback()
        return Response("the database does not answer: see /readyz\n", 503, mimetype="text/plain")
    return Response(text, content_type=CONTENT_TYPE_LATEST)
