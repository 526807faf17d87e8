"""Ashby's API: how it is reached, and what is asked of it.

Documented (developers.ashbyhq.com): JSON over POST, the key as Basic user name without a
password, and errors as ``success: false`` under status 200. From memory: the pace allowed (1,000
requests a minute; half of it is used here).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta

from service.ats.asking import Answer, Ask, Field, KeyedApi, Rate
from service.ats.payload import JsonObject
from service.ats.request_parts import base_address, basic

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def call(name: str, parameters: Mapping[str, object], *, optional: bool = False) -> Ask:
    """One call of an endpoint: everything is a POST of a JSON object."""
    body = json.dumps(dict(parameters), sort_keys=True)
    return Ask(f"/{name}", json=body, method="POST", optional=optional)


def application_info(application_id: str) -> Ask:
    """An application as it stands now."""
    return call("application.info", {"applicationId": application_id})


def offer_info(offer_id: str) -> Ask:
    """An offer as it stands now."""
    return call("offer.info", {"offerId": offer_id}, optional=True)


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


class AshbyApi(KeyedApi):
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

    def base_url(self, settings: Mapping[str, str]) -> str:
        """Ashby has one address for everybody."""
        return base_address(settings, "https://api.ashbyhq.com")

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """Basic, the key as user name, no password."""
        return {
            "Accept": "application/json; version=1",
            "Authorization": basic(settings.get("api_key", "")),
        }

    def proof(self) -> Ask:
        """One application: what everything else here needs the permission for, too."""
        return call("application.list", {"limit": 1})
