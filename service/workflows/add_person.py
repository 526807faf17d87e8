"""Adds one person with their application in one step, as an import adds many.

The same person for the same job is added once, however often it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.newcomers import Newcomer
from service.domain.promises import PromiseError
from service.domain.wording import to_say
from service.models import Application
from service.workflows.contacts import SKEW
from service.workflows.newcomer_rows import Made
from service.workflows.receive_newcomers import Known, Reception, Refused
from service.workflows.work import Work

_POINTERS = {
    "email": "/emails",
    "job": "/job",
    "owner": "/owner_email",
    "promised for": "/promised_for",
}


@dataclass(frozen=True)
class Added:
    """The application, and whether it and its person were made or known before."""

    application: Application
    made: bool
    new_candidate: bool


def add_person(work: Work, newcomer: Newcomer, *, acknowledge: bool = True) -> Added:
    """Add somebody who applied, or find them; ``PromiseError`` where it is not clear who or what.

    What the rules owe is promised at once; the acknowledgement only where it is wanted.
    """
    for at, pointer in (
        (newcomer.applied_at, "/applied_at"),
        (newcomer.interviewed_at, "/interviewed_at"),
        (newcomer.last_contact_at, "/last_contact_at"),
    ):
        if at is not None and at > work.now + SKEW:
            raise PromiseError(
                "applied-in-the-future",
                to_say("what has happened cannot lie in the future"),
                pointer,
            )
    if not newcomer.emails:
        raise PromiseError(
            "nobody-named", to_say("say at which address they are reached"), "/emails"
        )
    (outcome,) = Reception(work, acknowledge=acknowledge).take([newcomer])
    if isinstance(outcome, Refused):
        fault = outcome.fault
        raise PromiseError("person-not-clear", fault.text, _POINTERS.get(fault.column or ""))
    application = work.session.get_one(Application, outcome.application_id)
    if isinstance(outcome, Known):
        return Added(application, made=False, new_candidate=False)
    assert isinstance(outcome, Made)  # noqa: S101 - there is no other outcome
    return Added(application, made=True, new_candidate=outcome.new_candidate)
