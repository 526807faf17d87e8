"""One person's story across their applications, a page at a time, with what each entry speaks of.

Entries hold ids only; what they name is read beside them, in one statement for each kind of thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import ApiKey, Contact, Decision, Message, Promise, TimelineEntry, User
from service.queries.keyset import Key, Page, page

_PEOPLE = ("by", "owner", "before")


@dataclass(frozen=True)
class Named:
    """What the entries of one page speak of, by id: colleagues and keys by their names, promises
    by wording, letters by subject, contacts and decisions as they are.
    """

    users: Mapping[str, str]
    keys: Mapping[str, str]
    promises: Mapping[str, str]
    letters: Mapping[str, str]
    contacts: Mapping[str, Contact]
    decisions: Mapping[str, Decision]


def story(
    session: Session, application_ids: Sequence[str], *, after: Key | None, limit: int
) -> tuple[Page[TimelineEntry], Named]:
    """Return the entries behind ``after``, the newest first, and what they speak of."""
    query = select(TimelineEntry).where(TimelineEntry.application_id.in_(application_ids))
    by = (TimelineEntry.at, TimelineEntry.seq)
    found = page(session, query, by, after=after, limit=limit, newest_first=True)
    return found, _named(session, found.rows)


def erased_after_days(session: Session, application_ids: Sequence[str]) -> int | None:
    """Return after how many days a rule erased a person, ``None`` where it was no rule.

    The last word counts: somebody may have asked for it after the rule.
    """
    entry = session.scalars(
        select(TimelineEntry)
        .where(
            TimelineEntry.application_id.in_(application_ids),
            TimelineEntry.kind == "candidate_erased",
        )
        .order_by(TimelineEntry.seq.desc())
        .limit(1)
    ).first()
    days = entry.data.get("after_days") if entry is not None else None
    return days if isinstance(days, int) else None


def _named(session: Session, entries: Sequence[TimelineEntry]) -> Named:
    contacts = _rows(session, Contact, _ids(entries, "contact"))
    decisions = _rows(session, Decision, _ids(entries, "decision"))
    users = _ids(entries, *_PEOPLE) | {
        each.actor.removeprefix("user:") for each in entries if each.actor.startswith("user:")
    }
    users |= {each.by_user_id for each in contacts.values() if each.by_user_id}
    users |= {each.decided_by_id for each in decisions.values() if each.decided_by_id}
    keys = {each.actor.removeprefix("key:") for each in entries if each.actor.startswith("key:")}
    return Named(
        users=_texts(session, User.id, User.name, users),
        keys=_texts(session, ApiKey.id, ApiKey.name, keys),
        promises=_texts(session, Promise.id, Promise.wording, _ids(entries, "promise")),
        letters=_texts(session, Message.id, Message.subject, _ids(entries, "message")),
        contacts=contacts,
        decisions=decisions,
    )


def _ids(entries: Iterable[TimelineEntry], *names: str) -> set[str]:
    found = (each.data.get(name) for each in entries for name in names)
    return {value for value in found if isinstance(value, str)}


def _texts(session: Session, id_: Any, text: Any, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    return {key: value for key, value in session.execute(select(id_, text).where(id_.in_(ids)))}  # noqa: C416 - Row, not tuple


def _rows(session: Session, model: type[Any], ids: set[str]) -> dict[str, Any]:
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(ids)))}
