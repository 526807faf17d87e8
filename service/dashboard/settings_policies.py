"""The rules: what each promises in plain words, its versions, and editing its terms.

New terms make a new version; a promise already made keeps the terms it was made under.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request
from flask_babel import gettext as _

from service.clock import instant_text
from service.dashboard.letters import kind_words
from service.dashboard.rows import Moment
from service.dashboard.settings import changed, line, settings_page
from service.dashboard.settings_policy_form import PolicyForm
from service.dashboard.settings_policy_words import (
    ACTIONS,
    ANCHORS,
    KEEPS,
    KINDS,
    TRIGGERS,
    rule_words,
    rung_words,
)
from service.dashboard.site import blueprint, needs, no_page, say_at, takes, zone
from service.dashboard.wording import when_words
from service.db import db
from service.domain.changes import Stage
from service.domain.policies import LETTERS, Terms
from service.domain.promises import PromiseError
from service.domain.rights import Right
from service.models import Policy
from service.parts import Parts, parts
from service.queries.by_id import locked_by_id
from service.queries.rules import all_policies, is_policy_name, policy_versions, terms_of
from service.workflows.policies import add_policy, edit_policy
from service.workflows.work import Work

VERSIONS = 50
"""Versions shown of one rule, the newest first."""

_ENDED = (Stage.HIRED, Stage.REJECTED, Stage.WITHDRAWN)
STAGES = tuple(stage.value for stage in Stage if stage not in _ENDED)


@dataclass(frozen=True)
class RuleView:
    """One rule in words."""

    id: str
    name: str
    active: bool
    version: int
    says: list[str]
    ladder: list[str]


@dataclass(frozen=True)
class VersionView:
    """One version of a rule in words."""

    number: int
    made: Moment
    says: list[str]
    ladder: list[str]


@blueprint.get("/settings/policies")
@needs(Right.SEE_SETTINGS)
def settings_policies() -> Response:
    """List the rules in plain words, those in force first."""
    session = db.session()
    rows = all_policies(session)
    terms = terms_of(session, rows)
    shown = [_view(row, Terms.from_document(terms[row.id])) for row in rows]
    return settings_page(parts(), "settings_policies.html", rules=shown)


@blueprint.get("/settings/policies/new")
@needs(Right.SETTINGS)
def settings_policy_new() -> Response:
    """Show the form of a new rule."""
    return _form(parts(), PolicyForm.new(), None)


@blueprint.post("/settings/policies/new")
@takes(Right.SETTINGS)
def settings_policy_add() -> Response:
    """Add a rule."""
    running, form = parts(), PolicyForm.typed(request.form)
    form.name = line("name", 100)
    terms = form.terms()
    if not form.name:
        form.faults["name"] = _("Give the rule a name.")
    if terms is None or form.faults:
        return _form(running, form, None, 422)
    why = changed(running, lambda work: _add(work, form, terms))
    if why is not None:
        form.faults["name"] = why
        return _form(running, form, None, 422)
    return say_at("pages.settings_policies", "good", _("The rule is added."))


@blueprint.get("/settings/policies/<policy_id>")
@needs(Right.SEE_SETTINGS)
def settings_policy(policy_id: str) -> Response:
    """Show one rule: its form for those who may change it, and its versions."""
    row = db.session().get(Policy, policy_id)
    if row is None:
        return no_page()
    form = PolicyForm.of(_current(row), name=row.name, active=row.active)
    return _form(parts(), form, row)


@blueprint.post("/settings/policies/<policy_id>")
@takes(Right.SETTINGS)
def settings_policy_save(policy_id: str) -> Response:
    """Give a rule new terms, or switch it on or off."""
    running, session = parts(), db.session()
    row = locked_by_id(session, Policy, policy_id)
    if row is None:
        return no_page()
    old = _current(row)
    form = PolicyForm.typed(request.form, old.trigger.value)
    form.name = row.name
    terms = form.terms()
    if request.form.get("version") != version_of(row):
        return _form(running, form, row, 409, is_stale=True)
    if terms is None:
        return _form(running, form, row, 422)
    if terms == old and form.active == row.active:
        said = _("Nothing was changed: it says so already.")
        return say_at("pages.settings_policy", "care", said, policy_id=policy_id)
    why = changed(running, lambda work: _edit(work, row, old, terms, active=form.active))
    said = why or _("The rule is changed. Promises already made keep their terms.")
    return say_at("pages.settings_policy", "care" if why else "good", said, policy_id=policy_id)


def version_of(policy: Policy) -> str:
    """Return what changes with every change of a rule."""
    return f"{policy.version}-{'on' if policy.active else 'off'}"


def _add(work: Work, form: PolicyForm, terms: Terms) -> None:
    if is_policy_name(work.session, form.name):
        raise PromiseError("name-taken", _("a rule of this name exists already"), "/name")
    add_policy(work, form.name, terms, active=form.active)


def _edit(work: Work, row: Policy, old: Terms, terms: Terms, *, active: bool) -> None:
    row.active = active
    if terms != old:
        edit_policy(work, row, terms)


def _form(
    running: Parts,
    form: PolicyForm,
    row: Policy | None,
    status: int = 200,
    *,
    is_stale: bool = False,
) -> Response:
    return settings_page(
        running,
        "settings_policy.html",
        kind_words=kind_words,
        status=status,
        form=form,
        policy=row,
        view=_view(row, _current(row)) if row else None,
        version=version_of(row) if row else "",
        versions=_versions(running, row) if row else [],
        is_stale=is_stale,
        triggers=TRIGGERS,
        kinds=KINDS,
        keeps=KEEPS,
        anchors=ANCHORS,
        actions=ACTIONS,
        letters=sorted(LETTERS),
        stages=STAGES,
    )


def _current(row: Policy) -> Terms:
    return Terms.from_document(terms_of(db.session(), [row])[row.id])


def _view(row: Policy, terms: Terms) -> RuleView:
    ladder = [rung_words(rung) for rung in terms.ladder]
    return RuleView(row.id, row.name, row.active, row.version, rule_words(terms), ladder)


def _versions(running: Parts, row: Policy) -> list[VersionView]:
    shown = []
    for each in policy_versions(db.session(), row.id, VERSIONS):
        terms = Terms.from_document(each.terms)
        made = Moment(
            instant_text(each.created_at), when_words(each.created_at, zone(), running.now())
        )
        ladder = [rung_words(rung) for rung in terms.ladder]
        shown.append(VersionView(each.version, made, rule_words(terms), ladder))
    return shown
