"""The promise: one row, one address, one answer."""

from __future__ import annotations

import asyncio
import random
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import geopandas_batch
from geopandas_batch.errors import QueryError, SettingsError
from geopandas_batch.places import Location, Query
from geopandas_batch.services import Gazetteer

PLACES = {"Oslo": (59.91, 10.75), "Bergen": (60.39, 5.32), "10115": (52.53, 13.38), "Paris, France": (48.86, 2.35)}


class Atlas:
    """A service of the user's own: knows a few places, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, addresses: list[str]) -> list[object]:
        self.asked += addresses
        return [PLACES.get(address) for address in addresses]


@pytest.fixture
def atlas() -> Atlas:
    return Atlas()


def test_lat_and_lon_are_added_and_nothing_else_changes(atlas):
    frame = pd.DataFrame({"id": ["007", "008"], "town": ["Bergen", "Oslo"]}, index=["b", "a"])
    before = frame.copy()

    located = frame.geo.locate("town", service=atlas)

    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(located[["id", "town"]], before)
    assert list(located.columns) == ["id", "town", "lat", "lon"]
    assert located["lat"].tolist() == [60.39, 59.91]
    assert located["lon"].tolist() == [5.32, 10.75]
    assert (located.dtypes[["lat", "lon"]] == "float64").all()


def test_writing_to_the_result_does_not_write_to_the_frame(atlas):
    frame = pd.DataFrame({"town": ["Oslo"], "n": [1]})

    located = frame.geo.locate("town", service=atlas)
    located.loc[0, "n"] = 2

    assert frame.loc[0, "n"] == 1


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([0, 0, 0]),
        pd.Index(["x", np.nan, "x"]),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 1)]),
        pd.DatetimeIndex(["2024-01-02", "2024-01-01", "2024-01-02"]),
    ],
    ids=["duplicated", "with a gap", "MultiIndex", "dates"],
)
def test_rows_are_joined_by_position_whatever_the_index(index, atlas):
    frame = pd.DataFrame({"town": ["Bergen", "Atlantis", "Oslo"]}, index=index)

    located = frame.geo.locate("town", service=atlas)

    pd.testing.assert_index_equal(located.index, index)
    np.testing.assert_array_equal(located["lat"].to_numpy(), [60.39, np.nan, 59.91])


def test_a_frame_that_is_sorted_in_place_meanwhile_has_its_rows_as_they_were_asked():
    async def main(frame):
        waits = asyncio.Event()

        async def mine(addresses):
            await waits.wait()
            return [(float(address), 0.0) for address in addresses]

        located = asyncio.create_task(frame.geo.locate_async("a", service=mine))
        await asyncio.sleep(0)
        frame[:] = frame[::-1].to_numpy()
        frame.index = frame.index[::-1]
        frame.insert(0, "lat", "a new column")
        waits.set()
        return await located

    located = asyncio.run(main(pd.DataFrame({"a": [f"{n}" for n in range(20)]})))

    assert located.index.tolist() == located["lat"].tolist() == located["a"].astype(float).tolist() == list(range(20))


@pytest.mark.parametrize("dtype", [object, "str", "string", "category", "string[pyarrow]"])
def test_any_text_dtype_is_an_address(dtype, atlas):
    frame = pd.DataFrame({"town": pd.Series(["Oslo", None, "Bergen", "Oslo"], dtype=dtype)})

    located = frame.geo.locate("town", service=atlas, details=True)

    assert located["status"].tolist() == ["located", "blank", "located", "located"]
    np.testing.assert_array_equal(located["lat"].to_numpy(), [59.91, np.nan, 60.39, 59.91])
    assert located["town"].dtype == frame["town"].dtype


@pytest.mark.parametrize(
    "codes",
    [pd.Series([10115, 10115]), pd.Series([10115.0, np.nan]), pd.Series([10115, None], dtype="Int64")],
    ids=["int", "float", "Int64"],
)
def test_a_number_is_asked_as_a_person_would_type_it(codes, atlas):
    located = pd.DataFrame({"postcode": codes}).geo.locate("postcode", service=atlas)

    assert atlas.asked == ["10115"]
    assert located["lat"].iloc[0] == 52.53


@pytest.mark.parametrize("blank", [None, np.nan, pd.NA, pd.NaT, "", "  ", "\t\n", "\u00a0"])
def test_a_blank_is_never_asked(blank, atlas):
    frame = pd.DataFrame({"town": pd.Series([blank, "Oslo"], dtype=object)})

    located = frame.geo.locate("town", service=atlas, details=True)

    assert atlas.asked == ["Oslo"]
    assert located["status"].tolist() == ["blank", "located"]


@pytest.mark.parametrize("said", ["nan", "<NA>", "None", "NULL", "\\N", "#N/A", "#REF!", "n/a", " - "])
def test_what_programs_write_where_there_is_nothing_is_a_blank(said, atlas):
    """Alone, where it would be paid, and among other cells, where it would be taken for a part of the address."""
    frame = pd.DataFrame({"street": [said, "High Street"], "more": [said, said], "town": [said, "Oslo"]})

    one = frame.geo.locate("town", service=atlas, details=True)
    frame.geo.locate(["street", "more", "town"], service=atlas)
    frame.geo.locate("{street}, {more}, {town}, Norway", service=atlas)
    frame.geo.locate(street="street", city="town", state="more", service=atlas)

    assert one["status"].tolist() == ["blank", "located"]
    assert atlas.asked == ["Oslo", "High Street, Oslo", "High Street, Oslo, Norway", "High Street, Oslo"]


@pytest.mark.parametrize("town", ["Nan", "NA", "Null", "#1 High Street", "None, Italy"])
def test_places_that_are_like_what_programs_write_are_places(town, atlas):
    pd.DataFrame({"town": [town]}).geo.locate("town", service=atlas)

    assert atlas.asked == [town]


def test_equal_addresses_are_asked_once(atlas):
    frame = pd.DataFrame({"town": ["Oslo", " Oslo", "Bergen", "Oslo  ", "Bergen"]})

    located = frame.geo.locate("town", service=atlas)

    assert atlas.asked == ["Oslo", "Bergen"]
    assert located["lat"].tolist() == [59.91, 59.91, 60.39, 59.91, 60.39]


def test_letters_that_look_the_same_are_the_same_address(atlas):
    frame = pd.DataFrame({"town": ["Malm\u00f6", "Malmo\u0308"]})

    frame.geo.locate("town", service=atlas)

    assert atlas.asked == ["Malm\u00f6"]


def test_an_empty_frame_and_a_frame_of_blanks_ask_nothing(atlas):
    empty = pd.DataFrame({"town": pd.Series([], dtype=object)}).geo.locate("town", service=atlas, details=True)
    blank = pd.DataFrame({"town": [None, ""]}).geo.locate("town", service=atlas)

    assert atlas.asked == []
    assert len(empty) == 0
    assert empty["lat"].dtype == "float64"
    assert blank["lat"].isna().all()


@pytest.mark.parametrize("towns", [[], [None], ["Atlantis"], ["Oslo"]], ids=["no row", "blank", "not found", "found"])
def test_columns_have_the_same_dtypes_whatever_was_found(towns, atlas):
    whole = pd.DataFrame({"town": ["Oslo", "Atlantis", None]}).geo.locate("town", service=atlas, details=True)

    located = pd.DataFrame({"town": pd.Series(towns, dtype=object)}).geo.locate("town", service=atlas, details=True)

    assert located.drop(columns="town").dtypes.to_dict() == whole.drop(columns="town").dtypes.to_dict()


def test_a_missing_column_is_an_error_that_lists_those_that_are_there(atlas):
    frame = pd.DataFrame({"street": ["x"], "town": ["Oslo"]})

    with pytest.raises(SettingsError, match=r"no column 'adress'.*'street', 'town'"):
        frame.geo.locate("adress", service=atlas)


@pytest.mark.parametrize("address", ["{street}, {place}", ["street", "place"], ("street", "place")])
def test_a_missing_column_in_a_list_or_template_is_named(address, atlas):
    with pytest.raises(SettingsError, match="no column 'place'"):
        pd.DataFrame({"street": ["x"]}).geo.locate(address, service=atlas)


@pytest.mark.parametrize("inner", ["town", "street"])
def test_a_part_of_a_name_of_several_levels_is_told_the_whole_one(inner, atlas):
    frame = pd.DataFrame([["Oslo", "Bergen"]], columns=pd.MultiIndex.from_tuples([("home", "town"), ("work", inner)]))

    with pytest.raises(SettingsError, match=r"'work' is a part.*such as \('work', "):
        frame.geo.locate("work", service=atlas)


def test_an_empty_list_of_columns_is_told_so(atlas):
    with pytest.raises(SettingsError, match="give the name of a column, not an empty list"):
        pd.DataFrame({"town": ["Oslo"]}).geo.locate([], service=atlas)


@pytest.mark.filterwarnings("error")
def test_a_run_that_is_kept_gives_no_warning(cache_file):
    located = pd.DataFrame({"town": ["Oslo, Norway", None]}).geo.locate("town", service="gazetteer", details=True)

    assert located["status"].tolist() == ["located", "blank"]


def test_two_columns_of_one_name_are_an_error(atlas):
    frame = pd.DataFrame([["Oslo", "Bergen"]], columns=["town", "town"])

    with pytest.raises(SettingsError, match="2 columns named 'town'"):
        frame.geo.locate("town", service=atlas)


class _Geometry:
    __geo_interface__: ClassVar = {"type": "Point", "coordinates": (10.75, 59.91)}


@pytest.mark.parametrize("cell", [["Oslo"], ("Oslo", "Norway"), {"city": "Oslo"}, Query(city="Oslo"), _Geometry()])
def test_cells_that_are_no_text_are_an_error(cell, atlas):
    with pytest.raises(SettingsError, match="'town' has cells that are no text.*Make one text of each"):
        pd.DataFrame({"town": ["Bergen", cell]}).geo.locate("town", service=atlas)
    assert atlas.asked == []


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.struct([("city", pa.string())])])
def test_lists_and_structures_of_arrow_are_no_text_either(kind, atlas):
    cells = pd.Series([None], dtype=pd.ArrowDtype(kind))

    with pytest.raises(SettingsError, match=r"'town' has cells that are no text: each is a .*Make one text of each"):
        pd.DataFrame({"town": cells}).geo.locate("town", service=atlas)


@pytest.mark.parametrize("dtype", ["object", "string[python]"])
@pytest.mark.parametrize("towns", [["a\0b", "a", "a\0c"], ["x\udcfcy", "\ud800", "x\udcf6y"]])
def test_texts_that_differ_behind_a_nul_or_by_half_a_letter_are_different(towns, dtype, atlas):
    """As in files that were read in a wrong encoding. Some versions of pandas take such texts for one."""
    frame = pd.DataFrame({"town": pd.Series(towns, dtype="object")}).astype({"town": dtype})
    parts = frame.assign(land="Norway")

    frame.geo.locate("town", service=atlas)
    parts.geo.locate("{town}, {land}", service=atlas)

    cells = [town.replace("\0", " ") for town in towns]
    assert atlas.asked == [*cells, *(f"{cell}, Norway" for cell in cells)]


def test_a_column_that_is_there_already_is_refused_by_name(atlas):
    frame = pd.DataFrame({"town": ["Oslo"], "lon": ["mine"]})

    with pytest.raises(SettingsError, match="column 'lon' already"):
        frame.geo.locate("town", service=atlas)
    assert atlas.asked == []


def test_prefix_renames_and_overwrite_replaces(atlas):
    frame = pd.DataFrame({"town": ["Oslo"], "lon": ["mine"]})

    prefixed = frame.geo.locate("town", service=atlas, prefix="home_", details=True)
    replaced = frame.geo.locate("town", service=atlas, overwrite=True)

    assert list(prefixed.columns[:4]) == ["town", "lon", "home_lat", "home_lon"]
    assert {"home_status", "home_match"} <= set(prefixed.columns)
    assert list(replaced.columns) == ["town", "lon", "lat"]
    assert replaced.loc[0, "lon"] == 10.75


def test_a_list_of_columns_is_joined_without_blanks(atlas):
    frame = pd.DataFrame({"city": ["Paris", "Oslo", None], "country": ["France", None, ""]})

    located = frame.geo.locate(["city", "country"], service=atlas, details=True)

    assert atlas.asked == ["Paris, France", "Oslo"]
    assert located["status"].tolist() == ["located", "located", "blank"]


def test_a_template_drops_the_comma_beside_a_blank(atlas):
    frame = pd.DataFrame({"Street Name": ["1 Rue X", "", ""], "c.ity": ["Paris", "Paris", None]})

    frame.geo.locate("{Street Name}, {c.ity}, France", service=atlas)

    assert atlas.asked == ["1 Rue X, Paris, France", "Paris, France"]


def test_a_template_names_the_columns_of_a_table_without_header(atlas):
    frame = pd.DataFrame([["Oslo", "Norway"], ["Bergen", None]])

    frame.geo.locate("{0}, {1}", service=atlas)
    frame.rename(columns={1: "0"}).geo.locate("{0}", service=atlas)  # text comes first

    assert atlas.asked == ["Oslo, Norway", "Bergen", "Norway"]


@pytest.mark.parametrize("template", ["{town", "{town:>9}", "{town!r}"])
def test_a_template_that_is_not_well_formed_is_an_error(template, atlas):
    with pytest.raises(SettingsError, match="template"):
        pd.DataFrame({"town": ["Oslo"]}).geo.locate(template, service=atlas)


def test_parts_may_be_columns_and_constants(atlas):
    frame = pd.DataFrame({"town": ["Paris", None], "zip": ["75001", np.nan]})

    located = frame.geo.locate(
        city="town", postcode="zip", country=geopandas_batch.constant("France"), service=atlas, details=True
    )

    assert atlas.asked == ["Paris 75001, France"]
    assert located["status"].tolist() == ["not_found", "blank"]


def test_address_and_parts_exclude_each_other_and_one_is_needed(atlas):
    frame = pd.DataFrame({"town": ["Oslo"]})

    with pytest.raises(SettingsError, match="not both"):
        frame.geo.locate("town", city="town", service=atlas)
    with pytest.raises(SettingsError, match="'town'"):
        frame.geo.locate(service=atlas)
    with pytest.raises(SettingsError, match="at least one part must be a column"):
        frame.geo.locate(country=geopandas_batch.constant("France"), service=atlas)
    with pytest.raises(SettingsError, match="a constant is text"):
        frame.geo.locate(city="town", postcode=geopandas_batch.constant(1000), service=atlas)


def test_a_series_and_a_list_are_located_too(atlas):
    series = geopandas_batch.locate(pd.Series(["Oslo", None], index=[7, 7], name="where"), service=atlas)
    plain = geopandas_batch.locate(["Bergen", None, "Oslo"], service=atlas)

    assert series.index.tolist() == [7, 7]
    assert series.columns.tolist() == ["where", "lat", "lon"]
    assert plain["lat"].tolist()[::2] == [60.39, 59.91]


def test_text_alone_is_not_a_list_of_addresses():
    with pytest.raises(SettingsError, match="not str"):
        geopandas_batch.locate("Oslo")


def test_a_weak_match_keeps_its_details_and_loses_its_coordinates():
    async def unsure(addresses):
        sure = {"Oslo": 0.9, "Springfield": 0.4, "Elsewhere": float("nan")}
        return [Location(1, 2, formatted=a, match="city", confidence=sure[a]) for a in addresses]

    frame = pd.DataFrame({"town": ["Oslo", "Springfield", "Elsewhere"]})
    located = frame.geo.locate("town", service=unsure, details=True, min_confidence=0.8)

    assert located["status"].tolist() == ["located", "not_found", "not_found"]
    assert located["lat"].isna().tolist() == [False, True, True]
    assert located["match"].tolist() == ["city"] * 3
    assert located["formatted"].tolist() == ["Oslo", "Springfield", "Elsewhere"]
    assert located["reason"].tolist()[1] == "confidence 0.40 is below 0.8"
    report = located.geo.report
    assert (report.statuses["located"], report.statuses["not_found"], report.matches) == (1, 2, {"city": 1})


def test_details_have_their_types():
    async def one(addresses):
        return [Location(1, 2, formatted="x", match="building", confidence=0.5) for _ in addresses]

    located = pd.DataFrame({"a": ["Oslo", None]}).geo.locate("a", service=one, details=True)

    assert list(located.columns) == [
        "a", "lat", "lon", "formatted", "match", "confidence", "status", "reason", "service",
    ]  # fmt: skip
    assert list(located["match"].cat.categories) == [
        "building", "street", "postcode", "city", "region", "country", "none",
    ]  # fmt: skip
    assert list(located["status"].cat.categories) == ["located", "not_found", "blank", "failed", "skipped"]
    assert located["confidence"].dtype == "float64"
    assert located["match"].tolist() == ["building", "none"]


def test_a_rows_own_trouble_does_not_raise():
    async def picky(addresses):
        return [QueryError("too vague") if a == "there" else (1.0, 2.0) for a in addresses]

    located = pd.DataFrame({"a": ["there", "here"]}).geo.locate("a", service=picky, details=True)

    assert located["status"].tolist() == ["failed", "located"]
    assert located["reason"].tolist() == ["too vague", ""]


def test_a_run_that_cannot_go_on_raises_with_the_frame_so_far():
    async def broken(addresses):
        raise ValueError("the database is gone")

    frame = pd.DataFrame({"a": ["here", None]})

    with pytest.raises(geopandas_batch.ServiceError, match="the database is gone.*errors='coerce'") as caught:
        frame.geo.locate("a", service=broken, details=True)
    assert caught.value.partial["status"].tolist() == ["failed", "blank"]
    assert isinstance(caught.value.__cause__, ValueError)

    located = frame.geo.locate("a", service=broken, details=True, errors="coerce")
    assert located["status"].tolist() == ["failed", "blank"]
    assert "the database is gone" in located.loc[0, "reason"]


def test_answers_without_an_order_are_an_error_and_no_row_gets_a_value():
    async def without(addresses):
        return {(float(address), 0.0) for address in addresses}

    with pytest.raises(geopandas_batch.StrangeAnswer, match="must return a list .* in their order, not set"):
        pd.DataFrame({"a": ["9", "1", "5"]}).geo.locate("a", service=without)


def test_a_wrong_count_is_an_error_and_no_row_gets_a_value():
    async def short(addresses):
        return [(1.0, 2.0)] * (len(addresses) - 1)

    with pytest.raises(geopandas_batch.StrangeAnswer, match="gave 1 answers for 2 addresses") as caught:
        pd.DataFrame({"a": ["x", "y"]}).geo.locate("a", service=short)
    assert caught.value.partial["lat"].isna().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"errors": "ignore"}, "errors must be"),
        ({"min_confidence": 80}, "from 0 to 1"),
        ({"service": "google"}, "there is no service 'google'; there are auto, geoapify, gazetteer"),
        ({"service": "gazetteer", "langs": "fr"}, "gazetteer has no option 'langs'"),
        ({"service": "gazetteer", "times": 3}, "gazetteer has no option 'times'"),
        ({"service": 3}, "not int"),
        ({"service": "geopify"}, "Do you mean 'geoapify'"),
        ({"adress": "a"}, "no option 'adress'.* Do you mean 'address'"),
        ({"service": ["gazetteer"], "min_confidenc": 1}, "Do you mean 'min_confidence'"),
        ({"country": "Frankreich"}, r"The same for all rows: country=geopandas_batch.constant\('Frankreich'\)"),
        ({"country": pd.Series(["x"], name="land")}, "the name of a column, not a Series"),
        ({"min_confidence": True}, "from 0 to 1"),
        ({"min_confidence": "0.8"}, "from 0 to 1"),
        ({"budget": "100"}, "budget must be 0 credits or more, not '100'"),
        ({"prefix": None}, "prefix must be text"),
        ({"overwrite": "no"}, "overwrite must be True or False, not 'no'"),
        ({"details": np.array(["match", "status"])}, "details must be True or False, not array"),
        ({"details": "no"}, "details must be True or False, not 'no'"),
        ({"cache": None}, "cache must be True, False or the path of a file, not None"),
        ({"service": lambda addresses: []}, "not a function that is not async"),
        ({"service": Gazetteer}, "not the class Gazetteer .its brackets are missing"),
    ],
)
def test_a_wrong_argument_says_what_is_right(arguments, message):
    with pytest.raises(SettingsError, match=message):
        pd.DataFrame({"a": ["x"]}).geo.locate("a", **arguments)


def test_a_misspelt_column_or_argument_is_told_what_is_meant():
    frame = pd.DataFrame({"name": ["x"], "address": ["Oslo"]})
    with pytest.raises(
        SettingsError, match="no column 'adress'. Do you mean 'address'. The columns are 'name', 'address'"
    ):
        frame.geo.locate("adress")
    with pytest.raises(SettingsError, match="no option 'adress'.*Do you mean 'address'"):
        frame.geo.locate(adress="address")
    with pytest.raises(SettingsError, match="no option 'adress'.*Do you mean 'address'"):
        frame.geo.estimate(adress="address")
    with pytest.raises(SettingsError, match="details= does not go with this call: leave it out"):
        frame.geo.estimate("address", details=True)
    with pytest.raises(SettingsError, match="no column 'lat'. Do you mean 'latitude'"):
        pd.DataFrame({"latitude": [1.0], "longitude": [2.0]}).geo.reverse()


@pytest.mark.parametrize("answer", [None, "Oslo", 1], ids=repr)
def test_a_function_that_gives_no_list_is_told_so(answer):
    async def mine(addresses):
        return answer

    with pytest.raises(geopandas_batch.StrangeAnswer, match="mine must return a list with one answer for each address"):
        geopandas_batch.locate(["Oslo"], service=mine)


def test_of_a_thousand_columns_a_message_names_some():
    with pytest.raises(SettingsError, match="'c39' and 960 more.$"):
        pd.DataFrame({f"c{number}": ["x"] for number in range(1000)}).geo.locate("address")


def test_the_report_is_on_the_frame_and_on_the_result(atlas):
    frame = pd.DataFrame({"town": ["Oslo", "Oslo", "Atlantis", None]})

    located = frame.geo.locate("town", service=atlas)

    report = located.geo.report
    assert frame.geo.report is report
    assert report.statuses == {"located": 2, "not_found": 1, "blank": 1, "failed": 0, "skipped": 0}
    assert (report.rows, report.distinct, report.asked, report.service) == (4, 2, 2, "Atlas")
    assert report.summary.startswith("Atlas: 2 of 4 rows located, 1 not found, 1 blank")
    assert pd.DataFrame({"town": []}).geo.report is None


def test_the_summary_is_one_line_in_the_log(atlas, caplog):
    caplog.set_level("INFO", "geopandas_batch")

    pd.DataFrame({"town": ["Oslo"]}).geo.locate("town", service=atlas)

    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == ["Atlas: 1 of 1 rows located"]


def test_the_credit_of_the_data_goes_with_the_frame_and_into_a_file(tmp_path):
    async def credited(addresses):
        return [Location(1, 2, attribution="© Somebody") for _ in addresses]

    located = pd.DataFrame({"a": ["x"]}).geo.locate("a", service=credited)
    located.to_parquet(tmp_path / "located.parquet")

    assert pd.read_parquet(tmp_path / "located.parquet").attrs["attribution"] == ["© Somebody"]


def test_progress_counts_rows_and_ends_with_all_of_them(atlas):
    seen = []

    pd.DataFrame({"town": ["Oslo", "Oslo", "Atlantis", None]}).geo.locate(
        "town", service=atlas, progress=lambda done, total, counts: seen.append((done, total, counts))
    )

    assert seen[-1] == (4, 4, {"blank": 1, "located": 2, "not_found": 1})


def test_shuffled_rows_keep_their_answers(atlas):
    rng = random.Random(7)
    towns = rng.choices([*PLACES, "Atlantis", None], k=5000)
    frame = pd.DataFrame({"town": towns}, index=rng.choices(range(10), k=5000))

    located = frame.geo.locate("town", service=atlas)

    expected = [PLACES.get(town, (np.nan, np.nan)) if town else (np.nan, np.nan) for town in towns]
    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), expected)
    assert sorted(atlas.asked) == sorted([*PLACES, "Atlantis"])


@pytest.mark.filterwarnings("error")  # pandas 4 will refuse what pandas 3 warns of, when the answers are paid
@pytest.mark.parametrize("details", [True, False])
def test_names_of_two_levels_stay_and_the_new_ones_are_of_the_first(details, atlas):
    frame = pd.DataFrame({("customer", "town"): ["Oslo", "Nowhere"], ("customer", "id"): [1, 2]})

    located = frame.geo.locate(("customer", "town"), service=atlas, details=details)

    pd.testing.assert_frame_equal(located[["customer"]], frame)
    assert located["lat"].tolist() == pytest.approx([59.91, np.nan], nan_ok=True)
    assert list(located.columns[2:4]) == [("lat", ""), ("lon", "")]
    assert located.geo.failures()["status"].tolist() == ["not_found"]
    review = located.geo.review(below=1)
    assert review["why"].tolist() == ["not found; no match"]
    assert "not found" in repr(review)
    assert located.geo.set(1, 59.9, 10.7)["lat"].tolist() == [59.91, 59.9]


def test_the_different_values_of_a_column_are_addresses(atlas):
    towns = pd.Series(["Oslo", "Bergen", "Oslo"])

    for values in (towns.unique(), towns.astype("category").unique(), towns.astype("string").unique()):
        assert geopandas_batch.locate(values, service=atlas)["lat"].tolist() == [59.91, 60.39]


@pytest.mark.parametrize("addresses", [b"Oslo", bytearray(b"Oslo"), {"a": "Oslo"}, {"Oslo"}, "Oslo", 5, None])
def test_what_is_no_list_of_addresses_is_refused(addresses, atlas):
    with pytest.raises(SettingsError, match=f"a list of addresses, not {type(addresses).__name__}"):
        geopandas_batch.locate(addresses, service=atlas)
    assert atlas.asked == []


def test_a_table_of_another_library_is_named_with_a_way_to_pandas(atlas):
    table = pytest.importorskip("pyarrow").table({"town": ["Oslo"]})

    with pytest.raises(SettingsError, match=r"not Table of pyarrow. Pass what its .to_pandas\(\) gives"):
        geopandas_batch.locate(table, "town", service=atlas)
    assert geopandas_batch.locate(table.to_pandas(), "town", service=atlas)["lat"].tolist() == [59.91]


class Scraped(str):
    """As parsers of HTML have them."""

    def __str__(self) -> str:
        return "<b>"


def test_texts_of_numpy_and_of_a_kind_of_their_own_are_texts(fake, geoapify):
    expected = [list(fake.expected(town)) for town in ("Oslo", "Bergen")]

    for towns in (np.array(["Oslo", "Bergen"]), [Scraped("Oslo"), np.str_("Bergen")]):
        located = geopandas_batch.locate(towns, service=geoapify(fake), cache=False)
        assert located[["lat", "lon"]].to_numpy().tolist() == expected


def test_answers_with_labels_are_not_taken_by_their_place():
    async def by_name(addresses):
        return pd.Series({"Bergen": (60.39, 5.32), "Oslo": (59.91, 10.75)})

    with pytest.raises(geopandas_batch.StrangeAnswer, match="the labels of a Series may say another order"):
        geopandas_batch.locate(["Oslo", "Bergen"], service=by_name)


def test_half_a_letter_in_the_words_of_a_service_costs_no_answer():
    async def torn(addresses):
        return [Location(59.91, 10.75, "Os\ud800lo", "city"), ValueError("\udfff")]

    located = geopandas_batch.locate(["Oslo", "Bergen"], service=torn, details=True)

    assert located["lat"].tolist() == pytest.approx([59.91, np.nan], nan_ok=True)
    assert located.loc[0, "formatted"].encode("ascii", "replace") == b"Os?lo"  # pandas 2 holds half a letter
    assert located.loc[1, "reason"].encode("ascii", "replace") == b"?"
