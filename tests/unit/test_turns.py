"""Writers on one SQLite database begin in the order they came."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from service.db import prepare_engine
from service.turns import Turns


def test_turns_come_in_the_order_they_were_asked_for() -> None:
    turns, order = Turns(), list[int]()
    mine = turns.take(0)

    def wait_and_note(number: int) -> None:
        turn = turns.take(60)
        order.append(number)
        turns.give(turn)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait_and_note, args=(number,)))
        threads[-1].start()
        while turns.waiting <= number:
            pass
    turns.give(mine)
    for thread in threads:
        thread.join(60)

    assert order == [0, 1, 2, 3, 4]


def test_who_lost_patience_keeps_nobody_waiting() -> None:
    turns = Turns()
    mine = turns.take(0)
    hasty = turns.take(0)

    assert (mine.is_set(), hasty.is_set()) == (True, False)

    turns.give(hasty)
    turns.give(mine)

    assert turns.take(0).is_set()


def test_a_writer_without_a_pause_lets_the_others_in(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/turns.db")
    prepare_engine(engine)
    order: list[str] = []
    begun = threading.Event()

    def write(name: str) -> None:
        with Session(engine) as session:
            session.execute(text("INSERT INTO written VALUES (:name)"), {"name": name})
            order.append(name)
            session.commit()

    def once() -> None:
        begun.wait(60)
        write("once")

    with Session(engine) as session:
        session.execute(text("CREATE TABLE written (name TEXT)"))
        session.commit()
    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(once) for _ in range(4)]
        for number in range(400):
            write("loop")
            if number == 20:
                begun.set()
        for other in others:
            other.result(60)
    engine.dispose()

    # Each waits for at most the one that writes and those before it, not for the loop to end.
    between = order[order.index("once") : len(order) - 1 - order[::-1].index("once")]
    assert order[-1] == "loop"
    assert between.count("loop") <= 20


def test_a_turn_is_given_back_where_the_transaction_fails(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/turns.db")
    prepare_engine(engine)

    for _ in range(3):
        with Session(engine) as session:
            try:
                session.execute(text("INSERT INTO nowhere VALUES (1)"))
            except Exception:  # noqa: BLE001 - whatever it was
                session.rollback()
    with Session(engine) as session:
        session.execute(text("CREATE TABLE written (name TEXT)"))
        session.commit()
    engine.dispose()
