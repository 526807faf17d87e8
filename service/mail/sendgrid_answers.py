"""Says what is known after an answer of SendGrid's Mail Send, in words that name nobody.

Every 4xx says that nothing was sent; a 5xx says nothing. What an error quotes of a letter, an
address or a name is left out of its reason, whoever of the request's recipients it belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from service.mail.addresses import display_name
from service.mail.base import (
    Accepted,
    ChannelDown,
    Envelope,
    Refused,
    RefusedSome,
    RetryLater,
    SendAnswer,
    TooLarge,
    Uncertain,
)
from service.mail.single_post import HttpAnswer

MAX_WAIT = timedelta(hours=24)
"""The longest wait a 429 may ask for. SendGrid's windows are short; anything longer is a header
in another unit, and would hold mail for years."""

MAX_REASON_CHARS = 500

NO_REASON = "no reason given"

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;]+")
_WORD = re.compile(r"\w{2,}")
# A field built of Mail Send's own words quotes nobody, even where somebody is called "To".
_KNOWN_FIELD = re.compile(
    r"(?:personalizations|to|cc|bcc|from|reply_to|email|name|subject|content|value|type|headers"
    r"|substitutions|custom_args|tracking_settings|mail_settings|[.\[\]0-9])+"
)
_AT_INDEX = re.compile(r"personalizations(?:\.|\[)([0-9]{1,4})(?![0-9])")


def judge(answer: HttpAnswer, group: Sequence[Envelope], now: datetime) -> SendAnswer:
    """Turn an answer about a group's request into what is known.

    202 alone means queued. 200 is SendGrid's sandbox: judged, never sent. Other statuses under
    400 come from something between us and SendGrid; like an undocumented 4xx they pause the
    channel, which keeps every mail.
    """
    status = answer.status
    if status == 202:
        return Accepted(answer.headers.get("x-message-id") or None)
    if status == 200:
        # Not the letters' fault: taking them apart would only ask the same again, one by one.
        return ChannelDown("SendGrid answered 200: its sandbox mode is on and nothing was sent")
    if status == 429:
        return RetryLater("SendGrid answered 429: too many requests", _reset(answer.headers, now))
    if not 300 <= status < 500:
        return Uncertain(f"SendGrid answered {status}: it does not say whether the mail was queued")
    errors = _errors(answer.body)
    if status == 400 and len(group) > 1:
        blamed = _blamed(errors, group)
        if blamed:
            return RefusedSome(blamed)
    reason = f"SendGrid answered {status}: {_line(errors, _Secrets(group, errors).cleaned)}"
    if status == 400:
        return Refused(reason)
    return TooLarge(reason) if status == 413 else ChannelDown(reason)


def judge_probe(answer: HttpAnswer, now: datetime) -> SendAnswer:
    """Turn an answer about a request that was never to be sent into whether mail would be taken.

    A 400 is a judgement: the provider answers, knows the key and reads what it is sent.
    """
    if answer.status in (200, 202, 400, 413):
        return Accepted(None)
    return judge(answer, (), now)


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Read ``X-RateLimit-Reset`` (epoch seconds; not always present), if it makes sense."""
    text = headers.get("x-ratelimit-reset", "").strip()
    if not re.fullmatch(r"[0-9]{1,12}", text):
        return None
    seconds = int(text)
    if not now.timestamp() < seconds <= (now + MAX_WAIT).timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _errors(body: bytes) -> list[tuple[str, str]]:
    """Read SendGrid's ``errors[]`` as pairs of message and field; empty where it is none."""
    try:
        return [_one_error(error) for error in json.loads(body)["errors"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []


def _one_error(error: Mapping[str, object]) -> tuple[str, str]:
    message, field = error.get("message"), error.get("field")
    return (
        message if isinstance(message, str) else "",
        field if isinstance(field, str) and field != "null" else "",
    )


def _blamed(errors: Sequence[tuple[str, str]], group: Sequence[Envelope]) -> dict[str, str]:
    """Return the reason by message id where every error names a recipient of the request.

    One that names none, or a place the request does not have, makes the others no safer guess.
    """
    by_place: dict[int, list[tuple[str, str]]] = {}
    for message, field in errors:
        found = _AT_INDEX.match(field)
        if found is None or int(found[1]) >= len(group):
            return {}
        by_place.setdefault(int(found[1]), []).append((message, field))
    secrets = _Secrets(group, errors)
    return {
        group[place].message_id: f"SendGrid answered 400: {_line(own, secrets.cleaned)}"
        for place, own in sorted(by_place.items())
    }


class _Secrets:
    """What SendGrid's messages could quote back of a request's letters."""

    def __init__(self, group: Iterable[Envelope], errors: Iterable[tuple[str, str]]) -> None:
        said = "\n".join(f"{message} {field}" for message, field in errors).casefold()
        # One search for each over all that was said: of a thousand recipients' names and values
        # an answer quotes a few, and only these are worth a pattern.
        found = {text for letter in group for text in _personal(letter)}
        self._quoted = sorted(
            (text for text in found if text.casefold() in said), key=len, reverse=True
        )

    def cleaned(self, line: str) -> str:
        """Return a line in which nobody is named."""
        folded = line.casefold()
        for secret in self._quoted:
            if secret.casefold() in folded:
                # Whole words only: a name of two letters must not eat the rest of the sentence.
                line = re.sub(_whole(secret), "(left out)", line, flags=re.IGNORECASE)
                if re.search(_whole(secret.casefold()), line.casefold()):
                    # Quoted in a spelling that only folding sees through ("SS" for "ß").
                    return ""
        line = _ADDRESS.sub("(an address)", line)
        return " ".join("".join(char if char.isprintable() else " " for char in line).split())


def _whole(text: str) -> str:
    return rf"(?<!\w){re.escape(text)}(?!\w)"


def _personal(letter: Envelope) -> Iterable[str]:
    """What one letter holds of anybody. Figures stay: they name nobody, and a place is one."""
    whole = (
        letter.to_address,
        letter.to_name,
        letter.from_name,
        letter.reply_to_address,
        letter.reply_to_name,
        letter.subject,
        display_name(letter.to_name),
        *_WORD.findall(letter.to_name),
        *letter.values.values(),
    )
    return (text for text in whole if isinstance(text, str) and text and not text.isdigit())


def _line(errors: Iterable[tuple[str, str]], cleaned: Callable[[str], str]) -> str:
    """Write errors as one line of bounded length."""
    texts = []
    for message, field in errors:
        text = cleaned(message)
        where = field if _KNOWN_FIELD.fullmatch(field) else cleaned(field)
        texts.append(f"{text} ({where})" if where else text)
    line = "; ".join(text for text in texts if text)
    return line[:MAX_REASON_CHARS] or NO_REASON
