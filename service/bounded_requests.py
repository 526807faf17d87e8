"""Reads the body of a request whole or not at all, also where nobody said how long it is.

Of a body that comes in chunks Werkzeug reads as much as is allowed and leaves the rest: what was
cut short is refused as too large, and never judged as if it were what was sent.
"""

from __future__ import annotations

from typing import IO, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream


class _BoundedStream(LimitedStream):
    def on_exhausted(self) -> None:
        """Refuse what goes on behind the bound; a body that ends at it is whole."""
        if self._stream.read(1):
            raise RequestEntityTooLarge

    def readall(self) -> bytes:
        """Return the whole body; ``RequestEntityTooLarge`` beyond the bound."""
        body = super().readall()
        if self.is_exhausted:
            self.on_exhausted()
        return body


class BoundedRequest(Request):
    """A request whose body ends where its sender ended it."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body, which a shell reads once."""
        most = self.max_content_length
        in_chunks = self.content_length is None and "wsgi.input_terminated" in self.environ
        if most is None or not in_chunks:
            return super().stream
        return cast("IO[bytes]", _BoundedStream(self.environ["wsgi.input"], most, is_max=True))
