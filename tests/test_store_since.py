"""A second look for keys sees what was added since the first, by whomever, and reads next to nothing for it."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from geopandas_batch import export_cache, import_cache
from geopandas_batch.places import Location, Query
from geopandas_batch.places.lines import Wanted
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys
from geopandas_batch.store.positions import MANY, TURNS

KEYS = Keys("s", {})
PLACE = Location(1.5, 2.5, "somewhere", "city", 0.5, "", "s", "")

OTHER = """
import sys
from pathlib import Path
from geopandas_batch import import_cache
from geopandas_batch.places import Location
from geopandas_batch.store import Store

file = Path(sys.argv[1])
store = Store(file)
for line in sys.stdin:
    what, *words = line.split()
    if what == "keep":
        place = Location(1.5, 2.5, "somewhere", "city", 0.5, "", "s", "")
        store.keep([(bytes.fromhex(word), place) for word in words], service="s")
    elif what == "import":
        import_cache(words[0], cache=file)
    else:
        store.clear()
    print("done", flush=True)
"""


class Other:
    """Another process that writes into the same file, when it is told to."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-c", OTHER, str(file)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, *words: str) -> None:
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def keep(self, keys: list[bytes]) -> None:
        self.do("keep", *(key.hex() for key in keys))


@pytest.fixture
def other(cache_file):
    it = Other(cache_file)
    yield it
    it.process.communicate(timeout=60)
    assert it.process.returncode == 0


def some(count: int) -> list[bytes]:
    return [os.urandom(16) for _ in range(count)]


def parquet(folder: Path, keys: list[bytes]) -> Path:
    """A file of answers to these keys."""
    file = folder / f"{keys[0].hex()}.parquet"
    store = Store(folder / f"{keys[0].hex()}.sqlite")
    store.keep([(key, PLACE) for key in keys], service="s")
    store.close()
    export_cache(file, cache=store.file)
    return file


@pytest.mark.parametrize("what", ["a batch", "before others", "many", "an import", "two imports", "anew after clear"])
@pytest.mark.parametrize("begun", [0, 1, 3 * TURNS])
def test_what_another_process_has_added_is_seen(cache_file, tmp_path, other, what, begun):
    store = Store(cache_file)
    for _ in range(begun):
        store.keep([(key, PLACE) for key in some(2)], service="s")
    keys = some(10)
    known, moment = store.look_up(keys)
    assert known == {}

    if what == "anew after clear":
        other.do("clear")
    if what == "two imports":
        other.do("import", str(parquet(tmp_path, some(3))))
    if "import" in what:
        other.do("import", str(parquet(tmp_path, keys[:4])))
    else:
        other.keep(keys[:4] + some(MANY if what == "many" else 3))
    for _ in range(TURNS + 1 if what == "before others" else 0):
        other.keep(some(1))

    assert store.answers(keys, since=moment) == dict.fromkeys(keys[:4], PLACE)
    wanted = Wanted(keys, [Query(str(n)) for n in range(len(keys))])
    claim = store.claim(KEYS.scope, wanted, since=moment)
    assert claim.known == dict.fromkeys(keys[:4], PLACE)
    assert claim.mine.keys == keys[4:]


def test_what_was_added_long_ago_is_seen(cache_file, other):
    store, keys = Store(cache_file), some(3)
    moments = [store.look_up(keys)[1]]
    for number in range(3 * TURNS):
        other.keep([keys[0]] if number == 0 else some(1))
        moments.append(store.look_up([])[1])

    assert moments == sorted(set(moments))
    for moment in [0, *moments]:
        known = store.answers(keys, since=moment)
        # From the end on back: all that were added since, and those for which nobody can tell.
        assert known == {keys[0]: PLACE} or moment > moments[0]
        assert set(known) <= {keys[0]}
    late = Store(cache_file)
    assert late.answers(keys, since=late.look_up([])[1]) == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_two_processes_do_nothing_is_overlooked(cache_file, tmp_path, other, seed):
    rng = random.Random(seed)
    store, known = Store(cache_file), set[bytes]()
    looks: list[tuple[int, set[bytes]]] = []  # a moment, and keys that were not known then
    for _ in range(3 * TURNS):
        fresh = {rng.randbytes(16) for _ in range(20)}
        looks = [*looks[-40:], (store.look_up(list(fresh))[1], fresh)]
        chance = rng.random()
        of = sorted(rng.choice(looks)[1])
        keys = [*rng.sample(of, 5), rng.randbytes(16)]
        if chance < 0.02:
            rng.choice([store.clear, lambda: other.do("clear")])()
            known.clear()
        elif chance < 0.06:
            rng.choice([import_cache, lambda file: other.do("import", str(file))])(parquet(tmp_path, keys))
            known.update(keys)
        elif chance < 0.1:
            store.close()
        elif chance < 0.5:
            other.keep(keys)
            known.update(keys)
        else:
            store.keep([(key, PLACE) for key in keys], service="s")
            known.update(keys)
        moment, unknown = rng.choice(looks)
        assert set(store.answers(sorted(unknown), since=moment)) == unknown & known


def test_a_second_look_reads_no_answer_where_none_was_added(cache_file):
    store, keys = Store(cache_file), some(100)
    store.keep([(key, PLACE) for key in some(1000)], service="s")
    moment = store.look_up(keys)[1]
    store.keep([(keys[7], PLACE), *((key, PLACE) for key in some(1000))], service="s")
    asked: list[str] = []
    store._base.read(lambda db: db.set_trace_callback(asked.append))

    assert store.answers(keys, since=moment) == {keys[7]: PLACE}
    few = [line for line in asked if " answer" in line]
    assert store.answers(keys) == {keys[7]: PLACE}
    assert sum(map(len, few)) < 300 < sum(len(line) for line in asked if " answer" in line)


def test_what_has_expired_is_no_answer(cache_file):
    store, keys = Store(cache_file), some(2)
    moment = store.look_up(keys)[1]
    store.keep([(keys[0], PLACE)], service="s", keep_for=timedelta(seconds=-1))
    store.keep([(keys[1], PLACE)], service="s", keep_for=timedelta(days=1))

    assert store.answers(keys, since=moment) == {keys[1]: PLACE}


def test_another_file_in_its_place_is_looked_through(cache_file, tmp_path):
    """A damaged one is set aside and what can be read of it brought over: not one by one, as far as a moment knows."""
    keys, first = some(5), Store(cache_file)
    first.keep([(key, PLACE) for key in some(2000)], service="s")
    moment = first.look_up(keys)[1]
    second = Store(cache_file)
    second.keep([(keys[0], PLACE)], service="s")
    for each in (first, second):
        each.close()
    with sqlite3.connect(cache_file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with cache_file.open("r+b") as content:
        content.write(os.urandom(100))

    assert first.answers(keys, since=moment) == {keys[0]: PLACE}
    assert list(cache_file.parent.glob("*damaged*"))
