"""A table of houses as a service: what it answers, and what it never says."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import os
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from geopandas_batch import Locator
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Query
from geopandas_batch.services import AddressBook

pytest.importorskip("duckdb")
_spec = importlib.util.spec_from_file_location("addressbook_noise", Path(__file__).with_name("addressbook_noise.py"))
noise = importlib.util.module_from_spec(_spec)
sys.modules["addressbook_noise"] = noise
_spec.loader.exec_module(noise)

HOUSES = """number,street,city,postcode,lat,lon
1,Hauptstraße,Aachen,52062,50.7710,6.0840
3,Hauptstraße,Aachen,52062,50.7714,6.0846
12a,Rue de la République,Lyon,69002,45.7620,4.8360
12,Rue de la République,Lyon,69002,45.7621,4.8361
5,5th Avenue,New York,10011,40.7340,-73.9950
6,Main Street,Springfield,62701,39.80,-89.65
6,Main Street,Springfield,01103,42.10,-72.59
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text(HOUSES, encoding="utf-8")
    return path


@pytest.fixture
def book(file: Path) -> AddressBook:
    return AddressBook(file, folder=file.parent / "index", attribution="© the town")


def ask(book: AddressBook, *addresses: str | Query):
    async def main():
        async with Locator(book, cache=False) as locator:
            return await locator.locate_many(addresses)

    return asyncio.run(main())


@pytest.mark.parametrize(
    "address",
    [
        "Hauptstraße 1, 52062 Aachen", "HAUPTSTR. 1, 52062 AACHEN", "Haupt Straße 1, Aachen",
        "52062 Aachen, Hauptstr 1",
        "Hauptstrase 1 52062 Aachen", "Hauptstraße 1, 52062 Achen", "1 hauptstrasse aachen",
        Query(street="Hauptstraße 1", city="Aachen"), Query(housenumber="1", street="Hauptstr.", postcode="52062"),
    ],
)  # fmt: skip
def test_a_house_is_found_however_it_is_typed(book, address):
    (place,) = ask(book, address)

    assert (place.lat, place.lon, place.match) == (50.771, 6.084, "building")
    assert place.formatted == "Hauptstraße 1, 52062 Aachen"
    assert place.attribution == "© the town"
    assert place.confidence > 0.9


@pytest.mark.parametrize("address", ["Hauptstraße 2, Aachen", "Hauptstraße 2, 52062 Aachen", "Hauptstr. 1b, Aachen"])
def test_a_number_that_is_not_there_is_its_street(book, address):
    (place,) = ask(book, address)

    assert (place.lat, place.lon, place.match) == (pytest.approx(50.7712), pytest.approx(6.0843), "street")
    assert "this number is not in the address book" in place.reason
    assert place.confidence < 0.95


def test_the_letter_of_a_number_counts(book):
    with_letter, without, spaced = ask(
        book, "12a rue de la République, Lyon", "12 r. de la Republique, Lyon", "12 A Rue de la République 69002 Lyon"
    )

    assert (with_letter.lat, without.lat, spaced.lat) == (45.762, 45.7621, 45.762)


def test_the_sixth_avenue_is_no_misspelt_fifth(book):
    fifth, sixth = ask(book, "5 5th Ave, New York 10011", "5 6th Ave, New York 10011")

    assert (fifth.match, sixth.match) == ("building", "postcode")
    assert sixth.reason == "this street is not in the address book"


def test_of_two_streets_far_apart_none_is_taken(book):
    with_code, without = ask(book, "6 Main St, Springfield 01103", "6 Main St, Springfield")

    assert (with_code.match, with_code.lat) == ("building", 42.1)
    assert without.match == "city"
    assert "2 streets may be meant" in without.reason


def test_what_is_not_there_is_not_found(book):
    assert ask(book, "Kirchweg 1, 99999 Nirgendwo", "qqqq", "12", "1" * 500, "'; DROP TABLE house; --") == [None] * 5


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> tuple[list, AddressBook]:
    folder = tmp_path_factory.mktemp("book")
    houses = noise.book(20_000)
    return houses, AddressBook(noise.write(houses, folder / "houses.csv"), folder=folder, progress=False)


@pytest.mark.parametrize("lines", [False, True])
def test_noisy_questions_find_their_house_and_never_another(made_up, lines):
    """97 % right, under 0.1 % wrong; confidence says how often an answer of its kind is right."""
    houses, book = made_up
    asked = noise.questions(houses, 5000, lines=lines)
    places = ask(book, *(question.query for question in asked))

    counts = Counter(question.kind for question in asked)
    right, wrong, sure = 0, 0, []
    for question, place in zip(asked, places, strict=True):
        if place is None or place.match != "building":
            continue
        house = question.house
        is_right = question.kind == "house" and max(abs(place.lat - house.lat), abs(place.lon - house.lon)) < 1e-4
        right, wrong = right + is_right, wrong + (not is_right)
        sure.append((place.confidence, is_right))
    assert right >= 0.97 * counts["house"], right / counts["house"]
    assert wrong < 0.001 * len(asked)
    for least in {confidence for confidence, _ in sure}:
        band = [is_right for confidence, is_right in sure if confidence == least]
        assert len(band) < 100 or sum(band) / len(band) >= least


def test_a_book_in_any_known_schema(tmp_path):
    addresses = {
        "openaddresses": "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n"
        '6.084,50.771,1,"Hauptstraße",,"Aachen",,NW,52062,,\n',
        "ban": "id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;x;y;lon;lat\n"
        "1;1;;Hauptstraße;52062;1;Aachen;1;2;6.084;50.771\n",
        "own": "Nr,Strasse,Ort,PLZ,latitude,longitude\n1,Hauptstraße,Aachen,52062,50.771,6.084\n",
    }
    for name, text in addresses.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    with gzip.open(tmp_path / "zipped.csv.gz", "wt", encoding="utf-8") as out:
        out.write(addresses["openaddresses"])
    overture = pd.DataFrame(
        {
            "number": ["1"], "street": ["Hauptstraße"], "postcode": ["52062"], "country": ["DE"], "postal_city": [None],
            "address_levels": [[{"value": "NW"}, {"value": "Aachen"}]],
            "bbox": [{"xmin": 6.084, "xmax": 6.084, "ymin": 50.771, "ymax": 50.771}],
        }
    )  # fmt: skip
    overture["postal_city"] = overture["postal_city"].astype("string")
    overture.to_parquet(tmp_path / "overture.parquet")

    for file in sorted([*tmp_path.glob("*.csv*"), *tmp_path.glob("*.parquet")]):
        own = {"number": "Nr"} if file.stem == "own" else {}
        (place,) = ask(AddressBook(file, folder=tmp_path / "index", **own), "Hauptstr. 1, Aachen")
        assert (place.match, place.lat, place.lon) == ("building", 50.771, 6.084), file.name


def test_the_index_is_the_users_alone_and_made_again_when_the_table_changes(book, file):
    first = book.index()

    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert book.index() == first
    file.write_text(HOUSES + "7,Main Street,Springfield,62701,39.81,-89.66\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert ask(book, "7 Main Street, Springfield 62701")[0].lat == 39.81
    assert [path.name for path in first.parent.iterdir()] == [book.index().name]


def test_an_import_that_is_killed_leaves_nothing_that_counts(tmp_path):
    folder = tmp_path / "index"
    noise.write(noise.book(50_000), tmp_path / "houses.csv")
    code = (
        "import sys; from geopandas_batch.services import AddressBook\n"
        "AddressBook(sys.argv[1], folder=sys.argv[2], progress=False).index()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "houses.csv"), str(folder)])
    until = time.monotonic() + 60
    while not list(folder.glob("*.part/index")) and process.poll() is None and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(folder.glob("*.duckdb")) == []
    assert len(list(folder.glob("*.part"))) == 1

    index = AddressBook(tmp_path / "houses.csv", folder=folder).index()

    assert list(folder.iterdir()) == [index]


def test_threads_and_overlapping_calls_get_their_own_answers(made_up):
    houses, book = made_up
    slices = [houses[start : start + 50] for start in range(0, 400, 50)]

    def locate(part):
        queries = [Query(housenumber=h.number, street=h.street, city=h.city, postcode=h.postcode) for h in part]
        return [place.lat for place in ask(book, *queries)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(locate, slices)) == [[pytest.approx(h.lat) for h in part] for part in slices]


def test_nothing_is_cached_twice(book, cache_file):
    found = pd.DataFrame({"a": ["Hauptstraße 1, Aachen", None]}).geo.locate("a", service=book, details=True)

    assert found["match"].tolist() == ["building", "none"]
    assert b"Aachen" not in b"".join(path.read_bytes() for path in cache_file.parent.glob("answers*"))


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("a,b\n1,2\n", {}, "which column of the address book has the street, the lat, the lon, the city"),
        (HOUSES, {"street": "road"}, "has no column 'road'. Its columns are 'number', 'street'"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_is_missing(tmp_path, text, columns, message):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=message):
        AddressBook(tmp_path / "x.csv", folder=tmp_path, **columns).index()


def test_a_file_that_is_not_there_or_of_another_kind_is_said(tmp_path):
    (tmp_path / "x.xlsx").write_text("")

    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        AddressBook(tmp_path / "none.csv", folder=tmp_path).index()
    with pytest.raises(SettingsError, match="a CSV \\(or .csv.gz\\) or a Parquet file, not x.xlsx"):
        AddressBook(tmp_path / "x.xlsx", folder=tmp_path).index()


def test_without_duckdb_the_extra_is_named(book, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)  # as if it were not installed

    with pytest.raises(SettingsError, match='pip install "geopandas-batch\\[addressbook\\]"'):
        book.index()
