"""How every error is answered: a problem after RFC 9457."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields

from service.api.schemas.base import ApiSchema


class FaultSchema(ApiSchema):
    """One fault, and where it is."""

    pointer = fields.String(
        required=True,
        metadata={
            "description": "A JSON pointer into the body, or ?name for a parameter; "
            "empty where the whole is at fault."
        },
    )
    detail = fields.String(required=True, metadata={"description": "What to mend."})


class ProblemSchema(ApiSchema):
    """Why a request was refused, for a program (type) and for a person (detail)."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "type": "/problems/due-in-the-past",
        "title": "Due in the past",
        "status": 422,
        "detail": "The new date has passed already: name a later one.",
        "errors": [
            {"pointer": "/due_at", "detail": "The new date has passed already: name a later one."}
        ],
        "request_id": "req_0123456789abcdefghjk",
    }

    type = fields.String(
        required=True,
        metadata={"description": "Names the kind of problem; stable.", "format": "uri-reference"},
    )
    title = fields.String(required=True, metadata={"description": "The kind of problem in words."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(required=True, metadata={"description": "What to do about it."})
    errors = fields.List(
        fields.Nested(FaultSchema), metadata={"description": "The fields at fault."}
    )
    request_id = fields.String(
        required=True, metadata={"description": "Names this request in the log."}
    )
