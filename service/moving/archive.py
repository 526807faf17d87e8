"""A backup as a file: what a database of either kind held at one instant, for either kind.

The file is gzip over lines of JSON: a heading, then for each table its columns, its rows and their
tally, then an end. A file that was cut short or changed is refused, whatever it still holds.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from service.clock import instant_text
from service.moving.reading import Table, Tell, counted
from service.moving.shapes import TYPES, MovingError, Row, Shape, Tally

FORMAT = "keepword-backup-1"

_COMPRESSION = 4
"""Half the size of the fastest at little more time; the best is three times as slow for 3 %."""

_LONGEST_LINE = 512 * 1024 * 1024
"""Characters of one row that are read at most: a line without an end would fill the memory."""

_DAMAGED = "The backup is damaged or was cut short, so nothing of it was restored"


@dataclass(frozen=True)
class Heading:
    """What a backup says of itself: when it was made, of which revision, by which version."""

    made_at: datetime
    revision: str
    version: str


def write(file: IO[bytes], heading: Heading, found: Iterable[Table], tell: Tell) -> dict[str, int]:
    """Write a backup; return how many rows of each table it holds."""
    held: dict[str, int] = {}
    # No name and no time inside: equal databases make equal files but for the heading.
    with gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0) as packed:
        _line(
            packed,
            {
                "format": FORMAT,
                "made_at": instant_text(heading.made_at),
                "revision": heading.revision,
                "version": heading.version,
            },
        )
        for table in found:
            shape, tally = table.shape, Tally()
            _line(packed, {"table": shape.name, "columns": shape.columns, "key": shape.key})
            for row in counted(table, tally, tell):
                _line(packed, row)
            _line(packed, {"rows": tally.rows, "digest": tally.digest})
            held[shape.name] = tally.rows
        _line(packed, {"end": True})
    return held


class Archive:
    """A backup being read, once, from its beginning. ``complete`` tells whether its end was met."""

    def __init__(self, lines: Iterator[Any], heading: Heading) -> None:
        self._lines = lines
        self.heading = heading
        self.complete = False
        self.shapes: list[Shape] = []

    def tables(self) -> Iterator[Table]:
        """Yield the tables in turn, each to be read before the next.

        Raises ``MovingError`` where the file is not what was written.
        """
        for line in self._lines:
            match line:
                case {"table": str(name), "columns": list(columns), "key": list(key)}:
                    shape = Shape(name, tuple(_column(each) for each in columns), tuple(key))
                    self.shapes.append(shape)
                    yield Table(shape, self._rows())
                case {"end": True}:
                    self.complete = True
                    return
                case _:
                    break
        raise MovingError(f"{_DAMAGED}.")

    def require_whole(self) -> None:
        """Read what is left; raise ``MovingError`` where the file is not as it was written."""
        for _ in self._lines:
            pass

    def _rows(self) -> Iterator[Row]:
        tally = Tally()
        for line in self._lines:
            if isinstance(line, list):
                tally.add(line)
                yield line
            elif line == {"rows": tally.rows, "digest": tally.digest}:
                return
            else:
                break
        raise MovingError(f"{_DAMAGED}.")


@contextmanager
def read(file: IO[bytes]) -> Iterator[Archive]:
    """Open a backup; raise ``MovingError`` where it is none, or of a format this cannot read."""
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as packed:
            lines = _parsed(packed)
            yield Archive(lines, _heading(next(lines, None)))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise MovingError(f"{_DAMAGED}, or it is no backup made by Keepword.") from error


def _parsed(packed: gzip.GzipFile) -> Iterator[Any]:
    while line := packed.readline(_LONGEST_LINE):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise MovingError(f"{_DAMAGED}.") from error


def _heading(line: object) -> Heading:
    match line:
        case {
            "format": str(named),
            "made_at": str(made_at),
            "revision": str(revision),
            "version": str(version),
        } if named == FORMAT:
            return Heading(datetime.fromisoformat(made_at), revision, version)
        case {"format": str(named)}:
            raise MovingError(f"The backup is of the format {named}; this Keepword reads {FORMAT}.")
    raise MovingError("The file is no backup made by Keepword.")


def _column(given: Any) -> tuple[str, str]:
    match given:
        case [str(name), str(kind)] if kind in TYPES:
            return name, kind
    raise MovingError(f"{_DAMAGED}.")


def _line(packed: gzip.GzipFile, document: object) -> None:
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    packed.write(written.encode("utf-8", "surrogatepass") + b"\n")
