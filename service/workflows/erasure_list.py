"""The file beside the database that names who was erased: a restored backup brings nobody back.

It names a person by our own random id, an address by its keyed digest, and what an ATS calls
somebody under seal: nobody can be told from it without the key. Lines are only added.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from service.clock import instant_text, require_aware


@dataclass(frozen=True)
class ErasedPerson:
    """Somebody who was erased. ``known_as`` pairs a connection's id with the sealed id there.

    ``after_days`` tells that a rule did it, so many days after the end; ``None`` is on request.
    """

    id: str
    erased_at: datetime
    known_as: tuple[tuple[str, str], ...] = ()
    after_days: int | None = None


@dataclass
class Erasures:
    """People by id, and the digests of addresses with the instant of their erasure.

    ``damaged`` counts lines that could not be read: one that a crash cut short is written again
    from the database.
    """

    people: dict[str, ErasedPerson] = field(default_factory=dict)
    addresses: dict[str, datetime] = field(default_factory=dict)
    damaged: int = 0

    def add(self, others: Erasures) -> None:
        """Take others in beside these."""
        self.people |= others.people
        self.addresses |= others.addresses
        self.damaged += others.damaged

    def but(self, known: Erasures) -> Erasures:
        """Return those that are not among ``known``, or there as erased by a rule alone."""
        return Erasures(
            {id_: each for id_, each in self.people.items() if _is_more(each, known.people)},
            {each: at for each, at in self.addresses.items() if each not in known.addresses},
        )

    def __bool__(self) -> bool:
        return bool(self.people or self.addresses)


def _is_more(person: ErasedPerson, known: Mapping[str, ErasedPerson]) -> bool:
    there = known.get(person.id)
    return there is None or (person.after_days is None and there.after_days is not None)


class ErasureList:
    """The file at one path. Several processes may add to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Erasures | None:
        """Return everybody on the list, or ``None`` where there is no file; raises ``OSError``."""
        found = Erasures()
        try:
            with self.path.open("rb") as file:
                for line in file:
                    _take(found, line)
        except FileNotFoundError:
            return None
        return found

    def add(self, erasures: Erasures) -> None:
        """Add lines and return once they are on disk; raises ``OSError``."""
        if not erasures:
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            new = os.fstat(file.fileno()).st_size == 0
            # What a crash cut short stays a line of its own.
            written = b"" if new or _ends_whole(file) else b"\n"
            written += b"".join(_lines(erasures))
            while written:
                written = written[file.write(written) or 0 :]
            os.fsync(file.fileno())
            if new:
                _sync_folder(self.path.parent)


def _ends_whole(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(erasures: Erasures) -> Iterator[bytes]:
    people: Iterable[Mapping[str, Any]] = (
        {
            "person": each.id,
            "at": instant_text(each.erased_at),
            "known_as": each.known_as,
            # Older versions read over it, and take everybody for erased on request.
            **({} if each.after_days is None else {"after_days": each.after_days}),
        }
        for each in erasures.people.values()
    )
    addresses: Iterable[Mapping[str, Any]] = (
        {"address": digest, "at": instant_text(at)} for digest, at in erasures.addresses.items()
    )
    for written in (*people, *addresses):
        yield json.dumps(written, separators=(",", ":")).encode("ascii") + b"\n"


def _take(found: Erasures, line: bytes) -> None:
    # Whatever a hand or a failing disk made of a line, it must not keep Keepword from starting.
    try:
        match json.loads(line):
            case {"person": str(id_), "at": str(at), "known_as": list(names), **more}:
                days = more.get("after_days")
                known_as = tuple((_word(connection), _word(sealed)) for connection, sealed in names)
                found.people[_word(id_)] = ErasedPerson(
                    id_, _instant(at), known_as, days if type(days) is int else None
                )
            case {"address": str(digest), "at": str(at)}:
                found.addresses[_word(digest)] = _instant(at)
            case _:
                found.damaged += 1
    except (ValueError, TypeError, OverflowError, RecursionError):
        found.damaged += 1


def _word(written: str) -> str:
    """Return an id as we write them; ``ValueError`` for what no database could even be asked."""
    if not (written.isascii() and written.isprintable()):
        raise ValueError("no id, digest or sealed text of ours")
    return written


def _instant(written: str) -> datetime:
    return require_aware(datetime.fromisoformat(written))
