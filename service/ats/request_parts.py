"""Makes the parts of a request to a vendor's API out of texts that others wrote.

Whatever a webhook, an answer or a setting holds, a request stays on the API's own host, below
its own base address, and a header stays one header.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from service.ats.asking import Ask
from service.ats.payload import PayloadError

_HOST_LABEL = re.compile(r"[^A-Za-z0-9-]")


def path(*segments: str) -> str:
    """``/a/b/c`` with each segment quoted. ``PayloadError`` where one would lead elsewhere."""
    if any(segment in {"", ".", ".."} for segment in segments):
        raise PayloadError("", "an id that is empty or made of dots can stand in no address")
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


def header_value(text: str) -> str:
    """``text`` without what no header can carry: anything but visible ASCII and inner blanks."""
    return "".join(c for c in text if " " <= c <= "~").strip()


def basic(user: str, password: str = "") -> str:
    """The value of ``Authorization`` for HTTP Basic; most vendors want their key as the user."""
    pair = f"{user}:{password}".encode("utf-8", "surrogatepass")
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def storable(text: str) -> str:
    """``text`` without NUL characters and halves of surrogate pairs, which no vendor stores."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def host_label(text: str) -> str:
    """``text`` as one label of a host name: a subdomain, whatever else was pasted with it."""
    return _HOST_LABEL.sub("", text.strip().split(".")[0])


def base_address(settings: Mapping[str, str], default: str) -> str:
    """The address that replaces the vendor's (``api_url``), if one is set, else ``default``."""
    return header_value(settings.get("api_url", "")).replace(" ", "").rstrip("/") or default


def next_page(url: str, prefix: str) -> Ask:
    """The page a vendor's link names, asked on our base address whatever host the link has.

    ``prefix`` is the path of the vendor's base address, which links contain and asks do not.
    ``PayloadError`` where the link leads to no path, or out of where it may.
    """
    try:
        parts = urlsplit(url)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise PayloadError("", "the link to the next page is no address") from None
    where = parts.path.removeprefix(prefix)
    segments = where.split("/")[1:]
    if not where.startswith("/") or any(unquote(each) in {"", ".", ".."} for each in segments):
        raise PayloadError("", "the link to the next page leads nowhere")
    if not where.isascii() or not where.isprintable() or set(where) & set(" \\"):
        raise PayloadError("", "the link to the next page is no address")
    return Ask(where, query)
