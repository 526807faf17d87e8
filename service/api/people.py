"""``/people``: somebody who applied, added with their application in one call."""

from __future__ import annotations

from typing import Any

from service.api.operation import Call, Resource
from service.api.schemas.person import PersonNewSchema, PersonSchema
from service.domain.changes import Stage
from service.domain.newcomers import Newcomer
from service.workflows.add_person import add_person as add

resource = Resource("people", "Whoever is known to no ATS, added in one call.")

_PLAIN = ("first_name", "last_name", "time_zone", "locale", "job", "applied_at",
          "interviewed_at", "last_contact_at")  # fmt: skip


@resource.operation("POST", "/people", scope="write", body=PersonNewSchema, returns=PersonSchema)
def add_person(call: Call, body: dict[str, Any]) -> Any:
    """Add a person and their application.

    Whoever has the address already, and the job of this title, are used; otherwise they are made.
    Somebody who has applied for the job already is left as they are, so the same call can be made
    again; they are added once more where all of that had ended before `applied_at`. What the rules
    owe from applying is promised at once.
    """
    owner = body.get("owner_email")
    newcomer = Newcomer(
        **{name: body[name] for name in _PLAIN if body.get(name) is not None},
        emails=tuple(dict.fromkeys(body["emails"])),
        phones=tuple(dict.fromkeys(body.get("phones", ()))),
        stage=Stage(body["stage"]),
        owner=owner.casefold() if owner else None,
    )
    added = add(call.work, newcomer, acknowledge=body["acknowledge"])
    return {
        "candidate_id": added.application.candidate_id,
        "application_id": added.application.id,
        "job_id": added.application.job_id,
        "made": added.made,
        "new_candidate": added.new_candidate,
    }
