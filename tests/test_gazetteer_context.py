"""The table as a whole settles what a row alone leaves open."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geopandas_batch
from geopandas_batch import gazetteer
from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.questions import questions
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.context import describe_context, read_context
from geopandas_batch.places import Query
from geopandas_batch.services import Gazetteer

ROOT = Path(__file__).parent.parent
AMERICAN = ["Austin, TX", "Boston, MA 02110", "Chicago IL", "Portland, OR 97201", "Denver, CO"]
GERMAN = ["Berlin, Germany", "20457 Hamburg", "80331 München", "Köln", "Stuttgart", "D-01067 Dresden"]
AMBIGUOUS = ["Cambridge", "Naples", "Georgia", "Springfield", "90210", "Neustadt", "Frankfurt"]
CLEAR = ["Paris, France", "Oslo, Norway", "10 Downing Street, London SW1A 2AA", "75008 Paris"]


def located(addresses: list[str], **options: object) -> dict[str, str]:
    frame = pd.DataFrame({"address": addresses}).geo.locate(
        "address", service="gazetteer", details=True, cache=False, **options
    )
    return dict(zip(addresses, frame["formatted"].fillna("").tolist(), strict=True))


@pytest.mark.parametrize(
    ("others", "address", "formatted"),
    [
        (AMERICAN, "Cambridge", "Cambridge, Massachusetts, United States"),
        (AMERICAN, "Georgia", "Georgia, United States"),
        (AMERICAN, "Naples", "Naples, Florida, United States"),
        (AMERICAN, "90210", "90210 Beverly Hills, California, United States"),
        (GERMAN, "Frankfurt", "Frankfurt am Main, Hesse, Germany"),
        (GERMAN, "Freiburg", "Freiburg, Baden-Württemberg Region, Germany"),
    ],
)
def test_the_country_of_most_rows_settles_an_ambiguous_one(others: list[str], address: str, formatted: str) -> None:
    assert located([*others, address])[address].split(",")[-1] == formatted.split(",")[-1]
    assert located([*others, address])[address].split(",")[0] == formatted.split(",")[0]


def test_the_reason_says_that_the_others_settled_it() -> None:
    frame = pd.DataFrame({"address": [*AMERICAN, "Naples"]}).geo.locate(
        "address", service="gazetteer", details=True, cache=False
    )

    assert frame["reason"].iloc[-1].startswith("most of these addresses are in United States")
    assert not frame["reason"].iloc[0]


@pytest.mark.parametrize("others", [AMERICAN, GERMAN])
def test_what_is_clear_by_itself_stays_as_it_is(others: list[str]) -> None:
    alone = located(CLEAR, context=False)

    assert {address: located([*others, *CLEAR])[address] for address in CLEAR} == alone


def test_it_can_be_turned_off() -> None:
    alone = {address: located([address], context=False)[address] for address in AMBIGUOUS}

    assert {address: located([*AMERICAN, *AMBIGUOUS], context=False)[address] for address in AMBIGUOUS} == alone


def test_a_country_can_be_said() -> None:
    assert located(["Cambridge"], context="US")["Cambridge"].endswith("United States")
    assert located(["Cambridge"], context="GB")["Cambridge"].endswith("United Kingdom")


def test_a_table_of_a_few_countries_says_which_and_one_of_many_says_nothing() -> None:
    others = ["Oslo, Norway", "Lyon, France", "Roma, Italia"]

    assert Gazetteer().in_context(questions_of(AMERICAN)) == Gazetteer(context="US")
    assert Gazetteer().in_context(questions_of([*AMERICAN, *GERMAN])) == Gazetteer(context="DE,US")
    assert Gazetteer().in_context(questions_of([*AMERICAN, *others])) == Gazetteer(context=False)


def test_each_of_a_few_countries_settles_what_is_in_none_of_the_others() -> None:
    found = located([*AMERICAN, *GERMAN, "Cambridge", "Freiburg", "Frankfurt"])

    assert found["Cambridge"] == "Cambridge, Massachusetts, United States"
    assert found["Freiburg"].endswith("Germany")
    assert found["Frankfurt"].startswith("Frankfurt am Main")


ILLINOIS = ["Peoria", "Rockford, IL", "Decatur, IL", "Champaign, IL 61820", "Naperville", "Urbana, IL"]


def test_the_region_of_most_rows_settles_what_is_in_several_of_its_country() -> None:
    found = located([*ILLINOIS, "Springfield", "Paris", "Aurora"])

    assert [found[town] for town in ("Springfield", "Paris", "Aurora")] == [
        f"{town}, Illinois, United States" for town in ("Springfield", "Paris", "Aurora")
    ]
    assert located(["Springfield", "Paris", "Aurora"], context="US/Illinois") == {
        town: found[town] for town in ("Springfield", "Paris", "Aurora")
    }


def test_there_a_small_place_is_believed_and_a_misspelt_one_found() -> None:
    found = located([*ILLINOIS, "Waldo", "Champagn", "Springfeild"])

    assert found["Champagn"] == "Champaign, Illinois, United States"
    assert found["Springfeild"] == "Springfield, Illinois, United States"
    assert not located(["Champagn"])["Champagn"].endswith("United States")


def test_what_is_elsewhere_in_the_country_is_no_surer_for_a_region() -> None:
    frame = pd.DataFrame({"address": ["Chicago", "Boston", "Portland, Oregon"]})
    found = frame.geo.locate("address", service="gazetteer", details=True, cache=False, context="US/Illinois")

    assert found["confidence"].iloc[0] > 0.9
    assert 0.5 < found["confidence"].iloc[1] < 0.85
    assert found["formatted"].iloc[2] == "Portland, Oregon, United States"


def test_a_reason_names_countries_beside_regions() -> None:
    atlas = Atlas()
    texts = {
        text: describe_context(atlas, read_context(atlas, text)) for text in ("FR", "DE/Bavaria,FR", "AT,CH,DE,FR")
    }

    assert texts == {"FR": "France", "DE/Bavaria,FR": "Bavaria, Germany or France", "AT,CH,DE,FR": "4 countries"}


def test_countries_can_be_said_in_any_order() -> None:
    one, other = Gazetteer(context="US,DE"), Gazetteer(context="DE,US")

    assert one.options == other.options
    assert located(["Cambridge"], context="DE,US")["Cambridge"].endswith("United States")


def questions_of(addresses: list[str]) -> list[Query]:
    return [*map(Query, addresses)]


@given(st.permutations([*GERMAN, *AMBIGUOUS]))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_makes_no_difference(addresses: list[str]) -> None:
    assert located(addresses) == located([*GERMAN, *AMBIGUOUS])


def test_nor_does_the_order_of_so_many_rows_that_a_sample_is_looked_at() -> None:
    rows = [Query(f"{number} Hauptstraße, {town}") for number in range(300) for town in ("Berlin", "Kassel", "Lyon")]
    shuffled = random.Random(1).sample(rows, len(rows))

    told = gazetteer.load().context_of(rows)
    assert told == gazetteer.load().context_of(shuffled) == "DE/Hesse,DE/State of Berlin,FR/Auvergne-Rhône-Alpes"
    assert gazetteer.load().context_of([row for row in rows if "Lyon" not in row.text]) == "DE/Hesse,DE/State of Berlin"


def test_answers_of_one_table_are_not_those_of_another_in_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"

    def ask(others: list[str]) -> str:
        frame = pd.DataFrame({"address": [*others, "Cambridge"]})
        return str(frame.geo.locate("address", service="gazetteer", details=True, cache=file)["formatted"].iloc[-1])

    first = [ask(others) for others in (AMERICAN, GERMAN, [])]
    again = [ask(others) for others in ([], GERMAN, AMERICAN)]

    assert first[0].endswith("United States")
    assert first == again[::-1]


def test_batches_make_no_difference() -> None:
    many = [f"Hauptstraße {number}, Kassel" for number in range(1500)]

    assert located([*many, "Freiburg"])["Freiburg"] == located([*GERMAN, "Freiburg"])["Freiburg"]


def test_an_estimate_knows_the_answers_of_the_same_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"address": [*AMERICAN, *AMBIGUOUS]})
    frame.geo.locate("address", service="gazetteer", cache=tmp_path / "cache.sqlite")

    assert frame.geo.estimate("address", service="gazetteer", cache=tmp_path / "cache.sqlite").to_ask == 0


@pytest.mark.parametrize(
    "context", ["Germany", "de", "", "XX", "DE,", "DE AT", "DE/", "DE/Illinois", "US/illinois", 3, ["DE"]]
)
def test_what_is_no_context_is_refused(context: object) -> None:
    with pytest.raises(SettingsError, match="country code of two capitals"):
        located(["Berlin"], context=context)


@pytest.mark.parametrize("country", [geopandas_batch.constant("Canada"), "land"])
def test_a_country_beside_the_address_settles_it(country: object) -> None:
    frame = pd.DataFrame({"address": ["London", "", "12 King St, Hamilton", "Ottawa, Canada"], "land": ["Canada"] * 4})
    found = frame.geo.locate("address", country=country, service="gazetteer", details=True, cache=False)

    assert found["formatted"].fillna("").tolist() == [
        "London, Ontario, Canada",
        "",
        "Hamilton, Ontario, Canada",
        "Ottawa, Ontario, Canada",
    ]


def test_a_country_is_written_behind_the_address_once() -> None:
    frame = pd.DataFrame({"a": ["Lyon", "Lyon, France", "Wilmington, DE", ""], "c": ["France", "france", "DE", "FR"]})

    assert [query.text for query in questions(frame, "a", {"country": "c"}).distinct] == [
        "Lyon, France",
        "Wilmington, DE, DE",
    ]


def test_other_parts_beside_an_address_are_refused_and_it_says_what_goes() -> None:
    frame = pd.DataFrame({"address": ["London"], "town": ["London"]})

    with pytest.raises(SettingsError, match="only country= goes with address="):
        frame.geo.locate("address", city="town", service="gazetteer")


@pytest.mark.parametrize(
    ("said", "points"),
    [
        (["--country", "land"], "42.3751,-71.1056"),
        (["--country", "=United Kingdom"], "52.2,0.1167"),
        (["--option", "context=US"], "42.3751,-71.1056"),
        ([], "52.2,0.1167"),
    ],
)
def test_the_command_line_takes_a_country_and_a_context(tmp_path: Path, said: list[str], points: str) -> None:
    (tmp_path / "towns.csv").write_text("a,land\nCambridge,US\nAustin TX,US\n")
    line = [sys.executable, "-m", "geopandas_batch.cli", "locate", "towns.csv", "--address", "a", *said]
    done = subprocess.run(
        [*line, "--service", "gazetteer", "--no-cache", "--quiet", "-o", "-"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )

    assert done.stdout.splitlines()[1] == f"Cambridge,US,{points}", done.stderr


def test_with_dask_the_partitions_are_one_table() -> None:
    dd = pytest.importorskip("dask.dataframe")
    import geopandas_batch.dask  # noqa: F401 - registers ddf.geo

    frame = pd.DataFrame({"address": [*AMERICAN, "Cambridge"]})
    how = {"service": "gazetteer", "details": True, "cache": False}
    for count in (1, 3, len(frame)):
        located = dd.from_pandas(frame, npartitions=count).geo.locate("address", **how).compute()
        assert located["formatted"].tolist() == frame.geo.locate("address", **how)["formatted"].tolist()
    alone = dd.from_pandas(frame, npartitions=3).geo.locate("address", context=False, **how).compute()

    assert located["formatted"].iloc[-1] == "Cambridge, Massachusetts, United States"
    assert alone["formatted"].iloc[-1] == "Cambridge, United Kingdom"


def test_with_dask_the_parts_of_addresses_are_one_table() -> None:
    dd = pytest.importorskip("dask.dataframe")
    import geopandas_batch.dask  # noqa: F401 - registers ddf.geo

    towns = [*(address.partition(",")[0] for address in ILLINOIS), "", "Springfield"]
    frame = pd.DataFrame({"town": towns, "state": [*["IL"] * len(ILLINOIS), "", ""]})
    how = {"city": "town", "state": "state", "service": "gazetteer", "details": True, "cache": False}
    located = dd.from_pandas(frame, npartitions=4).geo.locate(**how).compute()

    assert located["formatted"].iloc[-1] == "Springfield, Illinois, United States"
    assert located["formatted"].fillna("").tolist() == frame.geo.locate(**how)["formatted"].fillna("").tolist()
