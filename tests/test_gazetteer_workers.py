"""More cores, when asked: the same answers from processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from geopandas_batch import gazetteer
from geopandas_batch.errors import SettingsError
from geopandas_batch.gazetteer.workers import WorkerDied, Workers
from geopandas_batch.places import Query

ROOT = Path(__file__).parent.parent
QUERIES = [Query(f"{number} Station Road, {town}") for number in range(3) for town in ("Leeds", "Cambridge", "Nowhere")]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(2)
    yield made
    made.close()


def test_a_process_answers_as_this_one_does(workers: Workers) -> None:
    assert workers.locate_many(QUERIES) == gazetteer.load().locate_many(QUERIES)
    assert workers.locate_many(QUERIES, context="US") == gazetteer.load().locate_many(QUERIES, context="US")


def test_a_text_that_cannot_be_encoded_is_answered_as_in_this_process(workers: Workers) -> None:
    queries = [Query("1 rue \ud800, Paris, France"), Query("Oslo, Norway"), Query("\udfff")]

    assert workers.locate_many(queries) == gazetteer.load().locate_many(queries)


def test_many_threads_may_ask(workers: Workers) -> None:
    expected = {number: gazetteer.load().locate_many(QUERIES[number:]) for number in range(8)}
    found = {}
    threads = [
        threading.Thread(target=lambda at=number: found.update({at: workers.locate_many(QUERIES[at:])}))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == expected


def test_a_process_that_died_is_told_of_and_replaced() -> None:
    workers = Workers(1)
    workers.locate_many(QUERIES)
    workers._all[0].kill()
    workers._all[0].wait()

    with pytest.raises(WorkerDied, match="ended before it had answered"):
        workers.locate_many(QUERIES)
    assert workers.locate_many(QUERIES) == gazetteer.load().locate_many(QUERIES)
    workers.close()


def test_they_end_with_the_process_that_started_them() -> None:
    code = (
        "from geopandas_batch.gazetteer.workers import Workers; from geopandas_batch.places import Query; import os\n"
        "workers = Workers(1); workers.locate_many([Query('Oslo')]); print(workers._all[0].pid, flush=True)\n"
        "os._exit(0)  # no goodbye"
    )
    # The worker has the other end of stderr: this call returns when both have ended.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)

    assert int(done.stdout) > 0


# A script without the guard that multiprocessing asks for, with a thread and an effect that must happen once.
SCRIPT = """
import pandas as pd, geopandas_batch
print("begun")
rows = [f"{number} Main Street, {town}" for number in range(700) for town in ("Leeds", "York, England")]
frame, how = pd.DataFrame({"address": rows}), {"service": "gazetteer", "cache": False, "progress": False}
located = frame.geo.locate("address", processes=2, **how)
alone = frame.geo.locate("address", **how)
pd.testing.assert_frame_equal(located, alone)
print(located["lat"].notna().sum())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no groups of processes that a signal goes to")
def test_a_ctrl_c_while_they_start_is_not_for_them() -> None:
    program = """
import os, signal
from geopandas_batch.gazetteer.workers import Workers
from geopandas_batch.places import Query
signal.signal(signal.SIGINT, lambda *_: None)
workers = Workers(1)
idle = workers._places()
idle.get()
idle.put(workers._start())
os.killpg(0, signal.SIGINT)
print(workers.locate_many([Query("Oslo, Norway")])[0].formatted)
workers.close()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, start_new_session=True, timeout=60
    )
    assert (ended.stdout, ended.stderr) == ("Oslo, Norway\n", "")


def test_a_script_without_a_guard_runs_once_and_gets_the_same(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )

    assert done.stdout.split() == ["begun", "1400"], done.stderr


@pytest.mark.parametrize("processes", [0, -1, 1.5, "2"])
def test_what_is_no_number_of_processes_is_refused(processes: object) -> None:
    with pytest.raises(SettingsError, match="whole number of 1 or more"):
        pd.DataFrame({"a": ["Oslo"]}).geo.locate("a", service="gazetteer", processes=processes)
