"""How Greenhouse's Harvest API v3 is reached; v1 and v2 were switched off on 31 August 2026.

Documented (harvestdocs.greenhouse.io, "Authentication", "Pagination", "Rate limiting"): OAuth
client credentials at ``https://auth.greenhouse.io/token`` with HTTP Basic and a form of
``grant_type`` and ``sub``, the user in whose name is asked; Bearer tokens; pages by the ``Link``
header, whose cursor stands alone; a rate over 30 seconds, told by ``X-RateLimit-Limit``. From
other implementers: that limit is 50, and lists want a Site Admin as ``sub``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta

from service.ats.asking import Ask, Field, Rate, TokenRequest
from service.ats.request_parts import base_address, header_value

_BASE = "https://harvest.greenhouse.io/v3"
_TOKEN = "https://auth.greenhouse.io/token"  # noqa: S105 - an address


class GreenhouseApi:
    """Harvest v3 with client credentials: for the employer's own account, which this is."""

    fields: tuple[Field, ...] = (
        Field(
            "client_id",
            "Client ID",
            "Configure > Dev Center > API Credentials > Create new API credentials > Harvest V3 "
            "(OAuth)",
        ),
        Field("client_secret", "Client secret", "shown once, when the credentials are made", True),
        Field(
            "user_id",
            "User ID",
            "the number in the address of a Site Admin's page in Greenhouse; without it the "
            "credentials' own service user asks, and sees what that user may see",
            required=False,
        ),
    )
    rate: Rate = Rate(45, timedelta(seconds=30))
    page_headers: tuple[str, ...] = ("link",)

    def base_url(self, settings: Mapping[str, str]) -> str:
        """Greenhouse has one address for everybody."""
        return base_address(settings, _BASE)

    def headers(
        self,
        settings: Mapping[str, str],  # noqa: ARG002 - the protocol's; the token says it all
        token: str | None,
    ) -> dict[str, str]:
        """A Bearer token."""
        return {
            "Accept": "application/json",
            "Authorization": f"Bearer {header_value(token or '')}",
        }

    def token_request(self, settings: Mapping[str, str]) -> TokenRequest | None:
        """Client credentials. Where ``api_url`` replaces the address, it has the token too."""
        pair = f"{settings.get('client_id', '')}:{settings.get('client_secret', '')}"
        basic = base64.b64encode(pair.encode("utf-8", "surrogatepass")).decode("ascii")
        form = [("grant_type", "client_credentials")]
        user_id = header_value(settings.get("user_id", ""))
        if user_id:
            form.append(("sub", user_id))
        own = base_address(settings, "")
        return TokenRequest(
            f"{own}/token" if own else _TOKEN, tuple(form), (("Authorization", f"Basic {basic}"),)
        )

    def proof(self) -> Ask:
        """One application: what the poller needs most."""
        return Ask("/applications", (("per_page", "1"),))
