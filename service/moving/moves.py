"""The three moves: a database into another, a database into a file, a file into a database.

Each is all or nothing, and leaves what it read as it was. What is filled sends nothing until a
person says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from service import __version__
from service.clock import Clock, instant_text
from service.moving import archive
from service.moving.aftercare import (
    NOTHING_WAITS,
    Aftercare,
    ask_before_repeating,
    leave_unfinished,
    stand_still,
)
from service.moving.reading import Table, Tell, require_nobody_works, snapshot, tables
from service.moving.shapes import MovingError, Shape, Tally, shapes
from service.moving.writing import count_on, fill, require_empty, require_equal
from service.workflows import migrate


@dataclass(frozen=True)
class Moved:
    """What was moved: rows by table, and what now waits for a person."""

    rows: dict[str, int]
    care: Aftercare = NOTHING_WAITS

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def copy(source: Engine, target: Engine, clock: Clock, tell: Tell, *, force: bool = False) -> Moved:
    """Copy a database that nobody works on into an empty one.

    With ``force`` it may be worked on: what is written after the copy began is not in it, so its
    unsent letters wait for a person, as after a restore. Raises ``MovingError``.
    """
    revision = _revision(source)
    require_empty(target, revision)
    read_at = clock.now()
    with snapshot(source, still=not force) as reading:
        if not force:
            require_nobody_works(reading, read_at)
        found = shapes()

        def care(connection: Connection) -> Aftercare:
            whence = f"copied on {instant_text(read_at)}"
            stand_still(connection, read_at, f"{whence}: {_LIFT}")
            return ask_before_repeating(connection, read_at, whence) if force else NOTHING_WAITS

        return _store(target, tables(reading, found), lambda: found, tell, care)


def backup(source: Engine, file: IO[bytes], clock: Clock, tell: Tell) -> Moved:
    """Write everything that stands at one instant into a file, while Keepword works on.

    Raises ``MovingError`` where the database is not of this version.
    """
    revision = _revision(source)
    with snapshot(source) as reading:
        heading = archive.Heading(clock.now(), revision, __version__)
        return Moved(archive.write(file, heading, tables(reading, shapes()), tell))


def restore(file: IO[bytes], target: Engine, clock: Clock, tell: Tell) -> Moved:
    """Fill an empty database from a backup and bring it up to this version.

    Mail is paused, and what had yet to leave waits for a person. Nobody works on it until the
    caller has applied the list of erasures. Raises ``MovingError``.
    """
    with archive.read(file) as found:
        read_at, revision = found.heading.made_at, found.heading.revision
        if not migrate.knows(target, revision):
            raise MovingError(
                f"The backup was made by Keepword {found.heading.version} at revision {revision}, "
                f"which this one ({__version__}) does not know. Install that version or a newer "
                "one, and restore with it."
            )
        require_empty(target, revision)

        def care(connection: Connection) -> Aftercare:
            now, whence = clock.now(), f"restored from a backup of {instant_text(read_at)}"
            stand_still(connection, now, f"{whence}: {_LIFT}")
            leave_unfinished(connection, now)
            return ask_before_repeating(connection, now, whence)

        try:
            moved = _store(target, found.tables(), lambda: found.shapes, tell, care)
        except Exception:
            # One changed bit may look like anything: a column without a name, a row without room.
            found.require_whole()
            raise
    migrate.upgrade(target)
    return moved


def _store(
    target: Engine,
    found: Iterable[Table],
    read: Callable[[], Iterable[Shape]],
    tell: Tell,
    care: Callable[[Connection], Aftercare],
) -> Moved:
    """Fill, compare, take care of and commit in one transaction."""
    with target.begin() as connection:
        given: dict[str, Tally] = fill(connection, found, tell)
        require_equal(connection, given, read())
        count_on(connection, read())
        waits = care(connection)
    return Moved({name: tally.rows for name, tally in given.items()}, waits)


def _revision(engine: Engine) -> str:
    there, wanted = migrate.current(engine), migrate.head(engine)
    if there is None or there != wanted:
        raise MovingError(
            f"The database is at revision {there or 'none'}; this version of Keepword reads "
            f"{wanted}. Run: keepword db upgrade"
        )
    return there


_LIFT = "see that no other Keepword sends from the same data, look through the outbox, then resume"
