"""``ddf.geo``: what pandas' face gives, from many partitions, in threads and in other processes."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeAlias

import cloudpickle
import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

import geopandas_batch.dask
from geopandas_batch.dask import orders
from geopandas_batch.errors import KeyRefused, MissingKeyError, QuotaExhausted, SettingsError
from geopandas_batch.services import AddressBook, Geoapify
from geopandas_batch.testing import FakeGeoapify

Spawned: TypeAlias = tuple[FakeGeoapify, dict[str, Any]]

WAYS = {"Table": 50_000, "Own": 0}  # up to how many addresses are few

TOWNS = ["Oslo, Norway", "", None, "Bergen, Norway", "Oslo,  Norway", "Xyzzyq"]


@pytest.fixture(autouse=True)
def in_threads():
    with dask.config.set(scheduler="threads"):
        yield


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which answers get to the partitions: all of them as one table, or each its own."""
    monkeypatch.setattr(orders, "FEW", WAYS[request.param])
    return str(request.param)


@pytest.fixture
def environment(fake: FakeGeoapify, monkeypatch: pytest.MonkeyPatch) -> FakeGeoapify:
    """The key and the host where workers read them."""
    monkeypatch.setenv("GEOAPIFY_API_KEY", fake.key)
    monkeypatch.setenv("GEOAPIFY_BASE_URL", fake.url)
    return fake


@pytest.fixture(scope="module")
def _spawned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spawned]:
    """A double, and how to compute in processes that were begun with its key in their environment."""
    with FakeGeoapify() as fake, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOAPIFY_API_KEY", fake.key)
        patch.setenv("GEOAPIFY_BASE_URL", fake.url)
        patch.setenv("GEOPANDAS_BATCH_CACHE", str(tmp_path_factory.mktemp("cache") / "answers.sqlite"))
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(abs, range(8)))  # they are there before the environment changes
            yield fake, {"scheduler": "processes", "pool": pool}


@pytest.fixture
def spawned(_spawned: Spawned, monkeypatch: pytest.MonkeyPatch) -> Spawned:
    monkeypatch.setenv("GEOAPIFY_API_KEY", _spawned[0].key)
    monkeypatch.setenv("GEOAPIFY_BASE_URL", _spawned[0].url)
    return _spawned


def towns(times: int = 5) -> pd.DataFrame:
    """Labels that occur twice, and no text that Dask would make another dtype of."""
    frame = pd.DataFrame({"town": pd.array(TOWNS * times, "string[pyarrow]"), "n": range(6 * times)})
    return frame.set_index(np.arange(6 * times) // 2)


def partitioned(frame: pd.DataFrame, npartitions: int = 4) -> Any:
    return dd.from_pandas(frame, npartitions=npartitions)


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, wanted, check_index_type=False)
    assert found.attrs["attribution"] == wanted.attrs["attribution"]


def test_locate_gives_what_pandas_gives_with_all_details(way):
    frame = towns()

    found = partitioned(frame).geo.locate("town", service="gazetteer", details=True)

    assert_same(found.compute(), frame.geo.locate("town", service="gazetteer", details=True))


@pytest.mark.parametrize(
    "where",
    [
        {"address": ["town", "country"]},
        {"address": "{town}, {country}"},
        {"city": "town", "country": geopandas_batch.constant("Norway")},
        {"city": "town", "country": "country", "prefix": "home_"},
        {"address": "town", "min_confidence": 0.99, "details": True},
    ],
)
def test_the_arguments_are_those_of_pandas(where):
    frame = pd.DataFrame({"town": ["Oslo", "Bergen", "", "Oslo"], "country": ["Norway", "Norway", "Norway", None]})
    frame = frame.astype("string[pyarrow]")

    found = partitioned(frame, 3).geo.locate(service="gazetteer", **where)

    assert_same(found.compute(), frame.geo.locate(service="gazetteer", **where))


def test_a_template_names_the_columns_of_a_table_without_header():
    frame = pd.DataFrame([["Oslo", "Norway"], ["Bergen", None]], dtype="string[pyarrow]")

    found = partitioned(frame, 2).geo.locate("{0}, {1}", service="gazetteer")

    assert_same(found.compute(), frame.geo.locate("{0}, {1}", service="gazetteer"))


def test_it_is_lazy_and_keeps_meta_and_divisions(environment, way):
    source = partitioned(towns())

    located = source.geo.locate("town", details=True)

    assert environment.requests == []
    assert located.divisions == source.divisions and located.known_divisions
    computed = located.compute()
    pd.testing.assert_frame_equal(located._meta, computed.iloc[:0], check_index_type=False)
    assert list(located._meta["status"].cat.categories) == list(computed["status"].cat.categories)


def test_partitions_of_size_0_have_the_same_columns(way):
    frame = towns()
    source = partitioned(frame)
    source = source[source["n"] > 25]  # the first partitions are empty now

    located = source.geo.locate("town", service="gazetteer", details=True)

    parts = dask.compute(*located.to_delayed())
    assert min(map(len, parts)) == 0
    assert all(part.dtypes.equals(located._meta.dtypes) for part in parts)
    assert_same(located.compute(), frame[frame["n"] > 25].geo.locate("town", service="gazetteer", details=True))


def test_no_row_at_all(way):
    source = partitioned(towns())

    located = source[source["n"] < 0].geo.locate("town", service="gazetteer").compute()

    assert list(located) == ["town", "n", "lat", "lon"] and len(located) == 0


def test_equal_addresses_of_different_partitions_are_asked_once(environment, way):
    frame = pd.DataFrame({"a": [f"{n % 60} Main Street" for n in range(600)]})

    found = partitioned(frame, 10).geo.locate("a").compute()

    assert len(environment.inputs) == len(set(environment.inputs)) == 60
    assert [tuple(pair) for pair in found[["lat", "lon"]].to_numpy()] == [environment.expected(a) for a in frame["a"]]


def test_several_buckets_ask_each_address_once_and_one_after_the_other(environment, monkeypatch):
    """Without a cache, nothing but the buckets keeps equal addresses together."""
    monkeypatch.setattr(orders, "FEW", 89)
    frame = pd.DataFrame({"a": [f"{n % 90} Main Street" for n in range(1000)]})
    environment.job_slots = None

    located = partitioned(frame, 12).geo.locate("a", cache=False, mode="batch", max_per_second=1000)
    found = located.compute()
    report = found.geo.report

    assert len(environment.submits) >= 3  # 12 partitions are 3 buckets
    assert len(environment.inputs) == len(set(environment.inputs)) == 90
    assert found["lat"].notna().all()
    assert (report.rows, report.distinct, report.asked, report.credits) == (1000, 90, 90, 45)


def test_few_addresses_are_asked_in_one_go(environment, monkeypatch):
    """So that jobs are as full as pandas' would be, however many partitions there are."""
    monkeypatch.setattr(orders, "FEW", 90)
    frame = pd.DataFrame({"a": [f"{n % 90} Main Street" for n in range(1000)]})

    found = partitioned(frame, 12).geo.locate("a", cache=False, mode="batch", max_jobs=1).compute()

    assert [len(job.inputs) for job in environment.submits] == [90]
    assert found.geo.report.statuses["located"] == 1000


def test_many_partitions_are_put_together_in_steps(environment, way):
    """More than the 16 that are put together at a time: the answers find their way back."""
    frame = pd.DataFrame({"a": [f"{n % 7 * n % 90} Main Street" for n in range(600)], "b": [None, "Oslo"] * 300})

    found = partitioned(frame, 40).geo.locate(city="a", country="b").compute()
    report = found.geo.report

    wanted = frame.geo.locate(city="a", country="b")
    assert found[["lat", "lon"]].to_numpy().tolist() == wanted[["lat", "lon"]].to_numpy().tolist()
    assert (report.rows, report.distinct) == (600, len(frame.drop_duplicates()))


def test_the_report_tells_of_the_whole(environment, way):
    frame = pd.DataFrame({"a": ["1 Main Street", "nowhere 2", None, "refused 3"] * 25})
    located = partitioned(frame, 9).geo.locate("a", details=True, mode="batch", max_per_second=1000)

    found = located.compute()
    report = found.geo.report

    assert report.statuses == found["status"].value_counts().to_dict() | {"skipped": 0}
    assert (report.rows, report.distinct, report.cached) == (100, 3, 0)
    assert report.credits == environment.credits
    assert sum(report.reasons.values()) == 25
    assert report.attribution == tuple(found.attrs["attribution"])
    json.dumps(found.attrs)  # as files of Parquet hold them


def test_the_report_outlives_parts_that_were_computed_once_more(environment):
    """As those of a worker that was lost: what was bought the first time is known now, so they tell otherwise."""
    frame = pd.DataFrame({"a": [f"{n} Main Street" for n in range(40)]})
    located = partitioned(frame, 2).geo.locate("a")

    parts = [located.partitions[number].compute() for number in (0, 1)]

    assert [part.geo.report.asked for part in parts] == [40, 0]
    assert pd.concat(parts).geo.report.statuses["located"] == 40


def test_reverse_gives_what_pandas_gives(environment, way):
    frame = pd.DataFrame({"lat": [59.91, 60.39, np.nan, 95, 59.91, 0], "lon": [10.75, 5.32, 1, 1, 10.75, np.inf]})

    found = partitioned(frame, 3).geo.reverse(details=True)

    assert_same(found.compute(), frame.geo.reverse(details=True, cache=False))
    assert (found.compute()["status"] == ["located", "located", "blank", "failed", "located", "failed"]).all()


def test_points_that_are_text_are_numbers_or_told():
    frame = pd.DataFrame({"y": ["59.91", "north", None, " "], "x": ["10.75", "1", "2", "3"]}).astype("string[pyarrow]")

    found = partitioned(frame, 2).geo.reverse("y", "x", details=True, service="gazetteer")

    assert_same(found.compute(), frame.geo.reverse("y", "x", details=True, service="gazetteer"))


def test_overwrite_replaces_in_place():
    frame = towns().rename(columns={"n": "lat"})

    found = partitioned(frame).geo.locate("town", service="gazetteer", overwrite=True)

    assert_same(found.compute(), frame.geo.locate("town", service="gazetteer", overwrite=True))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"address": "adress"}, "there is no column 'adress'"),
        ({}, "say where the address is"),
        ({"address": "town", "errors": "ignore"}, "errors must be"),
        ({"address": "town", "min_confidence": 2}, "min_confidence must be"),
        ({"address": "town", "budget": -1}, "budget must be"),
        ({"address": "town", "service": "nominatim"}, "there is no service"),
        ({"address": "town", "service": "gazetteer", "lang": "fr"}, "has no option 'lang'"),
        ({"address": "town", "progress": True}, "there is no progress="),
    ],
)
def test_wrong_arguments_are_told_at_once_as_pandas_tells_them(arguments, says):
    with pytest.raises(SettingsError, match=says):
        partitioned(towns()).geo.locate(**arguments)


def test_a_column_that_is_there_is_told_at_once():
    with pytest.raises(SettingsError, match="'lat' already"):
        partitioned(towns().rename(columns={"n": "lat"})).geo.locate("town", service="gazetteer")


def test_a_missing_key_is_told_at_once():
    with pytest.raises(MissingKeyError):
        partitioned(towns()).geo.locate("town", service="geoapify")


def test_nobody_is_told_of_the_rows_of_meta(caplog):
    with caplog.at_level("INFO"):
        partitioned(towns()).geo.locate("town", service="gazetteer")

    assert "rows located" not in caplog.text


def test_an_error_arrives_with_its_type_and_with_what_is_known(environment, way):
    check_errors(environment)


def test_an_error_of_another_process_arrives_with_its_type_and_with_what_is_known(spawned):
    fake, how = spawned
    check_errors(fake, **how)


def check_errors(fake: FakeGeoapify, **how: Any) -> None:
    frame = pd.DataFrame({"a": [f"{n} Wall Street" for n in range(100)]})
    partitioned(frame.head(60), 2).geo.locate("a").compute(**how)
    fake.fail("401")

    with pytest.raises(KeyRefused, match="60 of 100 rows are answered") as caught:
        partitioned(frame, 3).geo.locate("a").compute(**how)

    assert caught.value.partial["lat"].notna().sum() == 60
    assert caught.value.partial.columns.tolist() == ["address", "rows", "lat", "lon"]
    coerced = partitioned(frame, 3).geo.locate("a", errors="coerce", details=True).compute(**how)
    assert coerced["lat"].notna().sum() == 60
    assert set(coerced["status"].tail(40)) <= {"failed", "skipped"}
    fake.heal()


def test_an_error_tells_of_what_was_answered_before(environment, monkeypatch):
    monkeypatch.setattr(orders, "FEW", 0)
    frame = pd.DataFrame({"a": [f"{n % 300} Wall Street" for n in range(600)]})
    environment.quota = 100  # the first of three buckets, and no other whole one

    with pytest.raises(
        QuotaExhausted, match=r"Of this computation, \d+ other rows were answered before, and kept"
    ) as told:
        partitioned(frame, 12).geo.locate("a", mode="batch", max_per_second=1000, max_jobs=1).compute()
    environment.quota = None
    found = partitioned(frame, 12).geo.locate("a").compute()

    before = int(str(told.value).split("computation, ")[1].split()[0])
    partial = told.value.partial
    assert found.geo.report.cached == before + partial["rows"][partial["lat"].notna()].sum()
    assert len(environment.inputs) == len(set(environment.inputs)) == 300


def test_a_budget_holds_for_the_whole(environment, way):
    frame = pd.DataFrame({"a": [f"{n} Main Street" for n in range(600)]})

    located = partitioned(frame, 12).geo.locate("a", budget=150, details=True, max_per_second=1000)
    found = located.compute()
    report = found.geo.report

    assert len(environment.submits) > 1
    assert 100 < environment.credits <= 150
    assert report.credits == environment.credits
    assert found["status"].value_counts()["skipped"] == 600 - 2 * environment.credits


def test_processes_that_are_spawned_ask_with_the_key_of_their_environment(spawned, way):
    frame = pd.DataFrame({"a": [f"{n % 40} {way} Street" for n in range(200)]})

    fake, how = spawned

    found = partitioned(frame, 5).geo.locate("a").compute(**how)

    assert [tuple(pair) for pair in found[["lat", "lon"]].to_numpy()] == [fake.expected(a) for a in frame["a"]]
    assert len([each for each in fake.inputs if way in str(each)]) == 40
    assert found.geo.report.asked == 40


def test_a_key_that_is_given_stays_in_its_process(fake, spawned, geoapify):
    source = partitioned(towns(1), 2)

    located = source.geo.locate("town", service=geoapify(fake, api_key=fake.key + "2"))

    with pytest.raises(SettingsError, match="never put into a task graph"):
        located.compute(**spawned[1])
    with pytest.raises(KeyRefused):  # the very key that was given is asked with in this process
        located.compute(scheduler="threads")


@pytest.mark.parametrize("given", [True, False])
def test_the_key_is_in_no_graph(environment, geoapify, given):
    service = geoapify(environment) if given else Geoapify(lang="fr")
    located = partitioned(towns(1), 2).geo.locate("town", service=service)

    graph = dict(located.__dask_graph__())
    seen = cloudpickle.dumps(graph) + repr(graph).encode() + repr(located).encode() + repr(located.expr).encode()

    assert len(graph) > 5
    assert environment.key.encode() not in seen
    assert Geoapify(api_key=environment.key).api_key == environment.key  # which would be found if it were there
    assert environment.key.encode() in pickle.dumps(service)


def test_two_calls_are_two_runs(environment):
    """Unlike a result, a run depends on the service: what failed is asked again."""
    source = partitioned(towns(1), 2)

    first, second = source.geo.locate("town"), source.geo.locate("town")

    asked = [{key for key in each.__dask_graph__() if "geo-ask" in str(key)} for each in (first, second)]
    assert all(asked) and not asked[0] & asked[1]


def test_a_function_of_ones_own_is_a_service():
    async def latitudes(addresses):
        return [(float(len(address)), 1.0) for address in addresses]

    found = partitioned(towns(1), 3).geo.locate("town", service=latitudes).compute()

    assert found["lat"].fillna(0).tolist() == [12, 0, 0, 14, 12, 6]


def test_an_address_book_answers_in_all_processes(tmp_path, spawned):
    pytest.importorskip("duckdb")
    rows = [f"{n},Oak Street,Springfield,62701,{40 + n / 10_000},-89.6" for n in range(1, 50)]
    (tmp_path / "book.csv").write_text("\n".join(["number,street,city,postcode,lat,lon", *rows]))
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path, progress=False)
    frame = pd.DataFrame({"a": [f"{n % 60} Oak St, Springfield" for n in range(300)]})

    located = partitioned(frame, 8).geo.locate("a", service=book, details=True)
    found = located.compute(**spawned[1])

    assert_same(found, frame.astype("string[pyarrow]").geo.locate("a", service=book, details=True))
    assert not any("geo-so-far" in str(key) for key in located.__dask_graph__())  # none waits for another


def test_a_source_that_changes_is_told_and_puts_nothing_on_a_wrong_row(tmp_path):
    file = tmp_path / "lines.txt"

    def read(number: int) -> pd.DataFrame:
        with file.open("a") as lines:
            lines.write("x")
        return pd.DataFrame({"a": [f"Oslo {file.stat().st_size}"]})

    source = dd.from_map(read, [0, 1], meta=pd.DataFrame({"a": pd.Series(["x"])}))

    with pytest.raises(geopandas_batch.GeocodingError, match="persist"):
        source.geo.locate("a", service="gazetteer").compute(scheduler="sync")


def test_parquet_of_which_few_columns_are_read(tmp_path):
    """Dask reads files together then, so that partitions are fewer than they seemed."""
    frame = pd.DataFrame({"town": TOWNS[:1] * 200 + TOWNS[3:4] * 200, **{f"c{n}": range(400) for n in range(20)}})
    partitioned(frame, 8).to_parquet(tmp_path / "towns")
    source = dd.read_parquet(tmp_path / "towns", columns=["town"], filesystem="arrow")

    located = source.geo.locate("town", service="gazetteer")

    wanted = frame.geo.locate("town", service="gazetteer")
    found = located.compute().sort_index()
    assert found["lat"].tolist() == wanted.sort_index()["lat"].tolist()
    assert located["lat"].mean().compute() == pytest.approx(wanted["lat"].mean())


def test_without_dask_the_error_names_the_pip_line(tmp_path):
    (tmp_path / "dask.py").write_text("raise ImportError('no dask', name='dask')")
    path = os.pathsep.join([str(tmp_path), *sys.path])

    ended = subprocess.run(
        [sys.executable, "-c", "import geopandas_batch.dask"],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert 'pip install "geopandas-batch[dask]"' in ended.stderr.splitlines()[-1]
