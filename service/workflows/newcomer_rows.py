"""Writes the rows of people who have just become known, some statements for many of them.

The rows are what the single workflows write for the same person: the same columns, the same
promises, the same timeline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.db import Base, new_id
from service.domain.changes import CLOSED_STAGES, JobStatus, Stage
from service.domain.contacts import (
    Channel,
    Direction,
    Outcome,
    Touch,
    breaks_silence,
)
from service.domain.newcomers import Newcomer
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Contact,
    ImportedApplication,
    ImportedJob,
    Interview,
    Job,
    Promise,
    TimelineEntry,
)
from service.rows import insert_rows
from service.workflows.newcomer_lookups import KnownJob, KnownPerson
from service.workflows.newcomer_owing import Names, Owing, Standing
from service.workflows.work import Work

Row = dict[str, Any]

REACHED: Mapping[Channel, Outcome] = {
    Channel.PHONE: Outcome.REACHED,
    Channel.IN_PERSON: Outcome.REACHED,
    Channel.EMAIL: Outcome.DELIVERED,
    Channel.TEXT: Outcome.DELIVERED,
    Channel.VOICEMAIL: Outcome.LEFT_MESSAGE,
}
"""What became of the last contact, which its source tells as one that took place."""

# In the order in which one names another.
_TABLES: tuple[type[Base], ...] = (
    Job,
    ImportedJob,
    Candidate,
    CandidateEmail,
    CandidatePhone,
    Application,
    ImportedApplication,
    Contact,
    Interview,
    Promise,
    TimelineEntry,
)


@dataclass(frozen=True, slots=True)
class Made:
    """Somebody who was taken in; ``new_candidate`` tells that they were not known before."""

    newcomer: Newcomer
    application_id: str
    candidate_id: str
    new_candidate: bool


class Batch:
    """Gathers rows, and writes them together when asked to."""

    def __init__(self, work: Work, import_id: str | None) -> None:
        self._work = work
        self._import_id = import_id
        self._owing = Owing(work)
        self._rows: dict[type[Base], list[Row]] = defaultdict(list)

    def add_job(self, id_: str, title: str) -> None:
        """Add an open job of this title."""
        self._rows[Job].append(
            {
                "id": id_,
                "title": " ".join(title.split()),
                "status": JobStatus.OPEN,
                "created_at": self._work.now,
                "version": 1,
            }
        )
        if self._import_id is not None:
            self._rows[ImportedJob].append({"job_id": id_, "import_id": self._import_id})

    def add(
        self,
        newcomer: Newcomer,
        person: KnownPerson | None,
        job: KnownJob,
        *,
        owner_id: str | None,
        waiting_on_id: str | None,
        suppressed: Mapping[str, tuple[datetime, str | None]],
        acknowledge: bool,
    ) -> Made:
        """Add one application, and its person where ``person`` is ``None``.

        Raises ``PromiseError``, and adds nothing, where what was promised to them cannot be kept.
        """
        now = self._work.now
        application_id = new_id("app")
        interview_id = new_id("int") if newcomer.interviewed_at is not None else None
        contact_id = new_id("con") if newcomer.last_contact_at is not None else None
        names = Names(application_id, owner_id, interview_id, contact_id)
        standing = Standing(
            calendar_id=job.calendar_id,
            zone=person.time_zone if person is not None else newcomer.time_zone,
            stage=newcomer.stage,
            applied_at=newcomer.applied_at or now,
            interviewed_at=newcomer.interviewed_at,
            heard_at=newcomer.last_contact_at if _breaks_silence(newcomer) else None,
            acknowledge=acknowledge,
        )
        owed = [self._owing.by_rule(standing, names)]
        if newcomer.promised is not None and newcomer.promised_for is not None:
            # It comes first to be refused, before anything is added.
            word = newcomer.promised, newcomer.promised_for
            owed.append(self._owing.spoken(standing, names, *word))
        candidate_id = person.id if person is not None else self._person(newcomer, suppressed)
        self._application(newcomer, standing, names, candidate_id, job.id, waiting_on_id)
        if self._import_id is not None:
            self._rows[ImportedApplication].append(
                {
                    "application_id": application_id,
                    "import_id": self._import_id,
                    "candidate_id": candidate_id,
                    "made_candidate": person is None,
                    "line": newcomer.line,
                    "candidate_key": newcomer.candidate_id,
                    "application_key": newcomer.application_id,
                }
            )
        self._touches(newcomer, names)
        for promises, entries in owed:
            self._rows[Promise] += promises
            self._rows[TimelineEntry] += entries
        return Made(newcomer, application_id, candidate_id, person is None)

    def write(self) -> None:
        """Write what was gathered: a statement a table for each thousand rows."""
        for model in _TABLES:
            rows = self._rows.pop(model, None)
            if rows:
                insert_rows(self._work.session, model, rows)

    def _person(
        self, newcomer: Newcomer, suppressed: Mapping[str, tuple[datetime, str | None]]
    ) -> str:
        id_ = new_id("cnd")
        self._rows[Candidate].append(
            {
                "id": id_,
                "first_name": newcomer.first_name,
                "last_name": newcomer.last_name,
                "time_zone": newcomer.time_zone,
                "locale": newcomer.locale,
                "can_email": True,
                "created_at": self._work.now,
                "version": 1,
            }
        )
        # A mailbox written in two ways is one, in the spelling that came first.
        addresses: dict[str, str] = {}
        for key, address in zip(newcomer.keys, newcomer.emails, strict=True):
            addresses.setdefault(key, address)
        for position, (key, address) in enumerate(addresses.items()):
            at, reason = suppressed.get(key, (None, None))
            self._rows[CandidateEmail].append(
                {
                    "id": new_id("eml"),
                    "candidate_id": id_,
                    "address": address,
                    "address_key": key,
                    "position": position,
                    "suppressed_at": at,
                    "suppressed_reason": reason,
                }
            )
        for position, number in enumerate(newcomer.phones):
            self._rows[CandidatePhone].append(
                {"id": new_id("phn"), "candidate_id": id_, "number": number, "position": position}
            )
        return id_

    def _application(
        self,
        newcomer: Newcomer,
        standing: Standing,
        names: Names,
        candidate_id: str,
        job_id: str,
        waiting_on_id: str | None,
    ) -> None:
        now, stage = self._work.now, newcomer.stage
        self._rows[Application].append(
            {
                "id": names.application_id,
                "candidate_id": candidate_id,
                "job_id": job_id,
                "stage": stage.value,
                "stage_at": standing.applied_at if stage is Stage.APPLIED else now,
                "ats_stage": newcomer.label,
                "unmapped": False,
                "owner_id": names.owner_id,
                "waiting_on_id": waiting_on_id,
                "applied_at": standing.applied_at,
                "interviewed_at": standing.interviewed_at,
                "last_contact_at": standing.heard_at,
                "closed_at": now if stage in CLOSED_STAGES else None,
                "created_at": now,
                "version": 1,
            }
        )
        self._tell(names, "applied", standing.applied_at)

    def _touches(self, newcomer: Newcomer, names: Names) -> None:
        """Record the interview that was held and the last contact, where they were told."""
        if newcomer.interviewed_at is not None:
            at = newcomer.interviewed_at
            self._rows[Interview].append(
                {
                    "id": names.interview_id,
                    "application_id": names.application_id,
                    "external_id": names.interview_id,
                    "ends_at": at,
                    "done_at": at,
                    "created_at": self._work.now,
                }
            )
            self._tell(names, "interviewed", at, interview=names.interview_id)
        if newcomer.last_contact_at is not None:
            at, channel = newcomer.last_contact_at, newcomer.last_contact_by
            outcome = REACHED[channel]
            self._rows[Contact].append(
                {
                    "id": names.contact_id,
                    "application_id": names.application_id,
                    "direction": Direction.OUT.value,
                    "channel": channel.value,
                    "outcome": outcome.value,
                    "automatic": False,
                    "at": at,
                    "meant_for": [],
                    "after_broken_promise": False,
                    "created_at": self._work.now,
                }
            )
            self._tell(
                names,
                "contact",
                at,
                contact=names.contact_id,
                channel=channel.value,
                outcome=outcome.value,
            )

    def _tell(self, names: Names, kind: str, at: datetime, **data: str | None) -> None:
        self._rows[TimelineEntry].append(
            {
                "application_id": names.application_id,
                "at": at,
                "recorded_at": self._work.now,
                "kind": kind,
                "actor": self._work.actor,
                "source": self._work.source,
                "data": data,
            }
        )


def _breaks_silence(newcomer: Newcomer) -> bool:
    if newcomer.last_contact_at is None:
        return False
    channel = newcomer.last_contact_by
    return breaks_silence(Touch(channel, REACHED[channel], newcomer.last_contact_at))
