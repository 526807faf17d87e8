"""What letters share is stored once, and each reads as if it had been stored whole."""

from __future__ import annotations

from sqlalchemy import func, select

from service.models import LetterForm, Message
from service.workflows import migrate
from service.workflows.composing import Letter
from service.workflows.enqueue import enqueue_letter, enqueue_letters
from service.workflows.work import Work
from tests.harness import Employer, add_application

OWN = {"promised_what": "a call", "next_word_by": "Friday 27 March"}


def holding(key: str, **more: str) -> Letter:
    return Letter("holding", key, {**OWN, **more})


def number_of_forms(work: Work) -> int:
    return work.session.scalars(select(func.count()).select_from(LetterForm)).one()


def test_letters_alike_share_one_form_and_differ_in_their_values(employer: Employer) -> None:
    with employer.work() as work:
        people = [
            add_application(work, first_name=name, email=f"p{n}@example.com")
            for n, name in enumerate(("Amara", "<b>Bo & Co"))
        ]
        enqueue_letters(work, [(each, holding(f"k{n}")) for n, each in enumerate(people)])
        third = enqueue_letter(work, people[0], holding("k2"))
        third_id = third.id

    with employer.work() as work:
        first, second = work.session.scalars(
            select(Message).where(Message.id != third_id).order_by(Message.dedupe_key)
        ).all()
        assert number_of_forms(work) == 1
        assert (first.own_text, first.own_html) == ("", "")
        assert first.text.startswith("Hello Amara,")
        assert second.text.startswith("Hello <b>Bo & Co,")
        assert "&lt;b&gt;Bo &amp; Co" in second.html
        assert work.session.get_one(Message, third_id).text == first.text


def test_a_form_that_was_rolled_back_with_its_letter_is_stored_with_the_next(
    employer: Employer,
) -> None:
    with employer.work() as work:
        person = add_application(work)
        with work.session.begin_nested() as inner:
            enqueue_letter(work, person, holding("lost"))
            inner.rollback()
        enqueue_letter(work, person, holding("kept"))

    with employer.work() as work:
        (message,) = work.session.scalars(select(Message)).all()
        assert message.dedupe_key == "kept"
        assert "Friday 27 March" in message.text


def test_a_letter_keeps_its_words_when_the_database_goes_down_a_version_and_up(
    employer: Employer,
) -> None:
    with employer.work() as work:
        enqueue_letter(
            work, add_application(work, first_name="50% %(x)s", email="p@example.com"), holding("k")
        )
    with employer.session() as session:
        message = session.scalars(select(Message)).one()
        before = (message.text, message.html)
        engine = session.get_bind().engine

    migrate.downgrade(engine, "0003")
    migrate.upgrade(engine)

    with employer.session() as session:
        message = session.scalars(select(Message)).one()
        assert message.form is None
        assert (message.text, message.html) == before
