"""Opens Keepword for a command: settings, office, database, time; no web framework.

A command that works on the database finds it migrated, or ends with the remedy before it starts.
"""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NoReturn

import click
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from service.assembly import make_engine, make_office, make_transport, make_vendors
from service.cli.faults import NotMigratedError
from service.clock import Clock, SystemClock
from service.config import Config, ConfigError
from service.connecting import LONG_WORK, Limits
from service.mail.addresses import has_unsafe_characters
from service.mail.base import Transport
from service.mail.variables import TemplateError
from service.models import User
from service.models.colleague_at import colleague_at
from service.vendors.base import Vendors
from service.workflows import migrate
from service.workflows.bootstrap import bootstrap
from service.workflows.erase_again import Again, agree_on_erasures, is_unfinished
from service.workflows.work import Office, Work
from service.workflows.zone_rules import follow_zone_rules

LONGEST_NAME = 200
"""Characters of a colleague's or a key's name, as the API takes them."""

ACTOR = "keepword"
SOURCE = "command-line"

logger = logging.getLogger("keepword.start")

_ONE_MIGRATOR = 7_310_588_421
"""An arbitrary number: the advisory lock under which one process at a time migrates."""


@dataclass(frozen=True)
class Core:
    """What one command works with, before any session."""

    config: Config
    office: Office
    clock: Clock
    transport: Transport
    engine: Engine

    @cached_property
    def vendors(self) -> Vendors:
        """What asks the ATSs' APIs, made when a command first asks one."""
        return make_vendors(self.clock)

    def session(self) -> Session:
        """Return a new session, to be closed by whoever asked."""
        return Session(self.engine, expire_on_commit=False)


@dataclass(frozen=True)
class Opened:
    """A command's one session on the database, and what goes with it."""

    core: Core
    session: Session

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.core.clock.now()

    def work(self) -> Work:
        """Return a unit of work in this command's name; the command commits it."""
        return Work(self.session, self.now, self.core.office, ACTOR, SOURCE)


@contextmanager
def core(*, limited: bool = False) -> Iterator[Core]:
    """Build everything as the environment says; raise ``ConfigError`` where it cannot be.

    ``limited`` is what runs by itself: its statements end within the configured time.
    """
    config, clock = Config.from_environment(), SystemClock()
    with settings_judged():
        office, transport = make_office(config), make_transport(config, clock)
    limits = Limits(config.statement_seconds, config.lock_seconds) if limited else LONG_WORK
    engine = make_engine(config, limits)
    try:
        yield Core(config, office, clock, transport, engine)
    finally:
        engine.dispose()


@contextmanager
def opened() -> Iterator[Opened]:
    """Open the migrated database; raise ``NotMigratedError`` where it is not."""
    with core() as built:
        require_migrated(built.engine)
        with built.session() as session:
            yield Opened(built, session)


def spare_what_is_loaded() -> None:
    """Keep the garbage collector off what was built so far: it lives as long as the process.

    Walking all of it once more takes a tenth of a second, in which no thread does anything else;
    and where a process forks, it would copy the pages that both could share.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def settings_judged() -> Iterator[None]:
    """Make ``ConfigError`` of what only the parts themselves can say against a setting."""
    try:
        yield
    except (ConfigError, TemplateError):
        raise
    except ValueError as error:
        raise ConfigError([str(error)]) from error


def require_migrated(engine: Engine) -> None:
    """Raise ``NotMigratedError`` unless the database stands where this version expects it."""
    require_newest(engine)
    with Session(engine) as session:
        if is_unfinished(session):
            raise NotMigratedError(
                "The database was restored, and whoever was erased since its backup is not erased "
                "in it yet. Run: keepword db upgrade"
            )


def require_newest(engine: Engine) -> None:
    """Raise ``NotMigratedError`` unless the schema is this version's."""
    _require_known(engine)
    there, wanted = migrate.current(engine), migrate.head(engine)
    if there == wanted:
        return
    where = f"is at revision {there}" if there else "is empty"
    raise NotMigratedError(
        f"The database {where}; this version of Keepword works on {wanted}. "
        "Run: keepword db upgrade"
    )


def _require_known(engine: Engine) -> None:
    """Raise ``NotMigratedError`` where the schema is a newer version's: nobody migrates that."""
    there = migrate.current(engine)
    if there is not None and not migrate.knows(engine, there):
        raise NotMigratedError(
            f"The database is at revision {there}, which only a newer Keepword knows. "
            "Run: the newer Keepword, or restore a backup with this one"
        )


def bring_up_to_date(built: Core) -> Again:
    """Migrate to the newest revision, add the calendar and policies that are missing, let
    wall-clock promises follow the zone data of today, and erase again whom a backup brought back.

    Any number of processes may ask at once: one does it, the others find it done.
    """
    with _alone(built.engine):
        _require_known(built.engine)
        migrate.upgrade(built.engine)
        with built.session() as session:
            work = Work(session, built.clock.now(), built.office, ACTOR, SOURCE)
            bootstrap(work)
            follow_zone_rules(work)
            session.commit()
            try:
                return _told(agree_on_erasures(session, built.clock, built.office))
            except OSError as error:
                session.rollback()
                if is_unfinished(session):
                    raise
                # Whoever has no disk to write to may work all the same.
                logger.warning(
                    "the list of erasures cannot be read or written (%s)", type(error).__name__
                )
                return Again()


def _told(again: Again) -> Again:
    # A start has nobody to tell: whoever finds people gone or mail paused looks here.
    if again.people:
        logger.warning("erased again: %d, by the list of erasures", again.people)
    if again.here:
        logger.warning(
            "%d on the list of erasures are in the database, and mail is paused: if it was put "
            "back from a backup, run “keepword db erasures”; if the list is of another database, "
            "give this one its own by KEEPWORD_ERASURES; then “keepword outbox resume”",
            again.here,
        )
    return again


def follow_erasures(built: Core) -> Again:
    """Let the migrated database and the list of erasures know the same; raises ``OSError``."""
    require_newest(built.engine)
    with _alone(built.engine), built.session() as session:
        return agree_on_erasures(session, built.clock, built.office, asked=True)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "postgresql":
        # SQLite needs no lock of ours: its migration begins with the write lock taken.
        yield
        return
    with engine.connect() as guard:
        # Asked again and again: whoever waited inside the question would be waited for in turn by
        # an index that is built beside the traffic.
        while not guard.scalar(text("SELECT pg_try_advisory_lock(:id)"), {"id": _ONE_MIGRATOR}):
            guard.commit()
            guard.execute(text("SELECT pg_sleep(0.1)"))
            guard.commit()
        guard.commit()
        try:
            yield
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:id)"), {"id": _ONE_MIGRATOR})
            guard.commit()


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Yield a question for long steps: whether SIGTERM or Control-C asked to stop early.

    A second Control-C interrupts at once.
    """
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def user_by_email(session: Session, email: str, option: str) -> User:
    """Return the colleague with this address; a usage error naming ``option`` where unknown."""
    found = colleague_at(session, email.strip())
    if found is None:
        unusable(f"nobody here has the address {email}. “keepword user list” shows who is.", option)
    return found


def one_line(text: str, option: str) -> str:
    """Return a name without the blanks around it; a usage error where it is none or too long."""
    name = text.strip()
    if not name:
        unusable("a name is needed: letters and lists show it.", option)
    if len(name) > LONGEST_NAME or has_unsafe_characters(name):
        unusable(f"a name is one line of at most {LONGEST_NAME} characters.", option)
    return name


def unusable(message: str, option: str | None = None) -> NoReturn:
    """End the command as misused: exit code 2, naming the option at fault."""
    raise click.BadParameter(message, param_hint=option)
