"""Ashby's API: how it is reached, what is asked of it, and which lists are read for what changed.

Documented (developers.ashbyhq.com): JSON over POST, the key as Basic user name without a
password, ``limit`` up to 100, ``moreDataAvailable`` with ``nextCursor``, ``createdAfter`` in
milliseconds, and errors as ``success: false`` under status 200. From memory: the pace allowed
(1,000 requests a minute; half of it is used here).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from service.ats.asking import Answer, Ask, Field, Found, Listing, Rate, TokenRequest
from service.ats.base import body_identity
from service.ats.json_list import as_record
from service.ats.payload import CLOCK_SKEW, JsonObject, PayloadError
from service.ats.request_parts import base_address

PAGE = 100
"""Ashby's largest page."""

LOOK_BACK = timedelta(days=400)
"""How old an application may be and still be read again for changes.

Ashby's lists cannot be asked for what was *changed* since an instant, only for what was *created*
since (or since a sync token, which a poller that keeps nothing has not got), so each look reads
every application of the last thirteen months.
"""

LISTS: Mapping[str, tuple[str, bool]] = {
    "/application.list": ("application", True),
    "/job.list": ("job", False),
    "/interviewSchedule.list": ("interviewSchedule", True),
}
"""The lists that are read: what they hold, and whether they take ``createdAfter``."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def call(name: str, **parameters: object) -> Ask:
    """One call of an endpoint: everything is a POST of a JSON object."""
    return Ask(f"/{name}", json=json.dumps(parameters, sort_keys=True), method="POST")


def application_info(application_id: str) -> Ask:
    """An application as it stands now."""
    return call("application.info", applicationId=application_id)


def offer_info(offer_id: str) -> Ask:
    """An offer as it stands now."""
    return call("offer.info", offerId=offer_id)


def results(answer: Answer) -> JsonObject | None:
    """The object a call returned; ``None`` where Ashby says that it has none."""
    if answer.gone:
        return None
    return None if error_code(answer) else answer.object().child("results")


def error_code(answer: Answer) -> str | None:
    """Ashby's own word for why a call failed; ``None`` where it succeeded."""
    if not 200 <= answer.status < 300:
        return f"status {answer.status}"
    said = answer.object()
    if said.flag("success") is not False:
        return None
    info = said.child("errorInfo")
    code = info.text("code") if info else None
    code = code or next(iter(said.texts("errors") or ()), None)
    return code if code and _CODE.fullmatch(code) else "an unnamed error"


class AshbyApi:
    """``https://api.ashbyhq.com``; its key reads candidates, interviews, jobs, offers."""

    fields: tuple[Field, ...] = (
        Field(
            "api_key",
            "API key",
            "Admin > Integrations > API Keys > New; permissions: candidates, interviews, jobs and "
            "offers to read, and candidates to write if letters are to be logged in the profile",
            secret=True,
        ),
    )
    rate = Rate(8, timedelta(seconds=1))
    page_headers: tuple[str, ...] = ()

    def base_url(self, settings: Mapping[str, str]) -> str:
        """Ashby has one address for everybody."""
        return base_address(settings, "https://api.ashbyhq.com")

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """Basic, the key as user name, no password."""
        pair = f"{settings.get('api_key', '')}:".encode("utf-8", "surrogatepass")
        return {
            "Accept": "application/json; version=1",
            "Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}",
        }

    def token_request(
        self,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> TokenRequest | None:
        """None: the key itself is sent."""
        return None

    def proof(self) -> Ask:
        """One application: what everything else here needs the permission for, too."""
        return call("application.list", limit=1)


class AshbyPoller:
    """Reads applications, jobs and interview schedules, and keeps what changed since."""

    def first(
        self,
        since: datetime,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's
    ) -> tuple[Ask, ...]:
        """The first page of each list."""
        created_after = int((since - LOOK_BACK).timestamp() * 1000)
        return tuple(
            call(path.removeprefix("/"), limit=PAGE, createdAfter=created_after)
            if by_creation
            else call(path.removeprefix("/"), limit=PAGE)
            for path, (_, by_creation) in LISTS.items()
        )

    def read(self, ask: Ask, answer: Answer, since: datetime) -> Listing:
        """One page: what was changed since, or says not when."""
        if ask.path not in LISTS:
            raise PayloadError("", "nobody asked for this list")
        code = error_code(answer)
        if code is not None:
            raise PayloadError("", f"Ashby answered {ask.path} with {code}")
        page = answer.object()
        kind, _ = LISTS[ask.path]
        records = page.children("results") or ()
        found = tuple(_found(kind, each) for each in records if _is_news(each, since))
        cursor = page.text("nextCursor") if page.flag("moreDataAvailable") else None
        if cursor is None:
            return Listing(found)
        asked = json.loads(ask.json or "{}")
        if asked.get("cursor") == cursor:
            raise PayloadError("/nextCursor", "leads to the page it stands on")
        return Listing(found, call(ask.path.removeprefix("/"), **{**asked, "cursor": cursor}))


def _is_news(record: JsonObject, since: datetime) -> bool:
    changed_at = record.instant("updatedAt")
    return changed_at is None or changed_at >= since - CLOCK_SKEW


def _found(kind: str, record: JsonObject) -> Found:
    body = as_record(record)
    changed_at = record.instant("updatedAt")
    moment = changed_at.isoformat() if changed_at else "undated"
    id_ = record.id("id") or "unnamed"
    return Found(kind, body_identity(body, f"{kind}/{id_}/{moment}"), body)
