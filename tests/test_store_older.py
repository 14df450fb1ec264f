"""A cache file of an earlier version, which has a column for each part of an answer: nothing that was paid is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from geopandas_batch import export_cache
from geopandas_batch.places import Location, Query
from geopandas_batch.store import Store, older
from geopandas_batch.store.keys import Keys

KEYS = Keys("s", {})
EXTRA = (("result_type", "building"), ("distance", 2.5))
MANY = {
    KEYS.key(Query(f"{n} Main Street")): Location(n / 100, 1.0, f"{n} Main St", service="s", extra=EXTRA)
    if n % 9
    else None
    for n in range(4000)
}
HELD = {KEYS.key(Query("held")): Query("held")}
# As layout 3 made them.
TABLES = """
CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL,
                     UNIQUE (service, attribution));
CREATE TABLE answer (key BLOB PRIMARY KEY, source INTEGER NOT NULL, lat REAL, lon REAL, formatted TEXT, match INTEGER,
                     confidence REAL, reason TEXT, asked REAL NOT NULL, until REAL, extra TEXT) {how};
CREATE TABLE job (number INTEGER PRIMARY KEY AUTOINCREMENT, scope BLOB NOT NULL, id TEXT, submitted REAL NOT NULL,
                  owner TEXT NOT NULL, keys BLOB NOT NULL, questions TEXT NOT NULL, UNIQUE (scope, id));
CREATE TABLE took (number INTEGER PRIMARY KEY, service TEXT NOT NULL, items INTEGER NOT NULL, seconds REAL NOT NULL);
CREATE TABLE correction (address TEXT PRIMARY KEY, lat REAL NOT NULL, lon REAL NOT NULL,
                         formatted TEXT NOT NULL, match TEXT NOT NULL, kind TEXT NOT NULL,
                         service TEXT NOT NULL, attribution TEXT NOT NULL, made REAL NOT NULL);
INSERT INTO source VALUES (1, 's', '');
INSERT INTO correction VALUES ('Villa Sol', 1, 2, '', 'none', 'set', '', '', 0);
PRAGMA user_version = 3
"""


@pytest.fixture(params=["", "WITHOUT ROWID"], ids=["numbered", "keyed"])
def before(request: pytest.FixtureRequest, cache_file: Path) -> Path:
    """A file with 4,000 answers, a paid job and a correction, as it was made before."""
    cache_file.parent.mkdir()
    os.close(os.open(cache_file, os.O_CREAT, 0o600))
    with sqlite3.connect(cache_file, isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = WAL")
        for statement in TABLES.format(how=request.param).split(";"):
            db.execute(statement)
        db.execute("BEGIN")
        for key, place in MANY.items():
            parts = (place.lat, place.lon, place.formatted, 6, None, "") if place else (None,) * 6
            extra = '[["result_type","building"],["distance",2.5]]' if place else None
            db.execute("INSERT INTO answer VALUES (?, 1, ?, ?, ?, ?, ?, ?, 5, NULL, ?)", (key, *parts, extra))
        questions = '[["held", "", "", "", "", "", ""]]'
        job = (KEYS.scope, b"".join(HELD), questions)
        db.execute("INSERT INTO job VALUES (7, ?, 'paid', 0, 'host 1 x', ?, ?)", job)
        db.execute("COMMIT")
    db.close()
    return cache_file


def holds_all(store: Store) -> None:
    assert store.answers(list(MANY)) == MANY
    assert [job.id for job in store.jobs_holding(list(HELD))] == ["paid"]
    assert [each.address for each in store.overrides.all()] == ["Villa Sol"]
    assert store.info() == {"s": len(MANY), "(jobs under way)": 1}


def layout(file: Path) -> set[str]:
    with sqlite3.connect(file) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    db.close()
    return found


@pytest.mark.parametrize("at_once", [older.AT_ONCE, 700])
def test_all_is_brought_over_and_what_comes_new_with_it(before, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(older, "AT_ONCE", at_once)
    store = Store(before)

    holds_all(store)

    assert older.TABLE not in layout(before)
    store.close()
    size = before.stat().st_size
    assert store.clear(expired_only=True) == 0
    assert before.stat().st_size < size  # what was free is given back
    key = next(iter(MANY))
    store.keep([(key, Location(60.0, 11.0, service="s"))], service="s")
    assert store.answers(list(MANY)) == {**MANY, key: Location(60.0, 11.0, service="s")}
    store.close()
    assert export_cache(tmp_path / "answers.parquet") == len(MANY)


def test_a_place_that_there_cannot_be_is_unknown(before):
    wrong = KEYS.key(Query("1 Main Street"))
    with sqlite3.connect(before) as db:
        db.execute("UPDATE answer SET lat = 200 WHERE key = ?", (wrong,))
        beneath = older.look_up(db, "main.answer", list(MANY), now=0)
    db.close()

    assert beneath == Store(before).answers(list(MANY)) == {key: MANY[key] for key in MANY if key != wrong}


BRING = """
import os, sys
from pathlib import Path
from geopandas_batch.store import older
from geopandas_batch.places import Query
from geopandas_batch.store.keys import Keys
from geopandas_batch.store import Store

older.AT_ONCE, left, bring = 100, int(sys.argv[2]), older.bring_some
def some(db):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)  # within the transaction
    return bring(db)
older.bring_some = some
sys.stdin.read()
print(len(Store(Path(sys.argv[1])).answers([Keys("s", {}).key(Query(f"{n} Main Street")) for n in range(4000)])))
"""


def bringing(file: Path, until: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BRING, str(file), str(until)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_process_that_is_killed_meanwhile_loses_nothing(before):
    with bringing(before, 7) as killed:
        killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert older.TABLE in layout(before)

    holds_all(Store(before))


def test_four_processes_bring_a_file_over_at_once(before):
    workers = [bringing(before, 0) for _ in range(4)]
    for worker in workers:
        worker.stdin.close()
        worker.stdin = None

    assert [worker.communicate(timeout=120)[0] for worker in workers] == ["4000\n"] * 4
    holds_all(Store(before))


FULL = """
import resource, sys
from pathlib import Path
from geopandas_batch.store import older
from geopandas_batch.places import Query
from geopandas_batch.store.keys import Keys
from geopandas_batch.store import Store

older.AT_ONCE = 100
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
store, keys = Store(Path(sys.argv[1])), Keys("s", {})
print(len(store.answers([keys.key(Query(f"{n} Main Street")) for n in range(4000)])), store.info()["s"] >= 4000)
store.keep([(keys.key(Query("new")), None)], service="s")
print(store.answers([keys.key(Query("new"))]) != {}, len(store.overrides.all()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
@pytest.mark.parametrize("room", [0, 200_000])
def test_where_the_disk_is_full_the_file_is_read_as_it_is(before, room):
    size = before.stat().st_size + room if room else 1000
    command = [sys.executable, "-c", FULL, str(before), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.stdout.splitlines() == ["4000 True", "True 1"], done.stderr
    assert "cannot be written" in done.stderr
    holds_all(Store(before))


@pytest.mark.parametrize("again", [False, True], ids=["as it was", "half brought over"])
def test_a_read_only_file_is_read(before, again):
    if again:
        with bringing(before, 20) as killed:
            killed.communicate(timeout=60)
        with sqlite3.connect(before) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
    inside = {path: path.stat().st_mode for path in (before, before.parent)}
    before.chmod(0o400)
    before.parent.chmod(0o500)
    code = "".join(line for line in FULL.splitlines(keepends=True) if "setrlimit" not in line)
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    command = [*(drop if os.geteuid() == 0 else []), sys.executable, "-c", code, str(before), "0"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    finally:
        for path, mode in inside.items():
            path.chmod(mode)

    assert done.stdout.splitlines() == ["4000 True", "True 1"], done.stderr
    assert "cannot be written" in done.stderr
    holds_all(Store(before))


# What may be lost: a third; nothing without the header; three pages of about 45 rows.
@pytest.mark.parametrize(("kind", "least"), [("truncated", 2000), ("header", 4000), ("garbage", 3700)])
def test_what_can_be_read_of_a_damaged_one_is_brought_over(before, kind, least):
    with sqlite3.connect(before, isolation_level=None) as db:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    size = before.stat().st_size
    with before.open("r+b") as content:
        if kind == "truncated":
            content.truncate(size * 2 // 3 // 4096 * 4096 - 1000)
        elif kind == "header":
            content.write(os.urandom(100))
        else:
            content.seek(size // 4 // 4096 * 4096)  # in the middle there are pages that lead to a third of all
            content.write(os.urandom(3 * 4096))

    known = Store(before).answers(list(MANY))

    assert len(known) >= least
    assert all(known[key] == MANY[key] for key in known)
    assert len(list(before.parent.glob("answers.sqlite.damaged-*[0-9]"))) == 1
