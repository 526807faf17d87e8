"""Keeps forms our own: what a page of ours offered to this visitor today, and nothing else.

A browser sends a key it was once given along with any site's form, and at this machine none may
be needed at all. So every form carries a token that only our pages know, bound to the session or
key of who reads them, and what the browser says came from another site is refused besides.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Request

from service.config import Config

FIELD = "token"
"""The form field that carries the token."""


class Forms:
    """Makes and checks the tokens of forms and the seals of what a page is to say."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"keepword page forms" + secret_key.encode()).digest()

    def token(self, who: str, now: datetime) -> str:
        """Return the token of today's forms for this visitor."""
        return self._mac("form", who, now.date().isoformat())

    def accepts(self, token: str, who: str, now: datetime) -> bool:
        """Tell whether a form was offered to this visitor today or yesterday."""
        days = (now, now - timedelta(days=1))
        return any(hmac.compare_digest(_bytes(token), _bytes(self.token(who, d))) for d in days)

    def seal(self, who: str, style: str, said: str, now: datetime) -> str:
        """Return what proves that we said this to this visitor today: nobody else puts words into
        our page, not even those that we said to somebody else.
        """
        return self._mac("said", who, style, said, now.date().isoformat())

    def said(self, who: str, style: str, said: str, seal: str, now: datetime) -> bool:
        """Tell whether we said this to this visitor today."""
        return hmac.compare_digest(_bytes(seal), _bytes(self.seal(who, style, said, now)))

    def derived(self, purpose: str, *parts: str) -> str:
        """Return 64 letters and digits that only we can tell, of these parts for this purpose."""
        return self._mac("derived", purpose, *parts)

    def _mac(self, *parts: str) -> str:
        # The length of each part is signed too: no two lists of parts read alike.
        message = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._key, _bytes(message), hashlib.sha256).hexdigest()


def comes_from_elsewhere(request: Request, config: Config) -> bool:
    """Tell whether the browser says that another site sent this form.

    A browser too old to say either header leaves it to the token.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    try:
        sender = urlsplit(origin)
    except ValueError:
        return True
    own = (request.host, urlsplit(config.base_url).netloc)
    return sender.scheme not in ("http", "https") or sender.netloc not in own


def _bytes(text: str) -> bytes:
    # compare_digest refuses text that is not ASCII; as bytes it is merely unequal.
    return text.encode("utf-8", "surrogatepass")
