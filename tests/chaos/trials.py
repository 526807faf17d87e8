"""One trial: a site, a load, one fault in the middle of it, and what became of everything.

Whether a fault can be tried here at all is said before anything is started.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos import clocks, tracing
from tests.chaos.brokerage import Brokerage, brokerage_of, program_of
from tests.chaos.counting import Counts, Rates, count, rates, settle
from tests.chaos.harms import Harm
from tests.chaos.importing import import_killed
from tests.chaos.site import Pace, Shape, Site, site_of
from tests.chaos.stores import Small, may_mount, store_of

WARM_UP = 3.0
"""Seconds of load before anything is measured."""

BACK = 0.95
"""The share of its rate that Keepword is to have back within ten seconds."""

ENOUGH = 20
"""How many answers are watched on their way to the disk."""


@dataclass(frozen=True)
class Fault:
    """One thing that happens to a Keepword of one shape.

    ``recovers`` holds the rate after it to the rate before; ``small`` puts the database where it
    can be filled; ``broker`` and ``remembering`` say which broker there is. ``lasts`` is how many
    seconds suffice for a halt or for an absence of the provider.
    """

    name: str
    harm: Harm
    shape: Shape
    kind: str
    recovers: bool = False
    small: Small = ""
    broker: str = ""
    remembering: bool = False
    lasts: float = math.inf
    more: Callable[[Path], Mapping[str, str]] | None = None

    @property
    def where(self) -> str:
        """What it is done to."""
        return "-".join(part for part in (self.kind, self.shape.value, self.broker) if part)

    def impossible(self) -> str | None:
        """Return why it cannot be tried on this machine, or ``None``."""
        if self.small and not may_mount():
            return "no small file system may be mounted here"
        if self.more is clocks.environment and (wrong := clocks.fault()) is not None:
            return wrong
        if self.shape is Shape.CLUSTER and importlib.util.find_spec("celery") is None:
            return "Celery is not installed: pip install .[cluster]"
        if self.broker and program_of(self.broker) is None:
            return f"there is no {self.broker} server here"
        return None


@dataclass(frozen=True)
class Outcome:
    """What became of one trial. Without ``counts`` it was not made, and ``skipped`` says why."""

    name: str
    where: str
    counts: Counts | None = None
    rates: Rates | None = None
    recovers: bool = False
    complaints: list[str] = field(default_factory=list)
    skipped: str | None = None
    seconds: float = 0.0

    @property
    def back(self) -> bool:
        """Whether the rate came back, where it is to."""
        return self.rates is None or not self.recovers or self.rates.ratio >= BACK

    @property
    def else_sound(self) -> bool:
        """Whether nothing is wrong with what was tried, whatever its rate."""
        return (self.counts is None or self.counts.sound) and not self.complaints

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with what was tried."""
        return self.else_sound and self.back


def suffer(fault: Fault, pace: Pace, seed: str, *, patient: bool = False) -> Outcome:
    """Try one fault on a Keepword of its own; the same seed brings it at the same places."""
    skipped = fault.impossible()
    if skipped is not None:
        return Outcome(fault.name, fault.where, skipped=skipped)
    chance, start = random.Random(seed), time.monotonic()  # noqa: S311 - the same again by its seed
    lasts = fault.lasts
    pace = replace(pace, halt=min(pace.halt, lasts), provider=min(pace.provider, lasts))
    with (
        store_of(fault.kind, small=fault.small) as store,
        _brokerage(fault) as brokerage,
        site_of(store, fault.shape, pace, _more(fault, store.home), brokerage) as site,
    ):
        site.load.start()
        try:
            time.sleep(min(WARM_UP, pace.before) + pace.before)
            begun = datetime.now(UTC)
            fault.harm(site, chance)
            ended = datetime.now(UTC)
            time.sleep(pace.after)
        finally:
            site.load.stop()
        site.until_ready()
        settle(site, patient=patient)
        _look_around(site)
        return Outcome(
            fault.name,
            fault.where,
            count(site),
            rates(site, begun, ended),
            fault.recovers,
            site.complaints,
            seconds=time.monotonic() - start,
        )


def _more(fault: Fault, home: Path) -> Mapping[str, str]:
    return fault.more(home) if fault.more is not None else {}


@contextlib.contextmanager
def _brokerage(fault: Fault) -> Iterator[Brokerage | None]:
    if not fault.broker:
        yield None
        return
    with brokerage_of(fault.broker, remembering=fault.remembering) as made:
        yield made


def _look_around(site: Site) -> None:
    """Look for what no fault may lead to, whatever becomes of the letters."""
    if not site.store.is_sound():
        site.complain("the database finds fault with its own files")
    if site.double.violations:
        site.complain(f"the provider would have refused: {site.double.violations[0]}")
    for each in site.processes.values():
        # The sender's own address and what it is asked to listen on may be in there.
        if "@example.com" in each.log.replace("hiring@example.com", ""):
            site.complain(f"{each.name} wrote a person's address to its log")


def suffer_killed_imports(kind: str, pace: Pace, seed: str, people: int) -> Outcome:
    """Kill imports of one sheet on one database."""
    chance, start = random.Random(seed), time.monotonic()  # noqa: S311 - the same again by its seed
    with store_of(kind) as store, site_of(store, Shape.NONE, pace) as site:
        counts = import_killed(site, chance, people)
        return Outcome(
            "import-killed",
            kind,
            counts,
            complaints=site.complaints,
            seconds=time.monotonic() - start,
        )


def watch_syncs(kind: str, pace: Pace) -> Outcome:
    """Watch that what Keepword acknowledges is on the disk by then, on one database."""
    name, where, start = "synced-first", f"{kind}-{Shape.ONE}", time.monotonic()
    if tracing.program() is None:
        return Outcome(name, where, skipped="strace is not installed")
    with store_of(kind) as store, site_of(store, Shape.ONE, pace) as site:
        trace = store.home / "calls.txt"
        with tracing.traced([*site.web.pids(), *store.pids()], trace, site.web):
            site.load.start()
            end = time.monotonic() + 60
            while len(site.load.acknowledged) < ENOUGH and time.monotonic() < end:
                time.sleep(0.1)
            site.load.stop()
        acknowledged, after_sync = tracing.answers(trace, elsewhere=bool(store.pids()))
        settle(site)
        if acknowledged < ENOUGH:
            site.complain(f"only {acknowledged} answers were seen in the trace")
        counts = count(site)
        lost = counts.lost + acknowledged - after_sync
        return Outcome(
            name,
            where,
            replace(counts, lost=lost),
            complaints=site.complaints,
            seconds=time.monotonic() - start,
        )
