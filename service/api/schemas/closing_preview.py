"""What a person wants of the closing of a job, and what it would do."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import (
    NOTES,
    ApiSchema,
    Choice,
    Count,
    Flag,
    Id,
    Instant,
    QueryFlag,
    Text,
)
from service.domain.closing_terms import Outcome, Part

MOST_NAMED = 1000
"""Applications that one list of a wish may name."""

APPLICATION = "app_0123456789abcdefghjk"
PARTS = {"mail": 431, "call_first": 6, "second_choice": 2, "told_already": 58, "left_out": 3}
_SENTENCE = (
    "431 letters go out from tomorrow 08:00, each at a decent hour for its person; you can take "
    "them back until then."
)


class Day(fields.Date):
    """A calendar day, such as 2026-03-20."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(format="iso", metadata={"description": about}, **kwargs)


def _applications(about: str) -> fields.List[Any]:
    return fields.List(
        Id("An application for this job."),
        load_default=list,
        validate=[validate.Length(max=MOST_NAMED)],
        metadata={"description": about},
    )


class ClosingWishSchema(ApiSchema):
    """Why the job takes nobody any more, and what is to differ from the rules for whom."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "outcome": "filled",
        "second_choice": [],
        "mail_anyway": [],
        "leave_out": [],
    }

    outcome = Choice("Why it takes nobody any more.", Outcome, required=True)
    by_user_id = Id("Who decides, and signs the letters; whoever calls where left out.")
    reason = Text(
        "Why, for colleagues; the outcome says it where left out.", most=NOTES, lines=True
    )
    second_choice = _applications("Who is kept as second choice, and told so with a day.")
    second_choice_until_on = Day("Until which day they are kept.")
    mail_anyway = _applications(
        "Who is told by mail at once, though a call would come first: they were interviewed, were "
        "promised a call, or have been in touch."
    )
    leave_out = _applications("Whom this closing leaves alone.")


class ClosingNewSchema(ClosingWishSchema):
    """A closing to carry out."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**ClosingWishSchema.EXAMPLE, "confirm_count": 0}

    confirm_count = Count(
        "How many letters go, as the preview said; required beyond thirty.",
        validate=[validate.Range(min=0)],
    )


class PartsSchema(ApiSchema):
    """How many applications fall into each part."""

    EXAMPLE: ClassVar[dict[str, Any]] = PARTS

    mail = Count("Decided, and told by mail.", required=True)
    call_first = Count("Decided, and told by a call that somebody owes.", required=True)
    second_choice = Count("Not decided, and told until when they are kept.", required=True)
    told_already = Count("Nothing is to be done.", required=True)
    left_out = Count("Nothing is done, for a reason.", required=True)


class PlannedLetterSchema(ApiSchema):
    """A letter as it would go."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "kind": "position-filled",
        "to_address": "amara.okafor@example.com",
        "subject": "Bookbinder: the role has been filled",
        "text": "Hello Amara, …",
        "html": None,
        "goes_at": "2026-03-03T08:00:00Z",
        "waits": "held so that it can be taken back",
    }

    kind = fields.String(required=True, metadata={"description": "Which letter."})
    to_address = fields.String(required=True, metadata={"description": "Where it would go."})
    subject = fields.String(required=True, metadata={"description": "The subject."})
    text = fields.String(required=True, metadata={"description": "The text part."})
    html = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The HTML part; null unless it was asked for."},
    )
    goes_at = Instant("When it would go.", required=True)
    waits = fields.String(required=True, metadata={"description": "Why not at once."})


class PlannedSchema(ApiSchema):
    """What would happen to one application, and why."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": APPLICATION,
        "candidate_id": "cnd_0123456789abcdefghjk",
        "name": "Amara Okafor",
        "job_title": "Bookbinder",
        "part": "mail",
        "reason": "not interviewed",
        "phone": "+1 416 555 0100",
        "letter": PlannedLetterSchema.EXAMPLE,
        "told_with": None,
    }

    application_id = Id("The application.", required=True)
    candidate_id = Id("The person.", required=True)
    name = fields.String(required=True, metadata={"description": "The person's name."})
    job_title = fields.String(required=True, metadata={"description": "The job applied for."})
    part = Choice("Into which part it falls.", Part, required=True)
    reason = fields.String(required=True, metadata={"description": "Why."})
    phone = fields.String(
        required=True, allow_none=True, metadata={"description": "A number to call."}
    )
    letter = fields.Nested(
        PlannedLetterSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The letter; null where none goes, or another one names it."},
    )
    told_with = Id(
        "The application whose letter names this one as well.", required=True, allow_none=True
    )


class ClosingPreviewSchema(ApiSchema):
    """What closing the job now would do, in full."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "job_id": "job_0123456789abcdefghjk",
        "outcome": "filled",
        "letters": 431,
        "confirm": True,
        "sentence": _SENTENCE,
        "goes_from": "2026-03-03T08:00:00Z",
        "goes_until": "2026-03-03T16:00:00Z",
        "parts": PARTS,
        "people": [PlannedSchema.EXAMPLE],
    }

    # Kept answers are found by the ids in them when a person is erased.
    job_id = Id("The job.", required=True)
    outcome = Choice("Why it takes nobody any more.", Outcome, required=True)
    letters = Count("How many letters go: the number to confirm.", required=True)
    confirm = Flag("Whether that number must be confirmed.", required=True)
    sentence = fields.String(
        required=True, metadata={"description": "What goes out when, in one sentence."}
    )
    goes_from = Instant("When the first letter goes.", required=True, allow_none=True)
    goes_until = Instant("When the last letter goes.", required=True, allow_none=True)
    parts = fields.Nested(
        PartsSchema, required=True, metadata={"description": "How many fall into each part."}
    )
    people = fields.List(
        fields.Nested(PlannedSchema),
        required=True,
        metadata={"description": "Everybody, each in one part."},
    )


class PreviewQuery(ApiSchema):
    """What a preview shows."""

    html = QueryFlag("Show the HTML part of each letter too.", load_default=False)
