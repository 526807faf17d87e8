"""Versions of letters: shipped, drafted, approved, replaced, withdrawn; only approved ones go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from service.domain.promises import PromiseError
from service.mail.compiling import load_templates
from service.mail.templates import TemplateError, TemplateSet
from service.mail.variables import KINDS
from service.models import Message, TemplateVersion
from service.resources import resource_folder
from service.workflows.bootstrap import bootstrap
from service.workflows.messages import Wish, write_letter
from service.workflows.template_preview import preview_version
from service.workflows.template_versions import (
    Wording,
    approve,
    register_shipped,
    save_draft,
    withdraw,
)
from service.workflows.wordings import approved_wording, wording_in_force
from service.workflows.work import Work
from tests.harness import Employer, add_application, add_user
from tests.integration.watching import at_once, shipped_version

KIND = "status-update"


def words(work: Work, addition: str, kind: str = KIND) -> Wording:
    """The shipped words of a kind and one sentence more."""
    source = work.office.templates[kind].source
    return Wording(
        kind,
        source.subject,
        f"{source.text}\n\n{addition}",
        f"{source.html}\n<p>{addition}</p>",
        note="one sentence more",
    )


def upgraded(work: Work, folder: Path, addition: str) -> Work:
    """The same work with a newer release's files, in which every letter says one thing more."""
    shutil.copytree(resource_folder("templates/email"), folder)
    for part, more in (("body.txt", f"\n\n{addition}\n"), ("body.html", f"\n<p>{addition}</p>\n")):
        path = folder / KIND / part
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return replace(
        work, office=replace(work.office, templates=load_templates(folder), wordings={}), known={}
    )


def states(work: Work, kind: str = KIND) -> list[tuple[int, str, str]]:
    rows = work.session.scalars(
        select(TemplateVersion).where(TemplateVersion.kind == kind).order_by(TemplateVersion.number)
    )
    return [(row.number, row.origin, row.state) for row in rows]


def version(work: Work, number: int, kind: str = KIND) -> TemplateVersion:
    return work.session.scalars(
        select(TemplateVersion).where(
            TemplateVersion.kind == kind, TemplateVersion.number == number
        )
    ).one()


def draft(work: Work, addition: str = "It is short.", kind: str = KIND) -> TemplateVersion:
    return save_draft(work, words(work, addition, kind))


def test_the_shipped_letters_are_approved_from_the_start_and_once(employer: Employer) -> None:
    with employer.work() as work:
        bootstrap(work)

        assert {kind: states(work, kind) for kind in KINDS} == {
            kind: [(1, "shipped", "approved")] for kind in KINDS
        }
        assert all(wording_in_force(work, kind) is work.office.templates[kind] for kind in KINDS)


def test_a_database_that_knows_no_version_has_the_files_in_force(employer: Employer) -> None:
    with employer.work() as work:
        for row in work.session.scalars(select(TemplateVersion)):
            work.session.delete(row)
        work.session.flush()
        shipped = work.office.templates[KIND]

        assert wording_in_force(work, KIND) is shipped
        assert approved_wording(work, KIND, shipped.version) is shipped
        assert approved_wording(work, KIND, "0123456789ab") is None
        assert approved_wording(work, "farewell", shipped.version) is None


def test_a_draft_is_not_sent_until_it_is_approved(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
        row = draft(work)

        assert "It is short." not in wording_in_force(work, KIND).source.text
        assert approved_wording(work, KIND, row.digest) is None
        approve(work, row, maria.id)

        assert wording_in_force(work, KIND).version == row.digest
        assert states(work) == [(1, "shipped", "retired"), (2, "edited", "approved")]
        assert (row.approved_by_id, row.approved_at) == (maria.id, work.now)
        assert version(work, 1).retired_at == work.now
    with employer.work() as work:
        application = add_application(work)
        letter = write_letter(work, application, Wish(KIND, {"next_word_by": "2026-03-13"}))
        assert letter.text.endswith("It is short.\n")
        assert letter.template_version == row.digest


def test_only_one_version_of_a_kind_can_be_in_force(employer: Employer) -> None:
    with employer.work() as work:
        row = draft(work)
        row.state = "approved"
        with pytest.raises(IntegrityError):
            work.session.flush()
        work.session.rollback()


def test_a_letter_of_a_replaced_version_may_go_and_of_a_withdrawn_one_may_not(
    employer: Employer,
) -> None:
    with employer.work() as work:
        first = work.office.templates[KIND]
        second = approve(work, draft(work))
        third = approve(work, draft(work, "It is shorter."))

        assert approved_wording(work, KIND, first.version) is first
        found = approved_wording(work, KIND, second.digest)
        assert found is not None
        assert found.version == second.digest
        withdraw(work, second, "it is wrong")

        assert approved_wording(work, KIND, second.digest) is None
        assert approved_wording(work, KIND, first.version) is first
        assert wording_in_force(work, KIND).version == third.digest


def test_no_letter_is_written_while_its_only_wording_is_withdrawn(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        withdraw(work, version(work, 1), "it is wrong")

        with pytest.raises(TemplateError, match="no approved wording"):
            write_letter(work, application, Wish(KIND, {"next_word_by": "2026-03-13"}))
        assert work.session.scalars(select(Message)).all() == []
        approve(work, version(work, 1))
        write_letter(work, application, Wish(KIND, {"next_word_by": "2026-03-13"}))


def test_a_letter_whose_wording_was_withdrawn_meanwhile_does_not_leave(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        row = approve(work, draft(work))
        letter_id = write_letter(work, application, Wish(KIND, {"next_word_by": "2026-03-13"})).id
        approve(work, version(work, 1))
    with employer.work() as work:
        withdraw(work, work.session.get_one(TemplateVersion, row.id), "it is wrong")

    employer.turn()

    with employer.session() as session:
        letter = session.get_one(Message, letter_id)
        assert letter.state == "blocked"
    assert employer.transport.sent == []


def test_the_shipped_wording_comes_back_by_being_approved(employer: Employer) -> None:
    with employer.work() as work:
        approve(work, draft(work))
        shipped = shipped_version(work, KIND)

        approve(work, shipped)
        assert states(work) == [(1, "shipped", "approved"), (2, "edited", "retired")]
        assert version(work, 1).retired_at is None


def test_a_newer_release_replaces_the_shipped_words(employer: Employer, tmp_path: Path) -> None:
    with employer.work() as work:
        new = upgraded(work, tmp_path / "new", "A newer release says more.")

        register_shipped(new)
        register_shipped(new)

        assert states(new) == [(1, "shipped", "retired"), (2, "shipped", "approved")]
        assert states(new, "holding") == [(1, "shipped", "approved")]
        assert wording_in_force(new, KIND) is new.office.templates[KIND]
        before = work.office.templates[KIND].version
        assert approved_wording(new, KIND, before) is not None


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_newer_release_only_offers_its_words_where_a_person_chose(
    employer: Employer, tmp_path: Path, withdrawn: bool
) -> None:
    with employer.work() as work:
        mine = approve(work, draft(work))
        if withdrawn:
            withdraw(work, mine, "it is wrong")
        new = upgraded(work, tmp_path / "new", "A newer release says more.")

        register_shipped(new)

        assert states(new)[1:] == [
            (2, "edited", "withdrawn" if withdrawn else "approved"),
            (3, "shipped", "draft"),
        ]
        offered = shipped_version(new, KIND)
        approve(new, offered)
        assert wording_in_force(new, KIND) is new.office.templates[KIND]


def test_the_words_of_a_version_are_not_drafted_twice(employer: Employer) -> None:
    with employer.work() as work:
        draft(work)

        with pytest.raises(PromiseError, match=r"version 2 \(draft\)") as caught:
            draft(work)

        assert caught.value.code == "worded-already"


def test_several_who_draft_at_once_each_get_their_own_version(employer: Employer) -> None:
    def drafting(addition: str) -> Callable[[], int]:
        def go() -> int:
            with employer.work() as work:
                return draft(work, addition).number

        return go

    numbers = at_once(*(drafting(f"It is short, number {each}.") for each in range(5)))
    again = at_once(drafting("It is one."), drafting("It is one."))

    assert sorted(numbers) == [2, 3, 4, 5, 6]
    assert sorted(str(each) for each in again) == ["7", "these are the words of version 7 (draft)"]


def test_who_withdrew_a_version_and_why_stays_on_record_until_it_is_approved_again(
    employer: Employer,
) -> None:
    with employer.work() as work:
        maria = add_user(work)
        row = withdraw(work, version(work, 1), "it names the wrong company", maria.id)

        assert (row.withdrawn_by_id, row.withdrawn_because, row.retired_at) == (
            maria.id,
            "it names the wrong company",
            work.now,
        )
        approve(work, row)
        assert (row.withdrawn_by_id, row.withdrawn_because, row.retired_at) == (None, None, None)


def test_approving_or_withdrawing_twice_says_so(employer: Employer) -> None:
    with employer.work() as work:
        with pytest.raises(PromiseError, match="in force already"):
            approve(work, version(work, 1))
        row = withdraw(work, draft(work), "it is wrong")
        with pytest.raises(PromiseError, match="withdrawn already"):
            withdraw(work, row, "it is wrong")


def test_a_draft_that_could_run_something_is_not_kept(employer: Employer) -> None:
    with employer.work() as work:
        wording = words(work, "x")
        with pytest.raises(TemplateError, match="holds <script>"):
            save_draft(work, replace(wording, html=f"{wording.html}<script>x</script>"))
        with pytest.raises(TemplateError, match="does not exist"):
            save_draft(work, replace(wording, kind="farewell"))

        assert len(states(work)) == 1


def test_a_wording_with_a_fault_cannot_be_approved_and_one_with_advice_can(
    employer: Employer,
) -> None:
    with employer.work() as work:
        bad = draft(work, "We will be in touch.", "acknowledgement")
        with pytest.raises(PromiseError, match="names no day") as caught:
            approve(work, bad)
        assert caught.value.code == "letter-at-fault"
        assert wording_in_force(work, "acknowledgement").version != bad.digest

        approve(work, draft(work, "Unfortunately it takes time."))


def test_a_unit_of_work_asks_once_however_many_letters_it_writes(employer: Employer) -> None:
    with employer.work() as work:
        digest = approve(work, draft(work)).digest
    with employer.work() as work:
        asked: list[str] = []

        @event.listens_for(work.session.get_bind(), "before_cursor_execute")
        def _note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        for _ in range(50):
            assert wording_in_force(work, KIND).version == digest
            assert approved_wording(work, KIND, digest) is wording_in_force(work, KIND)
            wording_in_force(work, "holding")
        event.remove(work.session.get_bind(), "before_cursor_execute", _note)

        # One for the standings, one for the words, which are then kept for the process.
        assert len([statement for statement in asked if "template_version" in statement]) == 2
        assert set(work.office.wordings) == {f"{KIND}:{digest}"}


def test_any_version_is_shown_with_a_persons_data_or_an_invented_ones(employer: Employer) -> None:
    with employer.work() as work:
        maria = add_user(work)
        application = add_application(work, first_name="<b>Bela</b>", owner=maria)
        row = draft(work)

        letter = preview_version(work, row, application, {"next_word_by": "2026-03-13"})
        assert "Hello <b>Bela</b>," in letter.text
        assert "Hello &lt;b&gt;Bela&lt;/b&gt;," in letter.html
        assert "Friday 13 March" in letter.text
        assert letter.text.endswith("It is short.\n")
        invented = preview_version(work, row, None, {"greeting_name": "Jonas"})
        assert "Hello Jonas," in invented.text
        assert "Maria Keller" in invented.text
        with pytest.raises(TemplateError, match="salary"):
            preview_version(work, row, None, {"salary": "1"})
        for kind in sorted(KINDS):
            assert preview_version(work, version(work, 1, kind), None, {}).html
        assert work.session.scalars(select(Message)).all() == []


def test_the_optional_paragraph_of_a_preview_shows_when_it_is_given(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        row = version(work, 1, "position-closed")
        said = "Your application for Support Lead goes on"

        assert said in preview_version(work, row, None, {}).text
        assert said not in preview_version(work, row, application, {}).text
        assert said in preview_version(work, row, application, {"still_open": said}).text


def test_a_set_of_templates_is_what_the_office_ships(employer: Employer) -> None:
    with employer.work() as work:
        assert isinstance(work.office.templates, TemplateSet)
        row = version(work, 1)
        assert (row.subject, row.text, row.html) == (
            work.office.templates[KIND].source.subject,
            work.office.templates[KIND].source.text,
            work.office.templates[KIND].source.html,
        )
