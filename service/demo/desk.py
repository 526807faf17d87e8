"""The demo's hands: every webhook and every recruiter's act goes over HTTP to the running service.

An answer nobody expected is kept in ``surprises``; it fails the demo at its end.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3

from service.ats.registry import adapter_named
from service.clock import Clock
from service.demo.company import GREENHOUSE, SECRETS, Colleague

_VENDORS = {name: ("greenhouse" if name == GREENHOUSE else "generic") for name in SECRETS}


@dataclass
class Desk:
    """One keep-alive connection to the service, and the keys of those who use it."""

    base_url: str
    clock: Clock
    keys: Mapping[str, str]
    promises: dict[str, str] = field(default_factory=dict)
    """The ids of promises, by what the story calls them."""
    surprises: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=set)
    """The steps that a delivery has given work to since they last ran."""

    def __post_init__(self) -> None:
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=30)
        self._numbers = 0
        self._applications: dict[str, str] = {}

    def deliver(
        self,
        connection: str,
        body: bytes,
        *,
        identity: str | None = None,
        forged: bool = False,
        expect: int = 200,
    ) -> None:
        """Post one webhook, signed as its vendor signs."""
        self._numbers += 1
        secret = "whsec_Zm9yZ2VkIGZvcmdlZCBmb3JnZWQgZm9yZ2Vk" if forged else SECRETS[connection]
        headers = adapter_named(_VENDORS[connection]).sign(
            body, secret, self.clock.now(), identity or f"demo-{self._numbers}"
        )
        self._send("POST", f"/hooks/ats/{connection}", body, headers, (expect,))
        self.unread.add("ingest")

    def tell_events(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a signed batch of mail events."""
        self._send("POST", "/hooks/sendgrid/events", body, headers, (200,))
        self.unread.add("mail-events")

    def post(
        self,
        by: Colleague,
        path: str,
        document: Mapping[str, Any],
        *,
        expect: tuple[int, ...] = (200, 201),
    ) -> dict[str, Any]:
        """Post to the API in a colleague's name; return the answer, ``{}`` if it was refused."""
        self._numbers += 1
        headers = {
            "Authorization": f"Bearer {self.keys[by.name]}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"demo-{self._numbers}",
        }
        body = json.dumps(document).encode()
        return self._send("POST", f"/api/v1{path}", body, headers, expect)

    def get(self, by: Colleague, path: str) -> dict[str, Any]:
        """Read from the API in a colleague's name."""
        headers = {"Authorization": f"Bearer {self.keys[by.name]}"}
        return self._send("GET", f"/api/v1{path}", None, headers, (200,))

    def change(self, by: Colleague, path: str, document: Mapping[str, Any], version: int) -> None:
        """Change what was read in this version, in a colleague's name."""
        headers = {
            "Authorization": f"Bearer {self.keys[by.name]}",
            "Content-Type": "application/json",
            "If-Match": f'"{version}"',
        }
        self._send("PATCH", f"/api/v1{path}", json.dumps(document).encode(), headers, (200,))

    def application_id(self, by: Colleague, external_id: int) -> str:
        """Return Keepword's id of an application the ATS names so, looking through the newest."""
        wanted, path = str(external_id), "/applications?limit=100"
        cursor = ""
        while wanted not in self._applications:
            page = self.get(by, path + cursor)
            for each in page.get("items", []):
                self._applications[each["external_id"]] = each["id"]
            if not page.get("next"):
                break
            cursor = f"&cursor={page['next']}"
        return self._applications.get(wanted, "app_unknown")

    def close(self) -> None:
        """Hang up."""
        self._http.clear()

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        expect: tuple[int, ...],
    ) -> dict[str, Any]:
        answer = self._http.request(method, self.base_url + path, body=body, headers=dict(headers))
        self.answers[f"{method} {answer.status}"] += 1
        text = answer.data
        if answer.status not in expect:
            # The path holds opaque ids, and the problem's text holds no candidate's data.
            what = text[:300].decode(errors="replace")
            self.surprises.append(f"{method} {path} answered {answer.status}: {what}")
            return {}
        if answer.status >= 400:
            return {}
        found = json.loads(text) if text else {}
        return found if isinstance(found, dict) else {}
