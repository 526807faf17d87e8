"""Measures the checker against the least that any checker can do.

Every ratio compares two measurements of the same run on copies of the same database.
"""

from __future__ import annotations

import gc
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, bindparam, create_engine, select, text
from sqlalchemy.orm import Session

from bench.data import DUE, ESCALATED, NOW, fill
from bench.figure import Figure
from bench.peers.environment import ask_peer
from service.assembly import make_office
from service.config import Config
from service.db import UTCDateTime, prepare_engine
from service.models import Notice, Promise, TimelineEntry
from service.workflows import migrate
from service.workflows.check import check
from service.workflows.work import Office

FLAG_GOAL = 10.0
IDLE_GOAL = 1.2
HELPDESK_GOAL = 500.0

_FLOOR_INSERT = (
    "INSERT INTO timeline (application_id, at, recorded_at, kind, actor, source, data) "
    "SELECT application_id, due_at, :now, 'promise_overdue', 'keepword', 'checker', {data} "
    "FROM promise WHERE next_check_at <= :now AND state = 'open'"
)
_FLOOR_UPDATE = (
    "UPDATE promise SET rung = rung + 1, breached_at = due_at, next_check_at = :next, "
    "version = version + 1 WHERE next_check_at <= :now AND state = 'open'"
)
_DATA = {
    "sqlite": "json_object('promise', id)",
    "postgresql": "jsonb_build_object('promise', id)",
}


class Store:
    """Makes databases of one kind and copies of them."""

    def __init__(self, kind: str, folder: Path, address: str | None) -> None:
        self.kind = kind
        self._folder = folder
        self._address = address

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the name of a migrated database with nothing in it."""
        name = f"bench_{uuid4().hex}"
        if self._address:
            self._admin(f"CREATE DATABASE {name}")
        engine = self._engine(name)
        try:
            migrate.upgrade(engine)
            engine.dispose()
            yield name
        finally:
            engine.dispose()
            self._drop(name)

    @contextmanager
    def filled(self, *, applications: int, each: int, due: int) -> Iterator[str]:
        """Yield the name of a migrated database with so many open promises."""
        with self.empty() as name:
            engine = self._engine(name)
            fill(engine, applications=applications, each=each, due=due)
            engine.dispose()
            yield name

    @contextmanager
    def copy_of(self, name: str) -> Iterator[Engine]:
        """Yield an engine on a copy, warmed by reading it once."""
        copy = f"bench_{uuid4().hex}"
        if self._address:
            self._admin(f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY")
        else:
            shutil.copyfile(self._folder / name, self._folder / copy)
        engine = self._engine(copy)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT count(*), max(length(wording)) FROM promise"))
            yield engine
        finally:
            engine.dispose()
            self._drop(copy)

    @contextmanager
    def opened(self, name: str) -> Iterator[Engine]:
        """Yield an engine on the database itself."""
        engine = self._engine(name)
        try:
            yield engine
        finally:
            engine.dispose()

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"{self._address}/{name}" if self._address else f"sqlite:///{self._folder / name}"

    def _engine(self, name: str) -> Engine:
        engine = create_engine(self.url(name))
        if self._address:
            return engine
        prepare_engine(engine)
        return engine

    def _drop(self, name: str) -> None:
        if self._address:
            self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            return
        for path in self._folder.glob(f"{name}*"):
            path.unlink()

    def _admin(self, statement: str) -> None:
        address = (self._address or "").replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


def flagging(store: Store, home: Path, *, open_: int, due: int, runs: int) -> Figure:
    """Compare flagging what is newly due with bare SQL that writes the same flags and entries."""
    office = _office(home)
    bare, ours = [], []
    with store.filled(applications=open_, each=1, due=due) as name:
        for _ in range(runs):
            with store.copy_of(name) as engine:
                bare.append(_timed(lambda e=engine: _floor(e)))
                _confirm(engine, due, notices=0)
            with store.copy_of(name) as engine:
                ours.append(_timed(lambda e=engine: _check(e, office)))
                _confirm(engine, due, notices=due)
    return Figure.ratio_of(
        f"check.flagging.{store.kind}.{due}-of-{open_}",
        median(ours),
        median(bare),
        unit="s",
        goal=FLAG_GOAL,
    )


def beside_helpdesk(store: Store, home: Path, *, open_: int, due: int, runs: int) -> Figure:
    """Say how many times faster what is due is flagged than django-helpdesk escalates as much."""
    office = _office(home)
    ours = []
    with store.filled(applications=open_, each=1, due=due) as name:
        for _ in range(runs):
            with store.copy_of(name) as engine:
                ours.append(_timed(lambda e=engine: _check(e, office)))
                _confirm(engine, due, notices=due)
    theirs = ask_peer(home, "escalating", open_, due, home)
    if theirs["flagged"] != due:
        raise RuntimeError(f"django-helpdesk escalated {theirs['flagged']} of {due}")
    return Figure.faster(
        f"check.flagging.{store.kind}.{due}-of-{open_}-beside-django-helpdesk",
        median(ours),
        theirs["seconds"],
        unit="s",
        goal=HELPDESK_GOAL,
    )


def idling(store: Store, home: Path, *, few: int, many: int, runs: int) -> Figure:
    """Compare a run that finds nothing due among few open promises with one among many."""
    office = _office(home)
    with (
        store.filled(applications=few, each=1, due=0) as small,
        store.filled(applications=few, each=many // few, due=0) as large,
        store.opened(small) as small_engine,
        store.opened(large) as large_engine,
    ):
        times: dict[str, list[float]] = {"small": [], "large": []}
        for turn in range(runs + 3):
            for key, engine in (("small", small_engine), ("large", large_engine)):
                took = _timed(lambda e=engine: _check(e, office))
                if turn >= 3:  # the first turns open connections and fill caches
                    times[key].append(took)
    # The least of many: a run takes a few milliseconds, most of it one forced write to disk, and
    # whatever else the machine does only ever adds to it.
    return Figure.ratio_of(
        f"check.nothing-due.{store.kind}.{many}-vs-{few}",
        min(times["large"]),
        min(times["small"]),
        unit="s",
        goal=IDLE_GOAL,
    )


def _office(home: Path) -> Office:
    return make_office(
        Config(home=home, database_url="sqlite://", secret_key="seals nothing here")  # noqa: S106 - as it says
    )


def _timed(run: Callable[[], object]) -> float:
    # What the preparation left behind is not for the measured code to clear away, and what is
    # loaded is kept from the collector, as every process of Keepword keeps it.
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _check(engine: Engine, office: Office) -> None:
    with Session(engine, expire_on_commit=False) as session:
        check(session, office, NOW)


def _floor(engine: Engine) -> None:
    now = bindparam("now", NOW, UTCDateTime())
    with engine.begin() as connection:
        entries = _FLOOR_INSERT.format(data=_DATA[engine.dialect.name])
        connection.execute(text(entries).bindparams(now))
        later = bindparam("next", ESCALATED, UTCDateTime())
        connection.execute(text(_FLOOR_UPDATE).bindparams(now, later))


def _confirm(engine: Engine, due: int, *, notices: int) -> None:
    """Both ways wrote the same flags and entries, or the ratio says nothing."""
    with Session(engine) as session:
        flagged = session.scalars(
            select(Promise.due_at).where(Promise.breached_at == DUE, Promise.rung == 2)
        ).all()
        entries = session.scalars(select(TimelineEntry.seq)).all()
        told = session.scalars(select(Notice.id)).all()
    if (len(flagged), len(entries), len(told)) != (due, due, notices):
        raise RuntimeError(
            f"wrote {len(flagged)} flags, {len(entries)} entries, {len(told)} notices"
        )
