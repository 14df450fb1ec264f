"""Tables as people have them: what is read of them, and what is said of those that would lead astray."""

from __future__ import annotations

from pathlib import Path

import pytest

from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Query
from geopandas_batch.services import AddressBook

pytest.importorskip("duckdb")

HEADER = "number,street,city,postcode,lat,lon\n"
AACHEN = "1,Hauptstraße,Aachen,52062,50.771,6.084\n"
TOWNS = {"Köln": (50.94, 6.96), "Bonn": (50.73, 7.1), "Wien": (48.2, 16.4), "Lyon": (45.76, 4.84), "Oslo": (59.9, 10.7)}


def write(folder: Path, text: str, **options: str) -> AddressBook:
    (folder / "book.csv").write_bytes(text.encode())
    return AddressBook(folder / "book.csv", folder=folder / "index", progress=False, **options)


def found(book: AddressBook, asked: str | Query) -> tuple[str, str]:
    (place,) = book._locate_many([Query(asked) if isinstance(asked, str) else asked])
    return (place.match, place.formatted) if place is not None else ("", "")


def test_latitude_and_longitude_the_wrong_way_round_are_said(tmp_path):
    rows = "".join(f"1,High Street,{town},,{lon},{lat}\n" for town, (lat, lon) in TOWNS.items())

    with pytest.raises(SettingsError, match=r"wrong way round: .* Say .* lat='lon', lon='lat'\)$"):
        write(tmp_path, HEADER + rows).index()
    assert list((tmp_path / "index").iterdir()) == []
    assert found(write(tmp_path, HEADER + rows, lat="lon", lon="lat"), "1 High St, Oslo")[0] == "building"


def test_of_some_rows_the_wrong_way_round_the_log_tells(tmp_path, caplog):
    rows = [f"1,High Street,{town},,{lat},{lon}\n" for town, (lat, lon) in TOWNS.items()]
    rows[4] = "1,High Street,Oslo,,10.7,59.9\n"

    write(tmp_path, HEADER + "".join(rows)).index()

    assert "latitude and longitude are the wrong way round in 1 of 5 towns. Mend these rows" in caplog.text
    assert "Oslo" not in caplog.text


def test_towns_that_nobody_knows_are_no_reason_to_refuse_a_table(tmp_path, caplog):
    rows = "".join(f"{n},High Street,Town {n},,{n % 90},{n}\n" for n in range(1, 99))

    write(tmp_path, HEADER + rows).index()

    assert "wrong way round" not in caplog.text


def test_points_that_are_not_where_their_towns_are_are_told(tmp_path, caplog):
    """As of a table in radians, or of a grid."""
    rows = "".join(f"1,High Street,{town},,{lat / 57.3},{lon / 57.3}\n" for town, (lat, lon) in TOWNS.items())

    write(tmp_path, HEADER + rows).index()

    assert "of 5 towns none is where its points are. Are these latitude and longitude" in caplog.text
    assert not any(town in caplog.text for town in TOWNS)


def test_one_column_is_not_both_latitude_and_longitude(tmp_path):
    with pytest.raises(SettingsError, match='"lon" is said to be latitude and longitude'):
        write(tmp_path, HEADER + AACHEN, lat="lon").index()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_csv_that_excel_made_says_its_separator_first(tmp_path, line_end):
    table = "sep=;\n" + (HEADER + AACHEN).replace(",", ";")

    assert found(write(tmp_path, table.replace("\n", line_end)), "Hauptstr. 1, Aachen")[0] == "building"


def test_blank_rows_are_left_out(tmp_path, caplog):
    book = write(tmp_path, HEADER + "\n\n" + AACHEN + "\n,,,,,\n \t,,,,,\n")

    assert found(book, "Hauptstr. 1, Aachen") == ("building", "Hauptstraße 1, 52062 Aachen")
    assert "1 of 3 rows imported" in caplog.text


def test_what_programs_write_for_nothing_is_nothing(tmp_path):
    rows = "nan,Hauptstraße,Aachen,None,50.771,6.084\n5,Via Roma,None,10060,44.93,7.54\n7,NULL,<NA>,NaN,50.7,6.08\n"
    book = write(tmp_path, HEADER + rows)

    assert found(book, Query(housenumber="nan", street="Hauptstraße", city="Aachen")) == (
        "street",
        "Hauptstraße, Aachen",
    )
    assert found(book, "Via Roma 5, None") == ("building", "5 Via Roma, 10060 None")  # a town in Piedmont
    assert found(book, "NULL 7") == ("", "")


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ("1,Main St,Salina,67401-1234,38.8,-97.6", Query("", "1", "Main St", "Salina", "67401")),
        ("1,Main St,Salina,67401,38.8,-97.6", Query("", "1", "Main St", "Salina", "67401-1234")),
        ("1,Main St,Salina,674011234,38.8,-97.6", Query("1 Main St, Salina, KS 67401-4444")),
        ("1,Rue Basse,Mersch,L-7533,49.7,6.1", Query("", "1", "Rue Basse", "Mersch", "7533")),
        ("1,Rue Basse,Mersch,7533,49.7,6.1", Query("1 Rue Basse, L-7533 Mersch")),
        ("1,Rue Basse,Mersch,L-7533,49.7,6.1", Query("1 Rue Basse, 7533 Mersch")),
        ("1,Rua Alta,Lisboa,1000-001,38.7,-9.1", Query("1 Rua Alta, 1000-001 Lisboa")),
    ],
)
def test_a_postcode_is_the_same_with_more_digits_or_its_country(tmp_path, row, asked):
    book = write(tmp_path, f"{HEADER}{row}\n")
    (place,) = book._locate_many([asked])

    assert (place.match, place.confidence) == ("building", 0.99)


@pytest.mark.parametrize("number", ["street_number", "House_Num", "HausNr", "Nr", "Número"])
def test_usual_names_of_columns_are_known(tmp_path, number, caplog):
    table = f"{number};Street Name;Ort;Breitengrad;Längengrad\n1;Hauptstraße;Aachen;50,771;6,084\n"

    assert found(write(tmp_path, table), "Hauptstr. 1, Aachen") == ("building", "Hauptstraße 1, Aachen")
    assert "house numbers" not in caplog.text


def test_a_table_without_numbers_is_told(tmp_path, caplog):
    """As where the column is called as nobody would guess: no house would be found, and nothing said."""
    table = "Zahl,street,city,lat,lon\n1,Hauptstraße,Aachen,50.771,6.084\n"

    assert found(write(tmp_path, table), "Hauptstr. 1, Aachen")[0] == "street"
    assert "book.csv has no house numbers, only streets: if a column has them, say which, with number=" in caplog.text
    assert found(write(tmp_path, table, number="Zahl"), "Hauptstr. 1, Aachen")[0] == "building"


def test_what_is_shown_is_one_line(tmp_path):
    book = write(tmp_path, HEADER + '1,"Neben\nstraße",Aachen,52062,50.7,6.0\n2,Haupt\0straße,Aachen,52062,50.7,6.0\n')

    assert found(book, "Neben Straße 1, Aachen") == ("building", "Neben straße 1, 52062 Aachen")
    assert found(book, "Hauptstraße 2, Aachen") == ("building", "Haupt straße 2, 52062 Aachen")
    areas = write(tmp_path, HEADER + '"3\r\nb",Weg,"Bad\nHonnef","53\t604",50.7,6.0\n')
    assert found(areas, "Bad Honnef") == ("city", "Bad Honnef")
    assert found(areas, "53604") == ("postcode", "53 604 Bad Honnef")
    assert found(areas, Query("", "3b", "Weg", "Bad Honnef")) == ("building", "Weg 3 b, 53 604 Bad Honnef")


def test_a_cell_of_half_a_million_letters_is_a_name_as_any(tmp_path):
    book = write(tmp_path, f"{HEADER}{AACHEN}5,{'x' * 500_000},Aachen,52062,50.7,6.0\n")

    assert found(book, "Hauptstr. 1, Aachen")[0] == found(book, f"{'x' * 500_000} 5, Aachen")[0] == "building"


def test_a_row_that_is_too_long_is_said(tmp_path):
    with pytest.raises(SettingsError, match="Line: 3 Maximum line size of 2000000 bytes exceeded"):
        write(tmp_path, f"{HEADER}{AACHEN}5,{'x' * 3_000_000},Aachen,52062,50.7,6.0\n").index()
