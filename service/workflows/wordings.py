"""Which wording of each kind of letter is in force, and which of the older ones may still go.

A unit of work asks the database once, however many letters it writes; a wording is compiled once
in the life of the process. Where the database knows no version of a kind, its files are in force.
"""

from __future__ import annotations

from sqlalchemy import select

from service.domain.wording import to_say
from service.mail.compiling import compile_template
from service.mail.templates import Template, TemplateError, TemplateSource
from service.models import TemplateVersion
from service.workflows.work import Work

_KNOWN = "wordings"
_SENDABLE = ("approved", "retired")


def wording_in_force(work: Work, kind: str) -> Template:
    """Return the approved wording of a kind.

    ``TemplateError`` where there is no such kind, or where a person withdrew its wording and none
    was approved since.
    """
    shipped = work.office.templates[kind]
    known = _standings(work).get(kind)
    if known is None:
        return shipped
    for digest, state in known.items():
        if state == "approved":
            return _compiled(work, kind, digest)
    raise TemplateError(kind, None, to_say("has no approved wording; approve one of its versions"))


def approved_wording(work: Work, kind: str, digest: str) -> Template | None:
    """Return a wording by its version, or ``None`` where it may not be sent (any more).

    A letter written under a version that was replaced since may still go; one whose version was
    withdrawn, or never approved, may not.
    """
    if kind not in work.office.templates.kinds:
        return None
    known = _standings(work).get(kind)
    if known is None:
        shipped = work.office.templates[kind]
        return shipped if shipped.version == digest else None
    if known.get(digest) not in _SENDABLE:
        return None
    try:
        return _compiled(work, kind, digest)
    except TemplateError:
        # It was good when it was approved, but this release does not know its variables any more.
        return None


def forget_wordings(work: Work) -> None:
    """Ask the database again: a version was added, approved or withdrawn."""
    work.known.pop(_KNOWN, None)


def _standings(work: Work) -> dict[str, dict[str, str]]:
    """Return the state of every version, by kind and digest."""
    known: dict[str, dict[str, str]] | None = work.known.get(_KNOWN)
    if known is None:
        known = {}
        columns = select(TemplateVersion.kind, TemplateVersion.digest, TemplateVersion.state)
        for kind, digest, state in work.session.execute(columns):
            known.setdefault(kind, {})[digest] = state
        work.known[_KNOWN] = known
    return known


def _compiled(work: Work, kind: str, digest: str) -> Template:
    shipped = work.office.templates[kind]
    if shipped.version == digest:
        return shipped
    made = work.office.wordings.get(f"{kind}:{digest}")
    if made is None:
        row = work.session.scalars(
            select(TemplateVersion).where(
                TemplateVersion.kind == kind, TemplateVersion.digest == digest
            )
        ).one()
        source = TemplateSource(kind, row.layout, row.subject, row.text, row.html)
        made = work.office.wordings[f"{kind}:{digest}"] = compile_template(source)
    return made
