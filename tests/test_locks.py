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

FORK_IN_A_PAUSE = """
import gc, os, threading
from geopandas_batch.garbage import no_collection

inside, over = threading.Event(), threading.Event()

def work():
    with no_collection():
        inside.set()
        over.wait()

def child():
    number = os.fork()
    if not number:
        os._exit(gc.isenabled())
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

def paused():
    thread = threading.Thread(target=work)
    thread.start()
    inside.wait()
    found = gc.isenabled(), child()
    over.set()
    thread.join()
    inside.clear(), over.clear()
    return *found, gc.isenabled()

assert paused() == (False, True, True)
gc.disable()  # whoever has it so finds it so
assert paused() == (False, False, False)
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_a_child_that_is_forked_while_a_thread_is_at_work_finds_its_locks_free():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr


def test_a_child_that_is_forked_in_a_run_searches_for_garbage_as_before():
    """Else all that it makes would be set aside with each of its runs, for good."""
    done = subprocess.run([sys.executable, "-c", FORK_IN_A_RUN], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, (done.returncode, done.stderr)


def test_a_child_that_is_forked_while_a_thread_makes_many_objects_searches_for_garbage():
    done = subprocess.run([sys.executable, "-c", FORK_IN_A_PAUSE], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
