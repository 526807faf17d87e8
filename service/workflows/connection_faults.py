"""What is wrong with a wish about a connection. Its text never quotes a secret."""

from __future__ import annotations

from service.domain.wording import ToldError


class BadConnectionError(ToldError):
    """A connection cannot be as asked; ``pointer`` names the field at fault (RFC 6901)."""

    def __init__(self, text: str, pointer: str) -> None:
        self.pointer = pointer
        super().__init__(text)


def pointer_to(*keys: str) -> str:
    """Return the JSON pointer that leads through these keys."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
