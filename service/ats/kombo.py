"""The adapter for Kombo's unified ATS feed.

Documented (docs.kombo.dev, "Webhooks"): ``X-Kombo-Signature`` is the HMAC-SHA256 of the body in
base64url without padding; ``{id, type, data}``; ``data-changed`` names an integration and the
models that changed, and no record. So what changed shortly before the receipt is asked for
(``updated_after``), and the list's records are worked in. Any other reading of the signature
(hex, base64, padding) is taken too: none of them is weaker.

A webhook about another integration asks for our own, whose credentials the connection has: it
finds what is ours or nothing. Whoever changed much at once is read by the next sync: one delivery
reads a thousand records at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from service.ats.asking import (
    NO_ANSWERS,
    Answers,
    Ask,
    Needs,
    Poller,
    VendorApi,
    WriteBack,
    needed,
)
from service.ats.base import Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.body_signature import SignsTheBody, base64url_signature
from service.ats.kombo_api import KINDS, KomboApi, KomboPoller, following, list_ask, results_of
from service.ats.kombo_notes import KomboNotes
from service.ats.kombo_records import changes_of, jobs_asked, jobs_in
from service.ats.payload import JsonObject, PayloadError
from service.domain.changes import Change, Translation

_HEADER = "X-Kombo-Signature"
_MOST_OF_A_NAME = 60

BEFORE_RECEIPT = timedelta(hours=1)
"""How far before the receipt the change may lie: Kombo collects for 30 seconds and then sends."""

MOST_PAGES = 4
"""Pages of one list that one delivery reads."""

_MODELS = {
    "ats_applications": "/applications",
    "ats_interviews": "/applications",
    "ats_application_stages": "/applications",
    "ats_candidates": "/candidates",
    "ats_jobs": "/jobs",
}
"""Which list tells of a changed model; an application's record holds its interviews."""

_IGNORED = {
    "sync-finished": "a sync of Kombo's own; what it changed is told by data-changed",
    "integration-created": "integrations are followed in Kombo",
    "integration-deleted": "integrations are followed in Kombo",
    "integration-state-changed": "integrations are followed in Kombo; see its dashboard",
}


class Kombo(SignsTheBody):
    """Kombo. Success is 200."""

    name: str = "kombo"
    label: str = "Kombo"
    success_status: int = 200
    guide: Guide = Guide(
        where="Kombo's dashboard: Configuration > Webhooks",
        events=("data-changed",),
        secret="shown by Kombo beside the webhook",  # noqa: S106 - a hint
    )
    api: VendorApi | None = KomboApi()
    poller: Poller | None = KomboPoller()
    write_back: WriteBack | None = KomboNotes()
    signature_header: str = _HEADER

    def identity(self, incoming: Incoming) -> str:
        """The signed ``id``; a hash of the body where there is none."""
        try:
            found = load_object(incoming.body, strict=False).members.get("id")
        except PayloadError:
            found = None
        if isinstance(found, str) and 0 < len(found) <= 200 and found.isprintable():
            return f"id:{found}"
        return body_identity(incoming.body)

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        kind = root.required_text("type")
        if kind != "data-changed":
            unknown = f"Keepword has no use for the type {kind[:_MOST_OF_A_NAME]!r}"
            return Translation(ignored=_IGNORED.get(kind, unknown))
        data = root.required_child("data")
        if (data.text("integration_category") or "ATS") != "ATS":
            return Translation(ignored="it is about no ATS")
        changed = [each.text("name") for each in data.children("changed_models") or ()]
        paths = dict.fromkeys(_MODELS[name] for name in changed if name in _MODELS)
        if not paths:
            return Translation(ignored="none of the models that changed concerns Keepword")
        since = received_at.astimezone(UTC) - BEFORE_RECEIPT
        records: list[tuple[str, JsonObject]] = []
        warnings: list[str] = list(root.warnings)
        asks: list[Ask] = []
        for path in paths:
            asks += _pages(path, since, answers, records, warnings)
        if asks:
            return Needs(tuple(asks))
        return _told(records, received_at, answers, warnings)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """See ``Adapter.translate_found``."""
        if kind not in KINDS.values():
            raise PayloadError("", f"nothing of the kind {kind[:_MOST_OF_A_NAME]!r} is found here")
        root = load_object(record, strict=False)
        asks = jobs_asked([(kind, root)])
        missing = needed(answers, asks)
        if missing is not None:
            return missing
        changes = changes_of(kind, root, received_at, jobs_in(answers, asks))
        ignored = None if changes else f"nothing of this {kind} concerns Keepword"
        return Translation(tuple(changes), ignored, tuple(dict.fromkeys(root.warnings)))

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,  # noqa: ARG002 - the protocol's; Kombo signs no time
        identity: str,  # noqa: ARG002 - the protocol's; the id is in the body
    ) -> dict[str, str]:
        """The headers Kombo sends with a body."""
        return {
            "Content-Type": "application/json",
            _HEADER: base64url_signature(body, secret).rstrip("="),
        }


def _pages(
    path: str,
    since: datetime,
    answers: Answers,
    records: list[tuple[str, JsonObject]],
    warnings: list[str],
) -> list[Ask]:
    """Collect the records of every page that is known; return the page that is asked for next."""
    ask: Ask | None = list_ask(path, since)
    for _ in range(MOST_PAGES):
        if ask is None:
            return []
        answer = answers.to(ask)
        if answer is None:
            return [ask]
        page = answer.object()
        records += [(KINDS[path], each) for each in results_of(page)]
        ask = following(ask, page)
    if ask is not None:
        warnings.append(f"{path}: more changed than one delivery reads; the next sync reads it")
    return []


def _told(
    records: Sequence[tuple[str, JsonObject]],
    received_at: datetime,
    answers: Answers,
    warnings: list[str],
) -> Translation | Needs:
    asks = jobs_asked(records)
    missing = needed(answers, asks)
    if missing is not None:
        return missing
    jobs = jobs_in(answers, asks)
    changes: list[Change] = []
    for kind, record in records:
        try:
            changes += changes_of(kind, record, received_at, jobs)
        except PayloadError as error:
            # One broken record must not keep the others from being told.
            warnings.append(str(error))
        warnings += record.warnings
    ignored = None if changes else "nothing that concerns Keepword changed in the hour before it"
    return Translation(tuple(changes), ignored, tuple(dict.fromkeys(warnings)))
