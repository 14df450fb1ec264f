"""A table of houses as a service: what it answers, and what it never says."""

from __future__ import annotations

import asyncio
import gzip
import json
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

import addressbook_noise as noise
import pandas as pd
import pytest

from geopandas_batch import Locator
from geopandas_batch.addressbook.reading import read
from geopandas_batch.addressbook.reading.kinds import CITY, POSTCODE, STATE, STREET
from geopandas_batch.addressbook.reading.lines import Line
from geopandas_batch.addressbook.reading.shapes import shapes_of
from geopandas_batch.addressbook.spelling import keys, spell
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Query
from geopandas_batch.services import AddressBook

pytest.importorskip("duckdb")

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


@pytest.mark.parametrize(
    "ending",
    ["{city}, {state} {postcode}", "{city} {state} {postcode}", "{postcode} {city}, Germany", "{city}, {state}", ""],
)
def test_lines_are_read_by_their_shape_as_they_are_read_word_by_word(made_up, ending):
    houses, _ = made_up
    states = ["IL", "New Hampshire", houses[0].city, "Nowhere"]
    known: Counter[str] = Counter()
    for kind, names in ((STREET, {h.street for h in houses}), (CITY, {h.city for h in houses})):
        known.update(dict.fromkeys(keys(names), kind))
    known.update(dict.fromkeys(keys({h.postcode for h in houses}), POSTCODE))
    for state in keys(states[:3]):
        known[state] |= STATE
    known["hampshire"] |= CITY
    queries = [question.query for question in noise.questions(houses, 5000, seed=3, lines=not ending)]
    if ending:
        queries = [
            Query(
                f"{q.housenumber} {q.street}, {ending.format(**{**q._asdict(), 'state': states[number % 4]})}".strip()
            )
            for number, q in enumerate(queries)
        ]
    spelled = spell([query.text for query in queries])

    asked = read(queries, lambda names: {name: known[name] for name in names & known.keys()})

    lines = [Line(query, words) for query, words in zip(queries, spelled, strict=True)]
    assert list(zip(*asked.values(), strict=True)) == [line.read(known) for line in lines]
    shapes = shapes_of(dict(enumerate(spelled)))
    assert sum(len(places) for shape in shapes for places, _ in shape.read(known)) > 0.25 * len(queries)


def placed(book: AddressBook, address: str | Query) -> str:
    """The first part of the house that is found; else how far it was found."""
    (place,) = ask(book, address)
    return "" if place is None else place.formatted.split(",")[0] if place.match == "building" else place.match


def write(folder: Path, *rows: str) -> AddressBook:
    """A book of "number,street,city,postcode" a row, each 100 m north of the last."""
    lines = [f"{row},{50 + at / 1000:.3f},8" for at, row in enumerate(rows)]
    (folder / "book.csv").write_text("\n".join(["number,street,city,postcode,lat,lon", *lines]), encoding="utf-8")
    return AddressBook(folder / "book.csv", folder=folder / "index")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory) -> AddressBook:
    kinds = "12|12a|12 bis|14|16-18|100 1/2|100|7/B|12 E"
    rows = [f"{number},{street}" for number in kinds.split("|") for street in ("High Street,London,SE1 1AA",)]
    rows += ["5к2,улица Тверская,Москва,125009", "5,улица Тверская,Москва,125009", "7б,улица Тверская,Москва,125009"]
    rows += ["1-2-3,西新宿,新宿区,160-0023", "3,Οδός Σταδίου,Αθήνα,10562", "15,شارع التحرير,القاهرة,11511"]
    rows += ["12,Rue de Rivoli,Paris,75001", "8,Calle Mayor,Madrid,28013", "7,Große Straße,Köln,50667"]
    return write(tmp_path_factory.mktemp("numbers"), *rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("12 High Street, London SE1 1AA", "12 High Street"), ("High St 12, London", "12 High Street"),
        ("12A High Street, London", "12a High Street"), ("12-a High Street, London", "12a High Street"),
        ("12 bis High Street, London", "12 bis High Street"), ("High Street 12 bis, London", "12 bis High Street"),
        ("12 ter High Street, London", "street"), ("High Street 12 ter, London", "street"),
        ("High Street 12/A, London", "12a High Street"), ("High Street 12/C, London", "street"),
        ("High Street 12 E, London", "12 E High Street"), ("High Street 12 W, London", "street"),
        ("16-18 High Street, London", "16-18 High Street"), ("16–18 High Street London", "16-18 High Street"),
        ("16—18 High Street, London", "16-18 High Street"), ("16 High Street, London", "street"),
        ("12-14 High Street, London", "street"), ("12/14 High Street, London", "street"),
        ("100 1/2 High Street, London", "100 1/2 High Street"), ("100½ High Street, London", "100 1/2 High Street"),
        ("14½ High Street, London", "street"), ("7b High Street, London", "7/B High Street"),
        ("Flat 3, 12 High St, London SE1 1AA", "12 High Street"), ("12 High St Apt 100, London", "12 High Street"),
        ("Flat 14, High Street, London", "street"), ("Flat 14, High Street 12, London", "12 High Street"),
        ("Unit 14, High Street, London", "street"), ("High Street, London", "street"),
        (Query(street="Flat 3, 12 High St", city="London"), "12 High Street"),
        (Query(street="12 High St Flat 3", city="LONDON"), "12 High Street"),
        (Query(street="High Street 7/B", postcode="SE11AA"), "7/B High Street"),
        (Query(housenumber="12", street="Rue de Rivoli", city="Paris"), "12 Rue de Rivoli"),
        ("12, rue de Rivoli, 75001 Paris", "12 Rue de Rivoli"), ("12 R DE RIVOLI 75001 PARIS", "12 Rue de Rivoli"),
        ("C/ Mayor 8, Madrid", "8 Calle Mayor"), ("Grosse Str. 7, Koeln", "Große Straße 7"),
        ("ул. Тверская, д. 5, корп. 2, Москва", "5к2 улица Тверская"), ("Москва, Тверская ул, 5", "city"),
        ("улица Тверская 5 к 2, Москва", "5к2 улица Тверская"), ("Москва, улица Тверская, 5", "5 улица Тверская"),
        ("улица Тверская, 7б, Москва", "7б улица Тверская"), ("улица Тверская, 7а, Москва", "street"),
        ("東京都新宿区西新宿1-2-3", "1-2-3 西新宿"), ("東京都新宿区西新宿1-2", "street"),
        ("Σταδίου 3, Αθήνα 105 62", "3 Οδός Σταδίου"), ("15 شارع التحرير، القاهرة", "15 شارع التحرير"),
    ],
)  # fmt: skip
def test_a_number_is_found_as_it_is_written_and_never_taken_for_another(numbers, asked, found):
    assert placed(numbers, asked) == found


@pytest.fixture(scope="module")
def newton(tmp_path_factory) -> AddressBook:
    streets = ("Spring Garden Place", "North Commonwealth Street", "Avenue A")
    return write(tmp_path_factory.mktemp("newton"), *(f"3,{street},Newton,02458" for street in streets))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("3 Spring Garden Plaza, Newton", "city"), ("3 Spring Garden Plcae, Newton", "3 Spring Garden Place"),
        ("3 Spring Gardn Place, Newton", "3 Spring Garden Place"), ("3 Spring Garden Row, Newton", "city"),
        ("3 South Commonwealth Street, Newton", "city"), ("3 Commonwealth Street, Newton", "city"),
        ("3 N Comonwealth St, Newton", "3 North Commonwealth Street"),
        ("3 Avenue B, Newton 02458", "postcode"), ("3 Avenue A, Newton", "3 Avenue A"),
        ("3 Spring Garden Place, Newtan", "3 Spring Garden Place"),
        ("3 Spring Garden Place, Newtan 90210", ""),  # a Newtan elsewhere
        ("3 Spring Garden Place, Newton 90210", "city"),  # another Newton
        ("3 Spring Garden Place, Newton 02454", "3 Spring Garden Place"),  # the postcode is wrong
        (Query(street="3 Spring Garden Place", city="Newton", postcode="90210"), "city"),
    ],
)  # fmt: skip
def test_a_street_is_never_taken_for_one_that_is_named_alike(newton, asked, found):
    assert placed(newton, asked) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("62701 Sprngfield, 3 Eichenweg", "Eichenweg 3"), ("62701 Sprngfield, Eichenweg 3", "Eichenweg 3"),
        ("62701 Sprngfield, IL, Eichenweg 3", "Eichenweg 3"), ("12 Eichenweg, Sprngfield", "Eichenweg 12"),
        ("12 Eichewneg, Springfield", "Eichenweg 12"), ("12 Eichewneg, 62701 Sprngfield", "Eichenweg 12"),
        ("12 Eichewneg, Sprngfield 62799", ""), ("12 Elm Street, Springfield 62701", "postcode"),
    ],
)  # fmt: skip
def test_a_number_in_front_is_the_houses_or_the_postcode(tmp_path, asked, found):
    """Also where there is a postcode 12."""
    rows = ("3,Eichenweg,Springfield,62701", "12,Eichenweg,Springfield,62701", "7,Elm Lane,Farville,12")

    assert placed(write(tmp_path, *rows), asked) == found


@pytest.mark.parametrize(
    "asked", ["Damrak 1, 1012 LG Amsterdam", "1012 LG Amsterdam, Damrak 1", "Damrak 1 1012 LG Amsterdam"]
)
def test_a_postcode_of_two_words_is_read_with_its_line(tmp_path, asked):
    known = {"damrak": STREET, "amsterdam": CITY, "1012lg": POSTCODE}

    (shape,) = shapes_of(dict(enumerate(spell([asked]))))

    assert [columns[2].tolist() for _, columns in shape.read(known)] == [["1012lg"]]
    assert placed(write(tmp_path, "1,Damrak,Amsterdam,1012 LG"), asked) == "1 Damrak"


def test_states_that_contradict_each_other_are_two_towns(tmp_path):
    (tmp_path / "book.csv").write_text(
        "number,street,city,state,lat,lon\n6,Main Street,Springfield,IL,39.8,-89.6\n", encoding="utf-8"
    )
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path / "index")

    found = [
        placed(book, Query(street="6 Main St", city="Springfield", state=state)) for state in ("IL", "Illinois", "MA")
    ]
    assert found == ["6 Main Street", "6 Main Street", ""]


OPENADDRESSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH
6.084,50.771,1,"Hauptstraße",,"Aachen",,NW,52062,,3f1a
6.084,50.771,1,"Hauptstraße",WHG 2,"Aachen",,NW,52062,,3f1b
-122.4,37.77,100,N MAIN ST,APT 1,,San Francisco,CA,94103,,77ab
"""
BAN = """\
id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;code_insee_ancienne_commune;nom_ancienne_commune;\
x;y;lon;lat;type_position;alias;nom_ld;libelle_acheminement;nom_afnor;source_position;source_nom_voie;\
certification_commune;cad_parcelles
75101_0100_00012;75101_0100;12;;Rue de Rivoli;75001;75101;Paris;;;651000.1;6862000.2;2.3501;48.8601;entrée;;;PARIS;\
RUE DE RIVOLI;commune;commune;1;
75101_0100_00012_bis;75101_0100;12;bis;Rue de Rivoli;75001;75101;Paris;;;651000.1;6862000.2;2.3502;48.8602;entrée;;;\
PARIS;RUE DE RIVOLI;commune;commune;1;
"""


def test_openaddresses_and_ban_need_no_names_of_columns(tmp_path):
    (tmp_path / "oa.csv").write_text(OPENADDRESSES, encoding="utf-8")
    with gzip.open(tmp_path / "oa.csv.gz", "wt", encoding="utf-8") as out:
        out.write(OPENADDRESSES)
    (tmp_path / "ban.csv").write_text(BAN, encoding="utf-8")

    for name in ("oa.csv", "oa.csv.gz"):
        book = AddressBook(tmp_path / name, folder=tmp_path / "index")
        house, units = ask(book, "Hauptstr. 1, Aachen", "100 North Main Street, San Francisco, CA 94103")
        assert (house.match, house.lat, house.lon) == ("building", 50.771, 6.084)
        assert (units.match, units.lat, units.formatted) == ("building", 37.77, "100 N MAIN ST, 94103 San Francisco")
    book = AddressBook(tmp_path / "ban.csv", folder=tmp_path / "index")
    twelve, bis = ask(book, "12 rue de Rivoli, 75001 Paris", "12bis r. de Rivoli, Paris")
    assert (twelve.lat, bis.lat) == (48.8601, 48.8602)


def test_the_districts_of_paris_in_ban_are_one_town(tmp_path):
    (tmp_path / "ban.csv").write_text(BAN.replace(";Paris;", ";Paris 1er Arrondissement;"), encoding="utf-8")
    book = AddressBook(tmp_path / "ban.csv", folder=tmp_path / "index")

    for place in ask(book, "12 rue de Rivoli, Paris", "12 rue de Rivoli, 75001 PARIS"):
        assert (place.match, place.formatted) == ("building", "12 Rue de Rivoli, 75001 Paris")


def test_overture_and_a_geoparquet_need_no_names_of_columns(tmp_path):
    geopandas = pytest.importorskip("geopandas")
    pytest.importorskip("pyarrow")
    names = {"number": ["1"], "street": ["Hauptstraße"], "postcode": ["52062"]}
    levels = [[{"value": "NW"}, {"value": "Aachen"}]]
    overture = {
        "id": ["08f1fa1"], **names, "country": ["DE"], "unit": [None], "postal_city": [None], "version": [1],
        "address_levels": levels, "sources": [[{"property": "", "dataset": "OpenAddresses", "record_id": None}]],
        "bbox": [{"xmin": 6.0839, "xmax": 6.0841, "ymin": 50.7709, "ymax": 50.7711}],
    }  # fmt: skip
    points = geopandas.points_from_xy([6.084], [50.771], crs="EPSG:4326")
    geopandas.GeoDataFrame(overture, geometry=points).to_parquet(tmp_path / "overture.parquet")
    overture.pop("bbox")
    geopandas.GeoDataFrame(overture, geometry=points).to_parquet(tmp_path / "points.parquet")
    geopandas.GeoDataFrame({**names, "city": ["Aachen"]}, geometry=points).to_parquet(tmp_path / "own.parquet")

    for name in ("overture", "points", "own"):
        (place,) = ask(AddressBook(tmp_path / f"{name}.parquet", folder=tmp_path / "index"), "Hauptstr. 1, Aachen")
        assert (place.match, place.lat, place.lon) == ("building", pytest.approx(50.771), pytest.approx(6.084)), name


def test_openaddresses_as_lines_of_geojson_and_with_small_letters(tmp_path):
    names = ("hash", "number", "street", "unit", "city", "district", "region", "postcode", "id")
    rows = [
        ("a", "3", "Main St", "", "", "Salina", "KS", "67401", ""),
        ("b", "5", "Main St", "", "", "Salina", "KS", "", ""),
    ]
    features = [
        {"type": "Feature", "properties": dict(zip(names, row, strict=True)),
         "geometry": {"type": "Point", "coordinates": [-97.6, 38.8]}}
        for row in rows
    ]  # fmt: skip
    lines = "".join(json.dumps(feature) + "\n" for feature in features)
    (tmp_path / "oa.geojson").write_text(lines, encoding="utf-8")
    with gzip.open(tmp_path / "oa.geojson.gz", "wt", encoding="utf-8") as out:
        out.write(lines)
    table = [",".join(("lon", "lat", *names))] + [",".join(("-97.6", "38.8", *row)) for row in rows]
    (tmp_path / "oa.csv").write_text("\n".join(table), encoding="utf-8")

    for name in ("oa.geojson", "oa.geojson.gz", "oa.csv"):
        (place,) = ask(AddressBook(tmp_path / name, folder=tmp_path / "index"), "3 Main St, Salina, KS 67401")
        assert (place.match, place.lat, place.lon) == ("building", 38.8, -97.6), name
    (tmp_path / "one.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(SettingsError, match=r"no GeoJSON of one feature a line.* save it as Parquet"):
        AddressBook(tmp_path / "one.geojson", folder=tmp_path).index()


def test_columns_of_other_names_and_a_decimal_comma(tmp_path):
    text = "Nr; Strasse; Ort; PLZ; latitude ; longitude\n1;Hauptstraße;Aachen;52062;50,771;6,084\n"
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")

    (place,) = ask(AddressBook(tmp_path / "own.csv", folder=tmp_path / "index", number="Nr"), "Hauptstr. 1, Aachen")

    assert (place.match, place.lat, place.lon) == ("building", 50.771, 6.084)


def test_the_index_is_the_users_alone_and_made_again_when_the_table_changes(book, file):
    first = book.index()

    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert book.index() == first
    file.write_text(HOUSES + "7,Main Street,Springfield,62701,39.81,-89.66\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert ask(book, "7 Main Street, Springfield 62701")[0].lat == 39.81
    assert [path.name for path in first.parent.iterdir()] == [book.index().name]


def test_a_table_of_the_same_size_and_time_is_another_one(book, file):
    """As one that is copied or unpacked with the time that it had elsewhere."""
    assert ask(book, "Hauptstraße 1, Aachen")[0].lat == 50.771
    before = file.stat()
    file.write_text(HOUSES.replace("50.7710", "50.7999"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert ask(book, "Hauptstraße 1, Aachen")[0].lat == 50.7999


def test_names_of_files_and_columns_may_be_odd(tmp_path):
    for name in ("houses [2024].csv", "a?b.csv", "*.csv", "é" * 100 + ".csv"):
        file = tmp_path / name
        file.write_text(HOUSES.replace("city", "City,CITY").replace(",Aachen", ",Aachen,Aix"), encoding="utf-8")
        file.write_text(
            "\n".join([line for line in file.read_text("utf-8").split("\n") if "City" in line or "Aix" in line])
        )
        book = AddressBook(file, folder=tmp_path / "index")
        assert placed(book, "Hauptstr. 1, Aachen") == "Hauptstraße 1"
        os.utime(file, ns=(1, 1))
        assert placed(book, "Hauptstr. 1, Aachen") == "Hauptstraße 1"
    assert len(list((tmp_path / "index").iterdir())) == 4  # those of the older states are gone


def test_a_folder_of_parquet_files_is_made_again_when_one_changes(tmp_path):
    folder = tmp_path / "houses.parquet"
    (folder / "part").mkdir(parents=True)
    table = pd.DataFrame(
        {"number": [1], "street": ["Hauptstraße"], "city": ["Aachen"], "lat": [50.771], "lon": [6.084]}
    )
    table.to_parquet(folder / "part" / "a.parquet")
    table.assign(number=3).to_parquet(folder / "part" / "b.parquet")
    book = AddressBook(folder, folder=tmp_path / "index")

    assert placed(book, "Hauptstr. 3, Aachen") == "Hauptstraße 3"
    table.assign(number=5).to_parquet(folder / "part" / "b.parquet")
    os.utime(folder / "part" / "b.parquet", ns=(1, 1))
    assert [placed(book, f"Hauptstr. {number}, Aachen") for number in (3, 5)] == ["street", "Hauptstraße 5"]


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


@pytest.mark.parametrize("damage", ["cut", "zeros", "flipped"])
def test_an_index_that_is_damaged_is_made_again(book, damage, caplog):
    index = book.index()
    data = bytearray(index.read_bytes())
    if damage == "flipped":
        data[12288::1000] = bytes(byte ^ 255 for byte in data[12288::1000])
    index.write_bytes(bytes(len(data)) if damage == "zeros" else data[: len(data) // 2] if damage == "cut" else data)

    assert placed(book, "Hauptstr. 1, Aachen") == "Hauptstraße 1"
    assert "cannot be read and is made again" in caplog.text
    caplog.clear()
    assert placed(book, "Hauptstr. 3, Aachen") == "Hauptstraße 3"
    assert not caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit for a file on Windows")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    """What is beyond the limit fails, as on a full disk."""
    noise.write(noise.book(20_000), tmp_path / "houses.csv")
    code = (
        "import resource, sys; from geopandas_batch.services import AddressBook\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000,) * 2)\n"
        "AddressBook(sys.argv[1], folder=sys.argv[2], progress=False).index()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "houses.csv"), str(tmp_path / "index")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)

    assert f"SettingsError: no index of the address book {tmp_path / 'houses.csv'} can be made in" in process.stderr
    assert list((tmp_path / "index").iterdir()) == []


def test_an_import_that_is_stopped_ends(tmp_path):
    folder = tmp_path / "index"
    book = AddressBook(noise.write(noise.book(100_000), tmp_path / "houses.csv"), folder=folder, progress=False)

    async def main():
        async with Locator(book, cache=False) as locator:
            asked = asyncio.ensure_future(locator.locate("1 Rue de Rivoli, Paris"))
            while not list(folder.glob("*.part/index")) and not asked.done():
                await asyncio.sleep(0.01)
            asked.cancel()
            with suppress(asyncio.CancelledError):
                await asked

    asyncio.run(main())  # waits for the thread

    assert list(folder.iterdir()) == []


def test_of_processes_that_import_at_once_one_does_and_the_others_wait(tmp_path):
    noise.write(noise.book(50_000), tmp_path / "houses.csv")
    code = (
        "import logging, sys; from geopandas_batch.services import AddressBook\n"
        "logging.basicConfig(level='INFO')\n"
        "print(AddressBook(sys.argv[1], folder=sys.argv[2], progress=False).index().name)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "houses.csv"), str(tmp_path / "index")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert {out.strip() for out, _ in said} == {path.name for path in (tmp_path / "index").iterdir()}
    assert sum("rows imported" in errors for _, errors in said) == 1


def test_an_import_shows_how_far_it_is(tmp_path, capsys):
    noise.write(noise.book(2_000), tmp_path / "houses.csv")

    AddressBook(tmp_path / "houses.csv", folder=tmp_path / "index", progress=True).index()

    shown = capsys.readouterr().err
    assert "import houses.csv: 100%" in shown
    assert "2,000 of 2,000 rows" in shown


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
        (HOUSES, {"street": "road"}, "has no column 'road'. The columns are 'number', 'street'"),
        ("street,city,x,y\nRue A,Lyon,651000.1,6862000.2\n", {}, "none of the 1 rows .* Are its points in metres"),
        ('street,city,lat,lon\n"Rue A,Lyon,1,2\n', {}, "x.csv cannot be read: CSV Error on Line: 2 Value with unterm"),
        (HOUSES + "2,Main Street\n", {}, "CSV Error on Line: 9 Expected Number of Columns: 6 Found: 2$"),
        (HOUSES + "2,Main Street,Aachen,52062,50.7,6.0,7,8\n", {}, "Line: 9 Expected Number of Columns: 6 Found: 7$"),
        (HOUSES.replace("\n", "\r\n", 1), {}, "lines end in several ways .* Save it with one kind"),
        ("", {}, "is empty: its first line must name the columns"),
        ("street,city,lat,lon\n", {}, "x.csv has no rows"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_is_missing(tmp_path, text, columns, message):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8", newline="")

    with pytest.raises(SettingsError, match=message):
        AddressBook(tmp_path / "x.csv", folder=tmp_path, **columns).index()


def test_what_is_wrong_with_a_table_is_no_matter_of_rows(tmp_path):
    (tmp_path / "x.csv").write_text(HOUSES, encoding="cp1252")
    book = AddressBook(tmp_path / "x.csv", folder=tmp_path / "index")
    frame = pd.DataFrame({"a": ["Hauptstr. 1, Aachen", "Hauptstr. 3, Aachen"]})

    with pytest.raises(
        SettingsError, match="Save it as UTF-8, or say what it is: encoding=.* 0 of 2 rows are answered"
    ):
        frame.geo.locate("a", service=book)
    with pytest.raises(SettingsError, match="as UTF-8, or say what it is"):
        frame.geo.locate("a", service=[book, "gazetteer"])  # which would hide it
    coerced = frame.geo.locate("a", service=book, errors="coerce", details=True)
    assert set(coerced["status"]) <= {"failed", "skipped"} and coerced["reason"].str.contains("UTF-8").all()


LATIN = "number,street,city,lat,lon\n1,Große Straße,Köln,50.9,6.9\n3,Große Straße,Köln,50.91,6.9\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("cp1252", "cp1252"),
        ("latin-1", "ISO-8859-1"),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("utf-8-sig", None),
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_a_table_in_another_encoding_is_read_where_it_is_said(tmp_path, encoding, said, name):
    with (gzip.open if name.endswith("gz") else open)(tmp_path / name, "wt", encoding=encoding) as out:
        out.write(LATIN + "5,Große Straße,Köln,50.92,6.9\n" * 40_000)  # more than is read at once
    options = {"encoding": said} if said else {}
    book = AddressBook(tmp_path / name, folder=tmp_path / "index", **options)

    assert placed(book, "Große Str. 3, Köln") == "Große Straße 3"
    assert [path.suffix for path in (tmp_path / "index").iterdir()] == [".duckdb"]  # no copy is left


@pytest.mark.parametrize(
    ("name", "content", "encoding", "message"),
    [
        ("x.csv", LATIN.encode("cp1252"), "utf-8", 'Save it as UTF-8, or say what it is: encoding="cp1252"'),
        ("x.csv", HOUSES.encode() + b"4,\x81,Aachen,52062,50.77,6.08", "cp1252", "not in cp1252, .* no byte 81 there"),
        ("x.csv", LATIN.encode("utf-16")[:-1], "utf-8", "is not in utf-16"),
        ("x.csv", b"", "cp1252", "x.csv is empty: its first line must name the columns"),
        ("x.parquet", b"PAR1", "cp1252", "encoding= is for text files; x.parquet"),
        ("x.geojson", b"{}", "cp1252", "x.geojson is no GeoJSON of one feature a line"),
        ("x.csv.gz", b"no gzip", "cp1252", "x.csv.gz cannot be read: Not a gzipped file"),
    ],
)
def test_an_encoding_that_does_not_fit_is_said(tmp_path, name, content, encoding, message):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SettingsError, match=message) as caught:
        AddressBook(tmp_path / name, folder=tmp_path / "index", encoding=encoding).index()
    assert ".part" not in str(caught.value)
    assert list((tmp_path / "index").iterdir()) == []


@pytest.mark.parametrize("encoding", ["windows", "base64", "", None])
def test_what_is_no_encoding_is_said(file, encoding):
    with pytest.raises(SettingsError, match="no encoding is called"):
        AddressBook(file, encoding=encoding)


def test_one_table_read_in_two_ways_has_two_indexes(book, file):
    """Who asks both, as in a cascade, would else import it anew for each batch."""
    other = AddressBook(file, folder=file.parent / "index", city="street")

    assert (book.index(), other.index()) == (book.index(), other.index())
    assert book.index().exists() and other.index().exists() and book.index() != other.index()


def test_numbers_that_became_decimal_numbers_are_whole(tmp_path):
    table = {
        "number": [1.0, None, 10.0],
        "street": "Hauptstraße",
        "city": "Aachen",
        "postcode": [52062.0, None, 52064.0],
    }
    pd.DataFrame({**table, "lat": [50.1, 50.2, 50.3], "lon": 6.0}).to_parquet(tmp_path / "x.parquet")
    book = AddressBook(tmp_path / "x.parquet", folder=tmp_path / "index")

    found = [place.formatted for place in ask(book, "Hauptstr. 1, Aachen", "Hauptstr. 10, Aachen")]

    assert found == ["Hauptstraße 1, 52062 Aachen", "Hauptstraße 10, 52064 Aachen"]


def test_a_folder_that_cannot_be_made_is_said(file):
    with pytest.raises(SettingsError, match="can be made in .*houses.csv: File exists"):
        AddressBook(file, folder=file).index()


def test_a_file_that_is_not_there_or_of_another_kind_is_said(tmp_path):
    (tmp_path / "x.xlsx").write_text("")

    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        AddressBook(tmp_path / "none.csv", folder=tmp_path).index()
    with pytest.raises(
        SettingsError, match="a CSV \\(or .csv.gz\\), a Parquet file or GeoJSON of one feature a line, not x.xlsx"
    ):
        AddressBook(tmp_path / "x.xlsx", folder=tmp_path).index()


def test_without_duckdb_the_extra_is_named(book, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)  # as if it were not installed

    with pytest.raises(SettingsError, match='pip install "geopandas-batch\\[addressbook\\]"'):
        book.index()
