"""Overdue people, as somebody needs them to act."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import ApiSchema, Choice, Count, Id, Instant, PageQuery
from service.domain.changes import Stage
from service.domain.policies import Kind
from service.domain.promises import Origin


def _words(about: str, **kwargs: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": about}, **kwargs)


class OverduePersonSchema(ApiSchema):
    """One broken promise, with what somebody needs to mend it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "promise_id": "prm_0123456789abcdefghjk",
        "application_id": "app_0123456789abcdefghjk",
        "candidate_id": "cnd_0123456789abcdefghjk",
        "name": "Amara Okafor",
        "job_title": "Backend Engineer",
        "stage": "interview",
        "kind": "callback",
        "origin": "spoken",
        "wording": "A call about the panel date",
        "owner_id": "usr_0123456789abcdefghjk",
        "owner_name": "Maria Keller",
        "due_at": "2026-03-02T13:00:00Z",
        "first_due_at": "2026-03-02T13:00:00Z",
        "due_words": "yesterday 13:00",
        "late": "6 h",
        "lateness_in": 79200,
        "last_contact_at": None,
        "asked": 1,
        "asked_after": 1,
        "unreachable": None,
        "call": None,
        "sentence": "A call about the panel date, promised by Maria Keller for yesterday 13:00. "
        "6 h late.",
    }

    promise_id = Id("The broken promise.", required=True)
    application_id = Id("To which application.", required=True)
    candidate_id = Id("To whom.", required=True)
    name = _words("The person's name.")
    job_title = _words("The job's title.")
    stage = Choice("Where the application stands.", Stage, required=True)
    kind = Choice("What is owed.", Kind, required=True)
    origin = Choice("Whether a person said it or a rule made it.", Origin, required=True)
    wording = _words("What was promised.")
    owner_id = Id("Who must act.", required=True, allow_none=True)
    owner_name = _words("Their name.", allow_none=True)
    due_at = Instant("When it was due.", required=True)
    first_due_at = Instant("When it was first due.", required=True)
    due_words = _words("The same in words, in the calendar's zone.")
    late = _words("How late it is, in working time.")
    lateness_in = Count("How late it is, in seconds.", required=True)
    last_contact_at = Instant("When they last heard from us.", required=True, allow_none=True)
    asked = Count("How often they asked.", required=True)
    asked_after = Count("How often they asked after a promise had passed.", required=True)
    unreachable = _words("Why mail cannot reach them, where it cannot.", allow_none=True)
    call = _words("A number to call, where mail cannot reach them.", allow_none=True)
    sentence = _words("All of it in one sentence.")


class OverdueQuery(PageQuery):
    """How to search for overdue people; the longest owed come first."""

    owner_id = Id("Only those this colleague owes.")
