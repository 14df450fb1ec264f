"""Forked children: a thread of the parent, which is not there in the child, holds nothing up."""

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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_is_forked_while_a_thread_is_at_work_finds_its_locks_free():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
