"""What somebody writes at the desk, as it would read: for an invented person or a real one.

Nothing here is kept or sent, and no address or name of the reader leaves the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from flask_babel import gettext as _

from service.dashboard.saying import why_refused
from service.dashboard.saying import words as in_words
from service.dashboard.site import visitor
from service.db import db
from service.domain.changes import CLOSED_STAGES
from service.domain.promises import PromiseError
from service.domain.rights import within
from service.mail.lint.findings import Finding
from service.mail.lint.letters import lint
from service.mail.template_draft import checked_draft, draft_source
from service.mail.variables import CANDIDATE_KINDS, TemplateError
from service.models import Application, Job, TemplateVersion
from service.parts import Parts
from service.queries.choices import open_applications
from service.workflows.composing import full_name
from service.workflows.template_preview import preview_version
from service.workflows.template_versions import source_of

READERS: Final = 20
"""People offered to read a preview as, the newest applications first."""

LONGEST: Final = 40_000
_PARTS: Final = {"subject.txt": "subject", "body.txt": "text", "body.html": "html"}


@dataclass
class Words:
    """The three parts of a letter as they stand in the fields, and faults by field."""

    kind: str
    subject: str
    text: str
    html: str
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, version: TemplateVersion) -> Words:
        """Return the words of a version."""
        return cls(version.kind, version.subject, version.text, version.html)

    @classmethod
    def typed(cls, kind: str, form: Mapping[str, str]) -> Words:
        """Return what was typed."""
        subject, text, html = (form.get(name, "")[:LONGEST] for name in _PARTS.values())
        return cls(kind, subject, text, html)


@dataclass(frozen=True)
class Preview:
    """The letter as its reader gets it; empty where it cannot be written, and ``fault`` why."""

    subject: str = ""
    text: str = ""
    html: str = ""
    fault: str = ""
    findings: tuple[Finding, ...] = ()


def preview_of(
    running: Parts, words: Words, layout: str, reader: str = "", *, is_kept: bool = False
) -> Preview:
    """Return what words amount to; faults are noted beside their fields.

    ``is_kept`` says that they are a version's own, which was judged when it was kept.
    """
    source = draft_source(words.kind, layout, words.subject, words.text, words.html)
    row = TemplateVersion(
        kind=source.kind,
        layout=layout,
        subject=source.subject,
        text=source.text,
        html=source.html,
    )
    findings = tuple(lint(source_of(row)))
    work = running.work(actor=visitor().actor, source="page")
    try:
        if not is_kept:
            checked_draft(source)
        application = reader_of(reader) if reader else None
        letter = preview_version(work, row, application, {}, visitor().user_id)
    except TemplateError as error:
        return Preview(fault=blame(words, error), findings=findings)
    except PromiseError as error:
        return Preview(fault=why_refused(error), findings=findings)
    return Preview(letter.subject, letter.text, letter.html, "", findings)


def blame(words: Words, error: TemplateError) -> str:
    """Note beside its field what keeps words from being a letter; return it."""
    fault = in_words(error.remedy)
    if error.variable:
        said = f"{{{{{error.variable}}}}} {fault}."
    else:
        said = str(_("It %(fault)s.", fault=fault))
    part = _PARTS.get(error.template.rpartition("/")[2], "text")
    return words.faults.setdefault(part, said)


def readers(kind: str) -> list[tuple[str, str]]:
    """Return people whose data a preview can show: the id of an application, and name and job."""
    if kind not in CANDIDATE_KINDS:
        return []
    return [
        (row.id, f"{full_name(row.candidate)}, {row.job.title}")
        for row in open_applications(db.session(), visitor().reach, READERS)
        if row.candidate.erased_at is None
    ]


def reader_of(application_id: str) -> Application | None:
    """Return the application a preview is read as, where who asks may know of it."""
    session = db.session()
    found = session.get(Application, application_id)
    if found is None or found.candidate.erased_at is not None:
        return None
    team_id = session.get_one(Job, found.job_id).team_id
    seen = within(
        visitor().reach,
        team_id=team_id,
        waiting_on_id=found.waiting_on_id,
        closed=found.stage in CLOSED_STAGES,
    )
    return found if seen else None


def layout_of(running: Parts, kind: str) -> str:
    """Return today's layout: what a draft is put into."""
    return running.office.templates[kind].source.layout
