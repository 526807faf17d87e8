"""Sends the pages and their files compressed to who takes that: a phone's line is slow.

What is compressed says as much about a page as the page. Somebody who watches the line and makes
the browser ask with guesses of theirs could read a secret off the lengths (BREACH,
https://breachattack.com): each page is lengthened by a random part that is no part of the text.
Files hold no secret; they are compressed once, and keep a name (ETag) of their own.
"""

from __future__ import annotations

import gzip
import io
import secrets
import string
from functools import lru_cache
from typing import Final

from flask import Response, request

WORTH: Final = 500
"""Bytes below which a network packet is not filled anyway."""

PADDING: Final = 100
"""Random bytes at most, in the field of gzip for a file's name: nobody reads it."""

_KINDS: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
_FILES: Final = 64


def compress(response: Response) -> Response:
    """Compress an answer where that is worth it and the browser takes it."""
    if response.mimetype not in _KINDS or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 304 or request.accept_encodings.quality("gzip") <= 0:
        return response
    if request.endpoint == "pages.static":
        return _file(response)
    data = response.get_data()
    # A guess at a secret must come back with the secret: such a page is always compressed anew.
    return _with(response, packed(data, _padding())) if len(data) >= WORTH else response


def packed(data: bytes, name: str = "", level: int = 6) -> bytes:
    """Return data as gzip writes it, with a name in its heading; always the same for the same."""
    buffer = io.BytesIO()
    with gzip.GzipFile(name, "wb", level, buffer, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()


def _file(response: Response) -> Response:
    """Return a file compressed, or nothing but its name where the browser has it already."""
    etag, weak = response.get_etag()
    if response.status_code != 200 or etag is None:
        return response
    response.direct_passthrough = False
    file = response.response
    data = b"".join(response.iter_encoded())
    if hasattr(file, "close"):
        file.close()
    _with(response, _packed_file(data))
    # Another name: what was kept uncompressed under the first one is no answer to this.
    response.set_etag(f"{etag}-gzip", weak=bool(weak))
    response.make_conditional(request)
    return response


@lru_cache(maxsize=_FILES)
def _packed_file(data: bytes) -> bytes:
    return packed(data, level=9)


def _with(response: Response, data: bytes) -> Response:
    response.set_data(data)
    response.headers["Content-Encoding"] = "gzip"
    return response


def _padding() -> str:
    letters = string.ascii_letters
    return "".join(secrets.choice(letters) for _ in range(secrets.randbelow(PADDING) + 1))
