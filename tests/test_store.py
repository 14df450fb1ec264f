"""Answers and jobs on disk."""

from __future__ import annotations

import gc
import math
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from geopandas_batch import export_cache, import_cache, locate
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Location, Point, Query, sealed
from geopandas_batch.places.lines import Wanted
from geopandas_batch.services.protocol import Limits
from geopandas_batch.settings import cache_file as cache_file_of
from geopandas_batch.store import Job, Store
from geopandas_batch.store.journal import Held
from geopandas_batch.store.keys import Keys

OSLO = Location(59.91, 10.75, "Oslo, Norway", "city", 0.9, "", "gazetteer", "© Somebody")
KEYS = Keys("gazetteer", {"version": "1"})


def key(text: str) -> bytes:
    return KEYS.key(Query(text))


def wanted(*texts: str) -> Wanted:
    return Wanted([key(text) for text in texts], [Query(text) for text in texts])


def submit(store: Store, job_id: str, questions: list[Query]) -> Job:
    """Hold the questions, and say that they were accepted."""
    mine = store.claim(KEYS.scope, Wanted(KEYS.keys(questions), questions)).mine
    assert mine is not None
    return store.submitted(mine, job_id)


def test_an_answer_comes_back_whole(cache_file):
    Store(cache_file).keep([(key("Oslo"), OSLO)], service="gazetteer")

    assert Store(cache_file).answers([key("Oslo"), key("Bergen")]) == {key("Oslo"): OSLO}


def test_not_found_is_kept_and_is_not_unknown(cache_file):
    store = Store(cache_file)
    store.keep([(key("Atlantis"), None)], service="gazetteer")

    assert store.answers([key("Atlantis"), key("Oslo")]) == {key("Atlantis"): None}


def test_no_confidence_stays_no_confidence(cache_file):
    store = Store(cache_file)
    store.keep([(key("x"), Location(1, 2, service="s"))], service="s")

    found = store.answers([key("x")])[key("x")]
    assert found is not None
    assert math.isnan(found.confidence)


def test_a_new_file_can_be_opened_by_many_at_once(tmp_path):
    """Where two switch it to WAL at the same time, SQLite tells one of them "locked" at once."""
    troubles = []

    def open_at(start: threading.Barrier, file: Path) -> None:
        store = Store(file)
        start.wait(30)
        try:
            store.answers([key("Oslo")])
        except SettingsError as error:
            troubles.append(error)
        store.close()

    for number in range(60):
        start, file = threading.Barrier(6), tmp_path / f"{number}.sqlite"
        threads = [threading.Thread(target=open_at, args=(start, file)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert troubles == []


def test_the_file_is_the_users_alone(cache_file):
    Store(cache_file).keep([(key("Oslo"), OSLO)], service="gazetteer")

    files = list(cache_file.parent.iterdir())
    assert cache_file in files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(cache_file.parent.stat().st_mode) == 0o700


def test_another_service_or_option_is_another_key():
    query = Query("Oslo")
    keys = {
        Keys(service, options).key(query)
        for service in ("geoapify", "gazetteer")
        for options in ({}, {"lang": "fr"}, {"lang": "de"}, {"filter": "fr"})
    }
    assert len(keys) == 8


def test_a_text_and_a_part_are_different_questions():
    assert len({key("Oslo"), KEYS.key(Query(city="Oslo")), KEYS.key(Query(street="Oslo"))}) == 3


def test_the_order_of_options_does_not_matter():
    one, other = Keys("s", {"a": "1", "b": "2"}), Keys("s", {"b": "2", "a": "1"})

    assert one.key(Query("x")) == other.key(Query("x"))


# As they were when they were first kept: with other ones, all answers in all caches would be paid once more.
@pytest.mark.parametrize(
    ("question", "digest"),
    [
        (Query("12 Rue Cler, Paris"), "f631539f8a276293251cd50fbdd468c9"),
        (Query("half \ud800"), "b774a3d164f4920b04674999967d04bc"),
        (Query("12 Rue Cler, Paris", country="France"), "2059932b66d48ce8effc7bc0b51e276d"),
        (Query(street="Bryggen", city="Bergen"), "ea57869c59dca3cb5e673adee62ea9b9"),
        (Query(city="Bergen"), "7b8f539b6d718666b49acce7d9713d01"),
        (Query(), "92e3a846373cd523a810d348acf21397"),
        (Point(59.91, 10.75), "c02931a8a758f1c72ce20ef2f892acdc"),
    ],
)
def test_the_key_of_a_question_is_what_it_always_was(question, digest):
    keys = Keys("s", {"lang": "fr"})

    assert keys.key(question).hex() == digest
    assert keys.keys([Query("x"), question, Point(1.0, 2.0)])[1].hex() == digest


def test_answers_that_may_not_be_kept_are_not(cache_file):
    store = Store(cache_file)
    store.keep([(key("Oslo"), OSLO)], service="s", keep_for=timedelta(0))

    assert store.answers([key("Oslo")]) == {}


@pytest.mark.parametrize(
    "numbers", [(200.0, 10.0, 0.9), (math.nan, 10.0, 0.9), (1.0, -181.0, math.nan), (1.0, math.inf, 0.5), (1, 2, 1.5)]
)
@pytest.mark.parametrize("batches", [1, 200], ids=["waiting", "in the index"])
def test_a_place_that_there_cannot_be_is_unknown_and_not_handed_on(numbers, batches, cache_file, caplog, tmp_path):
    """As an earlier version kept it of a service of the user's own."""

    class Mine:
        name, limits, asked = "mine", Limits(batch_size=10, max_concurrency=1), 0

        async def locate_many(self, wire, queries):
            self.asked += len(queries)
            return [OSLO] * len(queries)

    lat, lon, sure = numbers
    wrong, right = Keys("mine", {}).keys([Query("Oslo"), Query("Bergen")])
    store, mine = Store(cache_file), Mine()
    store.keep([(wrong, sealed(lat, lon, "", "city", sure, "", "mine", "", ())), (right, OSLO)], service="mine")
    for number in range(1, batches):  # until the keys have had their turn
        store.keep([(key(str(number)), None)], service="gazetteer")

    assert store.answers([wrong, right]) == {right: replace(OSLO, service="mine")}
    assert "1 answers in the cache are places that there cannot be" in caplog.text
    assert export_cache(tmp_path / "answers.parquet") == batches
    assert import_cache(tmp_path / "answers.parquet", cache=tmp_path / "other.sqlite").new == batches
    for _ in range(2):
        assert locate(["Oslo", "Bergen"], service=mine)["lat"].tolist() == [OSLO.lat] * 2
    assert mine.asked == 1
    assert not list(cache_file.parent.glob("*damaged*"))


def test_answers_expire_and_are_pruned(cache_file):
    store = Store(cache_file)
    store.keep([(key("Oslo"), OSLO)], service="s", keep_for=timedelta(microseconds=1))
    store.keep([(key("Bergen"), OSLO)], service="s", keep_for=timedelta(days=1))

    assert set(store.answers([key("Oslo"), key("Bergen")])) == {key("Bergen")}
    assert store.clear(expired_only=True) == 1
    assert store.clear() == 1


def test_a_job_is_found_by_any_of_its_addresses_until_its_answers_are_kept(cache_file):
    queries = [Query("Oslo"), Query(city="Bergen", country="Norge")]
    keys = [KEYS.key(query) for query in queries]
    submit(Store(cache_file), "abc", queries)

    (job,) = Store(cache_file).jobs_holding([key("other"), keys[1]])
    assert (job.id, job.questions) == ("abc", queries)

    Store(cache_file).keep([(keys[0], OSLO)], service="s", job=job)
    assert Store(cache_file).jobs_holding(keys) == []


def test_a_job_that_another_process_collects_in_the_middle_of_a_look_is_no_trouble(cache_file):
    store = Store(cache_file)
    job, left = submit(store, "abc", [Query("Oslo")]), submit(store, "def", [Query("Bergen")])
    db = sqlite3.connect(cache_file, isolation_level=None)  # of a process that has not seen the two

    def collect(statement: str) -> None:
        if "keys" in statement:
            db.set_trace_callback(None)
            store.keep([(key("Oslo"), OSLO)], service="gazetteer", job=job)

    db.set_trace_callback(collect)

    assert Held().among(db, [key("Oslo"), key("Bergen")]) == {left.number: {key("Bergen")}}
    assert store.answers([key("Oslo")]) == {key("Oslo"): OSLO}
    db.close()


def test_clearing_the_answers_keeps_the_jobs(cache_file):
    store = Store(cache_file)
    submit(store, "abc", [Query("Oslo")])
    store.keep([(key("Bergen"), OSLO)], service="gazetteer")

    store.clear()

    assert store.info() == {"(jobs under way)": 1}


@pytest.mark.parametrize("memory", [True, False])
def test_a_store_that_nobody_holds_has_closed_its_file(memory, cache_file):
    """By itself: Python 3.13 warns of a connection that is open then, and strict tests of a user's fail."""
    store = Store(None if memory else cache_file)
    store.keep([(b"k" * 16, None)], service="s")
    connection = store.overrides._base._connection

    del store
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_memory_store_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store(None)
    store.keep([(key("Oslo"), OSLO)], service="gazetteer")

    assert store.answers([key("Oslo")]) == {key("Oslo"): OSLO}
    assert list(tmp_path.iterdir()) == []


def test_a_table_given_as_the_cache_by_mistake_is_said_and_left_alone(tmp_path):
    file = tmp_path / "customers.csv"
    file.write_bytes(b"not a database, but long enough to be read as one" * 100)

    with pytest.raises(SettingsError, match="GEOPANDAS_BATCH_CACHE"):
        Store(file).answers([key("Oslo")])

    assert {each.name: each.stat().st_size for each in tmp_path.iterdir()} == {"customers.csv": 4900}


@pytest.mark.parametrize("version", [0, 10400])
def test_a_database_of_another_program_is_left_as_it_is(version, tmp_path):
    file = tmp_path / "parcels.gpkg"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE parcels (id)")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    before = file.read_bytes()

    with pytest.raises(SettingsError, match="is a database of another program, no cache file"):
        locate(["Oslo"], service="gazetteer", cache=file)

    assert file.read_bytes() == before


def test_a_file_of_a_newer_version_is_left_alone(cache_file):
    Store(cache_file).answers([])
    with sqlite3.connect(cache_file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(SettingsError, match="newer version"):
        Store(cache_file).answers([key("Oslo")])


PROCESS = """
import os, sys
from pathlib import Path
from geopandas_batch.places.lines import Wanted
from geopandas_batch.store import owner
from geopandas_batch.places import Location, Point, Query
from geopandas_batch.store.keys import Keys
from geopandas_batch.store import Store

store, number = Store(Path(sys.argv[1])), int(sys.argv[2])
keys = Keys("gazetteer", {"version": "1"})
oslo = Location(59.91, 10.75, "Oslo, Norway", "city", 0.9, "", "gazetteer", "© Somebody")
"""
WRITE = """
sys.stdin.read()  # until all have been started
for turn in range(5):
    mine = [keys.key(Query(f"{number} {turn} {n}")) for n in range(50)]
    store.keep([(key, oslo) for key in mine], service=f"s{number % 2}")
    assert len(store.answers(mine)) == 50
"""
HOLD = """
store.claim(keys.scope, Wanted([keys.key(Query("Oslo"))], [Query("Oslo")]))
os.kill(os.getpid(), 9)
"""
FIND = """
assert store.answers([keys.key(Query("Oslo"))]) == {keys.key(Query("Oslo")): oslo}
"""
FORK = """
store.keep([(keys.key(Query("Oslo")), oslo)], service="gazetteer")
if child := os.fork():
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
assert store.answers([keys.key(Query("Oslo"))]) == {keys.key(Query("Oslo")): oslo}
store.keep([(keys.key(Query("Bergen")), None)], service="gazetteer")
"""


def start(code: str, file: Path, number: int = 0) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-c", PROCESS + code, str(file), str(number)]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_eight_processes_share_a_file_from_its_first_moment(cache_file):
    workers = [start(WRITE, cache_file, number) for number in range(8)]
    for worker in workers:
        worker.stdin.close()

    assert [worker.wait(120) for worker in workers] == [0] * 8
    assert sum(count for name, count in Store(cache_file).info().items() if name in ("s0", "s1")) == 8 * 5 * 50


def test_two_stores_of_one_process_do_not_take_away_the_locks_of_each_other(cache_file):
    """Else the next process to let go of the file believes it is the last, and deletes what is written ahead."""
    first, second = Store(cache_file), Store(cache_file)
    for store in (first, second):
        store.keep([(os.urandom(16), None)], service="s")
    with start(WRITE, cache_file) as other:
        other.stdin.close()
        assert other.wait(60) == 0
    first.keep([(key("Oslo"), OSLO)], service="gazetteer")

    for store in (None, first, second):
        if store:
            store.close()
        with start(FIND, cache_file) as another:
            assert another.wait(60) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_may_go_on_with_the_store_of_its_parent(cache_file):
    with start(FORK, cache_file) as parent:
        assert parent.wait(60) == 0

    assert set(Store(cache_file).answers([key("Oslo"), key("Bergen")])) == {key("Oslo"), key("Bergen")}


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("GEOPANDAS_BATCH_CACHE", str(tmp_path / "a.sqlite"))
    assert cache_file_of(True) == tmp_path / "a.sqlite"
    assert cache_file_of(False) is None
    assert cache_file_of(tmp_path / "b.sqlite") == tmp_path / "b.sqlite"

    monkeypatch.setenv("GEOPANDAS_BATCH_CACHE", ":memory:")
    assert cache_file_of(True) is None

    monkeypatch.delenv("GEOPANDAS_BATCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_file_of(True).name == "answers.sqlite"


def test_a_file_of_the_first_layout_is_taken_over_with_its_answers_and_jobs(cache_file):
    cache_file.parent.mkdir()
    old = """
    CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL);
    CREATE TABLE answer (key BLOB PRIMARY KEY, source INTEGER NOT NULL, lat REAL, lon REAL, formatted TEXT,
                         match INTEGER, confidence REAL, reason TEXT, asked REAL NOT NULL, until REAL) WITHOUT ROWID;
    CREATE TABLE job (number INTEGER PRIMARY KEY, scope BLOB NOT NULL, id TEXT NOT NULL, queries TEXT NOT NULL,
                      submitted REAL NOT NULL, UNIQUE (scope, id));
    CREATE TABLE held (key BLOB NOT NULL, number INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
                       PRIMARY KEY (key, number)) WITHOUT ROWID;
    INSERT INTO source VALUES (1, 'gazetteer', '© Somebody');
    PRAGMA user_version = 1
    """
    with sqlite3.connect(cache_file) as db:
        for statement in old.split(";"):
            db.execute(statement)
        db.execute(
            "INSERT INTO answer VALUES (?, 1, 59.91, 10.75, 'Oslo, Norway', 3, 0.9, '', 0, NULL)", (key("Oslo"),)
        )
        db.execute("INSERT INTO job VALUES (7, ?, 'abc', ?, 0)", (KEYS.scope, '[["Bergen", "", "", "", "", "", ""]]'))
        db.execute("INSERT INTO held VALUES (?, 7)", (key("Bergen"),))
    db.close()

    store = Store(cache_file)

    assert store.answers([key("Oslo")]) == {key("Oslo"): OSLO}
    assert [(job.id, job.questions) for job in store.jobs_holding([key("Bergen")])] == [("abc", [Query("Bergen")])]


def test_a_file_of_the_second_layout_is_taken_over_with_what_is_held(cache_file):
    cache_file.parent.mkdir()
    old = """
    CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL,
                         UNIQUE (service, attribution));
    CREATE TABLE answer (key BLOB PRIMARY KEY, source INTEGER NOT NULL, lat REAL, lon REAL, formatted TEXT,
                         match INTEGER, confidence REAL, reason TEXT, asked REAL NOT NULL, until REAL,
                         extra TEXT) WITHOUT ROWID;
    CREATE TABLE job (number INTEGER PRIMARY KEY, scope BLOB NOT NULL, id TEXT, questions TEXT NOT NULL,
                      submitted REAL NOT NULL, owner TEXT NOT NULL, UNIQUE (scope, id));
    CREATE TABLE held (key BLOB PRIMARY KEY, number INTEGER NOT NULL REFERENCES job ON DELETE CASCADE) WITHOUT ROWID;
    CREATE INDEX held_number ON held (number);
    CREATE TABLE took (number INTEGER PRIMARY KEY, service TEXT NOT NULL, items INTEGER NOT NULL,
                       seconds REAL NOT NULL);
    INSERT INTO took VALUES (1, 's', 500, 2.5);
    INSERT INTO source VALUES (1, 'gazetteer', '© Somebody');
    PRAGMA user_version = 2
    """
    with sqlite3.connect(cache_file) as db:
        for statement in old.split(";"):
            db.execute(statement)
        db.execute(
            "INSERT INTO answer VALUES (?, 1, 59.91, 10.75, 'Oslo, Norway', 3, 0.9, '', 0, NULL, NULL)", (key("Oslo"),)
        )
        questions = '[["Bergen", "", "", "", "", "", ""], ["Paris", "", "", "", "", "", ""]]'
        db.execute("INSERT INTO job VALUES (7, ?, 'abc', ?, 0, 'host 1 x')", (KEYS.scope, questions))
        db.executemany("INSERT INTO held VALUES (?, 7)", [(key("Bergen"),), (key("Paris"),)])
    db.close()

    store = Store(cache_file)

    assert store.answers([key("Oslo")]) == {key("Oslo"): OSLO}
    assert store.job_times("s") == [(500, 2.5)]
    claim = store.claim(KEYS.scope, wanted("Oslo", "Paris", "Rome"))
    assert [(job.number, job.id, job.questions) for job in claim.jobs] == [
        (7, "abc", [Query("Bergen"), Query("Paris")])
    ]
    assert claim.mine is not None
    assert claim.mine.questions == [Query("Rome")]
    assert claim.mine.number > 7


def test_what_another_holds_is_not_free_until_it_is_released(cache_file):
    first = Store(cache_file).claim(KEYS.scope, wanted("Oslo", "Bergen"))
    second = Store(cache_file).claim(KEYS.scope, wanted("Oslo", "Bergen", "Paris"))

    assert first.mine is not None
    assert second.mine is not None
    assert second.busy
    assert second.mine.questions == [Query("Paris")]
    Store(cache_file).release(first.mine)
    third = Store(cache_file).claim(KEYS.scope, wanted("Oslo", "Bergen"))
    assert third.mine is not None
    assert not third.busy


def test_what_a_killed_process_held_is_free_and_is_told(cache_file):
    with start(HOLD, cache_file) as killed:
        killed.wait(60)

    claim = Store(cache_file).claim(KEYS.scope, wanted("Oslo"))

    assert claim.mine is not None
    assert [job.questions for job in claim.lost] == [[Query("Oslo")]]


ON_LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of processes in files")


@ON_LINUX
def test_what_a_killed_process_held_is_free_before_somebody_has_asked_how_it_ended(cache_file):
    """Where nobody ever asks, as in many a container, its number is there for good."""
    with start(HOLD, cache_file) as killed:
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)

        claim = Store(cache_file).claim(KEYS.scope, wanted("Oslo"))

    assert claim.mine is not None
    assert not claim.busy


@ON_LINUX
@pytest.mark.parametrize(("later", "busy"), [(True, False), (False, True)])
def test_a_later_process_with_the_number_of_a_killed_one_holds_nothing(later, busy, cache_file):
    """Numbers begin anew with each start of a container, and so the same programs get the same ones."""
    with start("print(owner.me(), flush=True); sys.stdin.read()", cache_file) as other:
        name = other.stdout.readline().decode().strip()
        began = name.rpartition("-")[2]
        held = Store(cache_file).claim(KEYS.scope, wanted("Oslo")).mine
        with sqlite3.connect(cache_file) as db:
            before = name.removesuffix(began) + str(int(began) - 1)
            db.execute("UPDATE job SET owner = ? WHERE number = ?", (before if later else name, held.number))
        db.close()

        claim = Store(cache_file).claim(KEYS.scope, wanted("Oslo"))
        other.stdin.close()

    assert claim.busy == busy
    assert [job.number for job in claim.lost] == [held.number] * later
