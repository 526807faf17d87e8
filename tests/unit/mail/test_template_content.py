"""The shipped letters: humane, short, signed, answerable, and readable by everyone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from service.mail.variables import CANDIDATE_KINDS, DATED, KINDS, STAFF_KINDS
from tests.unit.mail.sample_letters import FOLDER, TEMPLATES, render, values_for

LETTERS = {kind: render(kind) for kind in sorted(KINDS)}
LAYOUT = (FOLDER / "_layout.html").read_text(encoding="utf-8")
REJECTIONS = ["rejection-application", "rejection-interview", "position-filled", "position-closed"]
FORBIDDEN = [
    r"unfortunately",
    r"regret",
    r"no-?reply",
    r"do not reply",
    r"in touch",
    r"on file",
    r"talent pool",
    r"high (volume|number)",
    r"many (strong|qualified|excellent)",
    r"other candidates",
    r"due to",
    r"at this time",
    r"as soon as possible|asap",
    r"shortly|soon as",
    r"sla|breach|ticket|#\d",
    r"we wish you",
    r"dear (sir|madam|candidate|applicant)",
    r"to whom",
    r"the team$",
    r"valued?",
    r"\w+'(s|re|ll|ve|d|t) not",
]
GUESSED_PRONOUNS = r"he|she|him|her|his|hers|himself|herself|mr|mrs|ms|sir|madam"


class Page(HTMLParser):
    """Reads a mail the way a screen reader meets it: tags with attributes, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.link_texts: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self._open.append(tag)
        if tag == "a":
            self.link_texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is closed out of turn"

    def handle_data(self, data: str) -> None:
        if "body" in self._open:
            self.text += f" {data}"
        if "a" in self._open:
            self.link_texts[-1] += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


PAGES = {kind: Page(letter.html) for kind, letter in LETTERS.items()}


def test_a_layout_and_three_files_a_kind_and_nothing_else_are_shipped() -> None:
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}

    assert files == {"_layout.html"} | {
        f"{kind}/{part}" for kind in KINDS for part in ("subject.txt", "body.txt", "body.html")
    }


@pytest.mark.parametrize("kind", sorted(CANDIDATE_KINDS))
def test_a_letter_says_who_writes_for_whom_and_where_to_answer(kind: str) -> None:
    for body in (LETTERS[kind].text, PAGES[kind].text):
        for named in ("Maria Keller", "Example Studio", "maria@example.com", "Hello Amara,"):
            assert named in body
        assert "An answer to this email reaches me." in body
    assert "mailto:maria@example.com" in LETTERS[kind].html


@pytest.mark.parametrize("kind", sorted(STAFF_KINDS))
def test_a_notice_says_who_writes_and_where_to_answer(kind: str) -> None:
    for body in (LETTERS[kind].text, PAGES[kind].text):
        assert "Keepword writes this for Example Studio" in body
        assert "noreply@example.com" in body


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_phrase_that_hurts_hides_or_sells(kind: str) -> None:
    letter = LETTERS[kind]
    words = " ".join(f"{letter.subject} {letter.text} {PAGES[kind].text}".split())
    words = words.replace("noreply@example.com", "")

    found = [p for p in FORBIDDEN if re.search(rf"\b({p})\b", words, re.IGNORECASE)]
    guessed = re.findall(rf"\b({GUESSED_PRONOUNS})\b", words, re.IGNORECASE)

    assert found == []
    assert guessed == []


@pytest.mark.parametrize("kind", sorted(CANDIDATE_KINDS))
def test_a_letter_is_short_and_in_the_first_person(kind: str) -> None:
    text = LETTERS[kind].text

    assert len(text.split()) <= 120
    assert re.search(r"\b(I|me|my)\b", text.partition("Maria Keller")[0])
    assert "!" not in text


@pytest.mark.parametrize(
    ("kind", "first_words"),
    [
        ("acknowledgement", "Your application for Backend Engineer at Example Studio has arrived."),
        ("status-update", "Your application for Backend Engineer at Example Studio is still open;"),
        ("holding", "I promised you a call about the panel date, and I need more time for it."),
        ("apology-late", "I am sorry: I promised you a call about the panel date by Friday 20"),
        ("rejection-application", "We have decided not to take your application for Backend"),
        ("rejection-interview", "We have decided not to offer you the role of Backend Engineer"),
        ("position-filled", "We have hired someone else for Backend Engineer at Example Studio,"),
        ("position-closed", "We have stopped hiring for Backend Engineer at Example Studio, so I"),
        ("second-choice", "You are our second choice for Backend Engineer at Example Studio:"),
        ("interview-scheduling", "I would like to find a time for your interview for Backend"),
    ],
)
def test_the_first_sentence_says_the_thing(kind: str, first_words: str) -> None:
    for body in (LETTERS[kind].text, PAGES[kind].text):
        words = " ".join(body.split())

        assert words.partition("Hello Amara, ")[2].startswith(first_words)


@pytest.mark.parametrize(
    ("kind", "date"),
    [
        ("status-update", "by Friday 27 November"),
        ("holding", "by Friday 27 November"),
        ("apology-late", "by Friday 27 November"),
        ("second-choice", "by Friday 27 November"),
        ("interview-scheduling", "by Thursday 26 November"),
    ],
)
def test_a_letter_that_promises_or_asks_says_until_when(kind: str, date: str) -> None:
    for body in (LETTERS[kind].text, PAGES[kind].text):
        assert date in " ".join(body.split())


@pytest.mark.parametrize("kind", sorted(CANDIDATE_KINDS))
def test_only_a_letter_with_a_date_promises_to_come_back(kind: str) -> None:
    template_text = (FOLDER / kind / "body.txt").read_text(encoding="utf-8")
    promises = re.search(r"\b(I|we|you|us) (will|shall)\b|\bI'll\b", template_text, re.IGNORECASE)

    assert bool(promises) == ("next_word_by" in TEMPLATES[kind].variables)


@pytest.mark.parametrize("kind", REJECTIONS)
def test_a_rejection_names_what_it_does_not_touch_or_says_nothing_of_it(kind: str) -> None:
    with_it = LETTERS[kind]
    values = values_for(kind)
    del values["still_open"]
    without = TEMPLATES[kind].render(values)
    said = "Your application for Support Lead goes on: nothing changes there."

    assert said in " ".join(with_it.text.split())
    assert f'<p style="margin: 0 0 16px;">{said}</p>' in with_it.html
    for part in (without.text, without.html):
        assert "nothing changes" not in part
        assert "\n\n\n" not in part


@pytest.mark.parametrize("kind", REJECTIONS)
def test_a_rejection_promises_nothing_and_leaves_no_false_hope(kind: str) -> None:
    words = LETTERS[kind].text

    assert not (TEMPLATES[kind].variables | TEMPLATES[kind].optional) & DATED
    assert not re.search(
        r"\b(will|shall|future|again|next time|later|keep|other roles?|encourage)\b", words
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_text_and_html_say_the_same_words(kind: str) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"\w+", text)

    spoken = " ".join(words(PAGES[kind].text))
    for paragraph in LETTERS[kind].text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if "://" not in line]

        assert " ".join(words(" ".join(lines))) in spoken


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_subject_is_one_short_line_that_names_no_candidate(kind: str) -> None:
    subject = LETTERS[kind].subject

    assert subject == subject.strip()
    assert len(subject.splitlines()) == 1
    assert len(subject) <= 70
    assert "Amara" not in subject


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_text_part_is_wrapped_and_has_no_stray_space(kind: str) -> None:
    text = LETTERS[kind].text

    assert [line for line in text.splitlines() if len(line) > 78] == []
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    assert "\n\n\n" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_dark_mode_survives_the_inlining(kind: str) -> None:
    html = LETTERS[kind].html
    schemes = [m for m in PAGES[kind].of("meta") if m.get("name") == "color-scheme"]

    assert "@media (prefers-color-scheme: dark)" in html
    assert [m["content"] for m in schemes] == ["light dark"]
    assert "color-scheme: light dark" in (PAGES[kind].of("html")[0]["style"] or "")
    assert "!important" in html


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_styles_are_inlined(kind: str) -> None:
    page = PAGES[kind]

    assert all("color: #007979" in (link["style"] or "") for link in page.of("a"))
    assert all("margin" in (paragraph["style"] or "") for paragraph in page.of("p"))
    assert "max-width: 560px" in LETTERS[kind].html


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_screen_reader_meets_a_titled_article_with_one_heading(kind: str) -> None:
    page = PAGES[kind]
    articles = [div for div in page.of("div") if div.get("role") == "article"]

    assert [(a["lang"], a["dir"]) for a in [*page.of("html"), *articles]] == [("en", "ltr")] * 2
    assert f"<title>{LETTERS[kind].subject}</title>" in LETTERS[kind].html
    assert len(page.of("h1")) == 1
    assert len(page.of("p")) >= 4
    assert page.of("table") == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_link_says_where_it_leads(kind: str) -> None:
    for link, text in zip(PAGES[kind].of("a"), PAGES[kind].link_texts, strict=True):
        href = link["href"] or ""

        assert href == f"mailto:{text}" or (len(text.split()) >= 3 and "://" not in text)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_is_fetched_and_nothing_watches_the_reader(kind: str) -> None:
    html = LETTERS[kind].html
    values = values_for(kind)
    own = [
        str(values[name])
        for name in ("scheduling_link", "sign_in_url", "page_url")
        if name in values
    ]
    for link in own:
        html = html.replace(link.replace("&", "&amp;"), "")

    assert not re.search(r"<(img|link|script|iframe|form|object|svg|video|base)\b", html)
    assert not re.search(r"https?://|url\(|@import|@font-face|src=|\bon\w+=", html)


def test_text_is_never_smaller_than_16_pixels() -> None:
    sizes = [int(size) for size in re.findall(r"font-size:\s*(\d+)px", LAYOUT)]

    assert sizes
    assert min(sizes) >= 16
    assert len(re.findall(r"font-size:", LAYOUT)) == len(sizes)


def colours(css: str) -> tuple[dict[str, str], str]:
    """Return selector -> text colour and the one background of a block of CSS."""
    ink: dict[str, str] = {}
    backgrounds = set()
    for selectors, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        for prop, value in re.findall(r"(?<![\w-])(background-color|color):\s*(#\w{6})", rules):
            if prop == "background-color":
                backgrounds.add(value)
            else:
                ink |= dict.fromkeys((s.strip() for s in selectors.split(",")), value)
    (background,) = backgrounds
    return ink, background


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_text_colour_is_readable_in_both_schemes() -> None:
    style = LAYOUT.partition("<style>")[2].partition("</style>")[0]
    light, _, dark = style.partition("@media (prefers-color-scheme: dark) {")
    light_ink, light_paper = colours(light)
    dark_ink, dark_paper = colours(dark)

    assert {s: c for s, c in light_ink.items() if contrast(c, light_paper) < 4.5} == {}
    assert {s: c for s, c in dark_ink.items() if contrast(c, dark_paper) < 4.5} == {}
    assert dark_ink.keys() == light_ink.keys(), "a colour set in one scheme only"
