"""What a sketch has not marked is not in the file; so nothing that is there may be missing in it, whoever added it."""

from __future__ import annotations

import os
import random
import time

import pytest

from geopandas_batch.places import Location
from geopandas_batch.store import Store
from geopandas_batch.store.answers import SKETCHED
from geopandas_batch.store.positions import MANY, TURNS, places
from geopandas_batch.store.rows import Row
from geopandas_batch.store.sketch import Sketch

PLACE = Location(1.5, 2.5, "somewhere", "city", 0.5, "", "s", "")


def some(count: int) -> list[bytes]:
    return [os.urandom(16) for _ in range(count)]


def sketched(store: Store) -> bool:
    return store._table.positions._sketch is not None


def begin_sketch(store: Store) -> None:
    """As a run does whose first addresses are all new."""
    assert store.answers(some(MANY + 1)) == {}


def test_what_was_added_may_be_there_and_nearly_all_else_is_not():
    sketch, here, indexed, others = Sketch(), some(50_000), some(50_000), some(100_000)
    sketch.add(b"".join(here))
    sketch.add_places(places(indexed))

    assert sketch.among([*here, *indexed]) == [*here, *indexed]
    assert len(sketch.among(others)) < 1000  # 600 or so


@pytest.mark.parametrize("begun", [0, 3, TURNS + 3])
@pytest.mark.parametrize("who", ["this process", "another one"])
def test_what_was_there_before_and_what_comes_after_is_found(cache_file, begun, who):
    store, other = Store(cache_file), Store(cache_file)
    known = dict.fromkeys(some(30 * begun), PLACE)
    for start in range(0, len(known), 30):
        other.keep([(key, PLACE) for key in list(known)[start : start + 30]], service="s")
    begin_sketch(store)
    assert sketched(store)
    assert store.answers([*known, *some(30)]) == known

    for _ in range(2 * TURNS):
        fresh = some(30)
        assert store.answers(fresh) == {}
        (store if who == "this process" else other).keep([(key, PLACE) for key in fresh], service="s")
        assert store.answers([*fresh, *some(30)]) == dict.fromkeys(fresh, PLACE)
        known.update(dict.fromkeys(fresh, PLACE))
    assert sketched(store)
    assert store.answers([*known, *some(1000)]) == known


@pytest.mark.parametrize("what", ["many at once", "an import", "clear", "more than was looked at"])
def test_what_comes_in_another_way_is_found(cache_file, what):
    store, other = Store(cache_file), Store(cache_file)
    begin_sketch(store)
    keys = some(MANY + 1)
    known = dict.fromkeys(keys, PLACE)
    if what == "many at once":
        other.keep(known.items(), service="s")
    elif what == "an import":
        row = ("s", "", 1.5, 2.5, "somewhere", 3, 0.5, "", time.time(), None, None)
        assert other.merge([Row(key, *row) for key in keys]) == len(keys)
    elif what == "clear":
        other.clear()
        other.keep(known.items(), service="s")
    else:
        for start in range(0, len(keys), 25):  # more batches than wait
            other.keep([(key, PLACE) for key in keys[start : start + 25]], service="s")
    assert store.answers([*keys, *some(30)]) == known
    assert not sketched(store)

    begin_sketch(store)
    assert sketched(store)
    assert store.answers([*keys, *some(30)]) == known


def test_of_a_large_file_there_is_none(cache_file):
    store, keys = Store(cache_file), some(SKETCHED - 1)
    store.keep(dict.fromkeys(keys), service="s")
    begin_sketch(store)
    assert sketched(store)
    store.keep([(key, None) for key in some(MANY + 1)], service="s")
    begin_sketch(store)

    assert not sketched(store)
    few = random.sample(keys, 100)
    assert store.answers([*few, *some(30)]) == dict.fromkeys(few)
