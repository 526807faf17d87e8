"""The pages at ``/``: rendered here, complete without any script, and never kept by a cache."""

from __future__ import annotations

from flask import Flask

from service.auth.openid import OutsideSignIn, Provider
from service.config import Config, ensure_secret_key
from service.dashboard import (
    account,
    account_absences,
    actions,
    candidate,
    candidate_acts,
    candidate_answer,
    candidate_erasing,
    candidate_hold,
    candidate_list,
    candidate_merging,
    closing_acts,
    closing_page,
    connection_actions,
    connections,
    find,
    ical,
    import_pages,
    jobs,
    numbers,
    outbox,
    outside,
    passkey_pages,
    people,
    presence,
    queue,
    queue_contacts,
    queue_decide,
    queue_letters,
    queue_many,
    queue_promises,
    queue_undo,
    queue_views,
    settings_pages,
    sheets,
    sign_in,
    site,
    welcome,
)
from service.dashboard.forms import Forms
from service.dashboard.language import init_languages
from service.dashboard.trust import Watchman
from service.parts import parts

__all__ = [
    "account",
    "account_absences",
    "actions",
    "candidate",
    "candidate_acts",
    "candidate_answer",
    "candidate_erasing",
    "candidate_hold",
    "candidate_list",
    "candidate_merging",
    "closing_acts",
    "closing_page",
    "connection_actions",
    "connections",
    "find",
    "ical",
    "import_pages",
    "init_app",
    "jobs",
    "numbers",
    "outbox",
    "outside",
    "passkey_pages",
    "people",
    "presence",
    "queue",
    "queue_contacts",
    "queue_decide",
    "queue_letters",
    "queue_many",
    "queue_promises",
    "queue_undo",
    "queue_views",
    "settings_pages",
    "sheets",
    "sign_in",
    "welcome",
]


def equip(app: Flask) -> None:
    """Make what the pages keep of the running parts."""
    app.extensions["keepword.watchman"] = Watchman(parts(app).tools.clock)
    app.extensions["keepword.forms"] = Forms(ensure_secret_key(parts(app).config))
    provider = _provider(parts(app).config)
    app.extensions["keepword.outside"] = (
        OutsideSignIn(provider, parts(app).tools.clock) if provider else None
    )


def init_app(app: Flask) -> None:
    """Mount the pages."""
    init_languages(app)
    app.register_blueprint(site.blueprint)


def _provider(config: Config) -> Provider | None:
    if not config.oidc_issuer:
        return None
    return Provider(
        config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret, config.oidc_name
    )
