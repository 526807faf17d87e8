"""The adapter for Ashby's webhooks and API.

Signed: HMAC-SHA256 of the raw body in ``Ashby-Signature: sha256=<hex>``. The secret is optional
at Ashby; without one nothing is taken in here. There is no timestamp, so a replay is stopped by
the delivery's identity and, behind it, by the payload's own times. Ashby never repeats a delivery
that was answered 401, so a secret is replaced by having both live for a while.

Documented: the signature, the actions, the objects (OpenAPI), and that related events share one
``webhookActionId``. Not documented, and so handled with care: whether one bulk action tells of
many applications under one id and one action (see ``identity``), and whether a merge is followed
by a ``candidateDelete`` of the record that went.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from service import signing
from service.ats.ashby_actions import FOUND, HANDLERS
from service.ats.ashby_api import AshbyApi
from service.ats.ashby_poller import AshbyPoller
from service.ats.ashby_states import Reading
from service.ats.ashby_write_back import AshbyWriteBack
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import Guide, Incoming, body_identity
from service.ats.body import load_object
from service.ats.body_signature import SignsTheBody
from service.ats.meaning import meaning
from service.ats.payload import PayloadError
from service.domain.changes import Translation

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_OF_A_NAME = 60

_IGNORED = {
    "ping": "a ping: Ashby reaches Keepword and signs as agreed",
    "jobPostingUpdate": "job posts are not followed, jobs are",
    "jobPostingPublish": "job posts are not followed, jobs are",
    "jobPostingUnpublish": "job posts are not followed, jobs are",
    "openingCreate": "openings are not followed, jobs are",
    "interviewPlanTransition": "stages are followed through the applications in them",
    "surveySubmit": "surveys are not followed",
}


class Ashby(SignsTheBody):
    """Ashby. Any 2xx is success."""

    name: str = "ashby"
    label: str = "Ashby"
    success_status: int = 200
    guide: Guide = Guide(
        where="Admin > Integrations > Webhooks > New, one for each event, all to the same address",
        events=tuple(sorted(HANDLERS)),
        secret="made up here; enter the same one at Ashby as “Secret Token” of each",  # noqa: S106 - a hint
    )
    api: VendorApi | None = AshbyApi()
    poller: Poller | None = AshbyPoller()
    write_back: WriteBack | None = AshbyWriteBack()
    signature_header: str = "Ashby-Signature"
    before_hex: str | None = "sha256="

    def identity(self, incoming: Incoming) -> str:
        """``webhookActionId``, the action, and a hash of the body.

        One hire is three actions under one id, and all three must be kept; and should one bulk
        action tell of many applications under one id and one action, only the body tells them
        apart. A repeated delivery has the same body; one that was written anew says again what is
        already so.
        """
        try:
            root = load_object(incoming.body, strict=False)
            parts = (root.text("webhookActionId") or "", root.text("action") or "")
        except PayloadError:
            return body_identity(incoming.body)
        plain = [part for part in parts if _PLAIN.fullmatch(part)]
        return "/".join([*plain, body_identity(incoming.body)])

    def translate(
        self,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - the protocol's; the body says it all
        received_at: datetime,
        answers: Answers = NO_ANSWERS,
    ) -> Translation | Needs:
        """See ``Adapter.translate``."""
        root = load_object(body, strict=False)
        action = root.required_text("action")
        handler = HANDLERS.get(action)
        if handler is None:
            unknown = f"Keepword has no use for the action {action[:_MOST_OF_A_NAME]!r}"
            return Translation(ignored=_IGNORED.get(action, unknown))
        data = root.required_child("data")
        return meaning(lambda: handler(data, Reading(received_at, answers)), data)

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """See ``Adapter.translate_found``."""
        handler = FOUND.get(kind)
        if handler is None:
            return super().translate_found(kind, record, received_at, answers)
        root = load_object(record, strict=False)
        return meaning(lambda: handler(root, Reading(received_at, answers)), root)

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,  # noqa: ARG002 - the protocol's; Ashby signs no time
        identity: str,  # noqa: ARG002 - the protocol's; it is in the body
    ) -> dict[str, str]:
        """The headers Ashby sends with a body."""
        return {
            "Content-Type": "application/json",
            "Ashby-Signature": f"sha256={signing.hex_signature(body, secret)}",
        }
