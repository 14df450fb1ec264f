"""A cache file that is damaged, read-only or on a full disk: what is known is still read, and the run goes on."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Location, Query
from geopandas_batch.places.lines import Wanted
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys
from geopandas_batch.store.rows import Row

KEYS = Keys("s", {})
MANY = {KEYS.key(Query(f"{n} Main Street")): Location(n / 100, 1.0, f"{n} Main St", service="s") for n in range(4000)}
MATCH_99 = b"\x97\x01\x01\xa1x\x63\x01\xa1x\x90"  # lat, lon, formatted, no such level of match, ...
HELD, MORE = (Wanted([KEYS.key(Query(text))], [Query(text)]) for text in ("held", "more"))


@pytest.fixture
def filled(cache_file: Path) -> Path:
    """A file with 4,000 answers, a paid job and a correction, of which all is in its place."""
    store = Store(cache_file)
    store.keep(MANY.items(), service="s")
    mine = store.claim(KEYS.scope, HELD).mine
    assert mine is not None
    store.submitted(mine, "paid")
    store.overrides.keep({"Villa Sol": Location(1.0, 2.0)}, kind="set")
    store.close()  # the last one to close a file puts what was written ahead into its place
    return cache_file


def damage(file: Path, kind: str) -> None:
    size = file.stat().st_size
    with file.open("r+b") as content:
        if kind == "truncated":
            content.truncate(size * 2 // 3 // 4096 * 4096 - 1000)
        elif kind == "header":
            content.write(os.urandom(100))
        else:
            content.seek(size // 2 // 4096 * 4096)
            content.write(os.urandom(3 * 4096))


# What may be lost: a third; nothing without the header; three pages of about 45 rows.
@pytest.mark.parametrize(("kind", "least"), [("truncated", 2000), ("header", 4000), ("garbage", 3700)])
def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_brought_over(filled, caplog, kind, least):
    damage(filled, kind)
    store = Store(filled)

    known = store.answers(list(MANY))

    assert len(known) >= least
    assert all(known[key] == MANY[key] for key in known)
    (aside,) = filled.parent.glob("answers.sqlite.damaged-*[0-9]")
    assert str(aside) in caplog.text
    assert f"{len(known):,} answers of the damaged file could be read" in caplog.text
    store.keep(MANY.items(), service="s")
    store.close()
    assert Store(filled).answers(list(MANY)) == MANY
    with sqlite3.connect(filled) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_jobs_and_corrections_outlive_the_damage(filled):
    damage(filled, "garbage")
    store = Store(filled)

    store.answers(list(MANY))

    assert [job.id for job in store.jobs_holding(HELD.keys)] == ["paid"]
    assert [each.address for each in store.overrides.all()] == ["Villa Sol"]


@pytest.mark.parametrize(
    "wrong", [b"", b"\xc1garbage", b"\x97" + b"\x01" * 7, MATCH_99], ids=["", "no", "types", "match"]
)
def test_an_answer_that_is_damaged_within_is_lost_alone(filled, wrong):
    """SQLite sees nothing of it."""
    key = next(iter(MANY))
    with sqlite3.connect(filled) as db:
        db.execute("UPDATE answer SET body = ? WHERE key = ?", (wrong, key))
    db.close()
    store = Store(filled)

    assert store.answers(list(MANY)) == {other: MANY[other] for other in MANY if other != key}
    assert len(list(filled.parent.glob("answers.sqlite.damaged-*[0-9]"))) == 1


@pytest.mark.parametrize("wrong", [b"x" * 17, "text", 5], ids=["too long", "text", "number"])
@pytest.mark.parametrize("first", ["look", "keep", "merge", "export"])
def test_keys_that_wait_and_are_damaged_within_cost_no_answer(filled, wrong, first):
    """Whatever is the first to read them."""
    with sqlite3.connect(filled) as db:
        assert db.execute("UPDATE waiting SET keys = ?", (wrong,)).rowcount == 1
    db.close()
    store = Store(filled)

    if first == "keep":
        store.keep([(KEYS.scope, None)], service="s")
    elif first == "merge":
        store.merge([Row(KEYS.scope, "s", "", None, None, None, None, None, None, 1.0, None, None)])
    elif first == "export":
        assert sum(map(len, store.rows(1000))) == len(MANY)

    assert store.answers(list(MANY)) == MANY


NO_TEXT = "CAST(CAST(substr(questions, 1, 6) AS BLOB) || x'ff' AS TEXT)"


@pytest.mark.parametrize(
    "change",
    ["questions = replace(questions, 'held', char(1))", f"questions = {NO_TEXT}", f"keys = {NO_TEXT}"],
    ids=["questions", "no text", "no text for keys"],
)
def test_a_job_that_is_damaged_within_is_lost_alone(change, filled, caplog):
    store = Store(filled)
    mine = store.claim(KEYS.scope, MORE).mine
    assert mine is not None
    store.submitted(mine, "paid, too")
    store.close()
    with sqlite3.connect(filled) as db:
        db.execute(f"UPDATE job SET {change} WHERE id = 'paid'")
    db.close()

    assert [job.id for job in store.jobs_holding([*HELD.keys, *MORE.keys])] == ["paid, too"]
    assert store.claim(KEYS.scope, HELD).mine is not None
    assert len(list(filled.parent.glob("answers.sqlite.damaged-*[0-9]"))) == 1
    assert "is damaged" in caplog.text and "held" not in caplog.text


def test_damage_in_the_middle_of_a_run_is_no_end_of_it(filled):
    store, other = Store(filled), Store(filled)
    store.answers(list(MANY)[:1])
    other.answers(list(MANY)[:1])
    damage(filled, "truncated")

    store.keep([(key, None) for key in MANY], service="s")
    other.keep([(HELD.keys[0], None)], service="s")  # it has the old file open; that is not set aside a second time
    other.answers(list(MANY))

    assert set(Store(filled).answers(list(MANY)).values()) == {None}
    assert len(list(filled.parent.glob("answers.sqlite.damaged-*[0-9]"))) == 1


def run(code: str, *arguments: object, bound: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, for which file modes count though it may be root's."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    command = [*(drop if bound and os.geteuid() == 0 else []), sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


LOCATE = """
import sys, pandas as pd, geopandas_batch
frame = pd.DataFrame({"address": sys.argv[1:]})
for _ in range(2):
    print(frame.geo.locate("address", service="gazetteer")["lat"].notna().tolist())
"""

needs_modes = pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and shutil.which("setpriv") is None),
    reason="file modes do not count for this user",
)


@needs_modes
@pytest.mark.parametrize("what", ["file", "nothing there"])
def test_what_cannot_be_written_is_read_and_the_run_goes_on(cache_file, what):
    known, new = "Oslo, Norway", "Bergen, Norway"
    if what == "nothing there":
        cache_file.parent.mkdir()
    else:
        geopandas_batch.locate([known], service="gazetteer")
        before = cache_file.read_bytes()
        cache_file.chmod(0o400)
    cache_file.parent.chmod(0o500)
    try:
        done = run(LOCATE, known, new)
    finally:
        cache_file.parent.chmod(0o700)

    assert done.stdout.split("\n")[:2] == ["[True, True]"] * 2, done.stderr
    assert done.stderr.count("cannot be written") == 1
    if what != "nothing there":
        assert cache_file.read_bytes() == before


READ = """
import sys
from pathlib import Path
from geopandas_batch.places import Query
from geopandas_batch.store.rows import Row
from geopandas_batch.store.keys import Keys
from geopandas_batch.store import Store
store, keys = Store(Path(sys.argv[1])), Keys("s", {})
print(len(store.answers([keys.key(Query(f"{n} Main Street")) for n in range(4000)])))
print([job.id for job in store.jobs_holding([keys.key(Query("held"))])], len(store.overrides.all()))
store.keep([(keys.key(Query("new")), None)], service="s")
print(store.answers([keys.key(Query("new"))]) != {}, store.info()["s"])
store.clear()
"""


@needs_modes
def test_a_read_only_file_still_has_its_answers_jobs_and_corrections(filled):
    filled.chmod(0o400)
    filled.parent.chmod(0o500)
    try:
        done = run(READ, filled)
    finally:
        filled.parent.chmod(0o700)

    assert done.stdout.splitlines() == ["4000", "['paid'] 1", "True 4001"], done.stderr
    assert "SettingsError" in done.stderr  # what is there cannot be cleared
    assert len(Store(filled).answers(list(MANY))) == 4000


FULL = """
import os, resource, sys
import pandas as pd, geopandas_batch
from geopandas_batch.services import Geoapify
size = os.path.getsize(os.environ["GEOPANDAS_BATCH_CACHE"])
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 120_000,) * 2)  # what is beyond fails, as on a full disk
service = Geoapify(api_key=sys.argv[1], base_url=sys.argv[2], max_per_second=1000)
frame = pd.DataFrame({"address": [f"{n} Main Street, Springfield" for n in range(1, 3001)]})
for _ in range(2):
    located = geopandas_batch.locate(frame["address"], service=service)
    print(located["lat"].notna().sum())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
def test_on_a_full_disk_all_rows_are_answered_and_nothing_is_bought_twice(filled, fake):
    done = run(FULL, fake.key, fake.url, bound=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "3000"
    assert "cannot be written" in done.stderr
    store = Store(filled)
    assert store.answers(list(MANY)) == MANY
    store.close()
    with sqlite3.connect(filled) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_a_file_of_another_kind_is_not_written_to(tmp_path):
    folder = tmp_path / "answers.sqlite"
    folder.mkdir()

    with pytest.raises(SettingsError, match="cannot be used"):
        Store(folder).answers(list(MANY)[:1])


@pytest.mark.parametrize("errors", ["raise", "coerce"])
def test_a_run_without_its_file_says_what_would_help(errors, tmp_path):
    with pytest.raises(SettingsError, match="pass cache=False to do without") as told:
        pd.DataFrame({"a": ["Oslo"]}).geo.locate("a", service="gazetteer", cache=tmp_path, errors=errors)
    assert str(told.value).endswith("0 of 1 rows are answered.")  # errors="coerce" would not


INTERRUPTED = """
import sys
from pathlib import Path
from geopandas_batch.store.database import Database

database = Database(Path(sys.argv[1]))
database.read(lambda db: db.execute("SELECT 1"))
print("open", flush=True)
sys.stdin.readline()  # another process writes now
try:
    print("waits", flush=True)
    database.write(lambda db: db.execute("DELETE FROM source"))
except KeyboardInterrupt:
    print("stopped", flush=True)
sys.stdin.readline()  # another process has written meanwhile
database.write(lambda db: db.execute("DELETE FROM answer"))
print("wrote", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signal reaches a process there as Ctrl-C does")
def test_ctrl_c_while_another_process_writes_leaves_no_transaction_open(filled: Path) -> None:
    other = sqlite3.connect(filled, isolation_level=None, timeout=5)
    command = [sys.executable, "-c", INTERRUPTED, str(filled)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "open\n"
            other.execute("BEGIN IMMEDIATE")
            process.stdin.write("\n")
            assert process.stdout.readline() == "waits\n"
            process.send_signal(signal.SIGINT)
            other.execute("COMMIT")
            assert process.stdout.readline() == "stopped\n"
            other.execute("BEGIN IMMEDIATE")  # which waits for five seconds at most
            other.execute("COMMIT")
            process.stdin.write("\n")
            assert process.stdout.readline() == "wrote\n"
        finally:
            process.kill()
            other.close()
