"""The figures as tables that the page, the CSV files and the command line show alike.

A cell is a plain value: shares between 0 and 1, spans in working hours, instants in UTC. The names
of tables and columns are stable, for programs; each shell says them in its reader's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from service.domain.measures import Weeks
from service.queries.numbers import Scope, names_of_jobs, names_of_people
from service.queries.numbers_asked import asked_by_week, asked_in_all
from service.queries.numbers_kept import Kept, KeptRow, added_up, kept_by_owner, kept_rows
from service.queries.numbers_open import ageing, who_waits
from service.queries.numbers_times import CalendarOf, Waited, decision_told, first_word

Cell = str | int | float | date | datetime | None

ALL: Final = "all"
"""What stands for the week where a row speaks of all of them together."""


@dataclass(frozen=True)
class Table:
    """One table of figures. An empty first cell stands for nobody, or for no team."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Figures:
    """Answers each question once, however many tables come from it."""

    def __init__(self, session: Session, scope: Scope, calendar_of: CalendarOf) -> None:
        self._session, self.scope, self._calendar_of = session, scope, calendar_of
        self._rows: list[KeptRow] | None = None
        self._jobs: Mapping[str, tuple[str, str | None]] | None = None
        self._people: Mapping[str, str] | None = None

    def table(self, name: str) -> Table:
        """Return one of ``TABLES``. Raises ``KeyError`` for another name."""
        columns, make = _MAKERS[name]
        return Table(name, columns, tuple(make(self)))

    @property
    def kept(self) -> list[KeptRow]:
        """The counts of kept promises."""
        if self._rows is None:
            self._rows = kept_rows(self._session, self.scope)
        return self._rows

    @property
    def jobs(self) -> Mapping[str, tuple[str, str | None]]:
        """Title and team of every job."""
        if self._jobs is None:
            self._jobs = names_of_jobs(self._session, self.scope)
        return self._jobs

    @property
    def people(self) -> Mapping[str, str]:
        """The names of colleagues."""
        if self._people is None:
            self._people = names_of_people(self._session)
        return self._people

    def kept_by_week(self) -> list[tuple[Cell, ...]]:
        """Return a row a week, the running one last, and one for all."""
        sums = added_up(self.kept, lambda row: row.week)
        rows = [_kept_row(day, sums.get(i, Kept())) for i, day in enumerate(_mondays(self.scope))]
        return [*rows, _kept_row(ALL, sum(sums.values(), Kept()))]

    def kept_by_kind(self) -> list[tuple[Cell, ...]]:
        """Return a row a kind of promise, those judged most often first."""
        return _largest_first(added_up(self.kept, lambda row: row.kind))

    def kept_by_job(self) -> list[tuple[Cell, ...]]:
        """Return a row a job; two of one title stay two."""
        sums = added_up(self.kept, lambda row: row.job_id)
        named = sorted(sums.items(), key=lambda item: (-item[1].n, self._job(item[0]), item[0]))
        return [_kept_row(self._job(id_), kept) for id_, kept in named]

    def kept_by_team(self) -> list[tuple[Cell, ...]]:
        """Return a row a team, and one for the jobs of none."""
        return _largest_first(
            added_up(self.kept, lambda row: self.jobs.get(row.job_id, ("", None))[1])
        )

    def kept_by_owner(self) -> list[tuple[Cell, ...]]:
        """Return a row an owner by name: this is no ranking."""
        sums = kept_by_owner(self._session, self.scope)
        named = [(self._person(id_), id_ or "", kept) for id_, kept in sums.items()]
        named.sort(key=lambda each: (each[0] is None, (each[0] or "").casefold(), each[1]))
        return [_kept_row(name, kept) for name, _, kept in named]

    def first_word(self) -> list[tuple[Cell, ...]]:
        """Return a row a week of application, and one for all."""
        return self._waited(first_word(self._session, self.scope, self._calendar_of))

    def decision_told(self) -> list[tuple[Cell, ...]]:
        """Return a row a week of decision, and one for all."""
        return self._waited(decision_told(self._session, self.scope, self._calendar_of))

    def open_by_age(self) -> list[tuple[Cell, ...]]:
        """Return a row an age."""
        found = ageing(self._session, self.scope, self._calendar_of(None))
        return [(each.age.value, each.promises, each.applications) for each in found]

    def enquiries(self) -> list[tuple[Cell, ...]]:
        """Return a row a week, and one for all with the enquiries per application."""
        weeks = asked_by_week(self._session, self.scope)
        rows: list[tuple[Cell, ...]] = [
            (day, each.enquiries, each.after_broken, each.applications, None, None)
            for day, each in zip(_mondays(self.scope), weeks, strict=True)
        ]
        total = asked_in_all(self._session, self.scope)
        asked, per = total.asked, total.per_application
        rows.append(
            (
                ALL,
                asked.enquiries,
                asked.after_broken,
                asked.applications,
                total.open_applications,
                None if per is None else round(per, 4),
            )
        )
        return rows

    def who_waits(self) -> list[tuple[Cell, ...]]:
        """Return a row a pair of colleagues."""
        return [
            (
                self._person(each.owner_id),
                self._person(each.waiting_on_id),
                each.applications,
                each.promises,
                each.overdue,
                each.oldest_due_at,
            )
            for each in who_waits(self._session, self.scope)
        ]

    def _job(self, id_: str) -> str:
        return self.jobs.get(id_, ("", None))[0]

    def _person(self, id_: str | None) -> str | None:
        return self.people.get(id_) if id_ else None

    def _waited(self, found: Sequence[Waited]) -> list[tuple[Cell, ...]]:
        firsts: list[Cell] = [*_mondays(self.scope), ALL]
        return [
            (
                first,
                each.told,
                _rounded(each.median),
                _rounded(each.ninetieth),
                each.waiting,
                each.never,
            )
            for first, each in zip(firsts, found, strict=True)
        ]


def _mondays(scope: Scope) -> tuple[date, ...]:
    weeks: Weeks = scope.weeks
    return weeks.mondays


def _rounded(hours: float | None) -> float | None:
    return None if hours is None else round(hours, 2)


def _largest_first(sums: Mapping[str | None, Kept] | Mapping[str, Kept]) -> list[tuple[Cell, ...]]:
    found = sorted(sums.items(), key=lambda item: (-item[1].n, item[0] is None, item[0] or ""))
    return [_kept_row(name, kept) for name, kept in found]


def _kept_row(first: Cell, kept: Kept) -> tuple[Cell, ...]:
    return (
        first,
        kept.n,
        kept.in_time,
        None if kept.rate is None else round(kept.rate, 4),
        kept.late,
        kept.broken,
        kept.moved,
        kept.moved_kept,
        kept.moved_silently,
        kept.released,
    )


_KEPT = (
    "n",
    "kept",
    "kept_rate",
    "kept_after_first_date",
    "not_kept",
    "moved_and_told",
    "moved_and_kept",
    "moved_silently",
    "released",
)
_WAITED = (
    "week",
    "told",
    "median_working_hours",
    "ninetieth_percentile_working_hours",
    "still_waiting",
    "ended_untold",
)
_ASKED = (
    "week",
    "enquiries",
    "after_a_broken_promise",
    "applications_that_asked",
    "open_applications",
    "enquiries_per_application",
)
_WAITS = ("who", "waits_on", "applications", "promises", "overdue", "oldest_due_at")

_MAKERS: Final[
    Mapping[str, tuple[tuple[str, ...], Callable[[Figures], list[tuple[Cell, ...]]]]]
] = MappingProxyType(
    {
        "kept-by-week": (("week", *_KEPT), Figures.kept_by_week),
        "kept-by-kind": (("kind", *_KEPT), Figures.kept_by_kind),
        "kept-by-team": (("team", *_KEPT), Figures.kept_by_team),
        "kept-by-job": (("job", *_KEPT), Figures.kept_by_job),
        "open-by-age": (("age", "promises", "applications"), Figures.open_by_age),
        "first-word": (_WAITED, Figures.first_word),
        "decision-told": (_WAITED, Figures.decision_told),
        "enquiries": (_ASKED, Figures.enquiries),
        "who-waits": (_WAITS, Figures.who_waits),
        "kept-by-owner": (("owner", *_KEPT), Figures.kept_by_owner),
    }
)

TABLES: Final = tuple(_MAKERS)
"""The names of all tables."""

ABOUT_PEOPLE: Final = frozenset({"kept-by-owner"})
"""Tables that are made only when somebody asks for them: no league table by default."""
