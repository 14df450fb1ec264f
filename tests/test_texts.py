"""A cell of several lines: its question has other words than when a line break was a space, and is not paid again."""

from __future__ import annotations

import asyncio
import pickle
import unicodedata

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import geopandas_batch.dask  # noqa: F401 - registers ddf.geo
from geopandas_batch import corrections, export_cache, get_location, import_cache
from geopandas_batch.cli import main
from geopandas_batch.errors import TooSlow
from geopandas_batch.frames.columns import constant
from geopandas_batch.frames.questions import questions
from geopandas_batch.locator.addresses import as_lines, as_query
from geopandas_batch.places import Query
from geopandas_batch.places.texts import PartedQuery, former_text, packed, tidy, unpacked
from geopandas_batch.services import Cascade, Census
from geopandas_batch.testing import FakeCensus

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


texts = st.text(st.sampled_from("aÅ\u030a ,\t\n\0\u2028\ud800"), max_size=6)


@given(st.lists(texts | texts.map(np.str_) | st.none(), max_size=5))
def test_many_addresses_are_the_questions_that_each_of_them_is(addresses):
    before, one_by_one = addresses.copy(), [as_query(each) for each in addresses]
    lines = as_lines(addresses)

    assert addresses == before
    if lines is None:
        texts_alone = bool(addresses) and all(type(each) is str for each in addresses)
        assert not texts_alone or not all(one_by_one) or PartedQuery in map(type, one_by_one)
    else:
        assert list(lines) == one_by_one
        assert set(map(type, one_by_one)) == {Query}


def in_words_of_then(address, parts):
    """A line break in a template, or in what is the same for all rows, was a space as well."""
    address = address.replace("\n", " ") if isinstance(address, str) else address
    return address, {**parts, "country": constant("Great Britain")} if "country" in parts else parts


def in_spaces(address, parts, **options):
    """The same questions, as they were when a line break was a space."""
    address, parts = in_words_of_then(address, parts)
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


@pytest.mark.parametrize("ways", [("town", {}), (["street", "town"], {}), (None, {"street": "street", "city": "town"})])
@pytest.mark.parametrize("partitions", [None, 1, 2])
def test_what_was_written_with_a_comma_as_well_is_not_paid_again(ways, partitions, fake, geoapify):
    address, parts = ways
    both = pd.DataFrame({"street": ["1 Elm", "2 Elm", "2 Elm"], "town": ["Bath, UK", "Bath\nUK", "Bath\nUK"]})
    both.replace("\n", " ", regex=True).geo.locate(address, **parts, service=geoapify(fake))
    paid = len(fake.inputs)

    table = both if partitions is None else dd.from_pandas(both, npartitions=partitions)
    located = table.geo.locate(address, **parts, service=geoapify(fake))

    assert both[::-1].geo.estimate(address, **parts, service=geoapify(fake)).to_ask == 0
    assert len(located) == 3 and len(fake.inputs) == paid == 2


@pytest.mark.parametrize("mode", ["batch", "single"])
@pytest.mark.parametrize("partitions", [None, 2])
def test_what_is_new_and_written_in_both_ways_is_bought_once(mode, partitions, fake, geoapify):
    both = pd.DataFrame({"a": ["1 Elm, Hull", "1 Elm\nHull", "1 Elm\n\nHull"]})
    service = geoapify(fake, mode=mode)
    expected = both.geo.estimate("a", service=service)

    table = both if partitions is None else dd.from_pandas(both, npartitions=partitions)
    located = table.geo.locate("a", service=service, budget=expected.credits)
    located = located if partitions is None else located.compute()

    assert fake.inputs == ["1 Elm, Hull"]
    assert expected.to_ask == 1 and expected.credits == fake.credits
    assert located[["lat", "lon"]].to_numpy().tolist() == [list(fake.expected("1 Elm, Hull"))] * 3
    assert located.geo.report.credits == fake.credits


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


BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
cells = st.text(st.sampled_from(["a", "b", "é", "e", "\u0301", ",", ";", " ", "\t", "\0", *BREAKS]), max_size=8)


@given(st.text(st.one_of(st.characters(), st.sampled_from(BREAKS))) | cells)
def test_the_former_text_is_what_it_was(text):
    then = " ".join(unicodedata.normalize("NFC", text.replace("\0", " ")).split())
    assert former_text(tidy(text)) == (then if tidy(text) else "")  # of nothing but commas, it is blank by now
    assert former_text(unpacked(packed(tidy(text)))) == former_text(tidy(text))


lines = cells.map(lambda text: text.translate({ord(","): "c", ord(";"): "d"}))


@given(st.lists(st.tuples(lines, lines), min_size=1, max_size=6), st.sampled_from(list(WAYS.values())))
def test_whatever_the_question_is_made_of_it_knows_what_it_was(rows, way):
    address, parts = way
    frame = pd.DataFrame(rows, columns=["street", "town"], dtype=object)
    spaced = frame.map(lambda cell: cell.translate(dict.fromkeys(map(ord, BREAKS), " ")))
    now = questions(frame, address, parts)
    then = questions(spaced, *in_words_of_then(address, parts))

    assert ((now.codes < 0) == (then.codes < 0)).all()
    for place, before in zip(now.codes, then.codes, strict=True):
        question = now.distinct[place] if place >= 0 else Query()
        former = question.former if isinstance(question, PartedQuery) else question
        assert former == (then.distinct[before] if before >= 0 else Query())


def test_questions_of_several_lines_are_equal_to_others_and_outlive_pickling():
    (lines,) = questions(pd.DataFrame({"a": ["1 Elm Road\nHull"]}), "a", {}).distinct
    copied = pickle.loads(pickle.dumps(lines))

    assert lines == copied == Query("1 Elm Road, Hull")
    assert hash(lines) == hash(Query("1 Elm Road, Hull"))
    assert copied.former == Query("1 Elm Road Hull")
    assert type(lines.text) is str
    assert pickle.loads(pickle.dumps(tidy("1 Elm Road\nHull"))).former == "1 Elm Road Hull"
    assert type(tidy("1 Elm Road,\nHull")) is str  # the same as before
