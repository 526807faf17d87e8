"""What Teamtailor posts and answers, of invented people, in the documentation's shapes."""

from __future__ import annotations

import json
from typing import Any

APPLICATION, CANDIDATE, JOB, STAGE, USER, REASON = "634", "410", "26", "7", "5", "3"


def webhook(
    event: str = "job_application.update", kind: str = "job-applications", **attributes: Any
) -> bytes:
    """A webhook's body, without the signature inside."""
    external_id = attributes.pop("id", APPLICATION)
    data: dict[str, Any] = {"id": external_id, "type": kind}
    if attributes or not event.endswith(".destroy"):
        data["attributes"] = {name.replace("_", "-"): value for name, value in attributes.items()}
    return json.dumps({"payload": {"event_name": event, "data": data}}).encode()


def record(
    kind: str, external_id: str, attributes: dict[str, Any], **related: str
) -> dict[str, Any]:
    """A JSON:API record; ``related`` are the ids of what it points to."""
    types = {
        "candidate": "candidates",
        "job": "jobs",
        "stage": "stages",
        "reject_reason": "reject-reasons",
        "user": "users",
    }
    return {
        "id": external_id,
        "type": kind,
        "links": {"self": f"https://api.teamtailor.com/v1/{kind}/{external_id}"},
        "attributes": {name.replace("_", "-"): value for name, value in attributes.items()},
        "relationships": {
            name.replace("_", "-"): {"data": {"type": types[name], "id": value}}
            for name, value in related.items()
        },
    }


def candidate(**attributes: Any) -> dict[str, Any]:
    """A candidate."""
    said = {
        "first_name": "Amara",
        "last_name": "Okafor",
        "email": "amara.okafor@example.com",
        "phone": "+46 70 555 01 00",
        "unsubscribed": False,
        "created_at": "2026-03-04T10:00:00.000+01:00",
        "updated_at": "2026-03-05T09:00:00.000+01:00",
    }
    return record("candidates", CANDIDATE, said | attributes)


def job(**attributes: Any) -> dict[str, Any]:
    """A job."""
    said = {
        "title": "Bookbinder",
        "status": "open",
        "human_status": "published",
        "updated_at": "2026-03-04T09:00:00.000+01:00",
    }
    return record("jobs", JOB, said | attributes, user=USER)


def user(**attributes: Any) -> dict[str, Any]:
    """A user."""
    return record(
        "users", USER, {"name": "Maria Keller", "email": "maria@example.com"} | attributes
    )


def stage(name: str = "Inbox", kind: str = "Inbox") -> dict[str, Any]:
    """A stage."""
    return record("stages", STAGE, {"name": name, "stage_type": kind})


def reason(words: str = "Other offer", *, by_company: bool | None = True) -> dict[str, Any]:
    """A reason for a rejection."""
    return record("reject-reasons", REASON, {"reason": words, "rejected_by_company": by_company})


def application(
    at: dict[str, Any] | None = None,
    why: dict[str, Any] | None = None,
    who: dict[str, Any] | None = None,
    **attributes: Any,
) -> dict[str, Any]:
    """An application's document, standing at the stage ``at``."""
    said = {
        "created_at": "2026-03-04T10:00:00.000+01:00",
        "updated_at": "2026-03-05T10:00:00.000+01:00",
        "changed_stage_at": "2026-03-05T10:00:00.000+01:00",
        "rejected_at": None,
        "sourced": False,
    }
    related = {"candidate": CANDIDATE, "job": JOB, "stage": STAGE}
    included = [who or candidate(), job(), at or stage()]
    if why is not None:
        related["reject_reason"] = REASON
        included.append(why)
    main = record("job-applications", APPLICATION, said | attributes, **related)
    return {"data": main, "included": included}


def job_document(**attributes: Any) -> dict[str, Any]:
    """A job's document with its user."""
    return {"data": job(**attributes), "included": [user()]}


def page(*documents: dict[str, Any], following: str | None = None) -> bytes:
    """A page of a list."""
    links = {"first": "https://api.teamtailor.com/v1/x"} | (
        {"next": following} if following else {}
    )
    return json.dumps(
        {
            "data": [each["data"] for each in documents],
            "included": [one for each in documents for one in each.get("included", ())],
            "meta": {"record-count": len(documents), "page-count": 1},
            "links": links,
        }
    ).encode()
