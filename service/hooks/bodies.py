"""Reads a webhook's raw body, up to a bound that is far above what any vendor sends."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The largest delivery taken in. A 10 MB one is odd but kept where it is authentic."""


class BodyTooLargeError(ValueError):
    """The body exceeds the bound."""


def read_body(request: Request) -> bytes:
    """Return the bytes exactly as they came; ``BodyTooLargeError`` beyond the bound."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        return request.get_data(cache=False, parse_form_data=False)
    except RequestEntityTooLarge as error:
        raise BodyTooLargeError(
            f"the body is larger than {MAX_BODY_BYTES // 1024 // 1024} MB"
        ) from error
