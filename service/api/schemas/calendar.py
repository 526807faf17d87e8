"""Calendars in and out, what an edit does, and deadlines with their reasons."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import (
    ApiSchema,
    Count,
    Flag,
    Id,
    Instant,
    QueryFlag,
    Table,
    Text,
    Zone,
)

_HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
_DOCUMENT: dict[str, Any] = {
    "name": "berlin",
    "time_zone": "Europe/Berlin",
    "hours": _HOURS,
    "holidays": {"country": "DE", "subdivision": "BE"},
    "days": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
}
_HOURS_ABOUT = (
    "The shifts of each day, mon to sun: pairs of opening and closing, such as "
    '["09:00", "17:00"]. They may cross midnight; 24:00 is a valid end.'
)
_DAYS_ABOUT = "Single dates with their own shifts; [] is closed. They replace holidays too."


class RegionSchema(ApiSchema):
    """Where public holidays are those of."""

    country = Text("Two letters, such as DE.", most=10, required=True)
    subdivision = Text("The part of it, such as BE.", most=20, allow_none=True)


class _Document(ApiSchema):
    time_zone = Zone("The zone the hours are written in.")
    hours = Table(
        keys=Text("A day.", most=3),
        validate=validate.Length(max=7),
        metadata={"description": _HOURS_ABOUT},
    )
    holidays = fields.Nested(
        RegionSchema,
        allow_none=True,
        metadata={"description": "Whose public holidays are closed; null for none."},
    )
    days = Table(
        keys=Text("A date.", most=10),
        validate=validate.Length(max=2000),
        metadata={"description": _DAYS_ABOUT},
    )
    is_default = Flag("Whether it is the company's own, for jobs that name no other.")


class CalendarNewSchema(_Document):
    """A calendar to add."""

    EXAMPLE: ClassVar[dict[str, Any]] = _DOCUMENT

    name = Text("Its name; no two are alike.", required=True)
    time_zone = Zone("The zone the hours are written in.", required=True)
    hours = Table(
        keys=Text("A day.", most=3),
        required=True,
        validate=validate.Length(max=7),
        metadata={"description": _HOURS_ABOUT},
    )


class CalendarChangeSchema(_Document):
    """A new version; what is left out stays, what is given replaces the whole of its field."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"days": {"2026-12-31": []}}

    name = Text("Its name; no two are alike.")


class CalendarSchema(ApiSchema):
    """Opening hours in a time zone, in their current version."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "cal_0123456789abcdefghjk",
        **_DOCUMENT,
        "is_default": False,
        "version": 1,
        "created_at": "2026-03-02T09:00:00Z",
    }

    id = Id("The id.", required=True)
    name = fields.String(required=True, metadata={"description": "Its name."})
    time_zone = fields.String(required=True, metadata={"description": "Its zone."})
    hours = fields.Dict(required=True, metadata={"description": _HOURS_ABOUT})
    holidays = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Whose holidays are closed."}
    )
    days = fields.Dict(required=True, metadata={"description": _DAYS_ABOUT})
    is_default = Flag("Whether it is the company's own.", required=True)
    version = Count("Rises with new hours.", required=True)
    created_at = Instant("When it was added.", required=True)


class MovedSchema(ApiSchema):
    """One promise before and after."""

    promise_id = Id("The promise.", required=True)
    application_id = Id("To whom it is owed.", required=True)
    before = Instant("When it was due.", required=True)
    after = Instant("When it is due now.", required=True)
    kept_old = fields.String(
        required=True, allow_none=True, metadata={"description": "Why its deadline stayed."}
    )


class CalendarChangedSchema(ApiSchema):
    """What an edit did, or would do."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "calendar": {**CalendarSchema.EXAMPLE, "version": 2},
        "dry_run": False,
        "examined": 12,
        "moved_count": 1,
        "kept_old_count": 0,
        "moved": [
            {
                "promise_id": "prm_0123456789abcdefghjk",
                "application_id": "app_0123456789abcdefghjk",
                "before": "2026-12-31T10:00:00Z",
                "after": "2027-01-04T10:00:00Z",
                "kept_old": None,
            }
        ],
        "kept_old": [],
    }

    calendar = fields.Nested(
        CalendarSchema, required=True, metadata={"description": "The calendar now."}
    )
    dry_run = Flag("Whether nothing was changed.", required=True)
    examined = Count("How many open promises of rules were looked at.", required=True)
    moved_count = Count("How many have a new deadline.", required=True)
    kept_old_count = Count("How many keep the old one for a reason.", required=True)
    moved = fields.List(
        fields.Nested(MovedSchema),
        required=True,
        metadata={"description": "Those with a new deadline, 200 at most."},
    )
    kept_old = fields.List(
        fields.Nested(MovedSchema),
        required=True,
        metadata={"description": "Those that keep the old one, each with the reason."},
    )


class CalendarChangeQuery(ApiSchema):
    """How to edit."""

    dry_run = QueryFlag("Show what the edit would do and change nothing.", load_default=False)


class DueQuestionSchema(ApiSchema):
    """A start and a length of time."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"from": "2026-03-27T16:00", "in": "2 business hours"}

    # The names are Python's own words, so the fields are called otherwise here.
    start = Text(
        "When it is promised; without an offset it is local to the calendar.",
        most=40,
        required=True,
        data_key="from",
    )
    amount = Text(
        "How long it may take, such as “2 business hours”.", most=100, required=True, data_key="in"
    )


class DueAnswerSchema(ApiSchema):
    """When it is due, and why."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "due_at": "2026-03-30T08:00:00Z",
        "due_local": "2026-03-30T10:00:00+02:00",
        "trace": [
            {
                "kind": "landed",
                "text": "due Mon 30 Mar 2026 10:00 (CEST, UTC+02:00)",
                "at": "2026-03-30T08:00:00Z",
            }
        ],
    }

    due_at = Instant("When it is due.", required=True)
    due_local = fields.String(
        required=True,
        metadata={"description": "The same in the calendar's zone.", "format": "date-time"},
    )
    trace = fields.List(
        fields.Dict(), required=True, metadata={"description": "The steps, in words."}
    )
