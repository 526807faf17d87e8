"""Holds off whoever tries passwords: so many tries an account and so many an address, then a rest.

Each try is written, and seen by all, before it is judged: many at once cannot slip through
together, over any number of processes.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from service.domain.retention import ATTEMPTS_IN
from service.models import SignInAttempt

WITHIN = timedelta(minutes=15)
MOST_AN_ACCOUNT = 10
MOST_AN_ADDRESS = 50
"""Failed tries within ``WITHIN``. Colleagues may share the address of their office or proxy."""


def begin_try(session: Session, now: datetime, account: str | None, address: str) -> str:
    """Write a try down and return its id. The caller commits, and then asks :func:`wait_of`.

    ``account`` is what was typed, ``address`` where from.
    """
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - ATTEMPTS_IN))
    row = SignInAttempt(
        account=_digest("account", account.strip().casefold()) if account else None,
        address=_digest("address", _household(address)),
        at=now,
        counts=True,
    )
    session.add(row)
    session.flush()
    return row.id


def wait_of(session: Session, now: datetime, attempt_id: str) -> timedelta | None:
    """Return how long to wait where a try is one too many; else it may be judged.

    Its row must be committed, so that of two at once at least one sees the other. The caller
    commits: a try that is refused weighs nothing, and whoever goes on fills no table.
    """
    row = session.get_one(SignInAttempt, attempt_id)
    waits = [_wait(session, now, SignInAttempt.address == row.address, MOST_AN_ADDRESS)]
    if row.account:
        waits.append(_wait(session, now, SignInAttempt.account == row.account, MOST_AN_ACCOUNT))
    longest = max((wait for wait in waits if wait), default=None)
    if longest is not None:
        session.delete(row)
        session.flush()
    return longest


def succeed(session: Session, attempt_id: str) -> None:
    """Let a try count no more: it was right. Nor do the account's failures before it."""
    row = session.get(SignInAttempt, attempt_id)
    if row is None:
        return
    session.execute(
        update(SignInAttempt)
        .where(
            SignInAttempt.account == row.account if row.account else SignInAttempt.id == attempt_id
        )
        .values(counts=False)
        .execution_options(synchronize_session=False)
    )


def weigh(session: Session, attempt_id: str) -> None:
    """Let a try count."""
    session.execute(
        update(SignInAttempt)
        .where(SignInAttempt.id == attempt_id)
        .values(counts=True)
        .execution_options(synchronize_session=False)
    )


def _wait(session: Session, now: datetime, of: ColumnElement[bool], most: int) -> timedelta | None:
    where = (of, SignInAttempt.counts, SignInAttempt.at > now - WITHIN)
    number, first = session.execute(
        select(func.count(), func.min(SignInAttempt.at)).where(*where)
    ).one()
    if number <= most:
        return None
    return max(first + WITHIN - now, timedelta(seconds=1))


def _household(address: str) -> str:
    """Return what one visitor has of the net: of IPv6 that is 2^64 addresses, not one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "replace")).hexdigest()
