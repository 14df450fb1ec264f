"""What stands in an address and is no house of the book: never taken for one."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from geopandas_batch import Locator
from geopandas_batch.places import Query
from geopandas_batch.services import AddressBook

pytest.importorskip("duckdb")


def book_of(folder: Path, header: str, *rows: str) -> AddressBook:
    """A book of these rows, each 100 m north of the last."""
    lines = [f"{row},{50 + at / 1000:.3f},8" for at, row in enumerate(rows)]
    (folder / "book.csv").write_text("\n".join([f"{header},lat,lon", *lines]), encoding="utf-8")
    return AddressBook(folder / "book.csv", folder=folder / "index", progress=False)


def placed(book: AddressBook, address: str | Query) -> str:
    """The house that is found, without its town; else how far it was found."""

    async def main():
        async with Locator(book, cache=False) as locator:
            return await locator.locate(address)

    place = asyncio.run(main())
    return "" if place is None else place.formatted.split(",")[0] if place.match == "building" else place.match


HOUSES = [f"{number},Main Street,Sydney,2000" for number in ("1", "2", "5", "12", "12c", "14", "15", "120")]
HOUSES += [f"{number},Hauptstraße,Berlin,10115" for number in ("3", "12", "12a", "123", "120")]
HOUSES += ["135,Straße des 17. Juni,Berlin,10623", "4,Dlouhá,Praha,11000", "12,Szeroka,Gdańsk,80-831"]
HOUSES += ["12,ulica Długa,Gdańsk,80-831", "1-2-3,西新宿,新宿区,160-0023", "12-34,Calle 8,Cali,760001"]
HOUSES += ["12,rue Victor Hugo,Lyon,69002"]


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> AddressBook:
    return book_of(tmp_path_factory.mktemp("traps"), "number,street,city,postcode", *HOUSES)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # two numbers are no longer one
        (Query(housenumber="12.0", street="Hauptstraße", city="Berlin"), "Hauptstraße 12"),
        (Query(housenumber="12,0", street="Hauptstraße", city="Berlin"), "Hauptstraße 12"),
        (Query(housenumber="1 2", street="Hauptstraße", city="Berlin"), "street"),
        (Query(housenumber="12 0", street="Hauptstraße", city="Berlin"), "street"),
        ("Main St 12 0, Sydney", "12 Main Street"), ("Hauptstraße 12.0, Berlin", "Hauptstraße 12"),
        ("Hauptstraße 12 3. OG, Berlin", "Hauptstraße 12"), ("12.5 Main St, Sydney", "street"),
        ("37 15 Main St, Sydney", "street"), ("Hauptstraße 12 a, Berlin", "Hauptstraße 12a"),
        ("12 to 14 Main St, Sydney", "street"), ("between 12 and 14 Main St, Sydney", "street"),
        ("Main St & 12th Ave, Sydney", "street"), ("12th Main St, Sydney", "street"),
        ("Main Street, 12th floor, Sydney", "street"), ("0012 Main St, Sydney", "12 Main Street"),
        (Query(housenumber="No. 12", street="Main Street", city="Sydney"), "12 Main Street"),
        (Query(housenumber="012", street="Main Street", city="Sydney"), "12 Main Street"),
        (Query(housenumber="No", street="Main Street", city="Sydney"), "street"),
        # counted elsewhere: boxes, floors, lots, the districts of a town
        ("PO Box 12, Main Street, Sydney", "street"), ("Postfach 12, Hauptstraße, Berlin", "street"),
        ("Lot 12 Main St, Sydney", "street"), ("Main Street 2nd Floor, Sydney", "street"),
        ("Building 2, Main Street, Sydney", "street"), ("ACME 12, Main Street, Sydney", "street"),
        ("Praha 4, Dlouhá", "street"), ("Praha 4 Dlouhá", "street"), ("Dlouhá 4, Praha 1", "4 Dlouhá"),
        ("Haus 3, Hauptstraße 12, Berlin", "Hauptstraße 12"), ("Hauptstraße Haus 3, Berlin", "city"),
        ("Door 14 Main Street, Sydney", "street"), ("Gate 3 Hauptstraße 12, Berlin", "Hauptstraße 12"),
        ("Main Street 12 c/o Miller, Sydney", "12 Main Street"), ("Nr. 12, Main Street, Sydney", "12 Main Street"),
        ("Main Street, 12, Sydney", "12 Main Street"), ("12, rue Victor Hugo, Lyon", "12 rue Victor Hugo"),
        ("Unit 5, 12, Main Street, Sydney", "12 Main Street"), ("Szeroka 12 m. 5, Gdańsk", "12 Szeroka"),
        # streets of which the name goes on
        ("12 Main Street North, Sydney", "city"), ("12 Main St E, Sydney", "city"),
        ("12 Main Street Upper, Sydney", "city"), ("12 Main Street Lane, Sydney", "city"),
        ("12 Old Main Street, Sydney", "city"), ("12 Main Street Rear, Sydney", "12 Main Street"),
        ("12 rue Victor Hugo prolongée, Lyon", "city"), ("Alte Hauptstraße 12, Berlin", "city"),
        ("Berlin Alte Hauptstraße 12", "city"), ("Neue Straße des 17. Juni 135, Berlin", "city"),
        ("新宿区北西新宿1-2-3", "city"), ("新宿区西新宿1-2-3", "1-2-3 西新宿"),
        ("Hauptstraße 12 Hinterhaus, Berlin", "Hauptstraße 12"), ("Hauptstraße 12 Whg. 5, Berlin", "Hauptstraße 12"),
        ("ul. Szeroka 12, Gdańsk", "12 Szeroka"), ("Długa 12, Gdańsk", "12 ulica Długa"),
        ("Calle 8 No. 12-34, Cali", "12-34 Calle 8"), ("Calle 8 N° 12 - 34, Cali", "12-34 Calle 8"),
    ],
)  # fmt: skip
def test_a_number_that_may_be_another_s_is_no_house(book, asked, found):
    assert placed(book, asked) == found


@pytest.fixture(scope="module")
def villages(tmp_path_factory) -> AddressBook:
    houses = ["3,rue du Lac,Ambérieu,01500", "3,rue de la Gare,Douvres,01500", "7,rue du Four,Douvres,01500"]
    houses += ["9,rue du Four,Lagnieu,01150", "6,Oak Street,Springfield,01103", "2,rue de la Gare,Ambronay,01500"]
    return book_of(tmp_path_factory.mktemp("villages"), "number,street,city,postcode", *houses)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("3 rue de la Gare, 01500 Douvres", "3 rue de la Gare"), ("3 rue de la Gare, 01500", "3 rue de la Gare"),
        ("4 rue de la Gare, 01500", "postcode"),  # of which village?
        ("3 rue de la Gare, 01500 Ambérieu", "postcode"),  # has the postcode, not the street
        ("3 rue de la Gare, 01500 Bettant", "postcode"), ("3 rue de la Garre, 01500 Bettant", "postcode"),
        (Query(street="3 rue de la Gare", city="Bettant", postcode="01500"), "postcode"),
        ("7 rue du Four, 01500 Lagnieu", "postcode"), ("9 rue du Four, 01500 Lagnieu", "9 rue du Four"),
        ("3 rue de la Gare, 01500 Douvres Centre", "3 rue de la Gare"),  # another name of it, with its postcode
        ("3 rue de la Gare, 1500 Douvres", "3 rue de la Gare"),  # a table made a number of it
        ("6 Oak St, Springfield", "6 Oak Street"), ("6 Oak St, Springfield OH", "6 Oak Street"),
        ("6 Oak St, Springfield, USA", "6 Oak Street"), ("6 Oak St Springfield Massachusetts", "6 Oak Street"),
        ("6 Oak St, City of Springfield", "6 Oak Street"),
        ("6 Oak St, West Springfield", ""), ("6 Oak St West Springfield", "city"), ("6 Oak St, New Springfield", ""),
        ("6 Oak St, Springfield sur Ain", ""), ("6 Oak St, Springfield am See", ""),
        ("6 Oak St, Springfield Gardens", ""), ("6 Oak St Springfield Gardens", ""),
    ],
)  # fmt: skip
def test_another_town_s_house_is_never_taken(villages, asked, found):
    assert placed(villages, asked) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("6 Oak St, Springfield, MA", "6 Oak Street"), ("6 Oak St, Springfield, Massachusetts", "6 Oak Street"),
        ("6 Oak St, Springfield, Ohio", ""), ("6 Oak St, Springfield, OH", ""), ("6 Oak St Springfield Ohio", ""),
        (Query(street="6 Oak St", city="Springfield", state="Ohio"), ""),
        (Query(street="6 Oak St", city="Springfield", state="Massachusetts"), "6 Oak Street"),
        ("8 Elm St, Kansas City, Missouri", "street"), ("8 Elm St, Kansas City, Kansas", "8 Elm Street"),
        ("8 Elm St, Kansas City", "8 Elm Street"),
    ],
)  # fmt: skip
def test_a_state_in_full_is_the_one_of_its_code(tmp_path, asked, found):
    rows = ["6,Oak Street,Springfield,MA", "1,Elm Street,Kansas City,MO", "8,Elm Street,Kansas City,KS"]

    assert placed(book_of(tmp_path, "number,street,city,state", *rows), asked) == found


@pytest.mark.parametrize("code", ["CT", "NE", "WY", "Nebraska"])
def test_the_code_of_a_state_is_no_word_of_a_street(tmp_path, code):
    """NE is also northeast, CT court and WY way: Connecticut denied North Dakota no more than "Bayern" does "BY"."""
    book = book_of(tmp_path, "number,street,city,state", f"6,Oak Street,Newtown,{code}", "7,Elm Street,Newtown,IL")

    lines = [f"6 Oak St, Newtown, {code}", f"6 Oak St Newtown {code}", "6 Oak St, New Town, ND"]
    parts = [Query("", "6", "Oak St", "Newtown", state=state) for state in (code, "ND", "North Dakota")]
    assert [placed(book, asked) for asked in lines] == ["6 Oak Street", "6 Oak Street", ""]
    assert [placed(book, asked) for asked in parts] == ["6 Oak Street", "", ""]


@pytest.fixture(scope="module")
def florence(tmp_path_factory) -> AddressBook:
    houses = [f"{number},Via Roma,Firenze,50123" for number in ("12", "12r", "14/A rosso", "16")]
    houses += ["7,Piazza del Duomo,Firenze,50122", "8,Viale dei Mille,Firenze,50131", "5,North 5th Street,Bend,97701"]
    houses += ["100,Avenida Paulista,São Paulo,01310-100", "245,Rua Augusta,Lisboa,1100-053"]
    return book_of(tmp_path_factory.mktemp("florence"), "number,street,city,postcode", *houses)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # red numbers are others than the black ones
        ("Via Roma 12, Firenze", "12 Via Roma"), ("Via Roma 12 rosso, 50123 Firenze", "12r Via Roma"),
        ("Via Roma 12/R, Firenze", "12r Via Roma"), ("Via Roma 16 rosso, Firenze", "street"),
        ("Via Roma 14/A rosso, Firenze", "14/A rosso Via Roma"), ("Via Roma 14/A, Firenze", "street"),
        (Query("", "12 rosso", "Via Roma", "Firenze"), "12r Via Roma"),
        (Query("", "12/rosso", "Via Roma", "Firenze"), "12r Via Roma"),
        (Query("", "14/A rosso", "Via Roma", "Firenze"), "14/A rosso Via Roma"),
        # "n." is no north before the number
        ("Via Roma n. 12, Firenze", "12 Via Roma"), ("Via Roma, n.12, 50123 Firenze", "12 Via Roma"),
        ("5 N. 5th St, Bend", "5 North 5th Street"), ("VIA ROMA N. 13, FIRENZE", "street"),
        ("Via Roma snc, Firenze", "street"), ("Via Roma s/n, Firenze", "street"), ("Via Roma, s/n, Firenze", "street"),
        ("P.zza del Duomo 7, Firenze", "7 Piazza del Duomo"), ("V.le dei Mille 8, Firenze", "8 Viale dei Mille"),
        ("Av. Paulista, 100 - São Paulo", "100 Avenida Paulista"), ("R. Augusta 245, Lisboa", "245 Rua Augusta"),
    ],
)  # fmt: skip
def test_numbers_and_streets_as_they_are_written_in_the_south(florence, asked, found):
    assert placed(florence, asked) == found


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ("12,High Street,Oxford,OX1 4AA", "12 High Street, Oxford {}|OX4 1AB|OX41AB"),
        ("10,Kerkstraat,Amsterdam,1017 GL", "Kerkstraat 10, {} Amsterdam|1017 GM|1017GM"),
        ("12,King Street,Toronto,M5V 2T6", "12 King Street, Toronto {}|M5V 1A1|M5V1A1"),
    ],
)
def test_a_postcode_with_letters_that_the_book_lacks_is_another_one(tmp_path, row, asked):
    """It was not seen in lines, and the house said to be sure."""
    book = book_of(tmp_path, "number,street,city,postcode", row)
    line, *codes = asked.split("|")

    for place in book._locate_many([Query(line.format(code)) for code in codes]):
        assert (place.match, place.confidence, place.reason) == ("building", 0.8, "its postcode is another one")
    assert placed(book, line.format("EC1A 1BB")) == "city"


def test_the_number_of_a_flat_is_no_postcode(tmp_path):
    rows = ["12,Storgatan,Göteborg,41124", "4,Ny Østergade,København,1101", "5,Storgatan,Sala,73330"]
    book = book_of(tmp_path, "number,street,city,postcode", *rows)

    assert placed(book, "Storgatan 12 lgh 1101, Göteborg") == "12 Storgatan"
    assert placed(book, "Storgatan 12, apt 9999, Göteborg") == "12 Storgatan"
    assert placed(book, "PO Box 1101, Storgatan 12, Göteborg") == "12 Storgatan"
    assert placed(book, "Storgatan 5, Sala 73330") == "5 Storgatan"  # a town that is called as what has numbers


@pytest.fixture(scope="module")
def nice(tmp_path_factory) -> AddressBook:
    houses = [f"{number},Rue Haute,Nice,06000" for number in (3, 5, 6)]
    return book_of(tmp_path_factory.mktemp("nice"), "number,street,city,postcode", *houses)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # the number of the department is no house's
        ("Hotel 5 - 3 Rue Haute Nice (06)", "street"), ("Hôtel 5\n3 Rue Haute Nice (6)", "3 Rue Haute"),
        ("Rue Haute Nice (06)", "street"), ("Rue Haute, Nice (06)", "street"), ("Rue Haute, 6, Nice", "6 Rue Haute"),
        # lines of a text are parts of the address
        ("SARL Dupont 5\n3 Rue Haute\n06000 Nice", "3 Rue Haute"), ("3 Rue Haute\r\nNice\r\n", "3 Rue Haute"),
        ("3e étage\n5, Rue Haute, Nice", "5 Rue Haute"), ("3e étage, 5, Rue Haute, Nice", "5 Rue Haute"),
        ("5bis-3 Rue Haute, Nice", "street"), ("5BIS-3 RUE HAUTE, NICE", "street"),
        ("5 ter-6, Rue Haute, Nice", "street"),
        ("Étage 3, Rue Haute, Nice", "street"), ("Le Palais 5, 3 Rue Huate, 06000 Nice", "3 Rue Haute"),
        ("7-Eleven, Rue Huate 6, 06000 Nice", "6 Rue Haute"), ("SARL 5, Nice", "city"),
    ],
)  # fmt: skip
def test_the_number_is_the_one_of_the_street_s_own_line(nice, asked, found):
    assert placed(nice, asked) == found


@pytest.fixture(scope="module")
def dotted(tmp_path_factory) -> AddressBook:
    houses = ["12,Mühlgasse,Köln,50667", "52 c,Rosenweg,Mühlhausen,99974", "3,Neue Straße,Köln,50667"]
    houses += ["61,Lange Straße,Neustadt (Dosse),16845", "61,Lange Straße,Neustadt,67433", "5,Goethestraße,Köln,50667"]
    houses += ["8,Am Markt,Halle (Saale),06108", "36 1/2,Am Markt,Neustadt,67433", "14 c,Am Markt,Neustadt,67433"]
    houses += ["48,Am Markt,Neustadt,67433", "7,Weg 3,Köln-Dellbrück,51069"]
    return book_of(tmp_path_factory.mktemp("dotted"), "number,street,city,postcode", *houses)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # without dots, as files of some programs are
        ("MUEHLGASSE 12, KOELN", "Mühlgasse 12, 50667 Köln"), ("Muhlgasse 12, Koln", "Mühlgasse 12, 50667 Köln"),
        (Query("", "12", "Muehlgasse", "Koeln"), "Mühlgasse 12, 50667 Köln"),
        ("Goethestr. 5, Köln", "Goethestraße 5, 50667 Köln"),
        ("ROSENWEG 52 C, 99974 MUEHLHAUSEN", "Rosenweg 52 c, 99974 Mühlhausen"),
        ("Rosenweg 52 C, 99974 Mülhhausen", "Rosenweg 52 c, 99974 Mühlhausen"),  # the C is no town
        # what is in brackets is of the town's name, or not
        ("Lange Str. 61, Neustadt (Dosse)", "Lange Straße 61, 16845 Neustadt (Dosse)"),
        ("LANGE STR. 61 NEUSTADT (DOSSE)", "Lange Straße 61, 16845 Neustadt (Dosse)"),
        ("Lange Str. 61, Neustadt", "Lange Straße 61, 67433 Neustadt"),
        ("Am Markt 8, 06108 Halle (Saale)", "8 Am Markt, 06108 Halle (Saale)"),
        ("Am Markt 8 (Hinterhaus), Halle (Saale)", "8 Am Markt, 06108 Halle (Saale)"),
        ("Mühlgasse 12 (2. Etage), Köln", "Mühlgasse 12, 50667 Köln"),
        # ranges of halves and letters
        ("Am Markt 36 1/2-85, Neustadt", "Am Markt, 67433 Neustadt"),
        ("Am Markt 36 1/2, Neustadt", "36 1/2 Am Markt, 67433 Neustadt"),
        ("Am Markt 14 c-16, 67433 Neustadt", "Am Markt, 67433 Neustadt"),
        ("Am Markt 48 1/2b, Neustadt", "Am Markt, 67433 Neustadt"),
        # the D of the country is no town
        ("D-51069 Bernua, Weg 3 7", "51069 Köln-Dellbrück"),
        ("D-51069 Köln-Dellbrück, Weg 3 7", "7 Weg 3, 51069 Köln-Dellbrück"),
    ],
)  # fmt: skip
def test_german_names_as_they_are_written(dotted, asked, found):
    (place,) = dotted._locate_many([Query(asked) if isinstance(asked, str) else asked])

    assert place.formatted == found


def test_a_postcode_of_which_the_book_lost_the_zero_is_found(tmp_path):
    book = book_of(tmp_path, "number,street,city,postcode", "6,Oak Street,Holyoke,1040")

    assert placed(book, "6 Oak St, Holyoke, MA 01040") == placed(book, "6 Oak St, 1040") == "6 Oak Street"


WORDS = (  # of lines, whatever their order
    "12 12a , , , Main Street Sydney 2000 Straße des 17. Juni Berlin 10623 rue Victor Hugo Lyon 西新宿 新宿区 1-2-3 "
    "улица Apt Flat # 3 floor bis ter c/o C/ / - – ½ 1/2 Nr. No N° Box North N E 2nd OG m 5 😀 ⅷ ² ' \" ; | 12.0 12,5 "
    "New West Upper Lane Ohio USA 110 00 \ud800 \x00 \u202e e\u0301"
)


def test_any_text_gets_an_answer_or_none_and_the_same_alone_and_among_others(book):
    rng = random.Random(5)
    queries = []
    for _ in range(4000):
        texts = [" ".join(rng.choices(WORDS.split(" "), k=rng.randrange(1, 13))) for _ in range(4)]
        parts = dict(zip(("housenumber", "street", "city", "postcode"), texts, strict=True))
        queries.append(Query(texts[0]) if rng.random() < 0.7 else Query(**parts))

    answers = book._locate_many(queries)

    assert len(answers) == len(queries)
    some = rng.sample(range(len(queries)), 25)
    assert [book._locate_many([queries[i]])[0] for i in some] == [answers[i] for i in some]


def test_points_that_are_none_are_left_out_and_the_others_found(tmp_path, caplog):
    rows = ["1,Hauptstraße,Köln,0,0", "2,Hauptstraße,Köln,50.94,6.95", "3,Hauptstraße,Köln,NaN,nan"]
    rows += ["4,Hauptstraße,Köln,,", "5,Hauptstraße,Köln,inf,6", "6,Hauptstraße,Köln,356000,5645000"]
    (tmp_path / "book.csv").write_text("\n".join(["number,street,city,lat,lon", *rows]), encoding="utf-8")
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path / "index", progress=False)

    found = book._locate_many([Query(f"Hauptstraße {number}, Köln") for number in range(1, 7)])

    assert [(place.match, place.lat, place.lon) for place in found] == [
        ("building" if number == 2 else "street", 50.94, 6.95) for number in range(1, 7)
    ]
    assert "1 of 6 rows imported; the others have no street" in caplog.text


def test_the_middle_of_two_towns_of_one_name_is_in_one_of_them(tmp_path):
    """As of Saint-Denis in a table without states, one near Paris and one on an island in another ocean."""
    paris = [f"{number},rue de la République,Saint-Denis,{48.93 + number / 10000:.4f},2.36" for number in range(1, 30)]
    island = [f"{number},rue de la République,Saint-Denis,{-20.88 - number / 10000:.4f},55.45" for number in (50, 52)]
    island += [f"{number},rue de Paris,Saint-Denis,{-20.88 - number / 10000:.4f},55.46" for number in range(1, 9)]
    lines = ["number,street,city,lat,lon", *paris, *island, "40,rue de Paris,Saint-Denis,48.93,2.37"]
    (tmp_path / "book.csv").write_text("\n".join(lines), encoding="utf-8")
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path / "index", progress=False)

    town, house, other, wrong = book._locate_many(
        [Query(text) for text in ("Saint-Denis", "52 rue de la République, Saint-Denis", "99 rue de la République, "
         "Saint-Denis", "99 rue de Paris, Saint-Denis")]
    )  # fmt: skip

    assert (town.match, round(town.lat), round(town.lon)) == ("city", 49, 2)
    assert town.reason == "several places may be meant by Saint-Denis" and town.confidence < 0.5
    assert (house.match, round(house.lat)) == ("building", -21)
    assert (other.match, round(other.lat), round(other.lon)) == ("street", 49, 2)
    assert (wrong.match, round(wrong.lat), round(wrong.lon)) == ("street", -21, 55)  # one house is entered wrongly


def test_a_street_of_which_the_houses_are_far_apart_has_no_middle(tmp_path):
    rows = [f"{number},Main Street,Springfield,{39.8 if number % 2 else 42.1},-80" for number in range(1, 20)]
    (tmp_path / "book.csv").write_text("\n".join(["number,street,city,lat,lon", *rows]), encoding="utf-8")
    book = AddressBook(tmp_path / "book.csv", folder=tmp_path / "index", progress=False)

    (place,) = book._locate_many([Query("20 Main Street, Springfield")])

    assert (place.match, place.lat) == ("city", 39.8)
    assert place.reason == "houses of Main Street are far apart: it may be several streets"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("12 Main St, Salina", "12 Main Street"), ("13 Main St, Salina", "street"),
        (Query(housenumber="14a", street="Main Street", city="Salina"), "14a Main Street"),
        ("Hauptstr. 5, Salina", "Hauptstraße 5"), ("3 5th Ave, Salina", "3 5th Avenue"), ("5th Ave, Salina", "street"),
        ("12-34 Calle 8, Salina", "12-34 Calle 8"), ("8 12-34 Calle, Salina", "city"),
    ],
)  # fmt: skip
def test_a_street_with_the_number_in_it_is_parted_where_no_column_has_it(tmp_path, asked, found):
    streets = ("12 Main Street", "14a Main Street", "Hauptstraße 5", "3 5th Avenue", "7, Oak Lane", "Calle 8, 12-34")

    assert placed(book_of(tmp_path, "street,city", *(f'"{each}",Salina' for each in streets)), asked) == found


@pytest.mark.parametrize(
    "streets",
    [
        ("County Road 12", "Main Street", "Oak Lane", "Elm Lane"),
        ("Main Street", "Calle 8", "Carrera 12", "Calle 9", "Cra 7"),
    ],
)
def test_a_list_of_streets_has_no_houses(tmp_path, streets):
    book = book_of(tmp_path, "street,city", *(f"{each},Salina" for each in streets))

    assert [placed(book, f"{street}, Salina") for street in streets] == ["street"] * len(streets)


@pytest.mark.parametrize("text", ["," * 50_000, "1" * 50_000, "12" + " " * 50_000 + "Main", "1 - " * 10_000])
def test_a_long_text_takes_no_longer_than_in_proportion(book, text):
    queries = [Query(text), Query(housenumber=text, street="Main Street", city="Sydney"), Query(street=text, city=text)]
    start = time.process_time()

    book._locate_many(queries)

    assert time.process_time() - start < 5  # half a minute and more, where it takes the square of the time
