"""The cache file at scale: what an answer costs to keep, to find, to hand on and to take over, and how large it is.

Run: ``pytest tests/benchmarks/test_cache_scale.py -s``: a million answers, half a minute and 0.5 GB in the temporary
folder. ``GEOPANDAS_BATCH_ANSWERS=10_000_000`` before it: ten million, some minutes and 5 GB, which are deleted again.
Speeds are of processor time; look-ups are of the clock, since that is what a notebook feels.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from geopandas_batch import export_cache, import_cache
from geopandas_batch.places import Location
from geopandas_batch.sharing import MARK, _schema
from geopandas_batch.store import Store

ANSWERS = int(os.environ.get("GEOPANDAS_BATCH_ANSWERS", "1_000_000"))
AT_ONCE = 500_000  # made at a time
BATCH = 1_000  # a job's
BULK, LOOK_UP = 100_000, 0.010  # answers a second, seconds for a batch: what a machine without other work must reach
PLACE = ("12 Main Street, Springfield, IL 62701", "building", 0.9, "", "geoapify", "© OpenStreetMap contributors")
EXTRA = (("result_type", "building"), ("place_id", "51" * 28))  # as Geoapify's are


def digests(rng: np.random.Generator, count: int) -> list[bytes]:
    """Keys, which are random as far as a file can tell."""
    everything = rng.bytes(16 * count)
    return [everything[at : at + 16] for at in range(0, 16 * count, 16)]


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of processor time, and of the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Answers as another cache has handed them on: in the order of their keys."""
    file = tmp_path_factory.mktemp("answers") / "answers.parquet"
    rng, edges = np.random.default_rng(1), np.linspace(0, 2**16, -(-ANSWERS // AT_ONCE) + 1).astype(int)
    schema = _schema(pyarrow)
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for number, low in enumerate(edges[:-1]):
            count = min(AT_ONCE, ANSWERS - number * AT_ONCE)
            begin = np.sort(rng.integers(low, edges[number + 1], count)).astype(">u2").tobytes()
            rest = rng.bytes(14 * count)
            keys = sorted(begin[2 * at : 2 * at + 2] + rest[14 * at : 14 * at + 14] for at in range(count))
            same = {
                "service": PLACE[4], "attribution": PLACE[5], "formatted": PLACE[0], "match": 0, "confidence": PLACE[2],
                "reason": "", "asked": 1.7e9, "until": None,
                "extra": '[["result_type","building"],["place_id","' + "51" * 28 + '"]]',
            }  # fmt: skip
            columns = {"key": keys, "lat": rng.uniform(-90, 90, count), "lon": rng.uniform(-180, 180, count)}
            arrays = [
                pyarrow.array(columns[name] if name in columns else [same[name]] * count, schema.field(name).type)
                for name in schema.names
            ]
            writer.write_table(pyarrow.table(arrays, schema=schema), row_group_size=50_000)
    assert MARK.items() <= pyarrow.parquet.read_schema(file).metadata.items()
    yield file
    file.unlink()


@pytest.mark.timeout(3600)
def test_a_cache_of_many_answers(shared_file, tmp_path):
    file, again = tmp_path / "answers.sqlite", tmp_path / "again.parquet"
    rng = np.random.default_rng(2)

    taken_over, clock = timed(lambda: import_cache(shared_file, cache=file))
    print(f"\n{ANSWERS:,} answers imported: {ANSWERS / taken_over:,.0f} a second ({clock:.0f} s by the clock)")
    store = Store(file)
    assert store.info()["geoapify"] == ANSWERS
    size = file.stat().st_size / ANSWERS
    print(f"{size:,.0f} bytes an answer")

    batches = [
        [(key, Location(59.9, n / BATCH, *PLACE, EXTRA)) for n, key in enumerate(digests(rng, BATCH))]
        for _ in range(100)
    ]
    kept, clock = timed(lambda: [store.keep(batch, service="geoapify") for batch in batches])
    count = BATCH * len(batches)
    print(f"kept in jobs of {BATCH:,}: {count / kept:,.0f} a second ({count / clock:,.0f} by the clock, on disk)")

    store.close()
    found = {"random keys": [], "unknown keys": [], "keys of one job": []}
    some = pyarrow.parquet.ParquetFile(shared_file)
    group = some.metadata.num_row_groups
    pool = [key for at in range(0, group, max(1, group // 20)) for key in some.read_row_group(at)["key"].to_pylist()]
    store.answers(pool[:1])
    for turn in range(30):
        for name, keys in (
            ("random keys", [pool[at] for at in rng.integers(0, len(pool), BATCH)]),
            ("unknown keys", digests(rng, BATCH)),
            ("keys of one job", [key for key, _ in batches[turn]]),
        ):
            known: dict[bytes, Any] = {}
            found[name].append(timed(lambda keys=keys, known=known: known.update(store.answers(keys))))
            assert len(known) == (0 if name == "unknown keys" else len(set(keys)))
    for name, seconds in found.items():
        processor, clock = (sorted(each) for each in zip(*seconds, strict=True))
        told = f"{processor[15] * 1e3:.1f} ms of processor time, by the clock {clock[15] * 1e3:.1f} and at least"
        print(f"look-up of {BATCH:,} {name}: {told} {clock[0] * 1e3:.1f} ms")
    store.close()

    handed_on, clock = timed(lambda: export_cache(again, cache=file))
    count = ANSWERS + count
    each = again.stat().st_size / count
    print(f"exported: {count / handed_on:,.0f} a second ({clock:.0f} s by the clock), {each:,.0f} bytes each")
    assert pyarrow.parquet.read_metadata(again).num_rows == count

    assert size < 300
    assert ANSWERS / taken_over > BULK
    assert BATCH * len(batches) / kept > BULK
    assert all(min(processor for processor, _ in seconds) < LOOK_UP for seconds in found.values())
