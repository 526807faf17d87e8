"""Reads single values of the environment and keeps a fault, with its remedy, for each bad one.

A fault names the variable and never repeats a secret. Each secret may come from a file named by
``NAME_FILE`` instead of the variable itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from unicodedata import category
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Environment:
    """The variables, and in ``faults`` what is wrong with those that were read so far."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        """Return a value without the blanks around it, or the default where there is none."""
        return self._variables.get(name, "").strip() or default

    def line(self, name: str, default: str) -> str:
        """Return what goes into a line of a letter or a page."""
        value = self.text(name, default)
        if any(category(letter) in _BREAKING for letter in value):
            self.faults.append(f"{name} holds a line break or control character: leave it out")
        return value

    def secret(self, name: str) -> str:
        """Return a secret, from the variable itself or from the file it names; "" for none."""
        path = self._variables.get(f"{name}_FILE", "").strip()
        if not path:
            return self._variables.get(name, "").strip()
        if self._variables.get(name, "").strip():
            self.faults.append(f"{name} and {name}_FILE are both set: keep one")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.faults.append(f"{name}_FILE cannot be read: {reason}")
            return ""

    def count(self, name: str, default: int = 0) -> int:
        """Return a whole number; 0 stands for no limit."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()):
            self.faults.append(f"{name} is {value!r}: write a whole number, 0 for no limit")
            return 0
        return int(value)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the words that are allowed."""
        value = self.text(name, default)
        if value not in allowed:
            self.faults.append(f"{name} is {value!r}: it must be one of {', '.join(allowed)}")
        return value

    def optional_url(self, name: str) -> str:
        """Return an address or "". It may come from a file, as a secret does."""
        # An address of a watcher is a secret of its own kind, so it may come from a file too.
        value = self.secret(name)
        if value and not is_address(value):
            self.faults.append(f"{name} is no http(s) address: copy it whole from your watcher")
        return value

    def url(self, name: str, default: str) -> str:
        """Return an http(s) address without a slash at its end."""
        value = self.text(name, default).rstrip("/")
        if not is_address(value):
            self.faults.append(f"{name} is not an http(s) address, such as {default}")
        return value

    def zone(self, name: str, default: str) -> str:
        """Return the name of a time zone that this machine knows."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.faults.append(f"{name} is {value!r}: write a zone such as Europe/Berlin")
        return value


def is_address(value: str) -> bool:
    """Tell whether a value is a whole http(s) address."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    whole = value.isprintable() and " " not in value and port != 0
    return whole and parts.scheme in ("http", "https") and bool(parts.hostname)
