"""The index of the answers lags behind them: what waits is found by every process, and none is lost or there twice."""

from __future__ import annotations

import math
import os
import random
import sqlite3
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from geopandas_batch.places import Location, sealed
from geopandas_batch.store import Store
from geopandas_batch.store.positions import MANY, TURNS
from geopandas_batch.store.rows import FEW, Row
from geopandas_batch.store.statements import PIECES

BATCH = 30


def place(number: int) -> Location:
    return Location(number / 1000, 1.0, f"place {number}", "city", 0.5, "", "s", "© Somebody")


def row(key: bytes, number: int, asked: float) -> Row:
    return Row(key, "s", "© Somebody", number / 1000, 1.0, f"place {number}", 3, 0.5, "", asked, None, None)


def table(file: Path, statement: str) -> list[tuple[int, ...]]:
    with sqlite3.connect(file) as db:
        found = db.execute(statement).fetchall()
    db.close()
    return found


def check(file: Path, store: Store, known: dict[bytes, Location | None], others: list[bytes]) -> None:
    assert store.answers([*known, *others]) == known
    assert sum(map(len, store.rows(50))) == len(known)
    assert table(file, "SELECT COUNT(DISTINCT key) FROM answer") == [(len(known),)]


@pytest.mark.parametrize("seed", [1, 2])
def test_three_stores_write_in_turn_and_each_finds_what_all_have_written(cache_file, seed):
    rng = random.Random(seed)
    stores = [Store(cache_file) for _ in range(3)]
    known: dict[bytes, Location | None] = {}
    others = [rng.randbytes(16) for _ in range(100)]
    for turn in range(2 * TURNS):
        store = stores[rng.randrange(2)]  # the third one only reads, and seldom
        fresh = [rng.randbytes(16) for _ in range(rng.randrange(1, BATCH))]
        again = rng.sample(sorted(known), min(len(known), rng.randrange(3)))
        batch = {key: place(turn) if rng.random() < 0.8 else None for key in [*fresh, *again]}
        chance = rng.random()
        if chance < 0.05:
            # Of another file: some older, some newer than what is here.
            asked = {key: rng.choice([0.0, time.time() + 1000]) if key in known else 5.0 for key in batch}
            rows = [row(key, turn, at) for key, at in asked.items()]
            newer = {key: place(turn) for key, at in asked.items() if key not in known or at > 5}
            assert store.merge(rows) == len(newer)
            known.update(newer)
        elif chance < 0.06:
            assert store.clear() >= len(known)  # what was replaced is there until the new one has its turn
            known.clear()
        else:
            store.keep(batch.items(), service="s")
            known.update(batch)
        if chance > 0.9:  # a sketch begins, where none is
            assert rng.choice(stores).answers([rng.randbytes(16) for _ in range(MANY + 1)]) == {}
        if turn % 20 == 0:
            stores[1 - stores.index(store)].answers([])
            check(cache_file, rng.choice([*stores, Store(cache_file)]), known, others)
    for store in (*stores, Store(cache_file)):
        check(cache_file, store, known, others)
    for _ in range(TURNS):
        key = rng.randbytes(16)
        stores[0].keep([(key, None)], service="s")
        known[key] = None
    for store in (*stores, Store(cache_file)):
        check(cache_file, store, known, others)
    assert table(cache_file, "SELECT COUNT(*) FROM answer") == [(len(known),)]


def test_a_key_has_had_its_turn_after_as_many_batches(cache_file):
    store = Store(cache_file)
    keys = [os.urandom(16) for _ in range(1000)]
    store.keep([(key, place(1)) for key in keys], service="s")
    assert table(cache_file, "SELECT COUNT(*) FROM position")[0][0] < 1000 / TURNS * 4
    for _ in range(TURNS - 1):
        store.keep([(os.urandom(16), None)], service="s")

    at = {at for (at,) in table(cache_file, "SELECT at FROM position")}
    assert at >= set(range(1, 1001))
    assert table(cache_file, "SELECT COUNT(*) FROM waiting") == [(TURNS,)]


def test_of_many_at_once_none_waits(cache_file):
    few, many = [os.urandom(16) for _ in range(10)], [os.urandom(16) for _ in range(MANY + 1)]
    store, other = Store(cache_file), Store(cache_file)
    store.keep([(key, place(1)) for key in few], service="s")
    assert len(other.answers(few)) == 10
    store.keep([(key, place(2)) for key in [*few, *many]], service="s")

    assert table(cache_file, "SELECT COUNT(*) FROM position") == [(len(few) + len(many),)]
    for each in (store, other, Store(cache_file)):
        assert each.answers([*few, *many]) == dict.fromkeys([*few, *many], place(2))
    other.keep([(few[0], place(3))], service="s")
    assert store.answers(few[:2]) == {few[0]: place(3), few[1]: place(2)}


def test_answers_of_several_credit_lines_and_none_stand_where_their_keys_lead(cache_file):
    """They are put in by their lines, and cut from one value, of which each has as much as it needs."""
    places = [None, place(1), Location(1.0, 2.0, "x" * 70_000, service="s"), Location(3.0, 4.0, service="s")]
    known = {os.urandom(16): places[n % 7 % len(places)] for n in range(2 * PIECES + 3)}
    known.update({key: place(n) for n, (key, found) in enumerate(known.items()) if found == place(1)})
    few = dict(list(known.items())[:70])
    store = Store(cache_file)
    store.keep(few.items(), service="s")
    assert Store(cache_file).answers(list(few)) == few
    store.keep(known.items(), service="s")

    check(cache_file, store, known, [])
    check(cache_file, Store(cache_file), known, [])
    empty = table(cache_file, "SELECT COUNT(*) FROM answer WHERE body IS NULL")
    assert empty == [(sum(found is None for found in known.values()),)]


def test_answers_of_another_file_keep_whence_they_are_and_how_long(cache_file):
    """Those of one job are put in together, and in what order they came does not matter."""
    rng, rows = random.Random(5), list[Row]()
    jobs = [*(rng.randrange(1, FEW) for _ in range(40)), *(rng.randrange(FEW, 40) for _ in range(40)), PIECES + 1]
    for number, count in enumerate(jobs):
        service, until = rng.choice([("s", ""), ("s", "© A"), ("t", "© A")]), rng.choice([None, time.time() + 1000.0])
        for _ in range(count):
            asked, extra = 1000.0 + number, rng.choice([None, '[["a",1.0]]'])
            found = (1.5, 2.5, f"place {number}", 3, rng.choice([None, 0.5]), "") if rng.random() < 0.8 else (None,) * 6
            rows.append(Row(rng.randbytes(16), *service, *found, asked, until, extra if found[0] else None))
    rng.shuffle(rows)
    store = Store(cache_file)

    assert store.merge(rows) == len(rows)

    assert sorted(row for part in store.rows(1000) for row in part) == sorted(rows)
    assert len(store.answers([row.key for row in rows])) == len(rows)
    newer = [row._replace(asked=row.asked + rng.choice([-1, 0, 1])) for row in rows]
    assert store.merge(newer) == sum(one.asked > other.asked for one, other in zip(newer, rows, strict=True))
    kept = [max(both, key=lambda row: row.asked) for both in zip(rows, newer, strict=True)]
    assert sorted(row for part in Store(cache_file).rows(1000) for row in part) == sorted(kept)


def test_what_is_taken_back_with_its_transaction_is_not_there(cache_file):
    store, key = Store(cache_file), os.urandom(16)
    store.keep([(os.urandom(16), place(1))], service="s")

    torn = sealed(1.0, 2.0, "\ud800", "none", math.nan, "", "", "", ())  # half a letter, which no file takes
    with pytest.raises(UnicodeEncodeError):
        store.keep([(key, place(2)), (os.urandom(16), torn)], service="s")
    assert store.answers([key]) == {}
    store.keep([(key, place(3))], service="s")

    assert store.answers([key]) == Store(cache_file).answers([key]) == {key: place(3)}


def test_a_place_that_was_given_anew_is_not_taken_for_the_answer_to_another_key(cache_file):
    """Answers that were forgotten leave keys that wait, and lead to where other answers are put."""
    store, old, new = Store(cache_file), os.urandom(16), os.urandom(16)
    store.keep([(old, place(1))], service="s")
    with sqlite3.connect(cache_file) as db:
        db.execute("DELETE FROM answer")
    db.close()
    store.keep([(new, place(2))], service="s")
    store.keep([(old, place(3))], service="s")
    for _ in range(TURNS):
        store.keep([(os.urandom(16), None)], service="s")

    assert store.answers([old, new]) == {old: place(3), new: place(2)}


def test_places_that_lead_to_other_answers_do_not_end_what_is_handed_on(cache_file):
    """However many of them follow one another in the index."""
    store = Store(cache_file)
    old, new, more = (
        [first + os.urandom(15) for _ in range(count)] for first, count in ((b"\0", 9), (b"n", 9), (b"m", TURNS))
    )
    store.keep([(key, place(1)) for key in old], service="s")
    with sqlite3.connect(cache_file) as db:
        db.execute("DELETE FROM answer")
    db.close()
    store.keep([(key, place(2)) for key in new], service="s")
    for key in more:
        store.keep([(key, None)], service="s")

    handed = [row.key for part in store.rows(2) for row in part]

    assert sorted(handed) == sorted([*new, *more])


def test_numbers_of_numpy_are_kept(cache_file):
    import numpy as np

    key, found = os.urandom(16), Location(np.float64(1.5), np.float32(2.5), np.str_("x"), "city", np.float64(0.5))
    Store(cache_file).keep([(key, found)], service="s")

    assert Store(cache_file).answers([key]) == {key: Location(1.5, 2.5, "x", "city", 0.5, service="s")}


def test_a_look_that_is_interrupted_anywhere_is_made_good_by_the_next(cache_file):
    """A second Ctrl-C raises wherever it comes."""
    writer, rng = Store(cache_file), random.Random(1)
    known = {rng.randbytes(16): place(number) for number in range(6)}
    for key, answer in known.items():
        writer.keep([(key, answer)], service="s")
    lines = 0

    def look(stop: int) -> bool:
        """Whether it was interrupted in its line of that number."""
        nonlocal lines
        store, lines = Store(cache_file), 0

        def trace(frame, event, argument):
            nonlocal lines
            lines += event == "line"
            if lines == stop:
                raise KeyboardInterrupt
            return trace if "positions" in frame.f_code.co_filename else None

        before = sys.gettrace()
        sys.settrace(lambda frame, *rest: trace(frame, "call", rest) if frame.f_code.co_name == "read" else None)
        try:
            store.answers(list(known))
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
            assert store.answers(list(known)) == known
            store.close()
        return False

    stop = 1
    while look(stop):
        stop += 1
    assert stop > 30


def test_who_stands_where_an_answer_stood_that_has_expired_is_handed_on_once(cache_file):
    store, (gone, there) = Store(cache_file), (os.urandom(16), os.urandom(16))
    store.keep([(gone, place(1))], service="s", keep_for=timedelta(microseconds=1))
    assert store.clear(expired_only=True) == 1
    store.keep([(there, place(2))], service="s")

    assert [row.key for part in store.rows(10) for row in part] == [there]
