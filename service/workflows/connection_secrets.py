"""A connection's signing secrets: set, rotated with the old ones live for a while, sealed anew.

The newest comes first and never ends by itself. What is stored is sealed; an old entry may be the
sealed text alone, as it was before secrets could end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.ats.registry import UnknownAdapterError, adapter_named
from service.models import Connection
from service.secret_box import SealedSecretError, SecretBox
from service.workflows.connection_faults import BadConnectionError
from service.workflows.work import Work

LIVE_SECRETS = 4
"""How many secrets may be live at once: a vendor signs with the old one while it is rotated."""

MOST_LIVE_SECRETS = 32
"""The most that any vendor signs with at once."""

KEEP_OLD_FOR = timedelta(hours=24)
"""How long an old secret stays live unless told otherwise; SmartRecruiters' own takes as long."""

LONGEST_KEPT = timedelta(days=90)

# SmartRecruiters lists up to 16 signatures in one header, one for each live key. Lever makes a
# token for each event that is ticked, and all of them may be changed at once.
_LIVE_AT = {"smartrecruiters": 16, "lever": MOST_LIVE_SECRETS}


@dataclass(frozen=True)
class KeptSecret:
    """One sealed secret. ``until_at`` is when it stops counting; ``None`` is never by itself."""

    sealed: str
    until_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        """Tell whether a delivery may still be signed with it."""
        return self.until_at is None or now < self.until_at

    @property
    def stored(self) -> dict[str, str | None]:
        """What is written for it."""
        return {
            "sealed": self.sealed,
            "until_at": None if self.until_at is None else self.until_at.isoformat(),
        }


def most_live(vendor: str) -> int:
    """Return how many secrets may be live at once for this vendor."""
    return _LIVE_AT.get(vendor, LIVE_SECRETS)


def kept_secrets(connection: Connection) -> list[KeptSecret]:
    """Return what is stored, the newest first, whether it is over or not."""
    return [_read(each) for each in connection.secrets]


def live_count(connection: Connection, now: datetime) -> int:
    """Return how many secrets are live."""
    return sum(each.live(now) for each in kept_secrets(connection))


def live_until(connection: Connection, now: datetime) -> datetime | None:
    """Return when the first of the live secrets ends, or ``None`` where none does by itself."""
    ends = [each.until_at for each in kept_secrets(connection) if each.live(now)]
    return min((end for end in ends if end is not None), default=None)


def live_secrets(work: Work, connection: Connection) -> list[str]:
    """Return the secrets a delivery may be signed with. Raises ``SealedSecretError``."""
    box = work.office.box
    return [box.open(each.sealed) for each in kept_secrets(connection) if each.live(work.now)]


def set_secrets(work: Work, connection: Connection, secrets: list[str]) -> None:
    """Make these the live secrets, the newest first; every other one ends at once."""
    cleaned = [secret.strip() for secret in secrets if secret.strip()]
    most = most_live(connection.vendor)
    if not 1 <= len(cleaned) <= most:
        raise BadConnectionError(
            f"give 1 to {most} signing secrets, as the ATS shows them", "/secrets"
        )
    for index, secret in enumerate(cleaned):
        _check(connection, secret, f"/secrets/{index}")
    _store(connection, [KeptSecret(work.office.box.seal(secret)) for secret in cleaned])


def rotate_secrets(
    work: Work,
    connection: Connection,
    secrets: list[str],
    *,
    keep_old_for: timedelta | None = KEEP_OLD_FOR,
) -> datetime | None:
    """Put new secrets first; the others end after ``keep_old_for`` by themselves, ``None`` never.

    Returns when the last of the others ends; ``None`` where none does. A secret that cannot be
    opened any more is dropped: nothing could be verified with it.
    """
    if keep_old_for is not None and not timedelta(0) <= keep_old_for <= LONGEST_KEPT:
        raise BadConnectionError(
            f"old secrets are kept for 0 to {LONGEST_KEPT.days} days", "/keep_old_hours"
        )
    new = list(dict.fromkeys(secret.strip() for secret in secrets if secret.strip()))
    if not new:
        raise BadConnectionError("give the new signing secret, as the ATS shows it", "/secrets")
    for index, secret in enumerate(new):
        _check(connection, secret, f"/secrets/{index}")
    box = work.office.box
    end = None if keep_old_for is None else work.now + keep_old_for
    kept = [
        KeptSecret(each.sealed, _earlier(each.until_at, end))
        for each in kept_secrets(connection)
        if each.live(work.now) and _opened(box, each.sealed) not in {None, *new}
    ]
    kept = [each for each in kept if each.live(work.now)]
    most = most_live(connection.vendor)
    if len(new) + len(kept) > most:
        raise BadConnectionError(
            f"{len(kept)} secrets are live already, and {most} may be: end the old ones at once",
            "/keep_old_hours",
        )
    _store(connection, [*(KeptSecret(box.seal(secret)) for secret in new), *kept])
    return max((each.until_at for each in kept if each.until_at is not None), default=None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


@dataclass(frozen=True)
class Sealing:
    """How the secrets of one connection are sealed: by counts, the signing and the API ones."""

    name: str
    newest: int
    previous: int
    unreadable: int


def sealing_of(box: SecretBox, connection: Connection) -> Sealing:
    """Say under which key what is stored for a connection was sealed."""
    newest = previous = unreadable = 0
    for sealed in _all_sealed(connection):
        if box.is_newest(sealed):
            newest += 1
        elif _opened(box, sealed) is not None:
            previous += 1
        else:
            unreadable += 1
    return Sealing(connection.name, newest, previous, unreadable)


def reseal(work: Work) -> list[Sealing]:
    """Seal everything that opens under the newest key; say of each connection how it was before.

    What no key opens stays as it is: an old key may still turn up.
    """
    box, before = work.office.box, []
    for connection in work.session.scalars(
        select(Connection).order_by(Connection.name).with_for_update(key_share=True)
    ).all():
        found = sealing_of(box, connection)
        before.append(found)
        if found.previous:
            _store(
                connection,
                [
                    KeptSecret(_resealed(box, each.sealed), each.until_at)
                    for each in kept_secrets(connection)
                ],
            )
            connection.credentials = {
                name: _resealed(box, sealed) for name, sealed in connection.credentials.items()
            }
    work.session.flush()
    return before


def _all_sealed(connection: Connection) -> Iterable[str]:
    yield from (each.sealed for each in kept_secrets(connection))
    yield from connection.credentials.values()


def _resealed(box: SecretBox, sealed: str) -> str:
    opened = None if box.is_newest(sealed) else _opened(box, sealed)
    return sealed if opened is None else box.seal(opened)


def _opened(box: SecretBox, sealed: str) -> str | None:
    try:
        return box.open(sealed)
    except SealedSecretError:
        return None


def _check(connection: Connection, secret: str, pointer: str) -> None:
    try:
        fault = adapter_named(connection.vendor).secret_fault(secret)
    except UnknownAdapterError as error:
        raise BadConnectionError(f"there is no adapter for {connection.vendor}", "/vendor") from (
            error
        )
    if fault is not None:
        raise BadConnectionError(fault, pointer)


def _read(stored: Any) -> KeptSecret:
    if isinstance(stored, str):
        return KeptSecret(stored)
    until = stored.get("until_at")
    return KeptSecret(stored["sealed"], None if until is None else datetime.fromisoformat(until))


def _store(connection: Connection, secrets: list[KeptSecret]) -> None:
    connection.secrets = [each.stored for each in secrets]
