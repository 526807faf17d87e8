"""Templates: checked when loaded, rendered whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from service.mail.compiling import load_templates
from service.mail.templates import TemplateError, TemplateSet
from service.mail.variables import KINDS, OPTIONAL
from tests.unit.mail.sample_letters import FOLDER, TEMPLATES, render, values_for


def copy_of_the_templates(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "email"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_letter_holds_its_values_in_text_and_html(kind: str) -> None:
    letter = render(kind)

    for value in values_for(kind).values():
        if isinstance(value, str):
            assert value in letter.text
            assert value.replace("&", "&amp;") in letter.html


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_tag_is_left_in_a_letter(kind: str) -> None:
    letter = render(kind)

    for part in (letter.subject, letter.text, letter.html):
        assert "{{" not in part


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_template_asks_for_its_whole_allow_list_and_nothing_else(kind: str) -> None:
    assert TEMPLATES[kind].variables == KINDS[kind]
    assert TEMPLATES[kind].optional == OPTIONAL[kind]


def test_a_digest_lists_each_entry_once_in_text_and_html() -> None:
    letter = render("staff-digest")

    assert (
        "* Call Amara Okafor\n  2 working days late\n* Write to Jonas Weber\n  6 hours late\n"
        in letter.text
    )
    assert letter.html.count("<li") == 2


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_missing_variable_is_named(kind: str) -> None:
    for name in KINDS[kind]:
        values = values_for(kind)
        del values[name]

        with pytest.raises(TemplateError, match="is missing") as caught:
            TEMPLATES[kind].render(values)

        assert (caught.value.template, caught.value.variable) == (kind, name)


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(TemplateError, match="not known") as caught:
        render("holding", salary="a secret sum")

    assert caught.value.variable == "salary"
    assert "a secret sum" not in str(caught.value)


@pytest.mark.parametrize(
    "entries",
    [
        "Call Amara",
        [],
        [{"line": "Call"}],
        [{"line": "Call", "detail": "late", "x": "y"}],
        [{"line": "Call", "detail": " "}],
    ],
)
def test_a_list_of_the_wrong_shape_is_refused(entries: Sequence[object]) -> None:
    with pytest.raises(TemplateError) as caught:
        render("staff-digest", items=entries)

    assert (caught.value.variable or "").startswith("items")


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(TemplateError, match="acknowledgement"):
        TEMPLATES["farewell"]


def test_the_same_files_have_the_same_version_and_each_kind_its_own() -> None:
    again = load_templates(FOLDER)

    assert {kind: t.version for kind, t in again.items()} == {
        kind: t.version for kind, t in TEMPLATES.items()
    }
    assert len({t.version for t in TEMPLATES.values()}) == len(KINDS)


@pytest.mark.parametrize("part", ["subject.txt", "body.txt", "body.html"])
def test_an_edited_file_changes_the_version_of_its_kind_only(tmp_path: Path, part: str) -> None:
    folder = copy_of_the_templates(tmp_path)
    path = folder / "holding" / part
    path.write_text(path.read_text(encoding="utf-8").strip() + " Thanks.", encoding="utf-8")

    changed = versions_that_differ(load_templates(folder))

    assert changed == {"holding"}


def test_an_edited_layout_changes_every_version(tmp_path: Path) -> None:
    folder = copy_of_the_templates(tmp_path)
    edit(folder / "_layout.html", "560px", "580px")

    changed = versions_that_differ(load_templates(folder))

    assert changed == set(KINDS)


def versions_that_differ(templates: TemplateSet) -> set[str]:
    return {kind for kind in KINDS if templates[kind].version != TEMPLATES[kind].version}


@pytest.mark.parametrize("part", ["subject.txt", "body.txt", "body.html"])
def test_a_missing_or_empty_file_is_named(tmp_path: Path, part: str) -> None:
    folder = copy_of_the_templates(tmp_path)
    (folder / "holding" / part).write_text(" \n", encoding="utf-8")
    with pytest.raises(TemplateError, match=f"holding/{part}.*is empty"):
        load_templates(folder)

    (folder / "holding" / part).unlink()
    with pytest.raises(TemplateError, match=f"holding/{part}.*cannot be read"):
        load_templates(folder)


def test_a_missing_kind_and_a_kind_without_an_allow_list_are_named(tmp_path: Path) -> None:
    folder = copy_of_the_templates(tmp_path)
    (folder / "holding").rename(folder / "farewell")
    with pytest.raises(TemplateError, match=r"farewell.*allow-list"):
        load_templates(folder)

    (folder / "farewell").rename(tmp_path / "elsewhere")
    with pytest.raises(TemplateError, match=r"holding.*has no folder"):
        load_templates(folder)


@pytest.mark.parametrize(
    ("part", "new", "fault"),
    [
        ("body.txt", "{{candidate_phone}}", "candidate_phone.*not among"),
        ("body.txt", "{{ promised_what }}", "malformed"),
        ("body.txt", "{{promised_what.upper}}", "malformed"),
        ("body.txt", "{{promised_what", "malformed"),
        ("body.txt", "something", "promised_what.*only one of"),
        ("body.html", "something", "promised_what.*only one of"),
        ("body.txt", "{{#promised_what}}x{{/promised_what}}", "promised_what.*no list"),
        ("body.txt", "{{#items}}{{line}}{{/items}}", "items.*not among"),
    ],
)
def test_a_template_that_could_send_a_blank_is_not_loaded(
    tmp_path: Path, part: str, new: str, fault: str
) -> None:
    folder = copy_of_the_templates(tmp_path)
    edit(folder / "holding" / part, "{{promised_what}}", new)

    with pytest.raises(TemplateError, match=fault):
        load_templates(folder)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{{/items}}", "", "page_url.*no field"),
        ("{{help_email}}", "{{#items}}{{line}}", "items.*not closed"),
        ("{{#items}}", "", "line.*not among|no list"),
        ("{{detail}}", "{{company_name}}", "company_name.*no field"),
        ("{{detail}}", "{{#items}}", "items.*inside items"),
        ("{{page_url}}", "{{items}}", "items.*no list"),
    ],
)
def test_a_list_is_opened_closed_and_holds_its_own_fields_only(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    folder = copy_of_the_templates(tmp_path)
    edit(folder / "staff-digest" / "body.txt", old, new)

    with pytest.raises(TemplateError, match=fault):
        load_templates(folder)


def test_a_subject_of_two_lines_is_not_loaded(tmp_path: Path) -> None:
    folder = copy_of_the_templates(tmp_path)
    (folder / "holding" / "subject.txt").write_text("One\nTwo", encoding="utf-8")

    with pytest.raises(TemplateError, match="several lines"):
        load_templates(folder)


def test_a_subjects_own_characters_are_escaped_in_the_title(tmp_path: Path) -> None:
    folder = copy_of_the_templates(tmp_path)
    (folder / "holding" / "subject.txt").write_text("A </title> & {{job_title}}", encoding="utf-8")

    letter = load_templates(folder)["holding"].render(values_for("holding"))

    assert letter.subject == "A </title> & Backend Engineer"
    assert "<title>A &lt;/title&gt; &amp; Backend Engineer</title>" in letter.html


@pytest.mark.parametrize("tag", ["{{title}}", "{{content}}"])
def test_a_layout_without_its_two_places_is_not_loaded(tmp_path: Path, tag: str) -> None:
    folder = copy_of_the_templates(tmp_path)
    edit(folder / "_layout.html", tag, "")

    with pytest.raises(TemplateError, match="_layout"):
        load_templates(folder)


def test_a_variable_lost_by_the_inliner_is_noticed(tmp_path: Path) -> None:
    folder = copy_of_the_templates(tmp_path)
    edit(
        folder / "holding" / "body.html", "<h1>", "<i {{promised_what}}></i {{promised_what}}><h1>"
    )

    with pytest.raises(TemplateError, match="loses a variable"):
        load_templates(folder)


def test_rendering_never_inlines_again(tmp_path: Path) -> None:
    folder = copy_of_the_templates(tmp_path)
    templates = load_templates(folder)
    shutil.rmtree(folder)

    letters = [
        templates["holding"].render(values_for("holding", greeting_name=f"Person {n}"))
        for n in range(1000)
    ]

    assert len({letter.html for letter in letters}) == 1000
