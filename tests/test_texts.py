"""A cell of several lines: its question has other words than when a line break was a space, and is not paid again."""

from __future__ import annotations

import asyncio
import pickle

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import geopandas_batch.dask  # noqa: F401 - registers ddf.geo
from geopandas_batch import corrections, export_cache, get_location, import_cache
from geopandas_batch.cli import main
from geopandas_batch.columns import constant, questions
from geopandas_batch.errors import TooSlow
from geopandas_batch.places import Query
from geopandas_batch.services import Cascade, Census
from geopandas_batch.testing import FakeCensus
from geopandas_batch.texts import tidy

LINES = pd.DataFrame({"street": ["12 High Street\nFlat 2", "7 Oak Road"], "town": ["Bath\r\nSomerset", "Wells"]})
SPACES = pd.DataFrame({"street": ["12 High Street Flat 2", "7 Oak Road"], "town": ["Bath Somerset", "Wells"]})
WAYS = {
    "column": ("street", {}),
    "columns": (["street", "town"], {}),
    "template": ("{street}, {town}", {}),
    "template of lines": ("{street}\n{town}", {}),
    "country": ("street", {"country": constant("Great\nBritain")}),
    "parts": (None, {"street": "street", "city": "town"}),
}


def in_spaces(address, parts, **options):
    """The same questions, as they were when a line break was a space."""
    address = address.replace("\n", " ") if isinstance(address, str) else address
    parts = {**parts, "country": constant("Great Britain")} if "country" in parts else parts
    return SPACES.geo.locate(address, **parts, **options)


@pytest.mark.parametrize("mode", ["batch", "single"])
@pytest.mark.parametrize(("address", "parts"), WAYS.values(), ids=list(WAYS))
def test_what_was_paid_before_is_not_paid_again(address, parts, mode, fake, geoapify):
    service = geoapify(fake, mode=mode)
    paid = in_spaces(address, parts, service=service, details=True)

    expected = LINES.geo.estimate(address, **parts, service=service)
    located = LINES.geo.locate(address, **parts, service=service, details=True)

    assert len(fake.inputs) == 2
    assert (expected.cached, expected.to_ask, expected.credits) == (2, 0, 0)
    pd.testing.assert_frame_equal(located.drop(columns=[*LINES]), paid.drop(columns=[*LINES]))


def test_what_is_new_is_asked_with_a_comma(fake, geoapify):
    LINES.geo.locate("street", service=geoapify(fake))
    LINES.geo.locate("street", service=geoapify(fake))

    assert fake.inputs == ["12 High Street, Flat 2", "7 Oak Road"]


def test_what_was_not_found_is_not_asked_again_and_what_is_known_by_now_comes_first(fake, geoapify):
    texts = ["9 Nowhere Road Hull", "1 Elm Road Hull", "1 Elm Road, Hull"]
    pd.DataFrame({"a": texts}).geo.locate("a", service=geoapify(fake))

    lines = pd.DataFrame({"a": ["9 Nowhere Road\nHull", "1 Elm Road\nHull", "1 Elm Road Hull"]})
    located = lines.geo.locate("a", service=geoapify(fake), details=True)

    assert len(fake.inputs) == 3
    assert located["status"].tolist() == ["not_found", "located", "located"]
    wanted = [fake.expected(text) for text in ("1 Elm Road, Hull", "1 Elm Road Hull")]
    assert located[["lat", "lon"]].iloc[1:].to_numpy().tolist() == [list(place) for place in wanted]


def left_under_way(fake, geoapify, texts):
    """A job that was submitted when a line break was a space."""
    fake.never_ready = True
    with pytest.raises(TooSlow):
        pd.DataFrame({"a": texts}).geo.locate("a", service=geoapify(fake, mode="batch", job_timeout=0.1))
    fake.never_ready = False


def test_a_job_under_way_answers_the_row_of_several_lines(fake, geoapify):
    texts = ["1 Elm Road Hull", "2 Elm Road Hull", "3 Elm Road Hull"]
    left_under_way(fake, geoapify, texts)
    # One question of the job in both ways, one in the new way, one as it was, and one that is new.
    lines = pd.DataFrame({"a": ["4 Elm\nRoad", "2 Elm Road\nHull", "3 Elm Road Hull", "1 Elm Road\nHull", texts[0]]})
    service = geoapify(fake, mode="batch")

    expected = lines.geo.estimate("a", service=service)
    located = lines.geo.locate("a", service=service)

    assert (expected.held, expected.to_ask) == (4, 1)
    assert located.geo.report.jobs_resumed == 1
    assert fake.inputs == [*texts, "4 Elm, Road"]
    wanted = [fake.expected(text) for text in ("4 Elm, Road", texts[1], texts[2], texts[0], texts[0])]
    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), np.array(wanted))
    assert lines.geo.estimate("a", service=service).cached == 5


def test_a_job_under_way_that_is_gone_is_bought_again_and_said(fake, geoapify):
    left_under_way(fake, geoapify, ["1 Elm Road Hull"])
    fake.forget_jobs()

    located = pd.DataFrame({"a": ["1 Elm Road\nHull"]}).geo.locate("a", service=geoapify(fake, mode="batch"))

    assert fake.inputs == ["1 Elm Road Hull", "1 Elm Road, Hull"]
    assert located.geo.report.jobs_bought_again == 1
    assert (located["lat"][0], located["lon"][0]) == fake.expected("1 Elm Road, Hull")


def test_a_job_under_way_that_comes_damaged_is_bought_again_once(fake, geoapify):
    left_under_way(fake, geoapify, ["1 Elm Road Hull", "2 Elm Road Hull", "3 Elm Road Hull"])
    fake.fail("swapped-ids")
    lines = pd.DataFrame({"a": ["1 Elm Road\nHull", "2 Elm Road\nHull", "3 Elm Road\nHull"]})

    located = lines.geo.locate("a", service=geoapify(fake, mode="batch"), errors="coerce", details=True)

    assert len(fake.submits) == 2
    assert located["status"].tolist() == ["failed"] * 3


def test_one_address_by_itself(fake, geoapify):
    paid = asyncio.run(get_location("1 Elm Road Hull", service=geoapify(fake)))

    for asked in ("1 Elm Road\nHull", Query("1 Elm Road\nHull")):
        assert asyncio.run(get_location(asked, service=geoapify(fake))) == paid
    assert fake.inputs == ["1 Elm Road Hull"]


def test_a_service_that_has_no_price_is_not_asked_again_either():
    with FakeCensus() as double:
        service = Census(base_url=double.url)
        paid = SPACES.geo.locate(["street", "town"], service=service)
        asked = len(double.requests)
        located = LINES.geo.locate(["street", "town"], service=service)

        assert len(double.requests) == asked == 1
        np.testing.assert_array_equal(located[["lat", "lon"]], paid[["lat", "lon"]])


def test_a_cascade_asks_nobody_again(fake, geoapify):
    service = Cascade([geoapify(fake), "gazetteer"], coarsest="building")
    SPACES.geo.locate("street", service=service)
    LINES.geo.locate("street", service=service)

    assert len(fake.inputs) == 2


def test_answers_that_were_handed_on(tmp_path, monkeypatch, fake, geoapify):
    SPACES.geo.locate("street", service=geoapify(fake))
    export_cache(tmp_path / "answers.parquet")
    monkeypatch.setenv("GEOPANDAS_BATCH_CACHE", str(tmp_path / "other.sqlite"))
    import_cache(tmp_path / "answers.parquet")

    LINES.geo.locate("street", service=geoapify(fake))

    assert len(fake.inputs) == 2


@pytest.mark.parametrize(("address", "parts"), WAYS.values(), ids=list(WAYS))
def test_with_dask(address, parts, fake, geoapify):
    paid = in_spaces(address, parts, service=geoapify(fake))

    table = dd.from_pandas(LINES, npartitions=2)
    located = table.geo.locate(address, **parts, service=geoapify(fake)).compute()

    assert len(fake.inputs) == 2
    np.testing.assert_array_equal(located[["lat", "lon"]], paid[["lat", "lon"]])


@pytest.mark.parametrize(("address", "parts"), WAYS.values(), ids=list(WAYS))
def test_what_a_person_has_decided_holds_and_can_be_undone(address, parts):
    in_spaces(address, parts, service="gazetteer").geo.set(0, 1.5, 2.5)

    located = LINES.geo.locate(address, **parts, service="gazetteer", details=True)
    assert located[["lat", "lon", "service"]].iloc[0].tolist() == [1.5, 2.5, "person"]
    again = located.geo.set(0, 3.5, 4.5)
    assert LINES.geo.locate(address, **parts, service="gazetteer")["lat"].iloc[0] == 3.5
    assert again.geo.undo(0)["status"].iloc[0] == "skipped"
    assert corrections().empty


def test_the_command_line_takes_back_what_was_decided_before():
    SPACES.geo.locate("street", service="gazetteer").geo.set(0, 1.5, 2.5)

    done = CliRunner().invoke(main, ["cache", "undo", "12 High Street\nFlat 2"])

    assert done.output == "1 correction undone\n"
    assert corrections().empty


def test_questions_of_several_lines_are_equal_to_others_and_outlive_pickling():
    (lines,) = questions(pd.DataFrame({"a": ["1 Elm Road\nHull"]}), "a", {}).distinct
    copied = pickle.loads(pickle.dumps(lines))

    assert lines == copied == Query("1 Elm Road, Hull")
    assert hash(lines) == hash(Query("1 Elm Road, Hull"))
    assert copied.former == Query("1 Elm Road Hull")
    assert type(lines.text) is str
    assert pickle.loads(pickle.dumps(tidy("1 Elm Road\nHull"))).former == "1 Elm Road Hull"
    assert type(tidy("1 Elm Road,\nHull")) is str  # the same as before
