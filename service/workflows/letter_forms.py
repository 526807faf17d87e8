"""Keeps the forms of letters: what all letters of one wording share is stored once.

A form is there before the first letter that refers to it, and is never changed or removed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.mail.templates import Form, Rendered
from service.models import LetterForm
from service.workflows.work import Work

_KNOWN = "letter_forms"


def kept_form(work: Work, kind: str, rendered: Rendered) -> str | None:
    """Return the id of the form a letter shares, stored if it is new; ``None`` for one of its own.

    A unit of work asks once for each form, and once more where it may have rolled it back.
    """
    if rendered.form is None:
        return None
    known: dict[str, Any] = work.known.setdefault(_KNOWN, {})
    form, within = rendered.form, work.session.get_nested_transaction()
    if form.id not in known or known[form.id] not in (None, within):
        _store(work, kind, form)
        known[form.id] = within
    return form.id


def _store(work: Work, kind: str, form: Form) -> None:
    # Through the connection: what is pending stays so.
    connection = work.session.connection()
    if connection.scalar(select(LetterForm.id).where(LetterForm.id == form.id)) is None:
        row = {
            "id": form.id,
            "kind": kind,
            "text": form.text,
            "html": form.html,
            "created_at": work.now,
        }
        connection.execute(_once(work.session).values(row).on_conflict_do_nothing())


def _once(session: Session) -> Any:
    on_postgres = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(LetterForm) if on_postgres else sqlite.insert(LetterForm)
