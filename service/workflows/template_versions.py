"""Keeps the versions of every letter: what is shipped, drafted, approved, replaced, withdrawn.

At most one version of a kind is approved. A version never changes: new words, new version.
``retired`` was replaced by a newer one, so letters written under it may still go; ``withdrawn``
was found to be wrong, so they may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from service.domain.promises import PromiseError
from service.domain.wording import told
from service.mail.lint.findings import Severity
from service.mail.lint.letters import lint
from service.mail.template_draft import checked_draft, draft_source
from service.mail.templates import TemplateSource
from service.models import TemplateVersion
from service.workflows.wordings import forget_wordings
from service.workflows.work import Work

DRAFT, APPROVED, RETIRED, WITHDRAWN = STATES = ("draft", "approved", "retired", "withdrawn")
SHIPPED, EDITED = ORIGINS = ("shipped", "edited")


@dataclass(frozen=True)
class Wording:
    """What somebody wrote: the three parts, and for colleagues what is new in them."""

    kind: str
    subject: str
    text: str
    html: str
    note: str | None = None
    by_user_id: str | None = None


def register_shipped(work: Work) -> None:
    """Make the shipped wordings known; run any number of times.

    A shipped wording follows its files from one release to the next. Where the employer's own is
    in force, or none by a person's decision, the shipped one is only offered, as a draft.
    """
    known = select(TemplateVersion.kind, TemplateVersion.digest)
    there = {(kind, digest) for kind, digest in work.session.execute(known)}
    for kind in sorted(work.office.templates):
        source = work.office.templates[kind].source
        if (kind, source.digest) in there:
            continue
        rows = _rows(work, kind)
        if any(row.digest == source.digest for row in rows):
            continue
        approved = next((row for row in rows if row.state == APPROVED), None)
        row = _add(work, source, rows, SHIPPED)
        if not rows or (approved is not None and approved.origin == SHIPPED):
            _put_in_force(work, row, approved, None)
    forget_wordings(work)


def save_draft(work: Work, wording: Wording) -> TemplateVersion:
    """Keep a new wording as a draft, in today's layout; ``TemplateError`` names what it may not.

    Raises ``PromiseError`` where these very words are a version already.
    """
    layout = work.office.templates[wording.kind].source.layout
    source = draft_source(wording.kind, layout, wording.subject, wording.text, wording.html)
    checked_draft(source)
    rows = _rows(work, wording.kind)
    same = next((row for row in rows if row.digest == source.digest), None)
    if same is not None:
        raise PromiseError(
            "worded-already",
            told(
                "these are the words of version %(version)s (%(state)s)",
                version=same.number,
                state=same.state,
            ),
        )
    row = _add(work, source, rows, EDITED, wording.note, wording.by_user_id)
    forget_wordings(work)
    return row


def approve(work: Work, version: TemplateVersion, by_user_id: str | None = None) -> TemplateVersion:
    """Put a version in force; the one before is retired. Any version may come back this way.

    Raises ``PromiseError`` where it is in force already, or where the lint finds a fault in it.
    """
    rows = _rows(work, version.kind)
    if version.state == APPROVED:
        raise PromiseError(
            "version-stands-so-already",
            told("version %(version)s is in force already", version=version.number),
        )
    source = source_of(version)
    if version.origin == EDITED:
        # What was allowed when it was written need not be any more.
        checked_draft(source)
    faults = [finding for finding in lint(source) if finding.severity is Severity.FAULT]
    if faults:
        raise PromiseError(
            "letter-at-fault", "; ".join(f"{each.part} {each.text}" for each in faults)
        )
    approved = next((row for row in rows if row.state == APPROVED), None)
    _put_in_force(work, version, approved, by_user_id)
    forget_wordings(work)
    return version


def withdraw(
    work: Work, version: TemplateVersion, because: str, by_user_id: str | None = None
) -> TemplateVersion:
    """Take a wrong version out of use: its letters that have not left will not.

    Until another version is approved, no letter of the kind can be written. A draft is discarded
    the same way.
    """
    _rows(work, version.kind)
    if version.state == WITHDRAWN:
        raise PromiseError(
            "version-stands-so-already",
            told("version %(version)s was withdrawn already", version=version.number),
        )
    version.state, version.retired_at = WITHDRAWN, work.now
    version.withdrawn_because, version.withdrawn_by_id = because, by_user_id
    work.session.flush()
    forget_wordings(work)
    return version


def source_of(version: TemplateVersion) -> TemplateSource:
    """Return the words of a version."""
    return TemplateSource(version.kind, version.layout, version.subject, version.text, version.html)


def _rows(work: Work, kind: str) -> list[TemplateVersion]:
    """Return all versions of a kind, locked, the oldest first."""
    here = select(TemplateVersion).where(TemplateVersion.kind == kind)
    query = here.order_by(TemplateVersion.number).execution_options(populate_existing=True)
    work.session.scalars(query.with_for_update()).all()
    # Whoever had to wait for the lock was not shown what was added meanwhile.
    return list(work.session.scalars(query))


def _add(
    work: Work,
    source: TemplateSource,
    rows: list[TemplateVersion],
    origin: str,
    note: str | None = None,
    by_user_id: str | None = None,
) -> TemplateVersion:
    row = TemplateVersion(
        kind=source.kind,
        number=rows[-1].number + 1 if rows else 1,
        digest=source.digest,
        origin=origin,
        layout=source.layout,
        subject=source.subject,
        text=source.text,
        html=source.html,
        note=note,
        state=DRAFT,
        created_at=work.now,
        created_by_id=by_user_id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _put_in_force(
    work: Work, version: TemplateVersion, before: TemplateVersion | None, by_user_id: str | None
) -> None:
    if before is not None:
        before.state, before.retired_at = RETIRED, work.now
        # The index allows one approved version at every moment.
        work.session.flush()
    version.state, version.retired_at = APPROVED, None
    version.withdrawn_because = version.withdrawn_by_id = None
    version.approved_at, version.approved_by_id = work.now, by_user_id
    work.session.flush()
