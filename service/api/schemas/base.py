"""The fields that every schema is made of: bounded texts, aware instants, ids that can be ids.

A value that passed one of these can be stored on every database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

import marshmallow as ma
from marshmallow import fields, validate

from service.api.pagination import LARGEST_PAGE, USUAL_PAGE
from service.clock import instant_text
from service.mail.addresses import MAX_ADDRESS_CHARS, BadAddressError, checked_address

NAME = 200
WORDING = 500
NOTES = 5000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class ApiSchema(ma.Schema):
    """What all bodies share: an unknown field is a fault. ``EXAMPLE`` is shown in the reference."""

    EXAMPLE: ClassVar[dict[str, Any]]

    class Meta:
        """Refuse what we do not know, so that a slip of spelling is no silent loss."""

        unknown = ma.RAISE


class Text(fields.String):
    """A text of bounded length without control characters; spaces around it go.

    ``lines`` lets line breaks and tabs in. Blank counts as missing.
    """

    def __init__(
        self, about: str, *, most: int = NAME, lines: bool = False, least: int = 1, **kwargs: Any
    ) -> None:
        self.lines = lines
        super().__init__(
            validate=[validate.Length(min=least, max=most)],
            metadata={"description": about, **kwargs.pop("metadata", {})},
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        allowed = "\n\r\t" if self.lines else ""
        if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
            raise ma.ValidationError("Must hold no control characters.")
        return text.strip()


class Id(Text):
    """An id as Keepword gives them, such as ``prm_…``."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(about, most=64, **kwargs)


class Instant(fields.String):
    """An aware instant, written in UTC with ``Z``; any offset is taken, a missing one is not."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(metadata={"description": about, "format": "date-time"}, **kwargs)

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else instant_text(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not _INSTANT.fullmatch(text):
            raise ma.ValidationError(
                "Must be an instant with its offset, such as 2026-03-27T16:00:00Z."
            )
        try:
            at = datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ma.ValidationError("There is no such instant.") from None
        if not EARLIEST <= at < LATEST:
            raise ma.ValidationError("Must lie between the years 2000 and 2100.")
        return at


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, about: str, among: Iterable[str], **kwargs: Any) -> None:
        words = [str(word) for word in among]
        super().__init__(
            validate=[validate.OneOf(words, error="Must be one of {choices}.")],
            metadata={"description": about},
            **kwargs,
        )


class Flag(fields.Boolean):
    """True or false, and nothing that merely looks so."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(metadata={"description": about}, **kwargs)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class QueryFlag(fields.Boolean):
    """True or false as a parameter of the address: ``true`` or ``false``."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(
            truthy={"true"}, falsy={"false"}, metadata={"description": about}, **kwargs
        )


class Count(fields.Integer):
    """A whole number."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(strict=True, metadata={"description": about}, **kwargs)


class Table(fields.Dict):
    """An object with keys of the caller's choosing; a fault points at the key it is under."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # it has no annotations
        except ma.ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            # marshmallow puts a step of its own ("key" or "value") below each key.
            told = {key: list(parts.values()) for key, parts in error.messages.items()}
            raise ma.ValidationError(told) from error


class Zone(Text):
    """An IANA time zone that exists."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(about, most=64, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        zone = super()._deserialize(value, attr, data, **kwargs)
        if zone not in available_timezones():
            raise ma.ValidationError("Must be an IANA time zone, such as Europe/Berlin.")
        return zone


class Address(Text):
    """A mail address that mail can be sent to."""

    def __init__(self, about: str, **kwargs: Any) -> None:
        super().__init__(about, most=MAX_ADDRESS_CHARS, metadata={"format": "email"}, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        try:
            checked_address(address)
        except BadAddressError as error:
            raise ma.ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        return address


class PageQuery(ApiSchema):
    """The parameters of every list."""

    limit = fields.Integer(
        load_default=USUAL_PAGE,
        validate=[validate.Range(min=1, max=LARGEST_PAGE)],
        metadata={"description": "How many entries at most."},
    )
    cursor = Text(
        "The “next” of the page before, sent with the same filters; leave it out for the first "
        "page.",
        most=1000,
    )


@cache
def page_of(item: type[ApiSchema]) -> type[ApiSchema]:
    """Return the schema of a page of these entries."""
    name = item.__name__.removesuffix("Schema")
    made: type[ApiSchema] = type(
        f"{name}PageSchema",
        (ApiSchema,),
        {
            "items": fields.List(
                fields.Nested(item),
                required=True,
                metadata={"description": "The entries of this page."},
            ),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next page; null on the last."},
            ),
            "EXAMPLE": {"items": [item.EXAMPLE], "next": None},
            "__doc__": "A page.",
        },
    )
    return made
