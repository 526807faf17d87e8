"""Says what is owed to people who have just become known, many at a time, by the rules themselves.

Whoever has the same stage, dates and zone is owed the same: the rules run once for each such lot,
on an application that is never stored, in a session that only gathers; the rest are copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.db import new_id
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.policies import Kind, Trigger
from service.models import Application, Candidate, Job, Promise, TimelineEntry
from service.models import Calendar as CalendarRow
from service.workflows.policies import rules
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.rule_promises import PromisedByRule, arm_silence, make_by_rule, trigger
from service.workflows.work import Work

Row = dict[str, Any]
Lot = tuple[list[Row], list[Row]]
"""The rows of promises, and of their entries on the timeline."""

REMEMBERED = 1000
"""How many lots are kept at once; a sheet with more of them takes longer, not more memory."""

_NOTHING = PromisedByRule(frozenset(), frozenset())
_ME, _INTERVIEW, _CONTACT = "(application)", "(interview)", "(contact)"


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what somebody is owed. ``zone`` is theirs, where it is known."""

    calendar_id: str | None
    zone: str | None
    stage: Stage
    applied_at: datetime
    interviewed_at: datetime | None
    heard_at: datetime | None
    acknowledge: bool

    @property
    def since(self) -> datetime:
        """Return when the silence began."""
        return self.heard_at or self.applied_at


@dataclass(frozen=True, slots=True)
class Names:
    """The ids of one application and of what the promises about it name."""

    application_id: str
    owner_id: str | None
    interview_id: str | None
    contact_id: str | None


class _Gathering(Session):
    """Keeps what it is given and reads nothing: it has no database."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered: list[object] = []

    def add(self, instance: object, *, _warn: bool = True) -> None:
        self.gathered.append(instance)

    def flush(self, objects: object = None) -> None:
        """Write nothing."""


class Owing:
    """Knows what newcomers are owed, in rows to be written."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[Standing, Lot] = {}
        self._long_ago: dict[Standing, tuple[datetime, Lot]] = {}
        self._calendars: dict[str | None, Work] = {}

    def by_rule(self, standing: Standing, names: Names) -> Lot:
        """Return the rows of the promises that the rules make, and of their timeline entries."""
        lot = self._known.get(standing) or self._overdue(standing)
        if lot is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            lot = self._known[standing] = self._lot(standing)
            self._note_overdue(standing, lot)
        return _named(lot, names)

    def _overdue(self, standing: Standing) -> Lot | None:
        """Return the lot of those who have waited longer than any rule lets them, if known.

        All of their clocks start now, whatever was so long ago; only what caused it differs.
        """
        alike = _undated(standing)
        known = self._long_ago.get(alike) if alike is not None else None
        if known is None or standing.since > known[0]:
            return None
        since, ours = _subject(known[0]), _subject(standing.since)
        promises = [
            row | {"cause": row["cause"].replace(since, ours)} if row["cause"] else row
            for row in known[1][0]
        ]
        return promises, known[1][1]

    def _note_overdue(self, standing: Standing, lot: Lot) -> None:
        alike, now = _undated(standing), self._work.now
        # The later the start, the later the deadline: who waited longer is overdue as well.
        if alike is not None and all(row["start_at"] == now for row in lot[0]):
            known = self._long_ago.get(alike)
            if known is None or known[0] < standing.since:
                self._long_ago[alike] = (standing.since, lot)

    def spoken(self, standing: Standing, names: Names, wording: str, within: str) -> Lot:
        """Return the rows of a promise that a person gave; ``PromiseError`` where it cannot be."""
        work = self._gathering(standing.calendar_id)
        application = _application(standing, work.now)
        spoken = Spoken(kind=Kind.CALLBACK, wording=wording, within=within)
        make_spoken(work, application, spoken)
        return _named(_rows(work.session), names)

    def _lot(self, standing: Standing) -> Lot:
        work = self._gathering(standing.calendar_id)
        application = _application(standing, work.now)
        if standing.stage not in CLOSED_STAGES:
            _owe(work, application, standing)
        return _rows(work.session)

    def _gathering(self, calendar_id: str | None) -> Work:
        """Return a unit of work that gathers, and knows all it would have to read."""
        known = self._calendars.get(calendar_id)
        if known is None:
            row = self._calendar(calendar_id)
            self._work.calendar(row.id, row.version)
            rules(self._work)
            known = Work(
                _Gathering(),
                self._work.now,
                self._work.office,
                self._work.actor,
                self._work.source,
                {"rules": self._work.known["rules"], "calendar": row},
            )
            self._calendars[calendar_id] = known
        gathering = known.session
        if isinstance(gathering, _Gathering):
            gathering.gathered = []
        return known

    def _calendar(self, calendar_id: str | None) -> CalendarRow:
        if calendar_id is None:
            return self._work.calendar_row()
        return self._work.session.get_one(CalendarRow, calendar_id)


def _owe(work: Work, application: Application, standing: Standing) -> None:
    """Set off every rule that this standing sets off, as if each thing had just been told."""
    if standing.acknowledge:
        trigger(
            work, application, Trigger.APPLIED, "applied", standing.applied_at, standing=_NOTHING
        )
    heard = (_CONTACT, standing.heard_at) if standing.heard_at else None
    met_at = standing.interviewed_at
    if met_at is not None and (heard is None or heard[1] < met_at):
        about = Trigger.INTERVIEWED
        trigger(work, application, about, _INTERVIEW, met_at, standing=_NOTHING)
    elif met_at is not None and heard is not None:
        # Word after the interview was given; where the rule repeats, the next is counted from it.
        for rule in rules(work, Trigger.INTERVIEWED):
            if rule.terms.then_every is not None:
                make_by_rule(
                    work,
                    application,
                    rule,
                    f"after:{_CONTACT}",
                    heard[1],
                    within=rule.terms.then_every,
                    contact_id=_CONTACT,
                    standing=_NOTHING,
                )
    arm_silence(work, application, heard=heard, standing=_NOTHING)


def _undated(standing: Standing) -> Standing | None:
    """Return what standings share that differ in when the silence began and in nothing else."""
    if standing.acknowledge or standing.interviewed_at is not None:
        return None
    began = _EPOCH if standing.heard_at is not None else None
    return replace(standing, applied_at=_EPOCH, heard_at=began)


def _subject(since: datetime) -> str:
    return f":{Trigger.SILENCE}:{since.isoformat()}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _application(standing: Standing, now: datetime) -> Application:
    return Application(
        id=_ME,
        candidate=Candidate(time_zone=standing.zone),
        # The calendar of the job is the one that the unit of work takes for the company's.
        job=Job(),
        stage=standing.stage,
        stage_at=now,
        applied_at=standing.applied_at,
        interviewed_at=standing.interviewed_at,
        last_contact_at=standing.heard_at,
        created_at=now,
    )


PROMISE = (
    "id", "application_id", "kind", "origin", "wording", "owner_id", "policy_id",
    "policy_version", "calendar_id", "calendar_version", "terms", "cause",
    "caused_by_contact_id", "made_at", "start_at", "first_due_at", "due_at", "due_version",
    "wall_local", "wall_zone", "warn_at", "trace", "state", "ladder", "rung", "next_check_at",
)  # fmt: skip
"""The columns of a new promise that are not the same for all."""

ENTRY = ("application_id", "at", "recorded_at", "kind", "actor", "source", "data")
"""The columns of an entry on the timeline; its number is the database's."""

PROMISE_FIXED: Row = {"reopened_count": 0, "check_failures": 0, "version": 1}


def _rows(session: Session) -> Lot:
    promises, entries = [], []
    for each in _gathered(session):
        if isinstance(each, Promise):
            promises.append({name: getattr(each, name) for name in PROMISE} | PROMISE_FIXED)
        elif isinstance(each, TimelineEntry):
            entries.append({name: getattr(each, name) for name in ENTRY})
    return promises, entries


def _gathered(session: Session) -> Iterator[object]:
    if isinstance(session, _Gathering):
        yield from session.gathered


def _named(lot: Lot, names: Names) -> Lot:
    """Return a lot's rows for one application: its own ids instead of the placeholders."""
    ids: dict[str, str] = {}
    promises, entries = [], []
    for promise in lot[0]:
        own = promise.copy()
        own["id"] = ids[promise["id"]] = new_id("prm")
        own["application_id"] = names.application_id
        own["owner_id"] = names.owner_id
        cause = own["cause"]
        if cause is not None:
            if names.interview_id is not None:
                cause = cause.replace(_INTERVIEW, names.interview_id)
            if names.contact_id is not None:
                cause = cause.replace(_CONTACT, names.contact_id)
            own["cause"] = cause
        if own["caused_by_contact_id"] is not None:
            own["caused_by_contact_id"] = names.contact_id
        promises.append(own)
    for entry in lot[1]:
        own = entry.copy()
        own["application_id"] = names.application_id
        made = own["data"].get("promise")
        if made is not None:
            own["data"] = own["data"] | {"promise": ids[made]}
        entries.append(own)
    return promises, entries
