"""What is done to a running site: to its processes, its database, its provider and its broker.

Each returns when its harm has ended, and notes how many letters nobody can know about, at most. A
worker has one letter on its way at any instant.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.chaos.processes import END_WITHIN, Process
from tests.chaos.proxy import FAIR, Weather
from tests.chaos.site import Site
from tests.chaos.stores import PostgreSQL

Harm = Callable[[Site, random.Random], None]
Role = Callable[[Site], Sequence[Process]]

KILLS = 5
NOTICED_AFTER = 60.0
"""Seconds after which a checker that stands still must be seen from outside."""


def workers(site: Site) -> Sequence[Process]:
    """What turns the steps."""
    return site.workers


def web(site: Site) -> Sequence[Process]:
    """What answers requests."""
    return [site.web]


def beats(site: Site) -> Sequence[Process]:
    """What says when to look."""
    return site.beats


def killed(role: Role, times: int = KILLS) -> Harm:
    """Kill one of these and start it again, time after time, wherever each is by then."""

    def harm(site: Site, chance: random.Random) -> None:
        for _ in range(times):
            time.sleep(chance.uniform(0.4, 0.6) * site.pace.fault)
            each = chance.choice(role(site))
            each.kill()
            site.injected += each in site.workers
            each.start()

    return harm


def children_killed(site: Site, chance: random.Random) -> None:
    """Kill the process that works, and leave the one that watches it."""
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.4, 0.6) * site.pace.fault)
        site.injected += site.web.kill_children() and site.web in site.workers


def halted(role: Role, *, everyone: bool = False) -> Harm:
    """Let one of these, or all, stand still for longer than a lease, and then go on."""

    def harm(site: Site, chance: random.Random) -> None:
        halting = list(role(site)) if everyone else [chance.choice(role(site))]
        time.sleep(chance.uniform(0, 0.3))
        for each in halting:
            each.halt()
            site.injected += each in site.workers
        time.sleep(site.pace.halt)
        if everyone and site.web not in halting and site.pace.halt > NOTICED_AFTER:
            _must_be_noticed(site)
        for each in halting:
            each.wake()

    return harm


def _must_be_noticed(site: Site) -> None:
    if site.status("/readyz") != 503:
        site.complain("nobody noticed that every worker stood still")


def ended(role: Role) -> Harm:
    """Ask each of these to end, in the middle of its work, and start it again."""

    def harm(site: Site, chance: random.Random) -> None:
        for each in role(site):
            time.sleep(chance.uniform(0, 0.3))
            code, seconds = each.end()
            if code != 0:
                site.complain(f"{each.name} ended with {code}")
            if seconds > END_WITHIN:
                site.complain(f"{each.name} took {seconds:.1f} s to end")
            each.start()

    return harm


def database_restarted(site: Site, chance: random.Random) -> None:
    """Let the database fall at once, and come back by its own log."""
    store = _postgresql(site)
    time.sleep(chance.uniform(0, 0.3))
    store.stop_at_once()
    site.injected += len(site.workers)
    time.sleep(chance.uniform(0.1, 0.5) * site.pace.fault)
    store.start()


def backends_killed(site: Site, chance: random.Random) -> None:
    """End every connection to the database, again and again."""
    end = time.monotonic() + site.pace.fault
    while time.monotonic() < end:
        _postgresql(site).cut_off()
        time.sleep(chance.uniform(0.1, 0.4))
    site.injected += len(site.workers)


def disk_full(site: Site, chance: random.Random) -> None:
    """Leave no room for the database; reading goes on, writing is refused in so many words."""
    before, asked = site.load.statuses.copy(), site.double.requests
    site.store.fill()
    end = time.monotonic() + 2 * site.pace.fault
    while time.monotonic() < end:
        if (found := site.status("/")) != 200:
            site.complain(f"a page was answered with {found} while the disk was full")
        time.sleep(chance.uniform(0.5, 1))
    site.store.make_room()
    # Whatever was sent meanwhile may not have been written down.
    site.injected += site.double.requests - asked
    answered = site.load.statuses - before
    if not answered[503]:
        site.complain("nothing was refused: the disk was not full")
    if strange := {status for status in answered if status not in (0, 200, 503)}:
        site.complain(f"deliveries were answered with {sorted(strange)} while the disk was full")


def provider(weather: Weather) -> Harm:
    """Let the way to the provider be like this for a while."""

    def harm(site: Site, chance: random.Random) -> None:
        time.sleep(chance.uniform(0, 0.3))
        broken = site.proxy.broken
        site.proxy.weather = weather
        time.sleep(site.pace.provider)
        site.proxy.weather = FAIR
        site.proxy.cut_all()
        site.injected += site.proxy.broken - broken

    return harm


def stormy(site: Site, chance: random.Random) -> None:
    """Let the way to the provider be like anything, and like something else a moment later."""
    each = replace(site.pace, provider=site.pace.provider / 10)
    whole, site.pace = site.pace, each
    for _ in range(10):
        provider(chance.choice(WEATHERS))(site, chance)
    site.pace = whole


WEATHERS = (
    Weather(latency=0.2),
    Weather(drip=0.002),
    Weather(drip=1.5),
    Weather(swallow=True),
    Weather(cut_request_after=0),
    Weather(cut_request_after=200),
    Weather(cut_answer_after=0),
    Weather(cut_answer_after=20),
)


def broker_restarted(site: Site, chance: random.Random) -> None:
    """Let the broker fall and come back, with what it held or without."""
    assert site.brokerage is not None
    site.brokerage.broker.kill()
    time.sleep(chance.uniform(0.4, 0.6) * site.pace.fault)
    site.brokerage.broker.start()


def broker_swallows(site: Site, chance: random.Random) -> None:
    """Let the broker take connections and whatever comes over them, and never answer."""
    assert site.brokerage is not None
    site.brokerage.proxy.weather = Weather(swallow=True)
    time.sleep(chance.uniform(2, 3) * site.pace.fault)
    site.brokerage.proxy.weather = FAIR
    site.brokerage.proxy.cut_all()


def _postgresql(site: Site) -> PostgreSQL:
    assert isinstance(site.store, PostgreSQL)
    return site.store
