"""What came back, and what a person decides on it: kept, won, listed, undone."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import geopandas_batch
from geopandas_batch.cli import main
from geopandas_batch.errors import QueryError, SettingsError
from geopandas_batch.places import Location

ANSWERS = {
    "Karl Johans gate 1, Oslo": Location(59.91, 10.75, "Karl Johans gate 1", "building", 0.97),
    "Bryggen 1, Bergen": Location(60.39, 5.32, "Bryggen 1", "building", 0.9),
    "Storgata 5, Moss": Location(59.43, 10.66, "Moss", "city", 0.9),
    "Springfield": Location(39.8, -89.6, "Springfield", "city", 0.4, "Springfield, Missouri is as likely"),
}


class Town:
    """A service of the user's own."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, addresses: list[str]) -> list[Any]:
        self.asked += addresses
        return [QueryError("no such street") if "refused" in each else ANSWERS.get(each) for each in addresses]


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def frame() -> pd.DataFrame:
    addresses = [*ANSWERS, "Nowhere 7", "refused", None]
    return pd.DataFrame({"address": addresses}, index=[f"r{place}" for place in range(len(addresses))])


@pytest.mark.parametrize("details", [True, False])
def test_failures_are_the_rows_without_coordinates_and_why(frame, town, details):
    failures = frame.geo.locate("address", service=town, details=details).geo.failures()

    assert failures["status"].astype(str).to_dict() == {"r4": "not_found", "r5": "failed", "r6": "blank"}
    assert failures["reason"]["r5"] == "no such street"
    assert failures["lat"].isna().all()


def test_failures_hide_no_status_of_the_users_own(frame, town):
    located = frame.assign(status="paid").geo.locate("address", service=town)

    with pytest.raises(SettingsError, match="'status' of its own.*prefix='geo_'"):
        located.geo.failures()
    failures = located.geo.failures(prefix="geo_")
    assert failures["status"].tolist() == ["paid"] * 3
    assert failures["geo_status"].astype(str).tolist() == ["not_found", "failed", "blank"]


@pytest.mark.parametrize("details", [True, False])
def test_review_is_worst_first_and_says_why(frame, town, details):
    review = frame.geo.locate("address", service=town, details=details).geo.review()

    assert set(review.index[:2]) == {"r4", "r5"}
    assert review["why"].to_dict() == {
        "r4": "not found; no match",
        "r5": "failed; no such street",
        "r3": "confidence 0.40; only the city was found; Springfield, Missouri is as likely",
        "r2": "only the city was found",
    }
    assert list(review.index[2:]) == ["r3", "r2"]


def test_a_review_shows_what_helps_to_judge_in_full_and_holds_everything(town):
    rows = pd.DataFrame({"address": ["Springfield"], "note": ["x" * 90], "order": ["007"]})
    review = rows.geo.locate("address", service=town, details=True, prefix="to_").geo.review().head(1)

    for shown in (review._repr_html_(), repr(review)):
        assert "Springfield, Missouri is as likely" in shown and "x" * 90 in shown and "007" in shown
        assert "not shown: to_lat, to_lon, to_status, to_reason, to_service" in shown
    assert review["to_lat"].notna().all() and review["to_service"].tolist() == ["Town"]


def test_a_part_or_copy_needs_details_and_a_changed_address_a_new_run(frame, town):
    located = frame.geo.locate("address", service=town)
    with pytest.raises(SettingsError, match="details=True"):
        located.copy().geo.review()
    with pytest.raises(SettingsError, match="pass address="):
        located.head(2).geo.accept("r0")
    located.loc["r0", "address"] = "Elsewhere"
    with pytest.raises(SettingsError, match="Locate again"):
        located.geo.failures()
    kept = frame.geo.locate("address", service=town, details=True, prefix="home_").copy()
    assert len(kept.geo.review(prefix="home_")) == 4


def test_a_place_that_was_set_wins_over_every_service_and_option_and_costs_nothing(frame, town, geoapify, fake):
    located = frame.geo.locate("address", service=town, details=True)
    before = located.copy()
    corrected = located.geo.set("r4", 60.1, 11.2, formatted="Nowhere 7, Eidsvoll")
    pd.testing.assert_frame_equal(located, before)
    shown = corrected.loc["r4", ["lat", "lon", "match", "confidence", "status", "reason", "service"]].to_list()
    assert shown == [60.1, 11.2, "building", 1.0, "located", "set by a person", "person"]
    assert corrected.dtypes.equals(located.dtypes)
    pd.testing.assert_frame_equal(corrected.drop("r4"), located.drop("r4"))

    one = pd.DataFrame({"address": ["Nowhere 7"]})
    for service in (town, geoapify(fake), geoapify(fake, lang="fr")):
        again = one.geo.locate("address", service=service, details=True)
        assert again.iloc[0][["lat", "lon", "formatted"]].to_list() == [60.1, 11.2, "Nowhere 7, Eidsvoll"]
        assert again["service"].to_list() == ["person"] and again.geo.report.credits == 0
        assert one.geo.estimate("address", service=service).to_ask == 0
        assert asyncio.run(geopandas_batch.get_location(" Nowhere  7 ", service=service)) == Location(
            60.1, 11.2, "Nowhere 7, Eidsvoll", "building", 1.0, "set by a person", "person"
        )
    assert fake.inputs == [] and town.asked.count("Nowhere 7") == 1
    parts = pd.DataFrame({"where": ["Nowhere 7"]}).geo.locate(street="where", service=geoapify(fake))
    assert parts["lat"].to_list() == [60.1]


def test_a_column_that_the_run_has_not_made_is_left_alone():
    own = {"address": ["Oslo, Norway", "Nowhere 7"], "status": ["paid", "open"], "service": ["gold", "basic"]}
    frame = pd.DataFrame(own)
    located = frame.geo.locate("address", service="gazetteer")

    for changed in (located.geo.set(1, 59.1, 10.2), located.geo.accept(0), located.geo.set(0, 1, 2).geo.undo(0)):
        pd.testing.assert_frame_equal(changed[list(own)], frame)
    assert located.geo.set(1, 59.1, 10.2)["lat"].tolist()[1] == 59.1


@pytest.mark.parametrize("known", [True, False])
def test_what_the_service_told_of_its_place_goes_with_it(known):
    frame = pd.DataFrame({"address": ["Oslo, Norway", "Bergen, Norway"]})
    located = frame.geo.locate("address", service="gazetteer", details=True)
    assert located["uncertainty"].notna().all()
    where = {} if known else {"address": "address"}
    corrected = (located if known else located.copy()).geo.set(0, 59.1, 10.2, **where)

    assert corrected["uncertainty"].isna().tolist() == [True, False]
    again = frame.geo.locate("address", service="gazetteer", details=True)
    pd.testing.assert_frame_equal(corrected, again, check_exact=False)


def test_what_was_accepted_keeps_its_place_and_needs_no_review(frame, town):
    located = frame.geo.locate("address", service=town)
    accepted = located.geo.accept(located.geo.review().loc[["r3", "r2"]])
    assert list(accepted.geo.review().index) == ["r4", "r5"]
    again = frame.geo.locate("address", service=town, details=True, min_confidence=0.95)
    assert again.loc["r3", ["lat", "match", "confidence"]].to_list() == [39.8, "city", 1.0]
    assert again.loc["r3", "reason"].startswith("accepted by a person")
    with pytest.raises(SettingsError, match="no coordinates"):
        located.geo.accept("r4")
    with pytest.raises(SettingsError, match="below must be a number from 0 to 1, not 'x'"):
        located.geo.review(below="x")
    with pytest.raises(SettingsError, match="no address"):
        located.geo.set("r6", 1, 2)


def test_what_was_accepted_makes_no_other_row_coarse():
    async def places(addresses):
        return [
            Location(60, 5, "", "postcode" if "0" in each else "city", 0.7 if "a" in each else 0.9)
            for each in addresses
        ]

    frame = pd.DataFrame({"address": ["1 a", "2 a", "3", "4", "10", "20", "30"]})
    located = frame.geo.locate("address", service=places)
    assert list(located.geo.review().index) == [0, 1]
    assert located.geo.accept([0, 1]).geo.review().empty


@pytest.mark.parametrize("dtype", ["int64", "Int64", "category", "float64", "Float64", "object"])
def test_columns_of_ones_own_take_a_place_whole_and_lose_it_again(dtype):
    mine = pd.DataFrame({"address": ["Villa Sol", "Villa Mar"], "lat": [1, 2], "lon": [3, 4], "match": "?"})
    mine = mine.astype({"lat": dtype, "lon": dtype, "match": "category"})

    corrected = mine.geo.set(0, 59.9139, 10.7522, address="address")
    undone = corrected.geo.undo(0, address="address")

    assert corrected["lat"].tolist() == [59.9139, 2]
    assert corrected["lon"].tolist() == [10.7522, 4]
    assert corrected["match"].tolist() == ["building", "?"]
    assert undone["lat"].isna().tolist() == [True, False]
    assert mine.geo.set(1, 2, 4, address="address").geo.undo(1, address="address")["lat"].tolist()[0] == 1


def test_rows_that_were_numbered_anew_are_not_taken_for_others(town):
    """As those of a review that was edited in a spreadsheet, and read again."""
    frame = pd.DataFrame({"address": ["Main Street 1", "Springfield", "Nowhere 7"]})
    located = frame.geo.locate("address", service=town, details=True)
    review = located.geo.review()
    anew = review.reset_index(drop=True)

    for change in (lambda: located.geo.accept(anew.tail(1)), lambda: located.geo.set(anew, 1, 2)):
        with pytest.raises(SettingsError, match=r"labels with other addresses. Was it numbered anew"):
            change()
    assert geopandas_batch.corrections().empty
    assert located.geo.set(review[["why"]], 1, 2)["lat"].tolist()[1:] == [1, 1]
    corrected = located.geo.set(anew.set_index(review.index), 3, 4)
    assert corrected["lat"].tolist()[1:] == [3, 3]
    with pytest.raises(SettingsError, match="Was it numbered anew"):
        corrected.geo.undo(anew)
    assert len(geopandas_batch.corrections()) == len(anew)
    assert set(corrected.geo.undo(review)["status"]) == {"skipped"}


def test_new_answers_to_a_review_are_shown_and_it_stays_one(town):
    """A review hides coordinates and what `why` says."""
    located = geopandas_batch.locate(["Springfield", "Nowhere 7"], service=town)
    review = located.geo.review()
    review.attrs["mine"] = 1

    again = review.geo.locate("address", service=town, details=True, overwrite=True)
    decided = review.geo.set(1, 59.5, 10.5, address="address")

    for shown, lat in ((again, "39.8"), (decided, "59.5")):
        assert type(shown) is pd.DataFrame
        assert list(shown.index) == list(review.index) and shown.attrs["mine"] == 1
        with pd.option_context("display.max_columns", None, "display.width", 1000):
            assert lat in repr(shown)
    assert again.geo.report is not None
    assert "not shown: lat, lon" in repr(review)


def test_equal_addresses_change_together_and_cannot_be_in_two_places(town):
    frame = pd.DataFrame({"address": ["Nowhere 7", "Springfield", "Nowhere 7"]})
    located = frame.geo.locate("address", service=town)
    assert located.geo.set(0, 1.0, 2.0)["lat"].to_list() == [1.0, 39.8, 1.0]
    with pytest.raises(SettingsError, match="same address"):
        located.geo.set([0, 2], [1.0, 3.0], [2.0, 2.0])


@pytest.mark.parametrize("rows", ["r4", ["r4"], slice("r4", "r4"), [False] * 4 + [True] + [False] * 2])
def test_rows_are_chosen_as_loc_takes_them(frame, town, rows):
    assert frame.geo.locate("address", service=town).geo.set(rows, 1, 2)["lat"].notna().sum() == 5


def test_what_is_no_row_or_no_point_is_refused(frame, town):
    located = frame.geo.locate("address", service=town)
    for rows in ("r99", ["r99"], []):
        with pytest.raises(SettingsError, match="no such rows|no row was chosen"):
            located.geo.set(rows, 1, 2)
    for lat, lon in ((91, 0), (0, 181), (float("nan"), 0), ([1, 2], [1, 2]), ("59.9", 10), (59.9, None)):
        with pytest.raises(SettingsError):
            located.geo.set("r0", lat, lon)
    with pytest.raises(SettingsError, match="match must be one of"):
        located.geo.set("r0", 1, 2, match="house")
    twice = frame.set_axis(["same"] * len(frame)).geo.locate("address", service=town)
    with pytest.raises(SettingsError, match="mask"):
        twice.geo.accept("same")
    assert geopandas_batch.corrections().empty


def test_corrections_are_listed_and_undone(frame, town):
    located = frame.geo.locate("address", service=town, details=True)
    corrected = located.geo.accept("r0").geo.set("r4", 60.1, 11.2)
    listed = geopandas_batch.corrections()
    assert listed["address"].to_list() == ["Karl Johans gate 1, Oslo", "Nowhere 7"]

    undone = corrected.geo.undo(["r0", "r4"])
    assert undone.loc[["r0", "r4"], "status"].to_list() == ["skipped"] * 2
    assert geopandas_batch.corrections().empty
    again = frame.geo.locate("address", service=town, details=True)
    pd.testing.assert_frame_equal(again, located)
    with pytest.raises(SettingsError, match="no correction"):
        undone.geo.undo("r0")


def test_without_a_cache_it_says_why_it_cannot_be_kept(frame, town):
    located = frame.geo.locate("address", service=town, cache=False)
    with pytest.raises(SettingsError, match="cache=False"):
        located.geo.accept("r0")
    located.geo.accept("r0", cache=True)
    assert len(geopandas_batch.corrections()) == 1


def test_columns_of_the_users_own_are_taken_for_what_they_can_be(cache_file):
    own = {"a": ["Villa Sol", "Villa Mar", "Villa Luz"], "lat": ["60.1", 100.0, "north"], "lon": [11.2, 2.0, 3.0]}
    frame = pd.DataFrame({**own, "match": ["exact", "exact", 3]})

    frame.geo.accept(0, address="a")

    assert geopandas_batch.corrections()[["address", "lat", "lon", "match"]].values.tolist() == [
        ["Villa Sol", 60.1, 11.2, "none"]
    ]
    with pytest.raises(SettingsError, match=r"iloc: 1\) cannot be accepted: lat must be a number from -90 to 90"):
        frame.geo.accept(1, address="a")
    with pytest.raises(SettingsError, match="no coordinates that could be right"):
        frame.geo.accept(2, address="a")


def test_many_addresses_and_half_a_letter_do_not_hide_a_correction(town):
    one = pd.DataFrame({"address": ["Nowhere 7"]})
    one.geo.locate("address", service=town).geo.set(0, 1.0, 2.0)
    others = pd.Series(["half \ud800", *(f"{number} Some Street" for number in range(1500))], dtype=object)
    many = pd.DataFrame({"address": pd.concat([others, one["address"]], ignore_index=True)}, dtype=object)

    located = many.geo.locate("address", service=town)
    assert located["lat"].notna().sum() == 1 and located["lat"].iloc[-1] == 1.0
    few = many.iloc[[0, -1]]
    located = few.geo.locate("address", service=town)
    assert located["lat"].to_list()[1:] == [1.0]
    with pytest.raises(SettingsError, match="half a letter"):
        located.geo.set(0, 1.0, 2.0)


def test_the_command_line_knows_corrections(frame, town, tmp_path, cache_file):
    frame.geo.locate("address", service=town).geo.set("r4", 60.125, 11.25)
    assert stat.S_IMODE(cache_file.stat().st_mode) == 0o600
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("address\nNowhere 7\n")
    run = CliRunner().invoke

    assert run(main, ["cache", "clear", "--yes"]).exit_code == 0
    assert "Nowhere 7" in run(main, ["cache", "corrections"]).output
    done = run(main, ["locate", str(source), "--address", "address", "-o", str(target), "--service", "gazetteer"])
    assert done.exit_code == 0 and "60.125" in target.read_text()
    assert run(main, ["cache", "undo", "Nowhere 8"]).exit_code == 2
    assert run(main, ["cache", "undo", "Nowhere 7"]).exit_code == 0
    assert geopandas_batch.corrections().empty
    frame.geo.locate("address", service=town).geo.accept("r0")
    assert run(main, ["cache", "clear", "--yes", "--corrections"]).exit_code == 0
    assert geopandas_batch.corrections().empty


def test_a_cache_file_from_before_takes_corrections(tmp_path: Path, frame, town):
    file = tmp_path / "old.sqlite"
    frame.geo.locate("address", service=town, cache=file)
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE correction")
    located = frame.geo.locate("address", service=Town(), cache=file)
    assert located.geo.accept("r0")["lat"]["r0"] == 59.91
