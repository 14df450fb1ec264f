"""A book of several countries: the one that is asked is looked at, and a book without countries refuses none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.places import Query
from geopandas_batch.services import AddressBook

pytest.importorskip("duckdb")

HOUSES = """number,street,city,postcode,country,lat,lon
6,Hauptstraße,Neustadt,10115,Deutschland,52.5,13.4
6,Hauptstraße,Neustadt,10115,AT,48.2,16.4
6,Main Street,Wilmington,10115,USA,39.7,-75.5
3,rue du Port,Saint-Denis,97400,RE,-20.9,55.4
5,Elm Road,Anywhere,90210,Absurdistan,34.0,-118.4
1,Grand-Rue,Luxembourg,1661,Luxembourg,49.6,6.1
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("countries") / "houses.csv"
    path.write_text(HOUSES, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def book(file) -> AddressBook:
    return AddressBook(file, folder=file.parent / "index", progress=False)


def placed(book: AddressBook, asked: str | Query) -> tuple[str, float | None]:
    (place,) = book._locate_many([Query(asked) if isinstance(asked, str) else asked])
    return (place.match, place.lat) if place is not None else ("", None)


def houses(country: str, street: str = "Hauptstraße", number: str = "6") -> Query:
    return Query("", number, street, "Neustadt", "10115", "", country)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (houses("Germany"), ("building", 52.5)), (houses("DE"), ("building", 52.5)),
        (houses("Österreich"), ("building", 48.2)), (houses("Autriche", "Haupstraße"), ("building", 48.2)),
        (houses("Switzerland"), ("", None)), (houses("France", "Nebenstraße"), ("", None)),
        (houses("Austria", number="8"), ("street", 48.2)), (houses("Austria", "Kirchweg"), ("postcode", 48.2)),
        ("Hauptstraße 6, 10115 Neustadt, Germany", ("building", 52.5)),
        ("Hauptstraße 6, 10115 Neustadt, AUSTRIA", ("building", 48.2)),
        ("Hauptstraße 6, 10115 Neustadt, Suisse", ("", None)),
        ("6 Main St, Wilmington, DE", ("building", 39.7)),  # Delaware
        ("6 Main St, Wilmington 10115, USA", ("building", 39.7)),
        ("6 Main St, Wilmington, United States of America", ("building", 39.7)),
        ("3 rue du Port, 97400 Saint-Denis, France", ("building", -20.9)),
        ("3 rue du Port, 97400 Saint-Denis, Réunion", ("building", -20.9)),
        ("5 Elm Road, Anywhere 90210, Kenya", ("building", 34.0)),  # of no country that is known
        ("1 Grand-Rue, Luxembourg", ("building", 49.6)),
        ("1 Grand-Rue, 1661 Luxembourg, Luxemburg", ("building", 49.6)),
    ],
)  # fmt: skip
def test_the_country_that_is_asked_is_the_houses(book, asked, found):
    assert placed(book, asked) == found


def test_without_a_country_none_of_several_is_taken(book):
    (place,) = book._locate_many([houses("")])
    (unknown,) = book._locate_many([houses("Absurdistan")])

    assert place.match == unknown.match == "postcode"
    assert "2 streets may be meant" in place.reason


def test_a_column_or_a_constant_says_the_country_of_rows(book):
    lines = pd.DataFrame({"a": ["Hauptstraße 6, 10115 Neustadt"] * 3, "land": ["Austria", "Germany", None]})
    by_column = lines.geo.locate("a", country="land", service=book, details=True)
    parts = pd.DataFrame({"s": ["Hauptstraße 6"], "c": ["Neustadt"]})
    by_constant = parts.geo.locate(street="s", city="c", country=geopandas_batch.constant("AT"), service=book)

    assert by_column["lat"].tolist()[:2] == [48.2, 52.5]
    assert by_column["match"].tolist() == ["building", "building", "postcode"]
    assert by_constant["lat"].tolist() == [48.2]


@pytest.mark.parametrize("country", ["Germany", "Kenya", "DE", "Absurdistan"])
def test_a_book_without_countries_refuses_none(tmp_path, country):
    (tmp_path / "book.csv").write_text("number,street,city,lat,lon\n6,Hauptstraße,Neustadt,52.5,13.4\n", "utf-8")
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path / "index", progress=False)

    assert placed(book, Query("", "6", "Hauptstr.", "Neustadt", "", "", country)) == ("building", 52.5)
    assert placed(book, f"Hauptstr. 6, Neustadt, {country}")[0] == "building"


def test_a_code_that_is_a_states_elsewhere_is_a_country_where_no_country_has_such_states(tmp_path):
    text = HOUSES.split("6,Main")[0] + "1,Langgasse,Neustadt,10115,CH,47.0,8.0\n"
    (tmp_path / "book.csv").write_text(text, encoding="utf-8")
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path / "index", progress=False)
    frame = pd.DataFrame({"a": ["Hauptstraße 6, 10115 Neustadt"]})

    found = frame.geo.locate("a", country=geopandas_batch.constant("DE"), service=book, details=True)

    assert found[["lat", "match"]].to_numpy().tolist() == [[52.5, "building"]]


def test_a_column_of_another_name_and_texts_that_are_no_country(tmp_path, caplog):
    (tmp_path / "book.csv").write_text(HOUSES.replace("country", "Staat"), encoding="utf-8")

    book = AddressBook(tmp_path / "book.csv", country="Staat", folder=tmp_path / "index", progress=False)

    assert placed(book, houses("Austria")) == ("building", 48.2)
    assert "'Absurdistan' is no country that is known; its rows are of any" in caplog.text
