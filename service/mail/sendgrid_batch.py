"""Builds the body of one request for many letters: static text once, each one's values apart.

SendGrid fills the tags by plain replacement. What a recipient then gets is exactly what was
rendered and stored: it is proved for every letter first, and a letter for which it cannot be
proved goes singly. No value can name a tag, since each request's tags hold a random nonce that
occurs nowhere in it.
"""

from __future__ import annotations

import functools
import secrets
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from service.mail.base import Envelope, Skeleton, Slot
from service.mail.sendgrid_body import (
    finished,
    frame,
    holds_unsubscribe_tag,
    personalization,
    without_tags,
)
from service.mail.sendgrid_limits import (
    MAX_BODY_BYTES,
    MAX_RECIPIENTS,
    MAX_SUBSTITUTIONS_BYTES,
    UnsendableError,
    check_letter,
    custom_args,
    json_bytes,
)

NONCE_CHARS = 12
"""Of 36 kinds: 62 bits, so that no text written beforehand can hold it but by a miracle."""

_ALPHABET = string.ascii_lowercase + string.digits
_ANY_NONCE = "x" * NONCE_CHARS

Pieces = tuple[str | Slot, ...]


class TooLargeError(UnsendableError):
    """Letters that are sound one by one and too large together."""


@dataclass(frozen=True)
class _Tags:
    """The tag of each variable: in subject and text, and in the HTML part."""

    plain: Mapping[str, str]
    html: Mapping[str, str]


def shared_key(envelope: Envelope) -> tuple[object, ...] | None:
    """Return what all letters of one request have in common, or ``None`` for a letter that goes
    singly: no skeleton, too much of its own, or one that would not arrive as it was rendered.
    """
    skeleton = envelope.skeleton
    if skeleton is None or not _fits(skeleton, envelope):
        return None
    return _common(skeleton, envelope)


def _common(skeleton: Skeleton, envelope: Envelope) -> tuple[object, ...]:
    # The answer address is one for a whole request: a personalization has none.
    return (
        skeleton.key,
        envelope.from_address,
        envelope.from_name,
        envelope.reply_to_address,
        envelope.reply_to_name,
        envelope.automatic,
    )


def static_bytes(skeleton: Skeleton) -> int:
    """Return an upper bound for what a request's static part takes in its body."""
    tags = _widest_tags(*_parts(skeleton))
    html = _joined(skeleton.html, tags.html)
    return json_bytes([_joined(p, tags.plain) for p in _plain_parts(skeleton)] + [html]) + 4_000


def recipient_bytes(envelope: Envelope, skeleton: Skeleton) -> int:
    """Return an upper bound for what one recipient's part takes in a body.

    An address and a name have 320 characters at most, and there are three ids of ours.
    """
    ids = json_bytes(envelope.message_id)
    return _substitution_bytes(skeleton, envelope.values) + ids + 2_500


def draw_nonce() -> str:
    """Return a random nonce: lower-case letters and digits, nothing that HTML or a tag reads."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(NONCE_CHARS))


def batch_body(
    group: Sequence[Envelope], batch_id: str, draw: Callable[[], str] = draw_nonce
) -> bytes:
    """Return the JSON body of one request for several letters, its recipients in their order.

    Raises ``UnsendableError`` where they cannot share one (``sort`` puts no such letters
    together) and its kind ``TooLargeError`` where there are too many or they are too long.
    """
    first, skeleton = group[0], group[0].skeleton
    if skeleton is None:
        raise UnsendableError("the letters cannot share a request")
    if len(group) > MAX_RECIPIENTS:
        raise TooLargeError(f"{len(group)} recipients; {MAX_RECIPIENTS} is the limit")
    if not all(_shares(skeleton, first, letter) for letter in group):
        raise UnsendableError("the letters cannot share a request")
    nonce = _unused_nonce(group, draw)
    tags = _tags(_parts(skeleton), nonce, _needing_escape(skeleton, group))
    subject, text = (without_tags(_joined(part, tags.plain)) for part in _plain_parts(skeleton))
    html = without_tags(_joined(skeleton.html, tags.html))
    mail = frame(check_letter(first), subject, text, html, automatic=first.automatic)
    seen = set()
    for place, letter in enumerate(group):
        parties = check_letter(letter)
        seen.add(parties.recipient.address.casefold())
        substitutions = _substitutions(tags, letter.values)
        part = personalization(parties.recipient, custom_args(letter, batch_id), substitutions)
        # Without a place the package puts each before the last, and SendGrid's errors, which
        # name places, would blame the wrong person.
        mail.add_personalization(part, index=place)
    if len(seen) < len(group):
        raise UnsendableError("an address stands in the request twice")
    body = finished(mail)
    if len(body) >= MAX_BODY_BYTES:
        raise TooLargeError(f"the mails are {len(body)} bytes; {MAX_BODY_BYTES} is the limit")
    return body


def _plain_parts(skeleton: Skeleton) -> tuple[Pieces, Pieces]:
    return skeleton.subject, skeleton.text


def _parts(skeleton: Skeleton) -> tuple[Pieces, Pieces, Pieces]:
    return skeleton.subject, skeleton.text, skeleton.html


@functools.lru_cache(maxsize=512)
def _names(*parts: Pieces) -> tuple[str, ...]:
    """The variables of some parts in their first order, each once.

    Kept, because it is asked for every one of ten thousand letters; a wording is nobody's secret.
    """
    found = (piece.name for part in parts for piece in part if isinstance(piece, Slot))
    return tuple(dict.fromkeys(found))


def _joined(pieces: Pieces, values: Mapping[str, str]) -> str:
    return "".join(piece if isinstance(piece, str) else values[piece.name] for piece in pieces)


def _shares(skeleton: Skeleton, first: Envelope, letter: Envelope) -> bool:
    if letter.skeleton is None or not _fits(skeleton, letter):
        return False
    return _common(letter.skeleton, letter) == _common(skeleton, first)


def _fits(skeleton: Skeleton, letter: Envelope) -> bool:
    if not _reproduces(skeleton, letter):
        return False
    return _substitution_bytes(skeleton, letter.values) <= MAX_SUBSTITUTIONS_BYTES


def _reproduces(skeleton: Skeleton, letter: Envelope) -> bool:
    """Say whether plain replacement of each variable gives the stored letter, in every part."""
    names = _names(*_parts(skeleton))
    plain = {name: letter.values.get(name) for name in names}
    if not all(isinstance(value, str) for value in plain.values()):
        return False
    values = {name: str(value) for name, value in plain.items()}
    quoted = {name: escape(value) for name, value in values.items()}
    return (
        _arrives(skeleton.subject, values, letter.subject)
        and _arrives(skeleton.text, values, letter.text)
        and _arrives(skeleton.html, quoted, letter.html)
    )


def _arrives(pieces: Pieces, values: Mapping[str, str], stored: str) -> bool:
    if _joined(pieces, values) != stored:
        return False
    if not holds_unsubscribe_tag(stored):
        return True
    # A tag that begins in the text and ends in a value is broken in neither of them.
    broken = tuple(without_tags(piece) if isinstance(piece, str) else piece for piece in pieces)
    safe = {name: without_tags(value) for name, value in values.items()}
    return _joined(broken, safe) == without_tags(stored)


def _needing_escape(skeleton: Skeleton, group: Iterable[Envelope]) -> list[str]:
    """The variables whose HTML form differs from the plain one for somebody in the group."""
    letters = list(group)
    return [
        name
        for name in _names(skeleton.html)
        if any(escape(letter.values.get(name, "")) != letter.values.get(name) for letter in letters)
    ]


def _tags(parts: tuple[Pieces, Pieces, Pieces], nonce: str, escaped: Iterable[str]) -> _Tags:
    """Number the variables: a tag is the same few characters whatever a variable is called."""
    subject, text, page = parts
    apart = set(escaped)
    plain: dict[str, str] = {}
    html: dict[str, str] = {}
    for number, name in enumerate(_names(*parts)):
        plain[name] = f"-{nonce}.v{number}-"
        html[name] = f"-{nonce}.h{number}-" if name in apart else plain[name]
    return _Tags(
        {name: plain[name] for name in _names(subject, text)},
        {name: html[name] for name in _names(page)},
    )


@functools.lru_cache(maxsize=512)
def _widest_tags(*parts: Pieces) -> _Tags:
    """Tags as long as any, with both forms of every variable."""
    subject, text, html = parts
    return _tags((subject, text, html), _ANY_NONCE, _names(*parts))


def _substitutions(tags: _Tags, values: Mapping[str, str]) -> dict[str, str]:
    """One recipient's values by tag; those for the HTML part escaped as the letter's were."""
    quoted = {tag: escape(values[name]) for name, tag in tags.html.items()}
    plain = {tag: without_tags(values[name]) for name, tag in tags.plain.items()}
    return {**quoted, **plain}


def _substitution_bytes(skeleton: Skeleton, values: Mapping[str, str]) -> int:
    """What a letter's values take at most, every one of them written in both forms."""
    return json_bytes(_substitutions(_widest_tags(*_parts(skeleton)), values))


def _unused_nonce(group: Sequence[Envelope], draw: Callable[[], str]) -> str:
    while True:
        nonce = draw()
        if not any(nonce in text for text in _all_texts(group)):
            return nonce


def _all_texts(group: Iterable[Envelope]) -> Iterator[str]:
    """Everything a tag could be found in by chance. The letters are taken as they were filled in:
    a value and the text around it could form a tag together."""
    for letter in group:
        yield letter.subject
        yield letter.text
        yield letter.html
        yield from (letter.to_name, letter.to_address, letter.from_name, letter.message_id)
        yield from (letter.from_address, letter.reply_to_address or "", letter.reply_to_name or "")
