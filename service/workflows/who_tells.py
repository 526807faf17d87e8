"""Who tells people that they were rejected: Keepword or their ATS, as each connection was asked.

Never both: where the ATS does, Keepword writes no final letter, and where nobody has said who
does, it writes none either.
"""

from __future__ import annotations

from enum import StrEnum

from service.domain.contacts import DECISION_LETTERS
from service.domain.policies import Trigger
from service.domain.promises import PromiseError
from service.domain.wording import to_say, told
from service.models import Application, Connection, Decision
from service.workflows.promise_changes import open_promises, release_by_rule
from service.workflows.promise_making import promise_terms
from service.workflows.timeline import record
from service.workflows.work import Work


class RejectionsBy(StrEnum):
    """Who sends the rejections of one connection's applications."""

    KEEPWORD = "keepword"
    ATS = "ats"


def check_keepword_tells(work: Work, application: Application, kind: str) -> None:
    """Refuse a final letter about an application whose rejections Keepword does not send."""
    if kind not in DECISION_LETTERS:
        return
    connection = _connection(work, application)
    if connection is None or connection.rejections_by == RejectionsBy.KEEPWORD:
        return
    if ats_tells(connection):
        raise PromiseError(
            "ats-sends-rejections",
            told(
                "%(name)s sends the rejections of its applications, so Keepword sends "
                "none: reject them there",
                name=connection.name,
            ),
        )
    raise PromiseError(
        "who-sends-rejections-unanswered",
        told(
            "nobody has said who sends the rejections of %(name)s, so none is "
            "sent: keepword connection rejections %(name)s keepword, or … ats",
            name=connection.name,
        ),
    )


def ats_tells(connection: Connection) -> bool:
    """Tell whether this connection was said to send the rejections of its applications."""
    return connection.rejections_by == RejectionsBy.ATS


def note_ats_tells(work: Work, application: Application, decision: Decision, *, new: bool) -> None:
    """Write down that a decision is told by the ATS: nobody here owes its telling any more.

    ``new`` is one that the ATS reported; of one made here it knows by now, so what was owed for it
    is let go.
    """
    owed = [
        promise
        for promise in open_promises(work, application.id)
        if promise_terms(promise).trigger is Trigger.DECIDED
    ]
    for promise in owed:
        release_by_rule(work, promise, to_say("the ATS tells the person"))
    if owed or new:
        record(work, application.id, "ats_tells_decision", decision=decision.id)


def _connection(work: Work, application: Application) -> Connection | None:
    if application.connection_id is None:
        return None
    return work.session.get_one(Connection, application.connection_id)
