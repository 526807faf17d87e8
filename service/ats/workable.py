"""The adapter for Workable's webhook subscriptions.

Documented: HMAC-SHA256 of the payload in ``X-Workable-Signature``, keyed with the account's token
(or an OAuth application's secret); success is 200; the payload is a candidate as they stand when
it is *sent*, not when the event fired, so it is read as a present state under the candidate's own
``updated_at``. Not documented, and so handled with care: the signature's encoding (hex and base64
are accepted), any id of a delivery (a hash of the body is taken), whether ``updated_at`` is in
the payload (else the candidate is fetched), and that disqualifying, requalifying and hiring come
as ``candidate_moved`` (whatever came, the state in it is read).

Seen in public code, not in the documentation: the envelope's ``event_type`` and ``fired_at``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from service import signing
from service.ats.asking import NO_ANSWERS, Answers, Needs, Poller, VendorApi, WriteBack
from service.ats.base import Guide
from service.ats.body import load_object
from service.ats.body_signature import SignsTheBody
from service.ats.meaning import once
from service.ats.payload import PayloadError
from service.ats.workable_api import WorkableApi, WorkableComments, WorkablePoller
from service.ats.workable_states import job_found, present_state
from service.domain.changes import CandidateErased, Translation

_HEADER = "X-Workable-Signature"
_MOST_OF_A_NAME = 60


class Workable(SignsTheBody):
    """Workable. Success is 200; anything else makes it "replay the request".

    It signs in hex or in base64, and sends no id: a retry whose body shows a newer state is news,
    and the same body is not.
    """

    name: str = "workable"
    label: str = "Workable"
    success_status: int = 200
    guide: Guide = Guide(
        where="Workable has no page for it: subscribe by its API, one subscription for each event",
        events=("candidate_created", "candidate_moved", "candidate_deleted"),
        secret="the API access token that made the subscriptions",  # noqa: S106 - a hint
    )
    api: VendorApi | None = WorkableApi()
    poller: Poller | None = WorkablePoller()
    write_back: WriteBack | None = WorkableComments()
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
        event = root.required_text("event_type")
        if event == "candidate_deleted":
            candidate_id = root.required_child("data").required_id("id")
            at = root.instant("fired_at", past_of=received_at)
            # At Workable a candidate is one person in one job: both are gone.
            return Translation(
                (CandidateErased(candidate_id, at, (candidate_id,)),), warnings=once(root.warnings)
            )
        if event not in {"candidate_created", "candidate_moved"}:
            return Translation(
                ignored=f"Keepword has no use for the event {event[:_MOST_OF_A_NAME]!r}"
            )
        data = root.required_child("data")
        return present_state(data, received_at, answers, created=event == "candidate_created")

    def translate_found(
        self, kind: str, record: bytes, received_at: datetime, answers: Answers = NO_ANSWERS
    ) -> Translation | Needs:
        """A ``candidate`` as the list of candidates gives them, or a ``job``."""
        found = load_object(record, strict=False)
        if kind == "candidate":
            return present_state(found, received_at, answers)
        if kind == "job":
            return job_found(found)
        raise PayloadError("", f"nothing of the kind {kind[:_MOST_OF_A_NAME]!r} is ever found here")

    def sign(
        self,
        body: bytes,
        secret: str,
        at: datetime,  # noqa: ARG002 - the protocol's; Workable signs no time
        identity: str,  # noqa: ARG002 - the protocol's; Workable sends no id
    ) -> dict[str, str]:
        """The headers Workable sends with a body."""
        return {
            "Content-Type": "application/json",
            _HEADER: signing.hex_signature(body, secret),
        }
