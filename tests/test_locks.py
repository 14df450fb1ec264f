"""Forked children: what the parent has under way, and is not there in the child, holds nothing up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FORK = """
import os, signal, threading
from contextlib import ExitStack
import pandas as pd
import geopandas_batch
from geopandas_batch import locks

def find(address):
    return pd.DataFrame({"a": [address]}).geo.locate("a", service="gazetteer", progress=False)["lat"].notna().all()

assert find("Oslo, Norway")
held, over = threading.Event(), threading.Event()

def hold():
    with ExitStack() as stack:
        for lock in list(locks._all):
            stack.enter_context(lock)
        held.set()
        over.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if not child:
    signal.alarm(60)
    os._exit(not find("Bergen, Norway"))
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
over.set()
thread.join()
assert len(locks._all) > 3 and find("Bergen, Norway")
raise SystemExit(code)
"""

FORK_IN_A_RUN = """
import gc, os
import geopandas_batch

before, codes = gc.get_threshold(), []

async def find(addresses):
    assert gc.get_freeze_count()
    child = os.fork()
    if not child:
        os._exit(2 * (gc.get_freeze_count() > 0) + (gc.get_threshold() != before))
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return [(1.0, 2.0) for _ in addresses]

geopandas_batch.locate(["Oslo"], service=find, cache=False, progress=False)
assert (gc.get_freeze_count(), gc.get_threshold()) == (0, before)
raise SystemExit(codes[0])
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_a_child_that_is_forked_while_a_thread_is_at_work_finds_its_locks_free():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr


def test_a_child_that_is_forked_in_a_run_searches_for_garbage_as_before():
    """Else all that it makes would be set aside with each of its runs, for good."""
    done = subprocess.run([sys.executable, "-c", FORK_IN_A_RUN], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, (done.returncode, done.stderr)
