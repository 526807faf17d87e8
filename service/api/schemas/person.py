"""A person added with their application, in and out."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validate

from service.api.schemas.base import Address, ApiSchema, Choice, Flag, Id, Instant, Text, Zone
from service.domain.changes import Stage


class PersonNewSchema(ApiSchema):
    """Somebody who applied for a job."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "first_name": "Amara",
        "last_name": "Okafor",
        "emails": ["amara.okafor@example.com"],
        "job": "Bookbinder",
        "stage": "screening",
    }

    first_name = Text("The first name.", allow_none=True)
    last_name = Text("The last name.", allow_none=True)
    emails = fields.List(
        Address("A mail address."),
        required=True,
        validate=validate.Length(min=1, max=20),
        metadata={"description": "The mail addresses, most preferred first; by them people are "
                  "told apart."},
    )  # fmt: skip
    phones = fields.List(
        Text("A telephone number.", most=50),
        validate=validate.Length(max=20),
        metadata={"description": "The telephone numbers, most preferred first."},
    )
    time_zone = Zone("The person's time zone.", allow_none=True)
    locale = Text("The person's language, such as en-CA.", most=35, allow_none=True)
    job = Text("The job's title or id; a title that no job has makes an open one.", required=True)
    stage = Choice(
        "Where the application stands already.",
        [stage for stage in Stage if stage is not Stage.REJECTED],
        load_default=Stage.APPLIED.value,
    )
    applied_at = Instant("When they applied; now where left out.", allow_none=True)
    interviewed_at = Instant("When they were last interviewed.", allow_none=True)
    last_contact_at = Instant("When they last heard from us, by mail.", allow_none=True)
    owner_email = Address("The colleague who must act.", allow_none=True)
    acknowledge = Flag("Whether the rules acknowledge the application.", load_default=True)


class PersonSchema(ApiSchema):
    """Where somebody who was added can be found."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "candidate_id": "cnd_0123456789abcdefghjk",
        "application_id": "app_0123456789abcdefghjk",
        "job_id": "job_0123456789abcdefghjk",
        "made": True,
        "new_candidate": True,
    }

    candidate_id = Id("The person.", required=True)
    application_id = Id("Their application.", required=True)
    job_id = Id("The job.", required=True)
    made = Flag("Whether the application was made by this call.", required=True)
    new_candidate = Flag("Whether the person was not known before.", required=True)
