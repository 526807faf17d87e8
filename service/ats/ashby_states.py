"""Where an application of Ashby's stands, and how what an event left out is asked for.

Every object of an application is its whole state as of ``updatedAt``, so an open one also takes
back an older closing (there is no event for un-archiving). No one is rejected unless the archive
reason is of the type RejectedByOrg; see ``_archived``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.ats import ashby_payloads as read
from service.ats.ashby_api import application_info, error_code, results
from service.ats.asking import Answers, Needs
from service.ats.meaning import Ignored
from service.ats.payload import JsonObject
from service.domain.changes import (
    ApplicationRef,
    ApplicationUpdated,
    Change,
    Hired,
    Moved,
    Rejected,
    Stands,
    Withdrawn,
)


@dataclass(frozen=True)
class Reading:
    """What a handler may look at besides the data: when it came, and what Ashby answered."""

    received_at: datetime
    answers: Answers


Handler = Callable[[JsonObject, Reading], list[Change] | Needs]

_LEAD = "a lead has not applied, so nothing is owed"
_NEEDED = ("candidate", "job", "hiringTeam")


def standing(application: JsonObject, ref: ApplicationRef, received_at: datetime) -> list[Change]:
    """Where an application stands by its status, as of ``updatedAt``. Raises ``Ignored``."""
    at = application.instant("updatedAt", past_of=received_at)
    status = application.text("status")
    if status == "Active":
        return [Stands(ref, at, read.stage_of(application))]
    if status == "Hired":
        return [Hired(ref, at)]
    if status == "Archived":
        return [_archived(application, ref, at, received_at)]
    if status == "Lead":
        raise Ignored(_LEAD)
    application.warn("status", "unknown, so the application stays where it is")
    return [ApplicationUpdated(ref, at)]


def _archived(
    application: JsonObject, ref: ApplicationRef, at: datetime | None, received_at: datetime
) -> Change:
    """An archived application ends as its reason's type says (OpenAPI: ``reasonType``).

    RejectedByOrg is the employer's decision, RejectedByCandidate the candidate's. Any other type
    (a duplicate, a closed job, no reason at all) is neither: the application keeps its stage
    under a label that maps to none, which is a to-do for a person, and promises to it go on.
    """
    archived_at = application.instant("archivedAt", past_of=received_at) or at
    reason = application.child("archiveReason")
    text = reason.text("text") if reason else None
    kind = reason.text("reasonType") if reason else None
    if kind == "RejectedByOrg":
        return Rejected(ref, archived_at, text)
    if kind == "RejectedByCandidate":
        return Withdrawn(ref, archived_at, text)
    application.warn("archiveReason", "says neither who ended it nor why: a person must decide")
    label = f"Archived: {text or 'no reason'}"
    return Moved(dataclasses.replace(ref, ats_stage=label), archived_at, None)


@dataclass(frozen=True)
class Told:
    """An application as somebody told of it: the event, or Ashby when it was asked.

    ``as_of`` is when it was told; no time in it can be later and be believed.
    """

    application: JsonObject
    as_of: datetime

    def ref(self) -> ApplicationRef:
        """The application with the people around it."""
        return read.application_ref(self.application, self.as_of)

    def standing(self) -> list[Change]:
        """Where it stands. Raises ``Ignored``."""
        return standing(self.application, self.ref(), self.as_of)


def whole(said: JsonObject, reading: Reading) -> Told | Needs:
    """The application with what its event left out, asked for where anything is missing.

    The newer of the two states wins; a part that only one of them knows is kept.
    """
    application_id = said.required_id("id")
    if all(said.has(part) for part in _NEEDED):
        return Told(said, reading.received_at)
    ask = application_info(application_id)
    answer = reading.answers.to(ask)
    if answer is None:
        return Needs((ask,))
    told = results(answer)
    if told is None or told.id("id") != application_id:
        said.warn("job", f"asked Ashby for the missing parts: {error_code(answer) or 'no answer'}")
        return Told(said, reading.received_at)
    as_of = max(answer.fetched_at, reading.received_at)
    said_at, told_at = said.instant("updatedAt"), told.instant("updatedAt")
    older, newer = (told, said) if said_at and told_at and said_at > told_at else (said, told)
    kept = {
        part: older.members[part] for part in _NEEDED if older.has(part) and not newer.has(part)
    }
    return Told(dataclasses.replace(said, members={**newer.members, **kept}), as_of)


def around(application_id: str, reading: Reading) -> tuple[ApplicationRef, list[Change]] | Needs:
    """The application an event names by id alone, and where it stands, asked for.

    Without it, an event that overtakes its application's first one would find nobody.
    """
    ask = application_info(application_id)
    answer = reading.answers.to(ask)
    if answer is None:
        return Needs((ask,))
    found = results(answer)
    if found is None or found.id("id") != application_id:
        return ApplicationRef(application_id), []
    told = Told(found, max(answer.fetched_at, reading.received_at))
    try:
        return told.ref(), told.standing()
    except Ignored:
        return told.ref(), []
