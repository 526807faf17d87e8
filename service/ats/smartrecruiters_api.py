"""How SmartRecruiters' Customer API is reached: a key in ``X-SmartToken``.

No other host than the configured one is ever asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from service.ats.asking import Ask, Field, KeyedApi, Rate
from service.ats.request_parts import base_address, header_value

_HOST = "https://api.smartrecruiters.com"


class SmartRecruitersApi(KeyedApi):
    """The Customer API.

    Its limits are ten requests a second and, for the list of candidates, one at a time (the
    documentation, "Rate Limiting"); eight a second leaves room for the employer's other tools.
    """

    fields: tuple[Field, ...] = (
        Field(
            "api_key",
            "API key",
            "Settings > Apps & Integrations > Credentials > New Credential > API Key, with a role "
            "that may read candidates, jobs, users and interviews, and write messages if letters "
            "are to be noted",
            secret=True,
        ),
    )
    rate: Rate = Rate(8, timedelta(seconds=1))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """One host for all regions; ``api_url`` replaces it."""
        return base_address(settings, _HOST)

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """The key."""
        return {
            "X-SmartToken": header_value(settings.get("api_key", "")),
            "Accept": "application/json",
        }

    def proof(self) -> Ask:
        """One candidate of the list: what is asked most, and needs the key's permission."""
        return Ask("/candidates", (("limit", "1"),))
