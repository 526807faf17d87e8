"""Kills lives at chosen places, recovers as the next worker would, and counts what became of it.

Lost, doubled, and uncertain though nothing was cut off: each of these is to be zero.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.app import engine_of, session_of
from service.clock import FakeClock
from service.mail.sendgrid import SendGridTransport
from service.mail.single_post import PostClient
from service.models import Contact, MailChannel, Message
from service.parts import parts
from service.workflows.dispatch import dispatch
from service.workflows.fold_events import fold_events
from tests.chaos.victim import HOOK, PATIENT, Order, delivered, settle_lost
from tests.chaos.zygote import STALLED
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import Behaviour
from tests.harness import MONDAY, Employer, make_employer

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


@dataclass
class Tally:
    """What became of the letters of all trials. The first three must stay zero."""

    lost: int = 0
    doubled: int = 0
    wrongly_uncertain: int = 0
    lives: int = 0
    killed: int = 0
    letters: int = 0
    delivered: int = 0
    uncertain: int = 0
    places: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another's trials in."""
        for name in ("lost", "doubled", "wrongly_uncertain", "lives", "killed", "letters"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delivered += other.delivered
        self.uncertain += other.uncertain
        self.places += other.places
        self.faults += other.faults


@dataclass(frozen=True)
class Traced:
    """What a life's trace tells: the letters it promised, and those in flight when it ended."""

    written: frozenset[str]
    ambiguous: int
    boundaries: int
    heard: int

    @classmethod
    def read(cls, path: Path) -> Traced:
        """Read a trace to its end, wherever that is."""
        written: set[str] = set()
        ambiguous = in_flight = boundaries = heard = 0
        lost = False
        for line in path.read_text().splitlines():
            match line.split():
                case ["written", *ids]:
                    written |= set(ids)
                case ["sending", size]:
                    in_flight, lost = int(size), False
                case ["lost"]:
                    lost = True
                case ["settled"]:
                    ambiguous += in_flight if lost else 0
                    in_flight = 0
                case ["heard", status]:
                    heard += status.startswith("2")
                case ["commit-" | "commit+", _]:
                    boundaries += 1
        return cls(frozenset(written), ambiguous + in_flight, boundaries, heard)


class Trial:
    """One database, one double, one forker of lives."""

    def __init__(self, database_url: str, folder: Path, double: SendGridDouble) -> None:
        self._double = double
        self._folder = folder
        self._url = database_url
        self._number = 0
        self.stalled = 0
        self.employer: Employer = make_employer(
            database_url,
            folder,
            at=MONDAY,
            mail="sendgrid",
            sendgrid_api_key=double.api_key,
            sendgrid_event_public_key=double.public_key,
        )
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """Let the forker end."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.close()
        self._zygote.wait(30)
        self._zygote.stdout.close()
        engine_of(self.employer.app).dispose()

    def run(self, *behaviours: Behaviour, **how: Any) -> tuple[Tally, Traced]:
        """Let one life run to where it dies, recover, and count."""
        self._number += 1
        tag = f"t{os.getpid()}-{self._number}"
        trace = self._folder / f"{tag}.trace"
        order = Order(
            tag=tag,
            database_url=self._url,
            home=str(self._folder),
            trace=str(trace),
            sendgrid_url=self._double.base_url,
            api_key=self._double.api_key,
            **how,
        )
        self._double.then(*behaviours)
        ended = self._live(order)
        self._double.forget()
        told = Traced.read(trace)
        trace.unlink()
        tally = Tally(lives=1, killed=ended == KILLED)
        tally.places[f"{how.get('edge') or 'a commit'}"] += tally.killed
        if ended not in (0, KILLED):
            tally.faults.append(f"{order}: the life ended with {ended}")
        self._recover(order)
        self._count(order, told, tally)
        return tally, told

    def _live(self, order: Order) -> int:
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write(json.dumps(asdict(order)) + "\n")
        self._zygote.stdin.flush()
        told = self._zygote.stdout.readline().strip()
        if told == STALLED:
            self.stalled += 1
            # Others do its work meanwhile; then it wakes, and knows nothing of it.
            self._recover(order)
            self._zygote.stdin.write("\n")
            self._zygote.stdin.flush()
            told = self._zygote.stdout.readline()
        return int(told)

    def _recover(self, order: Order) -> None:
        """Do what the next worker does once every lease has ended."""
        # Every life is lived on the same Monday, and its recovery a little later.
        clock = FakeClock(MONDAY + timedelta(minutes=110))
        pool = PostClient(self._double.base_url, clock=clock, timeouts=PATIENT)
        transport = SendGridTransport(
            self._double.api_key, clock=clock, base_url=self._double.base_url, pool=pool
        )
        with session_of(self.employer.app) as session:
            office = parts(self.employer.app).office
            for _ in range(12):
                dispatch(session, office, clock, transport)
                if order.settling:
                    settle_lost(session, office, clock, transport)
                if not session.get_one(MailChannel, "email", populate_existing=True).failures:
                    break
                clock.advance(timedelta(minutes=10))
        transport.close()

    def _count(self, order: Order, told: Traced, tally: Tally) -> None:
        """Compare what was promised with what the double was given and what the rows say."""
        accepted = Counter(
            mail.custom_args["kw_mid"]
            for mail in self._double.accepted
            if f".{order.tag}@" in mail.to_address
        )
        rows = self._rows(order)
        unsettled = {id_ for id_, state in rows.items() if state == "uncertain"}
        # What was heard of before the end is settled already, and was no ambiguity; and where the
        # log was asked, what it did not show went again.
        cut_off = 0 if order.settling else told.ambiguous
        if len(unsettled) != cut_off:
            tally.wrongly_uncertain += abs(len(unsettled) - cut_off)
            tally.faults.append(f"{order}: {len(unsettled)} uncertain, {cut_off} cut off")
        self._hear(accepted)
        rows = self._rows(order)
        contacts = self._contacts(set(rows))
        tally.letters += len(rows)
        for id_ in told.written | rows.keys():
            state = rows.get(id_)
            tally.delivered += state == "delivered"
            tally.uncertain += state == "uncertain"
            arrived = state == "delivered" and accepted[id_] == 1 and contacts[id_] == 1
            open_question = state == "uncertain" and id_ in unsettled and not accepted[id_]
            if not arrived and not open_question and accepted[id_] <= 1:
                tally.lost += 1
                tally.faults.append(f"{order}: a letter is {state}, {contacts[id_]} contacts")
            if accepted[id_] > 1 or contacts[id_] > 1:
                tally.doubled += 1
                tally.faults.append(f"{order}: a letter went {accepted[id_]} times")

    def _hear(self, accepted: Counter[str]) -> None:
        """Tell every event again, as the provider does where it got no answer."""
        addresses = {
            mail.custom_args["kw_mid"]: (mail.custom_args["kw_bid"], mail.to_address)
            for mail in self._double.accepted
            if mail.custom_args["kw_mid"] in accepted
        }
        events = [delivered(id_, *rest) for id_, rest in sorted(addresses.items())]
        if events:
            body, signed = self._double.signer.signed(events)
            answer = self.employer.app.test_client().post(HOOK, data=body, headers=signed)
            assert answer.status_code < 300, answer.data
        with session_of(self.employer.app) as session:
            fold_events(session, parts(self.employer.app).office, self.employer.now)

    def _rows(self, order: Order) -> dict[str, str]:
        with session_of(self.employer.app) as session:
            found = session.execute(
                select(Message.id, Message.state).where(
                    Message.to_address.like(f"%.{order.tag}@example.com")
                )
            )
            return {row.id: row.state for row in found}

    def _contacts(self, ids: set[str]) -> Counter[str]:
        with session_of(self.employer.app) as session:
            return Counter(
                session.scalars(select(Contact.message_id).where(Contact.message_id.in_(ids)))
            )


@contextmanager
def trial(database_url: str, folder: Path) -> Iterator[Trial]:
    """Make a double and a trial on a migrated database, and end both."""
    # Its log knows when it took what was sent on that Monday.
    with SendGridDouble(now=lambda: MONDAY + timedelta(minutes=70)) as double:
        made = Trial(database_url, folder, double)
        try:
            yield made
        finally:
            made.close()


def all_of(results: Sequence[Tally]) -> Tally:
    """Return one tally of several."""
    whole = Tally()
    for each in results:
        whole.add(each)
    return whole
