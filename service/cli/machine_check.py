"""What ``keepword doctor`` looks at on this machine: its disk, files, clock, zones and key.

Nothing here asks anybody outside; what does is in ``reach_check``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.metadata import version as version_of
from pathlib import Path
from zoneinfo import TZPATH

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from service.cli.findings import Finding, Verdict
from service.cli.running import Core
from service.config import Config
from service.queries.clocks import latest_mark, server_time
from service.workflows.erasure_list import ErasureList

FULL, NEARLY_FULL = 100, 1024
"""Megabytes left: below the first a write may fail any moment, below the second within days."""

APART = timedelta(seconds=5)
"""Clocks further apart than what is promised of a flag's lateness."""

ZONES_GOOD_FOR = timedelta(days=550)
"""Governments change their clocks several times a year, mostly announced within these months."""

_GUESSABLE = 12
"""A key with fewer different characters was typed, not drawn."""


def machine(config: Config, today: date) -> Iterator[Finding]:
    """Look at the disk, the list of erasures, the key, who can read the database, the zone data."""
    yield from _disk(config)
    yield from _erasures(config)
    yield from _key(config)
    yield from _database_file(config)
    yield zones(zone_version(), today)


def clocks(session: Session, here: Core) -> Iterator[Finding]:
    """Compare this machine's clock with the others that write to the same database."""
    now = here.clock.now()
    theirs = server_time(session)
    if theirs is not None and abs(theirs - now) > APART:
        yield Finding(
            Verdict.FAIL,
            "clock",
            f"This machine's clock and the database server's are {_seconds(theirs - now)} apart.",
            "Let both follow the same time server (timedatectl set-ntp true).",
        )
        return
    last = latest_mark(session)
    if last is not None and last - now > APART:
        yield Finding(
            Verdict.FAIL,
            "clock",
            f"A loop has run {_seconds(last - now)} in the future: a clock was wrong, or is now.",
            "Set the clocks of all machines by a time server; nothing is flagged or sent before.",
        )
        return
    yield Finding(Verdict.OK, "clock", "It agrees with all that write here.")


def zones(version: str | None, today: date) -> Finding:
    """Say whether the time zone data (``2026a`` and the like) is recent enough."""
    remedy = "Update it: pip install --upgrade tzdata, or the machine's package tzdata."
    year = re.fullmatch(r"(\d{4})[\w.]*", version or "")
    if year is None:
        return Finding(Verdict.WARN, "time zones", "How old their data is cannot be told.", remedy)
    # The last of a year's comes in its autumn at the latest.
    if today - date(int(year[1]), 12, 31) > ZONES_GOOD_FOR:
        text = f"Their data is of {version}: some clock change since is missing from it."
        return Finding(Verdict.WARN, "time zones", text, remedy)
    return Finding(Verdict.OK, "time zones", f"Their data is {version}.")


def zone_version() -> str | None:
    """Return the version of the data that is used: the machine's own before the package's."""
    for folder in map(Path, TZPATH):
        if not folder.is_dir():
            continue
        for name, pattern in (("tzdata.zi", r"# version (\w+)"), ("+VERSION", r"(\w+)")):
            if (folder / name).is_file():
                with (folder / name).open(encoding="utf-8") as file:
                    said = re.match(pattern, file.readline())
                return said[1] if said else None
        return None
    return version_of("tzdata")


def _disk(config: Config) -> Iterator[Finding]:
    place = Path(config.database_url.removeprefix("sqlite:///").partition("?")[0]).parent
    if not config.database_url.startswith("sqlite"):
        place = config.home
    if not place.is_dir():
        return
    yield room(place, shutil.disk_usage(place).free // 1_000_000)


def room(place: Path, left: int) -> Finding:
    """Say whether so many megabytes suffice there."""
    if left >= NEARLY_FULL:
        return Finding(Verdict.OK, "disk", f"{left / 1000:.0f} GB free.")
    return Finding(
        Verdict.FAIL if left < FULL else Verdict.WARN,
        "disk",
        f"{left} MB free where Keepword writes ({place}).",
        "Make room: a write that does not fit is refused, and nothing is flagged or sent.",
    )


def _erasures(config: Config) -> Iterator[Finding]:
    """Without the list nobody's erasure outlives a restored backup, and no command would say so."""
    path = config.erasures_path
    try:
        there = ErasureList(path).read() is not None
        fault = "this user may not add to it"
    except OSError as error:
        there, fault = False, (error.strerror or type(error).__name__).lower()
    else:
        folder = next(each for each in path.absolute().parents if each.exists())
        if os.access(path, os.W_OK) if there else folder.is_dir() and os.access(folder, os.W_OK):
            return
    yield Finding(
        Verdict.FAIL,
        "erasures",
        f"{path} cannot be kept ({fault}): a restored backup would bring back whoever was erased.",
        "Let KEEPWORD_ERASURES or KEEPWORD_HOME lead to a file that this user can write; then run: "
        "keepword db erasures",
    )


def _key(config: Config) -> Iterator[Finding]:
    if config.secret_key:
        if len(set(config.secret_key)) < _GUESSABLE:
            yield Finding(
                Verdict.WARN,
                "secret key",
                "SECRET_KEY looks typed or repeated, so it may be guessed.",
                "Draw another: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'; name "
                "the old one SECRET_KEY_PREVIOUS and run: keepword connection reseal",
            )
        return
    file = config.home / "secret_key"
    if file.is_file() and file.stat().st_mode & 0o077:
        yield Finding(
            Verdict.FAIL,
            "secret key",
            f"Others on this machine can read {file}.",
            f"Run: chmod 600 {file}",
        )
    elif not config.database_url.startswith("sqlite"):
        yield Finding(
            Verdict.WARN,
            "secret key",
            f"It is a file of this machine alone ({file}); others cannot open what it sealed.",
            "Set SECRET_KEY_FILE to the same key on every machine, and keep a copy elsewhere.",
        )


def _database_file(config: Config) -> Iterator[Finding]:
    url = make_url(config.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    file = Path(url.database)
    if file.is_file() and file.stat().st_mode & 0o007 and file.parent.stat().st_mode & 0o001:
        yield Finding(
            Verdict.FAIL,
            "database file",
            f"Everybody on this machine can read {file}, and with it every candidate.",
            f"Run: chmod 600 {file}*",
        )


def _seconds(span: timedelta) -> str:
    return f"{abs(span).total_seconds():.0f} s"
