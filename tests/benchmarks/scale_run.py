"""One run of one size, in a process of its own: ``scale_run.py WORK URL KEY ADDRESSES ROWS FILE`` prints its costs."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from geopandas_batch.frames.questions import questions
from geopandas_batch.frames.results import joined
from geopandas_batch.locator.inquiry import LOOK_UP
from geopandas_batch.locator.outcomes import outcome_of
from geopandas_batch.places import Location
from geopandas_batch.services import Geoapify
from geopandas_batch.services.traits import options_of
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys

work, url, key, distinct, rows, file = sys.argv[1:]
distinct, rows = int(distinct), int(rows)
service = Geoapify(api_key=key, base_url=url, max_per_second=100_000, max_jobs=16)
texts = np.array([f"{n} Main Street, Springfield" for n in range(distinct)], object)
order = np.concatenate([np.arange(distinct), np.random.default_rng(1).integers(0, distinct, rows - distinct)])
frame = pd.DataFrame({"a": texts[order]})
costs = {}


def timed(stage, function):
    started = time.process_time()
    result = function()
    costs[stage] = (time.process_time() - started) / distinct * 1e6
    return result


def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def stages():
    asked = timed("columns to questions", lambda: questions(frame, "a", {}))
    keys = Keys(service.name, options_of(service))
    digests = timed("keys", lambda: list(map(keys.key, asked.distinct)))
    place = ("1 Main Street, Springfield", "building", 0.9, "", "geoapify", "Powered by Geoapify, OpenStreetMap")
    extra = (("result_type", "building"), ("place_id", "51" * 28))
    found = [(digest, Location(59.9, n / distinct, *place, extra)) for n, digest in enumerate(digests)]
    store = Store(Path(file))

    def keep():
        for start in range(0, distinct, 1000):
            store.keep(found[start : start + 1000], service=service.name)

    timed("answers to the cache file", keep)
    known = {}

    def look_up():
        for start in range(0, distinct, LOOK_UP):
            known.update(store.answers(digests[start : start + LOOK_UP]))

    timed("answers from the cache file", look_up)
    outcomes = timed("outcomes", lambda: [outcome_of(known[digest], "geoapify", cached=True) for digest in digests])
    timed("outcomes to two columns", lambda: joined(frame, asked, outcomes, ["lat", "lon"]))
    store.close()


def run():
    cache = work != "no file"
    pd.DataFrame({"a": ["1 Other Street"]}).geo.locate("a", service=service, cache=cache)  # warm
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    before, started = peak(), time.perf_counter()
    located = timed("in all", lambda: frame.geo.locate("a", service=service, cache=cache))
    assert located["lat"].notna().all()
    costs["MB"] = peak() - before
    costs["seconds"] = time.perf_counter() - started


stages() if work == "stages" else run()
print(json.dumps(costs))
