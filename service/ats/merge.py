"""The adapter for Merge's unified ATS feed.

Documented (docs.merge.dev, "Merge webhooks sent to you"): ``X-Merge-Webhook-Signature`` is the
HMAC-SHA256 of the raw body in base64url, by a key of the whole Merge organization; the body is
``{hook: {event}, linked_account, data}``; events are ``<Model>.added|changed|removed`` (changed
alone in the older pages), and ``data`` is the model. Merge's help says that the hook's id repeats
and the signature tells deliveries apart: so does the body it is made of.

One key signs for every linked account, so a body proves nothing about whose it is. It is taken as
a hint: the model is asked for by its id with this connection's account token, and what that
account does not know, another tenant's, is not found and changes nothing. That also settles
the order: what is worked in is the present state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack, needed
from service.ats.base import Guide
from service.ats.body import load_object
from service.ats.body_signature import SignsTheBody, base64url_signature
from service.ats.merge_activities import MergeActivities
from service.ats.merge_api import KINDS, MergeApi, MergePoller, record_ask
from service.ats.merge_records import around_asked, changes_of
from service.ats.payload import JsonObject, PayloadError
from service.domain.changes import Translation

_HEADER = "X-Merge-Webhook-Signature"
_MOST_OF_A_NAME = 60
_EVENT = re.compile(r"([A-Za-z]+)\.(added|changed|removed|deleted|created|updated)")

_LISTS = {
    "Application": "/applications",
    "Candidate": "/candidates",
    "Job": "/jobs",
    "ScheduledInterview": "/interviews",
    "Offer": "/offers",
}


class Merge(SignsTheBody):
    """Merge. No success code is documented; 200 is one anywhere.

    A body tells deliveries apart: it holds the event, the model's id and ``modified_at``.
    """

    name: str = "merge"
    label: str = "Merge"
    success_status: int = 200
    guide: Guide = Guide(
        where="Merge's dashboard: Advanced > Webhooks > + Webhook",
        events=tuple(f"{model}: changed data and deleted data" for model in _LISTS),
        secret="shown by Merge on the same page, under Security",  # noqa: S106 - a hint
    )
    api: VendorApi | None = MergeApi()
    poller: Poller | None = MergePoller()
    write_back: WriteBack | None = MergeActivities()
    signature_header: str = _HEADER

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        event = root.required_child("hook").required_text("event")
        found = _EVENT.fullmatch(event)
        path = _LISTS.get(found[1]) if found else None
        if path is None:
            return Translation(
                ignored=f"Keepword has no use for the event {event[:_MOST_OF_A_NAME]!r}"
            )
        ask = record_ask(path, root.required_child("data").required_id("id"))
        missing = needed(answers, [ask])
        if missing is not None:
            return missing
        answer = answers.to(ask)
        if answer is None or answer.gone:
            return Translation(
                ignored="this linked account knows no such record: it is another's, or gone"
            )
        record = answer.object()
        record.warnings.extend(root.warnings)
        return _told(KINDS[path], record, received_at, answers)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """See ``Adapter.translate_found``."""
        if kind not in KINDS.values():
            raise PayloadError("", f"nothing of the kind {kind[:_MOST_OF_A_NAME]!r} is found here")
        return _told(kind, load_object(record, strict=False), received_at, answers)

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,  # noqa: ARG002 - the protocol's; Merge signs no time
        identity: str,  # noqa: ARG002 - the protocol's; Merge sends no id of a delivery
    ) -> dict[str, str]:
        """The headers Merge sends with a body."""
        return {"Content-Type": "application/json", _HEADER: base64url_signature(body, secret)}


def _told(
    kind: str, record: JsonObject, received_at: datetime, answers: Answers
) -> Translation | Needs:
    ask = around_asked(kind, record)
    if ask is not None and answers.to(ask) is None:
        return Needs((ask,))
    answer = answers.to(ask) if ask is not None else None
    around = answer.object() if answer is not None and not answer.gone else None
    changes = changes_of(kind, record, received_at, around)
    ignored = None if changes else f"nothing of this {kind} concerns Keepword"
    return Translation(tuple(changes), ignored, tuple(dict.fromkeys(record.warnings)))
