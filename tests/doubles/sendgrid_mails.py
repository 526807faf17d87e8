"""Splits an accepted Mail Send request into what each of its recipients gets.

Tags are replaced wherever SendGrid's documents allow it and a few places more, in every order and
up to four times over, so that a value which could name a tag would show.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.doubles.sendgrid_events import AcceptedMail

NESTED = 4
"""How often a value that holds a tag is filled again, by the documents of substitution tags."""

GROUP_UNSUBSCRIBE = "<%asm_group_unsubscribe_raw_url%>"
UNSUBSCRIBE_LINK = "https://unsubscribe.example.net/"


def accepted_mails(request_id: str, body: Mapping[str, Any], at: datetime) -> list[AcceptedMail]:
    """Return one mail per personalization, in their order."""
    return [
        _mail(request_id, index, one, body, at)
        for index, one in enumerate(body["personalizations"])
    ]


def _mail(
    request_id: str, index: int, one: Mapping[str, Any], body: Mapping[str, Any], at: datetime
) -> AcceptedMail:
    substitutions = one.get("substitutions", {})

    def filled(text: str) -> str:
        for turn in range(NESTED):
            tags = list(substitutions)
            before = text
            for tag in tags if turn % 2 == 0 else reversed(tags):
                text = text.replace(tag, substitutions[tag])
            if text == before:
                break
        return text.replace(GROUP_UNSUBSCRIBE, UNSUBSCRIBE_LINK)

    def filled_all(values: Mapping[str, str]) -> dict[str, str]:
        return {name: filled(value) for name, value in values.items()}

    content = {part["type"]: part["value"] for part in body.get("content", [])}
    reply = body.get("reply_to", {})
    return AcceptedMail(
        request_id=request_id,
        index=index,
        to_address=one["to"][0]["email"],
        to_name=filled(one["to"][0].get("name", "")),
        from_address=body["from"]["email"],
        from_name=filled(body["from"].get("name", "")),
        reply_to_address=filled(reply["email"]) if reply else None,
        reply_to_name=filled(reply.get("name", "")),
        subject=filled(one.get("subject") or body.get("subject", "")),
        text=filled(content.get("text/plain", "")),
        html=filled(content.get("text/html", "")),
        headers=filled_all({**body.get("headers", {}), **one.get("headers", {})}),
        custom_args=filled_all({**body.get("custom_args", {}), **one.get("custom_args", {})}),
        accepted_at=at,
        body=body,
    )
