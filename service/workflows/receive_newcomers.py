"""Takes in people who applied: makes who is not known yet, and leaves alone who is.

What is known is never changed, nobody is made twice, and no letter goes out by itself unless an
acknowledgement was asked for. A closed application is recorded as closed; no decision is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text

from service.db import new_id
from service.domain.changes import CLOSED_STAGES, JobStatus
from service.domain.newcomers import Fault, Newcomer
from service.domain.promises import PromiseError
from service.domain.rights import EVERYWHERE, Reach
from service.domain.wording import to_say
from service.models import Candidate
from service.workflows.erased_newcomers import ON_REQUEST, why_erased
from service.workflows.newcomer_identity import (
    RefusalError,
    is_another_bid,
    refuse_another,
    who_is,
)
from service.workflows.newcomer_lookups import (
    CAME_CLOSED,
    Around,
    Colleagues,
    Jobs,
    KnownBid,
    KnownJob,
    KnownPerson,
    look_around,
    untagged,
)
from service.workflows.newcomer_rows import Batch, Made
from service.workflows.work import Work

_ONE_AT_A_TIME = 7_310_588_422
"""An arbitrary number: the advisory lock under which one transaction at a time makes people."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who had applied already: nothing was made or changed."""

    newcomer: Newcomer
    application_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody who cannot be taken in, and why. A fault's column is what it is about."""

    newcomer: Newcomer
    fault: Fault


Outcome = Made | Known | Refused


class Reception:
    """Takes people in within one transaction, many at a time.

    ``new_jobs`` lets a title that no job has make one. ``reach`` is that of who adds them: nobody
    is added to another team's job, and nobody of another team's is used for being named by an id.
    """

    def __init__(
        self,
        work: Work,
        *,
        import_id: str | None = None,
        acknowledge: bool = False,
        new_jobs: bool = True,
        reach: Reach = EVERYWHERE,
    ) -> None:
        self._work = work
        self._import_id = import_id
        self._acknowledge = acknowledge
        self._new_jobs = new_jobs
        # SQLite has one writer anyway.
        self._meets_others = work.session.get_bind().dialect.name == "postgresql"
        if self._meets_others:
            # Two at once would both find somebody unknown.
            work.session.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _ONE_AT_A_TIME})
        self._jobs = Jobs(work, reach)
        self._colleagues = Colleagues(work)
        self._batch = Batch(work, import_id)
        self.warnings: list[Fault] = []
        self.jobs_made = 0

    def take(self, newcomers: Sequence[Newcomer]) -> list[Outcome]:
        """Take in some people and write what that makes; the caller commits."""
        around = look_around(self._work, newcomers)
        self._colleagues.look_up(
            address for each in newcomers for address in (each.owner, each.hiring_manager)
        )
        outcomes = [self._one(each, around) for each in newcomers]
        self._batch.write()
        return outcomes

    def _one(self, newcomer: Newcomer, around: Around) -> Outcome:
        try:
            return self._received(newcomer, around)
        except RefusalError as refusal:
            return Refused(newcomer, Fault(newcomer.line, refusal.about, refusal.said))

    def _received(self, newcomer: Newcomer, around: Around) -> Outcome:
        known_bid = around.by_application_id.get(newcomer.application_id or "")
        if known_bid is not None:
            id_, bearer, job_id = known_bid
            self._refuse_others(self._jobs.get(job_id), "application id")
            refuse_another(newcomer, bearer, around)
            return Known(newcomer, id_)
        person = who_is(newcomer, around)
        if person is not None:
            self._refuse_strange_bearer(newcomer, person, around)
        job = self._job(newcomer.job)
        if person is not None and job is not None:
            bids = around.bids.get((person.id, job.id), [])
            if bids and not is_another_bid(newcomer, bids):
                self._warn_of_name(newcomer, person)
                return Known(newcomer, bids[-1].id)
        why = why_erased(newcomer, person, around, sheet=self._import_id is not None)
        if why is not None:
            raise RefusalError(why, None if why == ON_REQUEST else "applied on")
        owner_id = self._colleague(newcomer.owner, "owner")
        manager_id = self._colleague(newcomer.hiring_manager, "hiring manager")
        if person is not None and not person.made:
            self._hold(person)
        new_job = job is None
        if job is None:
            job = KnownJob(new_id("job"), JobStatus.OPEN, None, None, None)
        try:
            made = self._batch.add(
                newcomer,
                person,
                job,
                owner_id=owner_id or job.owner_id,
                waiting_on_id=manager_id or job.hiring_manager_id,
                suppressed=around.suppressed,
                acknowledge=self._acknowledge,
            )
        except PromiseError as error:
            raise RefusalError(str(error), "promised for") from error
        if new_job:
            # Only now: nobody would have applied for it had this row been refused.
            self._make_job(newcomer.job, job)
        self._warn(newcomer, around, made.candidate_id)
        self._warn_of_name(newcomer, person)
        self._warn_of_job(newcomer, job)
        _remember(newcomer, around, made, job)
        return made

    def _hold(self, person: KnownPerson) -> None:
        """Keep somebody from being erased or merged until what becomes theirs is theirs."""
        if not self._meets_others:
            return
        now = self._work.session.execute(
            select(Candidate.erased_at, Candidate.merged_into_id)
            .where(Candidate.id == person.id)
            .with_for_update(read=True)
        ).one_or_none()
        if now is None or now.erased_at is not None or now.merged_into_id is not None:
            raise RefusalError(
                to_say("this person's record was erased or merged at this very moment: try again"),
                None,
            )

    def _job(self, name: str) -> KnownJob | None:
        found = self._jobs.named(name)
        if len(found) > 1:
            raise RefusalError(
                to_say(
                    "several jobs have this title: write the id of one (“keepword job list --all” "
                    "shows them)"
                ),
                "job",
            )
        if not found and (name.startswith("job_") or not self._new_jobs):
            raise RefusalError(to_say("there is no such job"), "job")
        if found:
            self._refuse_others(found[0], "job")
        return found[0] if found else None

    def _refuse_others(self, job: KnownJob | None, about: str) -> None:
        if not self._jobs.is_within(job):
            raise RefusalError(to_say("this job is another team's: they add its people"), about)

    def _refuse_strange_bearer(
        self, newcomer: Newcomer, person: KnownPerson, around: Around
    ) -> None:
        """Refuse an id that only another team's sheet told: who guesses it would get to see them.

        An address is known by who was given it, as in adding a person by hand.
        """
        if person.made or any(person.id in around.by_key.get(key, ()) for key in newcomer.keys):
            return
        if not any(
            whose == person.id and self._jobs.is_within(self._jobs.get(job_id))
            for whose, job_id in around.bids
        ):
            self._refuse_others(None, "candidate id")

    def _make_job(self, title: str, job: KnownJob) -> None:
        self._batch.add_job(job.id, title)
        self._jobs.add(title, job)
        self.jobs_made += 1

    def _colleague(self, address: str | None, about: str) -> str | None:
        if address is None:
            return None
        found = self._colleagues.known_as(address)
        if found is None:
            raise RefusalError(
                to_say(
                    "no colleague has this address: add them with “keepword user add”, or leave "
                    "the column out with --without"
                ),
                about,
            )
        id_, here = found
        if not here:
            raise RefusalError(
                to_say("this colleague has left: name somebody who is here, or nobody"), about
            )
        return id_

    def _warn(self, newcomer: Newcomer, around: Around, candidate_id: str) -> None:
        """Tell of an address that differs from a known one by a plus tag alone."""
        others: set[str] = set()
        for key in newcomer.keys:
            bare = untagged(key)
            others |= around.by_key.get(bare, set()) if bare != key else set()
            others |= {around.tagged[key]} if key in around.tagged else set()
        if others - {candidate_id}:
            self.warnings.append(
                Fault(
                    newcomer.line,
                    "email",
                    to_say(
                        "but for what follows the plus sign somebody else has this address: they "
                        "were taken as two people"
                    ),
                )
            )

    def _warn_of_name(self, newcomer: Newcomer, person: KnownPerson | None) -> None:
        """Tell of an address that several people may share: the later ones are not made."""
        if person is not None and not person.may_be(newcomer):
            self.warnings.append(
                Fault(
                    newcomer.line,
                    "email",
                    to_say(
                        "somebody here, or further up in the sheet, has this address and another "
                        "name: they were taken as one person"
                    ),
                )
            )

    def _warn_of_job(self, newcomer: Newcomer, job: KnownJob) -> None:
        """Tell of somebody who waits for an answer about a job that is filled or given up."""
        if job.status != JobStatus.OPEN and newcomer.stage not in CLOSED_STAGES:
            self.warnings.append(
                Fault(
                    newcomer.line,
                    "job",
                    to_say("this job is closed here: they were taken in all the same, as waiting"),
                )
            )


def _remember(newcomer: Newcomer, around: Around, made: Made, job: KnownJob) -> None:
    """Know somebody who was just made, for the newcomers of the same lot."""
    names = newcomer.first_name, newcomer.last_name
    person = KnownPerson(made.candidate_id, time_zone=newcomer.time_zone, made=True, names=names)
    around.people.setdefault(person.id, person)
    for key in newcomer.keys:
        around.by_key.setdefault(key, set()).add(person.id)
        if untagged(key) != key:
            around.tagged[untagged(key)] = person.id
    if newcomer.candidate_id:
        around.by_candidate_id[newcomer.candidate_id] = person.id
    if newcomer.application_id:
        around.by_application_id[newcomer.application_id] = (made.application_id, person, job.id)
    in_progress = newcomer.stage not in CLOSED_STAGES
    ended_at = newcomer.applied_at + CAME_CLOSED if newcomer.applied_at else None
    bid = KnownBid(
        made.application_id, newcomer.application_id, in_progress, None if in_progress else ended_at
    )
    around.bids.setdefault((person.id, job.id), []).append(bid)
