"""Finds who and what newcomers name that is known here already, in a few statements for many.

One person is one person by an id of their source, else by an address, whatever its case; a
tombstone counts as known, so that nobody who was erased is made again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from service.db import in_chunks
from service.domain.changes import CLOSED_STAGES, JobStatus, Stage
from service.domain.newcomers import Newcomer
from service.domain.rights import EVERYWHERE, Extent, Reach, within
from service.models import (
    Application,
    Candidate,
    CandidateEmail,
    ImportedApplication,
    Job,
    User,
)
from service.workflows.erased_addresses import emptied_among, erased_among
from service.workflows.last_erasure import erased_by_rule
from service.workflows.people import resolve
from service.workflows.work import Work

CHUNK = 500

CAME_CLOSED = timedelta(days=1)
"""How long an application that was closed when it came counts as having been in progress."""


@dataclass(frozen=True, slots=True)
class KnownJob:
    """What of a job counts for the people who apply for it."""

    id: str
    status: str
    owner_id: str | None
    hiring_manager_id: str | None
    calendar_id: str | None
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A candidate who is here already; ``made`` tells that this very run made them.

    ``emptied_at`` is when a rule erased them, ``None`` for everybody else.
    ``names`` are theirs, first and last, where they are known.
    """

    id: str
    erased: bool = False
    time_zone: str | None = None
    made: bool = False
    names: tuple[str | None, ...] = ()
    emptied_at: datetime | None = None

    def may_be(self, newcomer: Newcomer) -> bool:
        """Tell whether the names can be one person's: what both say, they say alike.

        ``Amara`` and ``Okafor, Amara`` can be one, ``Amara Okafor`` and ``Amara Weber`` cannot.
        """
        here, said = _words(*self.names), _words(newcomer.first_name, newcomer.last_name)
        return here <= said or said <= here


@dataclass(frozen=True, slots=True)
class KnownBid:
    """An application that is here; ``key`` is its source's id, where an import told it.

    ``ended_at`` is when it was closed, ``None`` while it is in progress. Of one that was closed
    when it came nobody knows: a day is taken, by which two spellings of one date may differ.
    """

    id: str
    key: str | None
    in_progress: bool
    ended_at: datetime | None


@dataclass
class Around:
    """What is known around one lot of newcomers; whoever makes somebody adds them here."""

    by_key: dict[str, set[str]] = field(default_factory=dict)
    people: dict[str, KnownPerson] = field(default_factory=dict)
    by_candidate_id: dict[str, str] = field(default_factory=dict)
    by_application_id: dict[str, tuple[str, KnownPerson, str]] = field(default_factory=dict)
    """The application that bears a source's id, whose it is, and its job's id."""
    bids: dict[tuple[str, str], list[KnownBid]] = field(default_factory=dict)
    suppressed: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    emptied: dict[str, datetime] = field(default_factory=dict)
    """When a rule erased whoever had an address, or an id of the source, last."""
    tagged: dict[str, str] = field(default_factory=dict)
    """Who was just made with a plus tag, by the address without it."""


class Jobs:
    """Every job by its id and its title; one that is made is added.

    ``reach`` is that of who adds people: a job outside it is another team's.
    """

    def __init__(self, work: Work, reach: Reach = EVERYWHERE) -> None:
        self._reach = reach
        self._by_id: dict[str, KnownJob] = {}
        self._by_title: dict[str, list[KnownJob]] = {}
        columns = (Job.id, Job.title, Job.status, Job.owner_id, Job.hiring_manager_id)
        for id_, title, status, owner, manager, calendar, team in work.session.execute(
            select(*columns, Job.calendar_id, Job.team_id).order_by(Job.id)
        ):
            self.add(title, KnownJob(id_, status, owner, manager, calendar, team))

    def add(self, title: str, job: KnownJob) -> None:
        """Know one more job."""
        self._by_id[job.id] = job
        self._by_title.setdefault(folded_title(title), []).append(job)

    def named(self, name: str) -> list[KnownJob]:
        """Return the jobs of this id or title; of several the open ones alone, if there are.

        Those outside the reach come only where no other is meant.
        """
        by_id = self._by_id.get(name)
        if by_id is not None:
            return [by_id]
        found = self._by_title.get(folded_title(name), [])
        found = [job for job in found if self.is_within(job)] or found
        taking = [job for job in found if job.status == JobStatus.OPEN]
        return taking or found

    def is_within(self, job: KnownJob | None) -> bool:
        """Tell whether a job's people are those of who adds somebody."""
        if self._reach.extent is Extent.ALL:
            return True
        # A new application waits for nobody yet.
        return job is not None and within(
            self._reach, team_id=job.team_id, waiting_on_id=None, closed=False
        )

    def get(self, job_id: str) -> KnownJob | None:
        """Return the job of an id."""
        return self._by_id.get(job_id)


class Colleagues:
    """Colleagues by their addresses, asked for once each."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[str, tuple[str, bool] | None] = {}

    def look_up(self, addresses: Iterable[str | None]) -> None:
        """Read whoever is not known yet."""
        new = {each for each in addresses if each is not None and each not in self._known}
        for chunk in in_chunks(sorted(new), CHUNK):
            self._known.update(dict.fromkeys(chunk))
            for id_, email, active in self._work.session.execute(
                select(User.id, func.lower(User.email), User.active)
                .where(func.lower(User.email).in_(chunk))
                .order_by(User.active)
            ):
                self._known[email] = id_, active

    def known_as(self, address: str) -> tuple[str, bool] | None:
        """Return who has this address, folded, and whether they are still here."""
        return self._known.get(address)


def folded_title(title: str) -> str:
    """Return a title as two spellings of it share it: an "é" may be one sign or two."""
    return unicodedata.normalize("NFC", " ".join(title.split()).casefold())


def look_around(work: Work, newcomers: Sequence[Newcomer]) -> Around:
    """Return what is known of these people."""
    around = Around()
    keys = {key for each in newcomers for key in each.keys}
    bare = {untagged(key) for key in keys} - keys
    for chunk in in_chunks(sorted(keys | bare), CHUNK):
        _by_address(work, around, chunk)
    around.erased = erased_among(work, keys)
    around.emptied = emptied_among(work, around.erased)
    ids = sorted({each.candidate_id for each in newcomers if each.candidate_id})
    for chunk in in_chunks(ids, CHUNK):
        _by_candidate_id(work, around, chunk)
    ids = sorted({each.application_id for each in newcomers if each.application_id})
    for chunk in in_chunks(ids, CHUNK):
        for told, id_, bearer, first, last, job in work.session.execute(
            select(
                ImportedApplication.application_key,
                ImportedApplication.application_id,
                Candidate.id,
                Candidate.first_name,
                Candidate.last_name,
                Application.job_id,
            )
            .join(Application, Application.id == ImportedApplication.application_id)
            # Whose it is now: they may have been merged into another since.
            .join(Candidate, Candidate.id == Application.candidate_id)
            .where(ImportedApplication.application_key.in_(chunk))
        ):
            person = KnownPerson(bearer, names=(first, last))
            around.by_application_id[told or ""] = id_, person, job
    for chunk in in_chunks(sorted(around.people), CHUNK):
        for id_, whose, job, stage, closed_at, created_at, applied_at, key in work.session.execute(
            select(
                Application.id,
                Application.candidate_id,
                Application.job_id,
                Application.stage,
                Application.closed_at,
                Application.created_at,
                Application.applied_at,
                ImportedApplication.application_key,
            )
            .outerjoin(ImportedApplication, ImportedApplication.application_id == Application.id)
            .where(Application.candidate_id.in_(chunk))
            .order_by(Application.created_at, Application.id)
        ):
            in_progress = Stage(stage) not in CLOSED_STAGES
            ended_at = applied_at + CAME_CLOSED if closed_at == created_at else closed_at
            bid = KnownBid(id_, key, in_progress, None if in_progress else ended_at)
            around.bids.setdefault((whose, job), []).append(bid)
    return around


def untagged(key: str) -> str:
    """Return an address without what follows a plus sign in it: most often the same mailbox."""
    local, at, domain = key.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}" if "+" in local else key


def _by_address(work: Work, around: Around, keys: Sequence[str]) -> None:
    found = work.session.execute(
        select(
            CandidateEmail.address_key,
            CandidateEmail.suppressed_at,
            CandidateEmail.suppressed_reason,
            Candidate.id,
            Candidate.time_zone,
            Candidate.merged_into_id,
            Candidate.first_name,
            Candidate.last_name,
        )
        .join(Candidate, Candidate.id == CandidateEmail.candidate_id)
        .where(CandidateEmail.address_key.in_(keys))
    )
    for key, at, reason, id_, zone, merged, first, last in found:
        if at is not None:
            around.suppressed[key] = (at, reason)
        if merged is None:
            around.by_key.setdefault(key, set()).add(id_)
            around.people[id_] = KnownPerson(id_, time_zone=zone, names=(first, last))


def _by_candidate_id(work: Work, around: Around, ids: Sequence[str]) -> None:
    found = work.session.execute(
        select(ImportedApplication.candidate_key, Candidate.id)
        .join(Candidate, Candidate.id == ImportedApplication.candidate_id)
        .where(ImportedApplication.candidate_key.in_(ids))
        .distinct()
    )
    told = [(key or "", resolve(work, id_)) for key, id_ in found.all()]
    emptied = erased_by_rule(work.session, {person.id for _, person in told})
    # Whoever is there is who bears the id now, else who was erased last.
    told.sort(key=lambda each: (each[1].erased_at is None, each[1].erased_at or work.now))
    for key, person in told:
        at = person.erased_at if person.id in emptied else None
        if at is not None:
            around.emptied[key] = max(at, around.emptied.get(key, at))
        around.by_candidate_id[key] = person.id
        around.people[person.id] = KnownPerson(
            person.id,
            person.erased_at is not None,
            person.time_zone,
            names=(person.first_name, person.last_name),
            emptied_at=at,
        )


def _words(*names: str | None) -> set[str]:
    """Return the words of a name, whose order, signs, accents and capitals do not count."""
    told = unicodedata.normalize("NFKD", " ".join(filter(None, names))).casefold()
    return set(re.findall(r"\w+", "".join(c for c in told if not unicodedata.combining(c))))
