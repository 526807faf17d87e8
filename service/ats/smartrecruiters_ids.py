"""Reads which records a SmartRecruiters event is about: from its body's ids and its ``Link``.

A link is believed for the ids in its path alone: whatever host it names, only our own configured
address is ever asked, and only for the endpoints that are written down here.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from service.ats.asking import Ask
from service.ats.payload import JsonObject, PayloadError
from service.ats.request_parts import path

# What follows each of these segments of a link's path is an id.
_SEGMENTS = {
    "candidates": "candidate",
    "jobs": "job",
    "interviews": "interview",
    "offers": "offer",
}
_LINK = re.compile(r"\s*<?\s*([^<>;\s]+)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_MEMBERS = {
    "candidate": ("candidate_id", "candidateId"),
    "job": ("job_id", "jobId"),
    "interview": ("interview_id", "interviewId"),
    "offer": ("offer_id", "offerId"),
    "other": ("id", "application_id", "applicationId"),
}


@dataclass(frozen=True)
class Named:
    """The ids an event names. An application is known by its candidate and its job together:
    SmartRecruiters' own records of people and jobs name it in no other way.
    """

    candidate: str | None = None
    job: str | None = None
    interview: str | None = None
    offer: str | None = None
    other: str | None = None

    @property
    def application(self) -> str | None:
        """Our name for the application, where both its ids are known."""
        if self.candidate is None or self.job is None:
            return None
        return application_id(self.candidate, self.job)

    def suggested(self) -> tuple[str, str]:
        """An event and a link that fit these ids, for deliveries of our own making."""
        about, where = "candidate.updated", path("candidates", self.candidate or "none")
        if self.job and self.candidate:
            about, where = "application.status.updated", where + path("jobs", self.job)
        elif self.job:
            about, where = "job.status.updated", path("jobs", self.job)
        if self.interview:
            about = "interview.updated"
            where = path("interviews-api", "v201904", "interviews", self.interview)
        elif self.offer:
            about, where = "offer.updated", path("offers", self.offer)
        return about, f"<https://api.smartrecruiters.com{where}>; rel=self"


def application_id(candidate: str, job: str) -> str:
    """The name of an application: the pair that SmartRecruiters knows it by."""
    return f"{candidate}:{job}"


def is_id(text: str) -> bool:
    """Whether a text can be an id of SmartRecruiters'."""
    return _ID.fullmatch(text) is not None


def named_by(root: JsonObject, link: str) -> Named:
    """What a delivery is about. ``PayloadError`` where its body names nothing at all."""
    given = {what: _first(root, members) for what, members in _MEMBERS.items()}
    if not any(given.values()):
        raise PayloadError("", "names no candidate, application, job, interview or offer")
    for what, found in _linked(link).items():
        given[what] = given[what] or found
    return Named(**given)


def of_candidate(named: Named) -> Named:
    """``id`` read as the candidate's, for events about candidates."""
    return replace(named, candidate=named.candidate or named.other)


def of_job(named: Named) -> Named:
    """``id`` read as the job's, for events about jobs."""
    return replace(named, job=named.job or named.other)


def candidate_ask(candidate: str) -> Ask:
    """A candidate's details, with every application's present status."""
    return Ask(path("candidates", candidate))


def application_ask(candidate: str, job: str) -> Ask:
    """One application."""
    return Ask(path("candidates", candidate, "jobs", job))


def history_ask(candidate: str, job: str) -> Ask:
    """When the statuses of one application changed."""
    return Ask(path("candidates", candidate, "jobs", job, "status", "history"))


def job_ask(job: str, *, optional: bool = False) -> Ask:
    """A job."""
    return Ask(path("jobs", job), optional=optional)


def team_ask(job: str) -> Ask:
    """Who hires for a job."""
    return Ask(path("jobs", job, "hiring-team"), optional=True)


def user_ask(user: str) -> Ask:
    """A member of staff."""
    return Ask(path("users", user), optional=True)


def interview_ask(interview: str) -> Ask:
    """An interview (Interviews API v201904)."""
    return Ask(path("interviews-api", "v201904", "interviews", interview))


def offer_ask(offer: str) -> Ask:
    """An offer."""
    return Ask(path("offers", offer), optional=True)


def _first(root: JsonObject, members: tuple[str, ...]) -> str | None:
    for member in members:
        found = root.id(member)
        if found is not None:
            if not is_id(found):
                root.fail(member, "is no id of SmartRecruiters'")
            return found
    return None


def _linked(link: str) -> dict[str, str]:
    """The ids in the path of ``<address>; rel=self``; nothing where it is no such thing."""
    found = _LINK.match(link)
    if found is None:
        return {}
    try:
        segments = urlsplit(found[1]).path.split("/")
    except ValueError:
        return {}
    named: dict[str, str] = {}
    for segment, follower in itertools.pairwise(segments):
        what, value = _SEGMENTS.get(segment), unquote(follower)
        if what is not None and is_id(value):
            named.setdefault(what, value)
    return named
