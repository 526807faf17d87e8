"""Notes what is to be written into a candidate's profile at the ATS: letters and kept promises.

An entry is made in the transaction of the fact it tells of, once a fact, and only where the
connection asks for it. It holds no words: those are made from the fact itself when it is written.
"""

from __future__ import annotations

from sqlalchemy import select, update

from service.ats.base import Adapter
from service.ats.registry import UnknownAdapterError, adapter_named
from service.domain.promises import PromiseError
from service.domain.wording import told
from service.models import Application, Connection, Contact, Message, ProfileEntry, Promise
from service.workflows.work import Work

WAITING = "waiting"
SENDING = "sending"
DONE = "done"
FAILED = "failed"
UNCERTAIN = "uncertain"
CANCELLED = "cancelled"

KEPT = "kept:"
"""How the key of an entry about kept promises begins; the contact's id follows."""

BOUNCED = "the letter turned out not to have arrived"
ERASED = "the person's data was erased"


def writes_back(connection: Connection) -> bool:
    """Tell whether entries go to this connection's ATS: it is asked for, and can be done."""
    if not (connection.active and connection.write_back):
        return False
    try:
        adapter: Adapter = adapter_named(connection.vendor)
    except UnknownAdapterError:
        return False
    return adapter.api is not None and adapter.write_back is not None


def log_letter(work: Work, application: Application, message: Message) -> None:
    """Note that a letter arrived. One that speaks of several applications is noted once an ATS."""
    connection = _connection(work, application)
    if connection is None:
        return
    key = f"mail:{message.id}"
    if message.application_id != application.id:
        own = work.session.get_one(Application, message.application_id)
        if own.connection_id == connection.id:
            return
        key = f"{key}:{connection.id}"
    _note(work, connection, application, key, message=message)


def log_kept(work: Work, promise: Promise, contact: Contact) -> None:
    """Note that a contact other than a letter kept a promise; a letter is noted for itself.

    However many promises one contact kept, it is noted once.
    """
    application = work.session.get_one(Application, promise.application_id)
    connection = _connection(work, application)
    if connection is not None:
        _note(work, connection, application, f"{KEPT}{contact.id}", promise=promise)


def withdraw_letter(work: Work, message: Message) -> None:
    """Write nothing of a letter that did not arrive after all; what is written stays."""
    work.session.execute(
        update(ProfileEntry)
        .where(ProfileEntry.message_id == message.id, ProfileEntry.state == WAITING)
        .values(state=CANCELLED, error=BOUNCED, lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def erase_entries(work: Work, application_ids: list[str]) -> None:
    """Write nothing more of a person whose data is erased, and keep no vendor's words on them."""
    of = ProfileEntry.application_id.in_(application_ids)
    work.session.execute(
        update(ProfileEntry)
        .where(of, ProfileEntry.state.in_((WAITING, UNCERTAIN, FAILED)))
        .values(state=CANCELLED, error=ERASED, lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def retry_entry(work: Work, entry: ProfileEntry) -> ProfileEntry:
    """Write an entry (again) as soon as may be: for one that failed, or was never seen there.

    The row is locked. Raises ``PromiseError`` where there is nothing to try.
    """
    if entry.state not in {FAILED, UNCERTAIN, WAITING}:
        raise _not_possible(entry)
    entry.state, entry.error = WAITING, None
    entry.next_attempt_at = work.now
    entry.first_tried_at = entry.lease_token = entry.lease_until = None
    work.session.flush()
    return entry


def settle_entry(work: Work, entry: ProfileEntry) -> ProfileEntry:
    """Take a person's word that an entry is in the profile. The row is locked."""
    if entry.state not in {FAILED, UNCERTAIN}:
        raise _not_possible(entry)
    entry.state, entry.error, entry.done_at = DONE, None, work.now
    entry.lease_token = entry.lease_until = None
    work.session.flush()
    return entry


def locked_entry(work: Work, connection: Connection, entry_id: str) -> ProfileEntry | None:
    """Return one of a connection's entries with its row locked, or ``None``."""
    return work.session.scalars(
        select(ProfileEntry)
        .where(ProfileEntry.id == entry_id, ProfileEntry.connection_id == connection.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _not_possible(entry: ProfileEntry) -> PromiseError:
    return PromiseError(
        "entry-not-open",
        told("the entry is %(state)s: there is nothing to do about it", state=entry.state),
    )


def _connection(work: Work, application: Application) -> Connection | None:
    if application.connection_id is None or application.external_id is None:
        return None
    connection = work.session.get_one(Connection, application.connection_id)
    return connection if writes_back(connection) else None


def _note(
    work: Work,
    connection: Connection,
    application: Application,
    key: str,
    *,
    message: Message | None = None,
    promise: Promise | None = None,
) -> None:
    known = work.session.scalars(
        select(ProfileEntry)
        .where(ProfileEntry.dedupe_key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if known is not None:
        # Kept, opened again before it was written, and kept once more: now it is so.
        if known.state == CANCELLED:
            known.state, known.error = WAITING, None
            known.next_attempt_at = work.now
            known.first_tried_at = None
        return
    work.session.add(
        ProfileEntry(
            connection_id=connection.id,
            application_id=application.id,
            message_id=message.id if message else None,
            promise_id=promise.id if promise else None,
            dedupe_key=key,
            state=WAITING,
            next_attempt_at=work.now,
            created_at=work.now,
        )
    )
