"""Letters and their versions in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import WORDING, ApiSchema, Choice, Count, Id, Instant, Table, Text
from service.mail.lint.findings import Severity
from service.mail.template_draft import LONGEST_BODY, LONGEST_SUBJECT
from service.mail.variables import KINDS
from service.workflows.template_versions import ORIGINS, STATES

_PARTS = {
    "subject": "Still open: your application for {{job_title}}",
    "text": "Hello {{greeting_name}},\n\nYou will hear from me by {{next_word_by}}.\n\n"
    "{{sender_name}}\n{{sender_email}}",
    "html": "<h1>Your application</h1>\n<p>Hello {{greeting_name}},</p>\n"
    "<p>You will hear from me by {{next_word_by}}.</p>\n"
    "<p>{{sender_name}}<br>{{sender_email}}</p>",
}


class FindingSchema(ApiSchema):
    """One thing the lint says against a wording."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "rule": "unsaid-variable",
        "part": "body.txt",
        "text": "does not say {{company_name}}",
        "severity": "advice",
    }

    rule = fields.String(required=True, metadata={"description": "Which rule found it."})
    part = fields.String(required=True, metadata={"description": "Where: a part, or the layout."})
    text = fields.String(required=True, metadata={"description": "What is wrong, and the remedy."})
    severity = Choice("A fault keeps it from being approved.", Severity, required=True)


class TemplateVersionSummarySchema(ApiSchema):
    """One version of a letter."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "tpv_0123456789abcdefghjk",
        "kind": "status-update",
        "number": 2,
        "digest": "3f1c0a9b77de",
        "origin": "edited",
        "state": "draft",
        "note": "Shorter",
        "created_at": "2026-03-02T09:00:00Z",
        "created_by_id": "usr_0123456789abcdefghjk",
        "approved_at": None,
        "approved_by_id": None,
        "retired_at": None,
        "withdrawn_by_id": None,
        "withdrawn_because": None,
        "version": 1,
    }

    id = Id("The id.", required=True)
    kind = Choice("Which letter.", sorted(KINDS), required=True)
    number = Count("Counts the versions of this kind, from 1.", required=True)
    digest = fields.String(
        required=True, metadata={"description": "Its words as a hash; messages name it."}
    )
    origin = Choice("Shipped with Keepword, or edited here.", ORIGINS, required=True)
    state = Choice(
        "Approved is in force; retired was replaced, its letters may still go; withdrawn is wrong, "
        "its letters may not.",
        STATES,
        required=True,
    )
    note = fields.String(
        required=True, allow_none=True, metadata={"description": "What is new, for colleagues."}
    )
    created_at = Instant("When it was written.", required=True)
    created_by_id = Id("Who wrote it.", required=True, allow_none=True)
    approved_at = Instant("When it was approved last.", required=True, allow_none=True)
    approved_by_id = Id("Who approved it.", required=True, allow_none=True)
    retired_at = Instant("When it was replaced or withdrawn.", required=True, allow_none=True)
    withdrawn_by_id = Id("Who withdrew it.", required=True, allow_none=True)
    withdrawn_because = fields.String(
        required=True, allow_none=True, metadata={"description": "What is wrong with it."}
    )
    version = Count("Rises with every change of its state.", required=True)


class TemplateVersionSchema(TemplateVersionSummarySchema):
    """One version of a letter, whole, and what the lint says of it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **TemplateVersionSummarySchema.EXAMPLE,
        **_PARTS,
        "findings": [FindingSchema.EXAMPLE],
    }

    subject = fields.String(required=True, metadata={"description": "The subject, as written."})
    text = fields.String(required=True, metadata={"description": "The text part, as written."})
    html = fields.String(
        required=True, metadata={"description": "The HTML part, as written, without its layout."}
    )
    findings = fields.List(
        fields.Nested(FindingSchema),
        required=True,
        metadata={"description": "What the lint says; empty where it is good."},
    )


class TemplateSchema(ApiSchema):
    """One kind of letter and the version of it that is in force."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "kind": "status-update",
        "audience": "candidates",
        "variables": ["company_name", "greeting_name", "job_title", "next_word_by"],
        "optional": [],
        "in_force": {
            **TemplateVersionSummarySchema.EXAMPLE,
            "state": "approved",
            "approved_at": "2026-03-02T10:00:00Z",
            "approved_by_id": "usr_0123456789abcdefghjk",
            "version": 2,
        },
        "newest_draft": None,
    }

    kind = Choice("Which letter.", sorted(KINDS), required=True)
    audience = Choice("Who reads it.", ("candidates", "colleagues"), required=True)
    variables = fields.List(
        fields.String(), required=True, metadata={"description": "The variables it may name."}
    )
    optional = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Those that may be missing: each stands between {{?name}} and {{/name}}."
        },
    )
    in_force = fields.Nested(
        TemplateVersionSummarySchema,
        required=True,
        allow_none=True,
        metadata={"description": "The approved version; null where it was withdrawn."},
    )
    newest_draft = Count("The number of the newest draft.", required=True, allow_none=True)


class TemplateDraftSchema(ApiSchema):
    """New words for a kind of letter."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_PARTS, "note": "Shorter"}

    subject = Text("The subject, one line.", most=LONGEST_SUBJECT, required=True)
    text = Text("The text part.", most=LONGEST_BODY, lines=True, required=True)
    html = Text(
        "The HTML part: headings, paragraphs, lists, links; no styles.",
        most=LONGEST_BODY,
        lines=True,
        required=True,
    )
    note = Text("What is new, for colleagues.", most=WORDING)


class TemplateWithdrawalSchema(ApiSchema):
    """Why a version may not be sent any more."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "It names the wrong company"}

    reason = Text("What is wrong with it, for colleagues.", most=WORDING, required=True)


class TemplatePreviewAskSchema(ApiSchema):
    """With whose data to show it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "values": {"next_word_by": "Friday 13 March"},
    }

    application_id = Id("Whose data to use; an invented person's where left out.")
    values = Table(
        keys=Text("A variable.", most=60),
        values=Text("Its text.", most=WORDING),
        load_default=dict,
        validate=validate.Length(max=20),
        metadata={"description": "Texts for its variables; examples stand for the others."},
    )


class TemplatePreviewSchema(ApiSchema):
    """A version of a letter as it would read."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "app_0123456789abcdefghjk",
        "kind": "status-update",
        "subject": "Still open: your application for Backend Engineer",
        "text": "Hello Amara, …",
        "html": "<p>Hello Amara, …</p>",
    }

    # Kept answers are found by the ids in them when a person is erased.
    application_id = Id("Whose data was used.", required=True, allow_none=True)
    kind = Choice("Which letter.", sorted(KINDS), required=True)
    subject = fields.String(required=True, metadata={"description": "The subject."})
    text = fields.String(required=True, metadata={"description": "The text part."})
    html = fields.String(required=True, metadata={"description": "The HTML part."})
