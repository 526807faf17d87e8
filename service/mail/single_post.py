"""Posts to the mail provider exactly once and says whether the body may have left this machine.

The mechanics are :mod:`service.single_request`'s; here is what is the provider's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.clock import Clock
from service.single_request import (
    IDLE_LIMIT_SECONDS,
    HttpAnswer,
    PerhapsSentError,
    ServerClient,
    SurelyNotSentError,
    Timeouts,
)

__all__ = [
    "IDLE_LIMIT_SECONDS",
    "MAX_ANSWER_BYTES",
    "HttpAnswer",
    "PerhapsSentError",
    "PostClient",
    "SurelyNotSentError",
    "Timeouts",
]

MAX_ANSWER_BYTES = 524_288
"""How much of an answer is read: enough for a fault in each of 1,000 recipients."""


class PostClient(ServerClient):
    """A pool of connections to the mail provider, safe to share between threads.

    ``base_url`` is ``http[s]://host[:port][/prefix]``; raises ``ValueError`` for anything else.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        timeouts: Timeouts | None = None,
        connections: int = 4,
    ) -> None:
        super().__init__(
            base_url,
            called="the mail provider",
            clock=clock,
            max_answer_bytes=MAX_ANSWER_BYTES,
            timeouts=timeouts,
            connections=connections,
        )

    def post(self, path: str, payload: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Post once; raise ``SurelyNotSentError`` or ``PerhapsSentError`` without an answer."""
        return self.request("POST", path, payload, headers)

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        """Ask once; raise ``SurelyNotSentError`` or ``PerhapsSentError`` without an answer."""
        return self.request("GET", path, b"", headers)
