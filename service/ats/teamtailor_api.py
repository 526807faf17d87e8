"""How Teamtailor's API (JSON:API) is reached: an Admin key, and the version it is asked in.

The version is pinned: a newer one changes nothing here until somebody has read what it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from service.ats.asking import Ask, Field, KeyedApi, Rate
from service.ats.request_parts import base_address, header_value

VERSION = "20210218"

_HOSTS = {
    "eu": "https://api.teamtailor.com",
    "na": "https://api.na.teamtailor.com",
}


class TeamtailorApi(KeyedApi):
    """The public API; 50 requests in ten seconds (the documentation, "Rate limit")."""

    fields: tuple[Field, ...] = (
        Field(
            "api_key",
            "API key",
            "Settings > Integrations > API keys: scope Admin, Read (Read/Write to write notes)",
            secret=True,
        ),
        Field(
            "region",
            "Region",
            "where Teamtailor keeps your data: eu or na (eu unless given)",
            required=False,
        ),
    )
    rate: Rate = Rate(50, timedelta(seconds=10))

    def base_url(self, settings: Mapping[str, str]) -> str:
        """The region's host; ``api_url`` replaces it."""
        region = settings.get("region", "").strip().casefold()
        return base_address(settings, _HOSTS.get(region, _HOSTS["eu"]))

    def headers(
        self,
        settings: Mapping[str, str],
        token: str | None,  # noqa: ARG002 - the protocol's; the key itself is sent
    ) -> dict[str, str]:
        """The key, the version, and JSON:API's own content type."""
        return {
            "Authorization": f"Token token={header_value(settings.get('api_key', ''))}",
            "X-Api-Version": VERSION,
            "Accept": "application/vnd.api+json",
            "Content-Type": "application/vnd.api+json",
        }

    def proof(self) -> Ask:
        """One job application: a key without the scope Admin may not read it."""
        return Ask("/v1/job-applications", (("page[size]", "1"),))
