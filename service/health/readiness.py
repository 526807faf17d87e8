"""Says whether this process can do its work, and if not, what is wrong and what mends it.

Loops are judged by their heartbeats in the database, so a process that runs none is ready as long
as another one turns them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.clock import Clock
from service.queries.feed_health import feed_health
from service.queries.figures import answer_command, connection_figures, mail_pause
from service.queries.loops import LoopState, loop_states, start_loops
from service.queries.mail_health import (
    Rest,
    channel_rest,
    silence_remedy,
    silence_text,
    webhook_silence,
)
from service.queries.wordings import approve_command, unapproved
from service.steps import STEPS
from service.workflows import migrate
from service.workflows.check import backlog
from service.workflows.usual_hours import usual_working_time
from service.workflows.work import Office, Work


@dataclass(frozen=True)
class Problem:
    """Why the process is not ready. ``code`` is stable; ``text`` and ``remedy`` are for people."""

    code: str
    text: str
    remedy: str


@dataclass
class Report:
    """What was found. Warnings, a pause and a rest are shown but make nothing unready: another
    process would fare no better, and taking this one out of service would mend nothing.
    """

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    loops: list[LoopState] = field(default_factory=list)
    mail_paused: str | None = None
    mail_rests: Rest | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class Readiness:
    """Asks the database. Once it was seen at the newest revision it is not asked for that again."""

    def __init__(self, clock: Clock, base_url: str, office: Office, broker_url: str = "") -> None:
        self._clock = clock
        self._office = office
        self._base_url = base_url
        self._broker_url = broker_url
        self._since = clock.monotonic()
        self._migrated = False

    def running_for(self) -> timedelta:
        """Return how long this process has been up."""
        return timedelta(seconds=self._clock.monotonic() - self._since)

    def look(self, session: Session, engine: Engine) -> Report:
        """Return the report; never raises for a database that fails."""
        report = Report()
        try:
            fault = None if self._migrated else _schema_fault(engine)
            if fault is not None:
                report.problems.append(fault)
                return report
            self._migrated = True
            self._look_inside(session, report)
        except SQLAlchemyError:
            session.rollback()
            # A schema that vanished under us is asked for anew.
            self._migrated = False
            # Without the error's text: it may hold the database's address and password.
            report.problems.append(
                Problem(
                    "database-unreachable",
                    "The database does not answer.",
                    "Start it, or correct DATABASE_URL; nothing is lost meanwhile that was "
                    "answered with success.",
                )
            )
        return report

    def _look_inside(self, session: Session, report: Report) -> None:
        now = self._clock.now()
        bounds = {step.name: step.late_after for step in STEPS}
        report.loops = loop_states(session, now, bounds, self.running_for())
        for loop in report.loops:
            if loop.late:
                since = "has not run yet" if loop.age_in is None else f"ran {loop.age_in:.0f} s ago"
                report.problems.append(
                    Problem(
                        f"loop-late:{loop.name}",
                        f"{loop.title} {since}. {loop.consequence}",
                        start_loops(self._broker_url),
                    )
                )
        waiting = backlog(session, now)
        if waiting is not None:
            report.problems.append(
                Problem(
                    "checker-waits",
                    f"The checker waits: {waiting}.",
                    "It goes on by itself once they are worked in. If the number does not fall, "
                    "see whether the loops “ingest” and “mail-events” run.",
                )
            )
        paused = mail_pause(session)
        if paused is not None:
            # What a person gave as the reason may name somebody, and this answer needs no key.
            said = paused.reason if paused.by_provider else None
            report.mail_paused = said or "paused by a person"
        report.mail_rests = channel_rest(session, now)
        report.warnings += _unanswered(session)
        report.warnings += self._feeds(session)
        silence = webhook_silence(session, now)
        if silence is not None:
            report.warnings.append(
                Problem("webhook-silent", silence_text(silence), silence_remedy(self._base_url))
            )

    def _feeds(self, session: Session) -> list[Problem]:
        """Return what keeps the ATSs' news from coming in: no fault of this process."""
        work = Work(session, self._clock.now(), self._office)
        return [
            Problem(f"feed-{each.fault}:{health.name}", each.text, each.remedy)
            for health in feed_health(session, work.now, usual_working_time(work))
            for each in health.faults
            if each.grave
        ]


def _unanswered(session: Session) -> list[Problem]:
    """Return what letters wait for that only a person can say."""
    return [
        *(
            Problem(
                "rejections-unanswered",
                f"Nobody has said who sends the rejections of {each.name}, so Keepword sends none.",
                f"Run “{answer_command(each.name)}”, or with “ats”.",
            )
            for each in connection_figures(session)
            if each.unanswered
        ),
        *(
            Problem(
                "letter-without-wording",
                f"No wording of {kind} is approved, so none can be written.",
                f"Run “{approve_command(kind)}”; “keepword template versions {kind}” shows all.",
            )
            for kind in unapproved(session)
        ),
    ]


def _schema_fault(engine: Engine) -> Problem | None:
    found, newest = migrate.current(engine), migrate.head(engine)
    if found == newest:
        return None
    return Problem(
        "database-not-migrated",
        f"The database is at revision {found or 'none'}; this version of Keepword needs {newest}.",
        "Run “keepword db upgrade”. If the database is newer than this version, start the newer "
        "Keepword instead.",
    )
