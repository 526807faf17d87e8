"""Charts: one image with words, nothing inline that a policy forbids, and no one's markup."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from service.dashboard.charts import HEIGHT, WIDTH, Bar, Series, bars, columns, lines

HOSTILE = '"><script>alert(1)</script>'


def _read(drawn: Markup) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - drawn by us


def _line(*values: float | None, top: float | None = None) -> ET.Element:
    labels = [f"week {n}" for n in range(len(values))]
    return _read(
        lines("kept", "Kept", "A line.", labels, [Series("one", values)], words=str, top=top)
    )


def test_a_chart_is_one_image_named_by_its_title_and_text() -> None:
    root = _line(0.5, 1.0)
    title, text, drawing = root

    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {text.attrib['id']}"
    assert (title.text, text.text) == ("Kept", "A line.")
    assert drawing.attrib["aria-hidden"] == "true"


def test_a_missing_value_leaves_a_gap_and_no_line_across_it() -> None:
    root = _line(1.0, 2.0, None, 3.0, None)
    (line,) = root.iter("polyline")

    assert len(line.attrib["points"].split()) == 2
    # The lone value is a mark all the same.
    assert len(list(root.iter("circle"))) == 3


def test_what_is_higher_stands_higher_and_nothing_leaves_the_drawing() -> None:
    low, high, beyond = (
        float(each.attrib["cy"]) for each in _line(0.2, 0.8, 9, top=1.0).iter("circle")
    )
    assert low > high > beyond >= 0
    for each in _line(5.0, 0.0).iter("circle"):
        assert 0 <= float(each.attrib["cx"]) <= WIDTH
        assert 0 <= float(each.attrib["cy"]) <= HEIGHT


def test_columns_stand_on_each_other() -> None:
    root = _read(
        columns(
            "asked", "A", "B", ["w1", "w2"], [("overdue", [1, 0]), ("plain", [3, 0])], words=str
        )
    )
    foot, rest = list(root.iter("rect"))
    assert (foot.attrib["class"], rest.attrib["class"]) == ("bar overdue", "bar plain")
    end_of_rest = float(rest.attrib["y"]) + float(rest.attrib["height"])
    assert end_of_rest == pytest.approx(float(foot.attrib["y"]), abs=0.2)
    assert float(rest.attrib["height"]) == pytest.approx(3 * float(foot.attrib["height"]), abs=0.3)


def test_a_bar_is_as_long_as_its_share_and_says_so_beside_it() -> None:
    root = _read(bars("b", "B", "Bars.", [Bar("Chef", 1.0, "100 %"), Bar("Cook", 0.5, "50 %")]))
    whole, half = (float(each.attrib["width"]) for each in root.iter("rect"))

    assert half == pytest.approx(whole / 2, abs=0.1)
    assert "50 %" in {each.text for each in root.iter("text")}


def test_what_people_wrote_is_text_and_no_markup() -> None:
    drawn = bars("b", HOSTILE, HOSTILE, [Bar(HOSTILE, 1.0, HOSTILE)])

    assert "<script" not in drawn
    assert _read(drawn)[0].text == HOSTILE


def test_nothing_is_styled_in_place() -> None:
    for drawn in (
        bars("b", "B", "T", [Bar("Chef", 1.0, "x", "care")]),
        lines("l", "L", "T", ["a", "b"], [Series("two", [1, 2])], words=str),
        columns("c", "C", "T", ["a"], [("plain", [1])], words=str),
    ):
        for each in _read(drawn).iter():
            assert "style" not in each.attrib


def test_the_newest_week_is_always_named() -> None:
    root = _read(
        lines("l", "L", "T", [f"w{n}" for n in range(52)], [Series("one", [1.0] * 52)], words=str)
    )
    assert "w51" in {each.text for each in root.iter("text")}
    assert len([each for each in root.iter("text") if (each.text or "").startswith("w")]) <= 6
