"""What SmartRecruiters posts and answers, of invented people, in the documentation's shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from service.ats.asking import Ask

CANDIDATE = "3f6b1c2e-8d4a-4f2b-9a71-5c0e2d9b7a11"
JOB = "a51e7c34-2b9d-4e6f-8c10-7d2f4b6e9a03"
APPLICATION = f"{CANDIDATE}:{JOB}"
INTERVIEW = "int-001"
OFFER = "offer-001"
RECRUITER, MANAGER = "60f818625414a64b384c8705", "60f818625414a64b384c8706"


def body(**ids: str) -> bytes:
    """A webhook's body: ids alone."""
    return json.dumps(ids, separators=(",", ":")).encode()


def application_body(candidate: str = CANDIDATE, job: str = JOB) -> bytes:
    """The body of an event about an application."""
    return body(job_id=job, candidate_id=candidate, application_id="c4d7e2a9")


def headers(event: str, where: str = f"/candidates/{CANDIDATE}/jobs/{JOB}") -> dict[str, str]:
    """The headers kept of an event."""
    link = f"<https://api.smartrecruiters.com{where}>; rel=self"
    return {"event-name": event, "event-version": "v201907", "event-id": "e1", "link": link}


def assignment(job: str = JOB, status: str = "NEW") -> dict[str, Any]:
    """One of a candidate's assignments."""
    return {"job": {"id": job, "title": "Bookbinder"}, "status": status, "source": "API"}


def candidate(**more: Any) -> dict[str, Any]:
    """A candidate's details."""
    return {
        "id": CANDIDATE,
        "internal": False,
        "firstName": "Amara",
        "lastName": "Okafor",
        "email": "amara.okafor@example.com",
        "phoneNumber": "+1 416 555 0100",
        "createdOn": "2026-03-01T10:00:00.000Z",
        "updatedOn": "2026-03-05T08:00:00.000Z",
        "primaryAssignment": assignment(),
        "secondaryAssignments": [],
        **more,
    }


def application(status: str = "NEW", sub_status: str | None = None, **more: Any) -> dict[str, Any]:
    """One application."""
    return {
        "applicationId": "c4d7e2a9",
        "status": status,
        "subStatus": sub_status,
        "startsOn": None,
        "source": "API",
        **more,
    }


def history(*changes: tuple[str, str] | tuple[str, str, str]) -> dict[str, Any]:
    """The status history: each an instant, a status and perhaps a sub-status."""
    content = [
        {"changedOn": each[0], "status": each[1], "subStatus": each[2] if len(each) > 2 else None}
        for each in changes
    ]
    return {"totalFound": len(content), "content": content}


def job(status: str = "SOURCING", **more: Any) -> dict[str, Any]:
    """A job."""
    return {
        "id": JOB,
        "title": "Bookbinder",
        "refNumber": "REF1",
        "status": status,
        "updatedOn": "2026-03-05T07:00:00.000Z",
        **more,
    }


def team() -> dict[str, Any]:
    """A hiring team: ids and roles."""
    members = [
        {"id": "60f818625414a64b384c8704", "role": "COORDINATOR"},
        {"id": MANAGER, "role": "HIRING_MANAGER"},
        {"id": RECRUITER, "role": "RECRUITER"},
    ]
    return {"totalFound": len(members), "content": members}


def user(
    external_id: str = RECRUITER, first: str = "Maria", last: str = "Keller"
) -> dict[str, Any]:
    """A user."""
    email = f"{first}.{last}@example.com".lower()
    return {"id": external_id, "firstName": first, "lastName": last, "email": email}


def interview(*slots: tuple[str, str], **more: Any) -> dict[str, Any]:
    """An interview with its time slots."""
    return {
        "id": INTERVIEW,
        "candidate": {"id": CANDIDATE, "status": "accepted"},
        "jobId": JOB,
        "timezone": "America/Toronto",
        "timeslots": [{"startsOn": begin, "endsOn": end} for begin, end in slots],
        **more,
    }


def offer(status: str = "SENT", **more: Any) -> dict[str, Any]:
    """An offer."""
    return {
        "id": OFFER,
        "candidate": {"id": CANDIDATE},
        "job": {"id": JOB},
        "status": status,
        "updatedOn": "2026-03-05T09:00:00.000Z",
        **more,
    }


def world(**changed: Mapping[str, Any] | None) -> dict[Ask, dict[str, Any] | None]:
    """Everything the API says; ``None`` is a 404. Names as the functions above have them."""
    said: dict[str, Any] = {
        "candidate": candidate(),
        "application": application(),
        "history": history(("2026-03-04T09:00:00.000Z", "NEW")),
        "job": job(),
        "team": team(),
        "recruiter": user(),
        "manager": user(MANAGER, "Jonas", "Berg"),
        "interview": interview(),
        "offer": offer(),
        **changed,
    }
    where = f"/candidates/{CANDIDATE}"
    paths = {
        "candidate": where,
        "application": f"{where}/jobs/{JOB}",
        "history": f"{where}/jobs/{JOB}/status/history",
        "job": f"/jobs/{JOB}",
        "team": f"/jobs/{JOB}/hiring-team",
        "recruiter": f"/users/{RECRUITER}",
        "manager": f"/users/{MANAGER}",
        "interview": f"/interviews-api/v201904/interviews/{INTERVIEW}",
        "offer": f"/offers/{OFFER}",
    }
    return {Ask(paths[name]): said[name] for name in paths}
