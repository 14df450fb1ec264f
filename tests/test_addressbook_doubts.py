"""What may be meant and may not: told, and never as sure."""

from __future__ import annotations

import random
from pathlib import Path

import addressbook_noise as noise
import addressbook_towns as towns
import pytest

from geopandas_batch.places import Location, Query
from geopandas_batch.services import AddressBook

pytest.importorskip("duckdb")

SURE = 0.85  # of more, 98 in 100 are right


def book_of(folder: Path, header: str, *rows: str) -> AddressBook:
    """A book of these rows, each 100 m north of the last."""
    lines = [f"{row},{50 + at / 1000:.3f},8" for at, row in enumerate(rows)]
    (folder / "book.csv").write_text("\n".join([f"{header},lat,lon", *lines]), encoding="utf-8")
    return AddressBook(folder / "book.csv", folder=folder / "index", progress=False)


def find(book: AddressBook, asked: str | Query) -> Location:
    (place,) = book._locate_many([Query(asked) if isinstance(asked, str) else asked])
    assert place is not None and not isinstance(place, Exception)
    return place


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> AddressBook:
    rows = [
        "3,Bergstraße,Salm,10115",
        "3,Am Lindenhof,Salm,10115",
        "3,Kirchgasse,Salm,10115",
        "7,Kirchgasse,Salm,10117",
    ]
    rows += ["5,Burgstraße,Ferne,20095", "3,Feldweg,Salm,10117", "3,Waldweg,Salm,10115", "3,Wildweg,Salm,10115"]
    return book_of(tmp_path_factory.mktemp("town"), "number,street,city,postcode", *rows)


@pytest.mark.parametrize(
    ("asked", "sure"),
    [
        ("Bregstraße 3, 10115 Salm", True), ("Am Lindnhof 3, 10115 Salm", True),  # slips, and the rest agrees
        ("Am Lindanhof 3, 10115 Salm", True), ("Am Lindenhhof 3, 10115 Salm", True),
        ("Am Lindnhof 3, Salm", False), ("Am Lindanhof 3, Salm", False),  # without a postcode
        ("Am Rindenhof 3, 10115 Salm", False),  # another first letter
        ("Am Lindenhofs 3, 10115 Salm", False),  # a last letter more
        ("Am Lindenhof Nord 3, Salm", None), ("Am Lanzenhof 3, 10115 Salm", None),
    ],
)  # fmt: skip
def test_a_misspelt_street_is_sure_only_where_all_agrees_and_it_is_a_slip(town, asked, sure):
    place = find(town, asked)

    if sure is None:
        assert place.match != "building"
    else:
        assert (place.match, place.confidence >= SURE) == ("building", sure)
        assert "misspelt" in place.reason and "the street is taken for" in place.reason


def test_the_name_of_another_street_of_the_book_is_no_misspelling(town):
    """Burgstraße is one letter from Bergstraße, and there is one in another town: Salm may have both."""
    place = find(town, "Burgstraße 3, 10115 Salm")

    assert (place.match, place.reason) == ("postcode", "this street is not in the address book")
    assert find(town, "Bürgstraße 5, 20095 Ferne").match == "building"


def test_a_misspelt_name_that_is_seldom_in_the_book_is_no_name(tmp_path):
    """A table of customers has names that were entered wrongly."""
    rows = [f"{at},Hauptstraße,Town{at},{10000 + at}" for at in range(30)] + ["3,Haupstraße,Salm,10115"]
    book = book_of(tmp_path, "number,street,city,postcode", *rows)

    assert find(book, "Haupstraße 7, 10007 Town7").formatted == "Hauptstraße 7, 10007 Town7"


def test_a_street_that_is_as_near_makes_it_unsure(town):
    near, sole = find(town, "Weldweg 3, 10115 Salm"), find(town, "Weldweg 3, 10117 Salm")  # Feldweg, Waldweg, Wildweg

    assert (near.match, near.reason) == ("postcode", "2 streets may be meant, such as Waldweg, Salm")
    assert (sole.formatted, sole.confidence < SURE) == ("Feldweg 3, 10117 Salm", True)


def test_a_house_with_another_postcode_is_unsure_and_without_its_number_nothing(town):
    """The postcode is wrong, or the book lacks the street of this name that has it."""
    house, street = find(town, "Feldweg 3, 10115 Salm"), find(town, "Feldweg 8, 10115 Salm")

    assert (house.formatted, house.reason) == ("Feldweg 3, 10117 Salm", "its postcode is another one")
    assert house.confidence < SURE
    assert street.match == "postcode"
    assert street.reason == "Feldweg is there with another postcode only, and without this number"


@pytest.mark.parametrize("with_postcode", [True, False])
def test_streets_that_the_book_lacks_are_seldom_others_for_sure(tmp_path, with_postcode):
    """A sixth of the streets is taken out, and asked for: under one in a thousand is a house with 0.85 and more."""
    rng = random.Random(5)
    houses = noise.book(60_000, seed=9)
    streets = sorted({house[1:4] for house in houses})
    out = set(rng.sample(streets, len(streets) // 6))
    kept = [house for house in houses if house[1:4] not in out]
    book = AddressBook(noise.write(kept, tmp_path / "houses.csv"), folder=tmp_path / "index", progress=False)
    asked = rng.choices([house for house in houses if house[1:4] in out], k=8000)

    places = book._locate_many(
        [Query("", h.number, h.street, h.city, h.postcode if with_postcode else "") for h in asked]
    )

    taken = [place for place in places if place is not None and place.match == "building"]
    assert len(taken) > 8, "none of them is near another one"
    assert sum(place.confidence >= SURE for place in taken) < 8


@pytest.mark.parametrize(("country", "least"), [("DE", 0.88), ("FR", 0.92)])
def test_of_towns_that_share_names_streets_and_postcodes_none_is_taken_for_another(tmp_path, country, least):
    """Under one answer in a thousand is another house with 0.85 and more, whatever stands beside the address."""
    rng = random.Random(7)
    houses = towns.book(towns.COUNTRIES[country], rng)
    book = AddressBook(noise.write(houses, tmp_path / "houses.csv"), folder=tmp_path / "index", progress=False)
    asked = towns.questions(houses, towns.COUNTRIES[country], 10_000, rng)

    places = book._locate_many([question.query for question in asked])

    right, wrong = 0, []
    for question, place in zip(asked, places, strict=True):
        if place is not None and place.match == "building":
            house = question.house
            if house and max(abs(place.lat - house.lat), abs(place.lon - house.lon)) < 1e-3:
                right += 1
            elif place.confidence >= SURE:
                wrong.append((question, place))
    assert right >= least * sum(question.house is not None for question in asked), right
    assert len(wrong) < 0.001 * len(asked), wrong


@pytest.fixture(scope="module")
def salina(tmp_path_factory) -> AddressBook:
    rows = ["3,Main Street,Salina,67401", "3,Elm Street,Farnborough,20095"]
    return book_of(tmp_path_factory.mktemp("salina"), "number,street,city,postcode", *rows)


@pytest.mark.parametrize(
    ("asked", "sure"),
    [
        ("3 Main St, Salinas 67401", True), ("3 Main St, Slaina 67401", True),  # its postcode
        ("3 Main St, Salinas", False), ("3 Main St, Slaina", False), ("3 Elm St, Fernborough", False),
        (Query(street="3 Main St", city="Salinas"), False), ("3 Elmm St, Fernborough", False),
    ],
)  # fmt: skip
def test_a_town_that_the_book_lacks_is_not_for_sure_one_of_nearly_its_name(salina, asked, sure):
    """Salinas is a town, too."""
    place = find(salina, asked)

    assert (place.match, place.confidence >= SURE) == ("building", sure)
    assert ("the town is taken for" in place.reason) is not sure


def test_a_town_alone_is_less_sure_where_it_is_misspelt(salina):
    right, wrong = find(salina, "Nowhere Lane, Salina"), find(salina, "Nowhere Lane, Slaina")

    assert right.match == wrong.match == "city" and wrong.confidence < right.confidence
    assert wrong.reason == "this street is not in the address book; the town is taken for Salina, misspelt"


NEW_YORK = [f"{number},Fifth Avenue,New York,NY,10118" for number in range(1, 121)]
NEW_YORK += ["350,Fifth Avenue,Brooklyn,NY,11215", "7,Main Street,Ambérieu,,01500", "9,Main Street,Douvres,,01500"]
NEW_YORK += ["5,Elm Street,Alone,NY,12345"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("12 Fifth Ave, Manhattan, NY 10118", "12 Fifth Avenue, 10118 New York"),
        (Query("", "12", "Fifth Avenue", "Manhattan", "10118"), "12 Fifth Avenue, 10118 New York"),
        ("12 Fifth Ave, Brooklyn, NY 10118", "10118 New York"),  # which is another town of the book
        ("12 Fifth Avenue, Manhattan, NJ 10118", "10118 New York"),
        ("12 Fith Ave, Manhattan, NY 10118", "10118 New York"),  # two things are otherwise
        ("7 Main Street, Bettant 01500", "01500 Ambérieu"),  # several towns have the postcode
        ("5 Elm Street, Nowhere, NY 12345", "12345 Alone"),  # too few houses to say that it has one only
    ],
)
def test_a_town_by_a_name_that_the_book_lacks_is_the_only_one_of_its_postcode(tmp_path, asked, found):
    place = find(book_of(tmp_path, "number,street,city,state,postcode", *NEW_YORK), asked)

    assert place.formatted == found
    if place.match == "building":
        assert place.confidence < SURE
        assert place.reason == "the town is taken for New York, the only one with this postcode"
    else:
        assert place.match == "postcode"


@pytest.fixture(scope="module")
def numbered(tmp_path_factory) -> AddressBook:
    rows = ["43,Rigaer Straße,Berlin,10247", "2,Straße 43,Berlin,13125", "6,Straße 39,Berlin,13125"]
    rows += ["8,Straße 396,Berlin,13591", "5,Straße 43,Berlin,13125"]
    return book_of(tmp_path_factory.mktemp("numbered"), "number,street,city,postcode", *rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Rigaeer Straße 43, 10247 Berlin", "Rigaer Straße 43"), ("Rigaer Straße 43, Berlin", "Rigaer Straße 43"),
        ("Straße 43 2, 13125 Berlin", "Straße 43 2"), ("Berlin Straße 43 5", "Straße 43 5"),
        ("Straße 43 Nr. 5, Berlin", "Straße 43 5"), ("Straße 39 6, 13125 Berlin", "Straße 39 6"),
        ("Straße 396 8, Berlin", "Straße 396 8"), ("Straße 43, Berlin", "Straße 43"),
    ],
)  # fmt: skip
def test_a_street_of_which_the_name_is_a_number_is_not_read_into_others(numbered, asked, found):
    place = find(numbered, asked)

    # Its number is behind: which is the house's, the shown text tells by its place.
    assert place.formatted.split(",")[0] in (found, " ".join([found.split()[-1], *found.split()[:-1]]))
