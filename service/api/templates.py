"""``/templates`` and ``/template-versions``: what each letter says, and who approved it."""

from __future__ import annotations

from typing import Any

from service.api.lookups import found, referred
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import ProblemError, not_found
from service.api.schemas.base import PageQuery, page_of
from service.api.schemas.promise import ResumeSchema
from service.api.schemas.template import (
    TemplateDraftSchema,
    TemplatePreviewAskSchema,
    TemplatePreviewSchema,
    TemplateSchema,
    TemplateVersionSchema,
    TemplateVersionSummarySchema,
    TemplateWithdrawalSchema,
)
from service.mail.lint.letters import lint
from service.mail.variables import CANDIDATE_KINDS, KINDS, OPTIONAL, TemplateError
from service.models import Application, TemplateVersion
from service.queries import wordings
from service.queries.keyset import Key, Page
from service.workflows.template_preview import preview_version
from service.workflows.template_versions import Wording, approve, save_draft, source_of, withdraw

resource = Resource("templates", "What each letter says. Only approved wordings are sent.")
_ONE = "/template-versions/<version_id>"
_POINTERS = {"subject.txt": "/subject", "body.txt": "/text", "body.html": "/html"}


@resource.operation(
    "GET", "/templates", scope="read", query=PageQuery, returns=page_of(TemplateSchema)
)
def list_templates(call: Call, args: dict[str, Any]) -> Any:
    """List the kinds of letter.

    Each with the variables it may name and the version that is in force.
    """

    def fetch(after: Key | None, limit: int) -> Page[Any]:
        kinds = [kind for kind in sorted(KINDS) if after is None or kind > after[0]]
        here = kinds[:limit]
        return Page(_kinds(call, here), (here[-1],) if len(kinds) > limit else None)

    return paged("templates", args, fetch)


@resource.operation("GET", "/templates/<template_kind>", scope="read", returns=TemplateSchema)
def get_template(call: Call, template_kind: str) -> Any:
    """Show a kind of letter.

    With the variables it may name and the version that is in force.
    """
    return _kinds(call, [_known(template_kind)])[0]


@resource.operation(
    "GET",
    "/templates/<template_kind>/versions",
    scope="read",
    query=PageQuery,
    returns=page_of(TemplateVersionSummarySchema),
)
def list_template_versions(call: Call, args: dict[str, Any], template_kind: str) -> Any:
    """List the versions of a letter.

    The newest come first; none is ever changed or removed.
    """
    kind = _known(template_kind)
    return paged(
        f"template-versions-{kind}",
        args,
        lambda after, limit: wordings.versions(call.session, kind, after=after, limit=limit),
    )


@resource.operation(
    "POST",
    "/templates/<template_kind>/versions",
    scope="admin",
    body=TemplateDraftSchema,
    status=201,
    returns=TemplateVersionSchema,
)
def draft_template(call: Call, body: dict[str, Any], template_kind: str) -> Answer:
    """Draft new words for a letter.

    Nothing is sent with them until they are approved. A variable is written `{{name}}`, a part
    that may be missing `{{?name}} … {{/name}}`; there is no other logic, and in the HTML nothing
    that runs or loads. `findings` is what the lint says of it.
    """
    try:
        version = save_draft(
            call.work,
            Wording(
                _known(template_kind),
                body["subject"],
                body["text"],
                body["html"],
                note=body.get("note"),
                by_user_id=call.user_id,
            ),
        )
    except TemplateError as error:
        raise _at_fault(error) from error
    return _whole(version, f"/template-versions/{version.id}")


@resource.operation("GET", _ONE, scope="read", returns=TemplateVersionSchema)
def get_template_version(call: Call, version_id: str) -> Answer:
    """Show a version of a letter.

    Its words as they were written, and what the lint says of them.
    """
    return _whole(_version(call, version_id))


@resource.operation(
    "POST",
    f"{_ONE}/approve",
    scope="admin",
    body=ResumeSchema,
    returns=TemplateVersionSchema,
    if_match="optional",
)
def approve_template_version(call: Call, _body: dict[str, Any], version_id: str) -> Answer:
    """Approve a version.

    It is in force from now on, for letters written from now on; the one before is retired. An
    older version, the shipped one too, comes back the same way.
    """
    version = _version(call, version_id)
    call.check(version.version)
    try:
        return _whole(approve(call.work, version, call.user_id))
    except TemplateError as error:
        raise _at_fault(error) from error


@resource.operation(
    "POST",
    f"{_ONE}/withdraw",
    scope="admin",
    body=TemplateWithdrawalSchema,
    returns=TemplateVersionSchema,
    if_match="optional",
)
def withdraw_template_version(call: Call, body: dict[str, Any], version_id: str) -> Answer:
    """Withdraw a version that is wrong.

    Its letters that have not left will not leave. Where it was in force, none of the kind can be
    written until another version is approved.
    """
    version = _version(call, version_id)
    call.check(version.version)
    return _whole(withdraw(call.work, version, body["reason"], call.user_id))


@resource.operation(
    "POST",
    f"{_ONE}/preview",
    scope="read",
    body=TemplatePreviewAskSchema,
    returns=TemplatePreviewSchema,
)
def preview_template_version(call: Call, body: dict[str, Any], version_id: str) -> Any:
    """Preview a version of a letter.

    With one person's data or an invented person's; nothing is stored or sent.
    """
    version = _version(call, version_id)
    application = referred(call, Application, body.get("application_id"), "application_id")
    letter = preview_version(call.work, version, application, body["values"], call.user_id)
    return {
        "application_id": application.id if application else None,
        "kind": version.kind,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
    }


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise not_found("kind of letter")
    return kind


def _version(call: Call, version_id: str) -> TemplateVersion:
    return found(call, TemplateVersion, version_id, "version of a letter")


def _kinds(call: Call, kinds: list[str]) -> list[dict[str, Any]]:
    in_force, drafts = wordings.in_force(call.session), wordings.waiting(call.session)
    return [
        {
            "kind": kind,
            "audience": "candidates" if kind in CANDIDATE_KINDS else "colleagues",
            "variables": sorted(KINDS[kind]),
            "optional": sorted(OPTIONAL[kind]),
            "in_force": in_force.get(kind),
            "newest_draft": drafts.get(kind),
        }
        for kind in kinds
    ]


def _whole(version: TemplateVersion, location: str | None = None) -> Answer:
    columns = {column.key: getattr(version, column.key) for column in version.__table__.columns}
    findings = lint(source_of(version))
    return Answer({**columns, "findings": findings}, version.version, location)


def _at_fault(error: TemplateError) -> ProblemError:
    part = error.template.rpartition("/")[2]
    named = f"{{{{{error.variable}}}}} " if error.variable else "It "
    text = f"{named}{error.remedy}."
    return ProblemError(422, "letter-at-fault", text, [(_POINTERS.get(part, "/text"), text)])
