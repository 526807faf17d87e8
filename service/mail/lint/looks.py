"""Rules about how a letter looks: readable in both schemes, on any width, by any reader.

The figures: contrast 4.5:1 for text (WCAG 2.2, 1.4.3), 600 pixels as the widest that mail clients
show whole, 16 pixels as the smallest text that nobody has to enlarge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from service.mail.compiling import inlined_page
from service.mail.lint.colours import contrast, shown_text
from service.mail.lint.css import Style, read_declared, read_styles
from service.mail.lint.findings import Finding, Letter
from service.mail.variables import TemplateError

LEAST_CONTRAST: Final = 4.5
WIDEST: Final = 600
SMALLEST: Final = 16

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_INLINE = re.compile(r"<[^>]*\sstyle=\"([^\"]*)\"", re.IGNORECASE)
_SIZED = re.compile(r"<(\w+)[^>]*\swidth=\"?(\d+)\"?[\s>]", re.IGNORECASE)
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)px")
_REMOTE = re.compile(
    r"<(img|link|script|iframe|object|embed|video|audio|form|svg|base)\b|url\(|@import|@font-face"
    r"|\bsrc\s*=|\bsrcset\s*=",
    re.IGNORECASE,
)
_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark")
_LAYOUT = "_layout.html"


def _styles(letter: Letter) -> list[Style]:
    return [style for css in _STYLE.findall(letter.page) for style in read_styles(css)]


def _declarations(letter: Letter) -> Iterator[tuple[str, str]]:
    for style in _styles(letter):
        yield from style.declared.items()
    for inline in _INLINE.findall(letter.page):
        yield from read_declared(inline).items()


def readable_colours(letter: Letter) -> Iterable[Finding]:
    """Every text can be read on its paper, by day and by night."""
    for shown in shown_text(letter.page, _styles(letter)):
        where = f"<{shown.element}> in the {shown.scheme} scheme: {shown.ink} on {shown.paper}"
        ratio = contrast(shown.ink, shown.paper)
        if ratio is None:
            yield Finding("contrast", _LAYOUT, f"{where} cannot be read; write colours as #rrggbb")
        elif ratio < LEAST_CONTRAST:
            yield Finding(
                "contrast",
                _LAYOUT,
                f"{where} has a contrast of {ratio:.2f}; text needs {LEAST_CONTRAST}",
            )


def plain_selectors(letter: Letter) -> Iterable[Finding]:
    """Mail clients drop what they do not know, and so would this lint."""
    for selector in dict.fromkeys(s.selector for s in _styles(letter) if not s.readable):
        yield Finding(
            "clever-selector",
            _LAYOUT,
            f"styles “{selector}”: use one element, one class, or an element with a class",
        )


def fits_a_phone(letter: Letter) -> Iterable[Finding]:
    """Nobody has to scroll sideways."""
    limited = False
    for name, value in _declarations(letter):
        widest = max((float(number) for number in _PIXELS.findall(value)), default=0)
        if name in ("width", "min-width") and widest > WIDEST:
            yield Finding("width", _LAYOUT, f"has {name}: {value}; {WIDEST}px is the most")
        if name == "max-width":
            limited = limited or 0 < widest <= WIDEST
        if name == "white-space" and value.split()[0] in ("nowrap", "pre"):
            yield Finding("width", _LAYOUT, f"has white-space: {value}; let lines break")
    for tag, width in _SIZED.findall(letter.page):
        if int(width) > WIDEST:
            yield Finding("width", _LAYOUT, f"has <{tag} width={width}>; {WIDEST} is the most")
    if not limited:
        yield Finding("width", _LAYOUT, f"limits no width: give the letter max-width: {WIDEST}px")
    if not re.search(r"<meta[^>]*name=\"viewport\"[^>]*width=device-width", letter.page):
        yield Finding("width", _LAYOUT, 'lacks <meta name="viewport" content="width=device-width">')
    if ("overflow-wrap", "break-word") not in set(_declarations(letter)):
        yield Finding(
            "width", _LAYOUT, "lets a long address run out: add overflow-wrap: break-word"
        )


def large_enough(letter: Letter) -> Iterable[Finding]:
    """Text is large enough without zooming."""
    for name, value in _declarations(letter):
        sizes = [float(number) for number in _PIXELS.findall(value)]
        if name == "font-size" and (not sizes or min(sizes) < SMALLEST):
            yield Finding(
                "text-size", _LAYOUT, f"has font-size: {value}; {SMALLEST}px is the least"
            )


def dark_scheme(letter: Letter) -> Iterable[Finding]:
    """What is white by day does not glare by night, and stays so once the CSS is inlined."""
    if not re.search(r"<meta[^>]*name=\"color-scheme\"[^>]*content=\"light dark\"", letter.page):
        yield Finding(
            "dark-scheme", _LAYOUT, 'lacks <meta name="color-scheme" content="light dark">'
        )
    try:
        sent = inlined_page(letter.source)
    except TemplateError:
        return  # another rule says why
    kept = "".join(_STYLE.findall(sent))
    if not _DARK.search(kept):
        yield Finding(
            "dark-scheme", _LAYOUT, "has no @media (prefers-color-scheme: dark) in its <style>"
        )


def for_screen_readers(letter: Letter) -> Iterable[Finding]:
    """A screen reader learns the language, the direction, where the letter begins, its title."""
    page = letter.page
    for found, remedy in (
        (re.search(r"<html\b[^>]*\blang=\"[a-z]", page), "lacks lang on <html>"),
        (re.search(r"<html\b[^>]*\bdir=\"(ltr|rtl|auto)\"", page), "lacks dir on <html>"),
        (_article(page, "lang"), 'lacks a <div role="article"> with lang'),
        (_article(page, "dir"), 'lacks a <div role="article"> with dir'),
        (re.search(r"<title>\s*\S", page), "lacks a <title>"),
        (len(re.findall(r"<h1\b", page)) == 1, "has not just one <h1>"),
    ):
        if not found:
            part = "body.html" if "h1" in remedy else _LAYOUT
            yield Finding("screen-reader", part, remedy)
    for table in re.findall(r"<table\b[^>]*>", page, re.IGNORECASE):
        if 'role="presentation"' not in table:
            yield Finding("screen-reader", _LAYOUT, 'has a <table> without role="presentation"')


def _article(page: str, attribute: str) -> bool:
    articles = re.findall(r"<div\b[^>]*role=\"article\"[^>]*>", page)
    return any(re.search(rf"\b{attribute}=\"[a-z]", div) for div in articles)


def nothing_remote(letter: Letter) -> Iterable[Finding]:
    """Reading a letter tells nobody, and nothing in it can go missing."""
    for found in dict.fromkeys(match.group() for match in _REMOTE.finditer(letter.page)):
        yield Finding("remote-content", "body.html", f"loads or runs something (“{found.strip()}”)")
