"""Delimited files: found out as they were written, and every byte of them kept."""

from __future__ import annotations

import csv
import gzip
import io
import math
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.delimited import Delimited
from geopandas_batch.sheets.delimited.scanning import scan
from geopandas_batch.sheets.delimited.widening import Widener

TEXT = "id;Straße;Ort;Preis\r\n007;Weg 5;Köln;1,5\r\n010;L'Allée;Évry;2,25\r\n"


def widened(sheet: Delimited, lat: float = 1.5, size: int = 2) -> bytes:
    """The file with two new columns, as it would be written."""
    widener = Widener(sheet, ["lat", "name"])
    columns = ["#1"]
    out = widener.head()
    for chunk in sheet.chunks(columns, size):
        cells = widener.cells(pd.DataFrame({"lat": [lat] * len(chunk.rows), "name": ["=x;,"] * len(chunk.rows)}))
        out += widener.rows(chunk, cells)
    return out


def written(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "in.csv"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8 with mark"),
        ("utf-16", "utf-16-le with mark"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
    ],
)
def test_an_encoding_is_found_out_and_written_back(encoding, name, tmp_path):
    sheet = scan(written(tmp_path, TEXT.encode(encoding)))

    assert sheet.notes[0] == f"{name}, semicolon, decimal comma, CRLF"
    assert sheet.frame(["straße"])["straße"].tolist() == ["Weg 5", "L'Allée"]
    old, new = TEXT.splitlines(), widened(sheet).decode(encoding).splitlines()
    assert [line.rsplit(";", 3 if number else 2)[0] for number, line in enumerate(new)] == old


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "id;Ulica;Miasto\n1;Łódzka 5;Łódź\n2;Świętokrzyska;Częstochowa\n"),
        ("cp1251", "id;Улица;Город\n1;Невский проспект;Санкт-Петербург\n2;Тверская улица;Москва\n"),
        ("cp1253", "id;Οδός;Πόλη\n1;Ερμού;Αθήνα\n2;Τσιμισκή;Θεσσαλονίκη\n"),
        ("cp932", "id,住所\n1,東京都千代田区丸の内一丁目\n2,大阪府大阪市北区梅田三丁目\n"),
    ],
)
def test_the_encodings_of_other_countries_are_found_out(encoding, text, tmp_path):
    sheet = scan(written(tmp_path, text.encode(encoding)))

    names = text.splitlines()[0].replace(",", ";").split(";")
    assert list(sheet.names) == names


@pytest.mark.parametrize("rows", [1, 50])
def test_a_stray_nul_makes_no_utf16_of_a_file(rows, tmp_path):
    content = b"id,place\n" + b"".join(f"{n},K\u00f6ln\n".encode() for n in range(rows)) + b"x,Os\0lo\n"
    sheet = scan(written(tmp_path, content))

    assert sheet.notes[0].startswith("utf-8, comma")
    assert sheet.frame(["place"])["place"].tolist()[-1] == "Os\0lo"


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp1251", "cp1253"])
def test_the_encoding_of_a_list_of_several_countries_is_found_out(encoding, tmp_path):
    addresses = pd.read_csv(Path(__file__).parent / "gazetteer_firstshot.csv", keep_default_na=False)["address"]
    pool = [
        address
        for address in addresses
        if not address.isascii() and fits(address, encoding) and (encoding == "cp1252" or not fits(address, "cp1252"))
    ]
    lists = [pool[start : start + 10] for start in range(0, len(pool) - 9, 10)]

    assert lists
    for part in lists:
        text = "".join(f"{number}\t{address}\r\n" for number, address in enumerate(part))
        sheet = scan(written(tmp_path, f"nr\taddress\r\n{text}".encode(encoding)), quotes=False)
        assert sheet.frame(["address"])["address"].tolist() == part


@pytest.mark.parametrize(
    "place",
    [
        "5; Málaga; España",
        "École à Nîmes; Hérault",
        "Calle Mayor 3; Málaga; España",
        "Rua São João 12; Braga",
        "Östra Vägen 1; Åre; Sverige",
    ],
)
def test_a_western_list_is_not_taken_for_a_central_european_one(place, tmp_path):
    sheet = scan(written(tmp_path, f"id,place\r\n1,{place}\r\n2,{place}\r\n".encode("cp1252")))

    assert sheet.frame(["place"])["place"].tolist() == [place, place]


def fits(text: str, encoding: str) -> bool:
    try:
        return bool(text.encode(encoding))
    except UnicodeEncodeError:
        return False


def test_a_wrong_byte_in_a_utf8_file_makes_no_other_encoding_of_it(tmp_path):
    rows = [f"{n};Königstraße {n};Köln\r\n".encode() for n in range(50)]
    rows[40] = "40;Königstraße 40;Düren\r\n".encode("cp1252")

    with pytest.raises(SettingsError, match=r"in.csv is UTF-8 but for some bytes, the first in line 42 \(byte 1,0"):
        scan(written(tmp_path, b"id;street;city\r\n" + b"".join(rows)))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_separator_and_line_end_are_found_out_and_kept(separator, end, tmp_path):
    out = io.StringIO()
    rows = [["id", "address"], *([str(n), f"Rue de l'Église {n}, Évry"] for n in range(30))]
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)

    sheet = scan(written(tmp_path, out.getvalue().encode()))

    assert (sheet.dialect.separator, sheet.dialect.line_end, sheet.rows) == (separator, end, 30)
    assert sheet.frame(["address"])["address"].tolist() == [row[1] for row in rows[1:]]


def test_cells_stay_byte_for_byte(tmp_path):
    rows = [
        b'"00123",1e10,12.03.2024',
        b'0x1F,"a ""b""\r\nc", d ',
        b"NA,null,",
        b'"",123456789012345678901234567890,"1,5"',
    ]
    sheet = scan(written(tmp_path, b"a,b,c\r\n" + b"\r\n".join(rows)))

    new = b"\r\n".join(row + b',1.5,"\'=x;,"' for row in rows)
    assert widened(sheet) == b"a,b,c,lat,name\r\n" + new


def test_rows_of_any_length_keep_their_cells_and_new_ones_stand_in_line(tmp_path):
    sheet = scan(written(tmp_path, b"a,b\n1\n1,2,3\n\n,\n"))

    assert widened(sheet).decode().splitlines() == [
        "a,b,,lat,name",
        '1,,,1.5,"\'=x;,"',
        '1,2,3,1.5,"\'=x;,"',
        "",
        ',,,1.5,"\'=x;,"',
    ]
    assert "2 rows have more or fewer cells than the header, from line 2, 3" in sheet.notes[1]


def test_duplicate_and_empty_headers_stay_and_are_named_by_number(tmp_path):
    sheet = scan(written(tmp_path, b"name,,name\nx,Oslo,y\n"))

    assert sheet.frame(["#2"])["#2"].tolist() == ["Oslo"]
    with pytest.raises(SettingsError, match="2 columns named 'name': say which one, as #1 and #3"):
        sheet.frame(["name"])


def test_what_is_above_the_header_stays_and_is_no_row(tmp_path):
    above = b"Customers, 2024\r\nExported;;\r\n\r\n"
    sheet = scan(written(tmp_path, above + b"id;place;n\r\n1;Oslo;1,5\r\n2;Bergen;2\r\n"), header=4)

    assert (list(sheet.names), sheet.rows, len(sheet.notes)) == (["id", "place", "n"], 2, 1)
    assert sheet.frame(["place"])["place"].tolist() == ["Oslo", "Bergen"]
    assert widened(sheet).startswith(above + b"id;place;n;lat;name\r\n1;Oslo;1,5;1,5;")
    with pytest.raises(SettingsError, match="in.csv is empty from row 9 on"):
        scan(sheet.file, header=9)


def test_without_a_header_the_first_row_is_data(tmp_path):
    sheet = scan(written(tmp_path, b"1,Oslo\n2,Bergen\n"), header=0)

    assert sheet.frame(["#2"])["#2"].tolist() == ["Oslo", "Bergen"]
    assert widened(sheet).decode().splitlines()[0] == '1,Oslo,1.5,"\'=x;,"'


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"", {}, "is empty"),
        (b'a,b\n1,"x\n2,y\n', {}, "line 2: a quote is opened and never closed"),
        (b"address\n10 Downing Street, London\nOslo, Norway\n", {}, "Put each in quotes"),
        (b"a,b\n\xff\xfe\xfd,1\n", {"encoding": "utf-8"}, r"is not utf-8 \(byte"),
        (b"a,b\n1,2\n", {"separator": ";;"}, "one letter"),
    ],
    ids=["empty", "quote", "list", "encoding", "separator"],
)
def test_what_is_wrong_is_said_before_anything_is_asked(content, options, said, tmp_path):
    with pytest.raises(SettingsError, match=said):
        scan(written(tmp_path, content), **options)


def test_quotes_can_be_letters(tmp_path):
    sheet = scan(written(tmp_path, b'size\tplace\n5" pipe\tOslo\n"6"\tBergen\n'), usual="\t", quotes=False)

    assert sheet.frame(["size"])["size"].tolist() == ['5" pipe', '"6"']
    assert widened(sheet).decode().splitlines()[1] == "5\" pipe\tOslo\t1.5\t'=x;,"


def test_a_few_umlauts_in_a_small_file_are_read_as_excel_wrote_them(tmp_path):
    rows = (
        'Kunde;Anschrift;PLZ\r\n"Müller, A.";"Königstr. 1, Stuttgart";00123\r\n"B";"Marienplatz 8, München";80331\r\n'
    )

    assert scan(written(tmp_path, rows.encode("cp1252"))).dialect.encoding == "cp1252"


def test_letters_that_the_encoding_lacks_are_told(tmp_path):
    sheet = scan(written(tmp_path, "a;b\r\nKöln;1\r\n".encode("cp1252")), encoding="cp1252")
    widener = Widener(sheet, ["name"])

    (chunk,) = sheet.chunks(["a"], 10)
    row = widener.rows(chunk, widener.cells(pd.DataFrame({"name": ["Łódź"]})))

    assert row == "Köln;1;?ód?\r\n".encode("cp1252")
    assert widener.lost == {"Ł", "ź"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1"])
def test_a_text_of_a_service_can_never_be_a_formula(text, tmp_path):
    sheet = scan(written(tmp_path, b"a\nx\n"))
    (chunk,) = sheet.chunks(["a"], 10)

    widener = Widener(sheet, ["name"])

    row = widener.rows(chunk, widener.cells(pd.DataFrame({"name": [text]}))).decode()

    assert next(csv.reader([row]))[1] == f"'{text}"


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


# What each encoding can hold, and the letters around it: a wrong guess must not change a cell.
LETTERS = {
    "utf-8": None,
    "utf-8-sig": None,
    "utf-16": None,
    "utf-16-be": "aé1 Łж住",
    "cp1252": "aé1 ßÿ€’",
    "cp1250": "aé1 łőž",
    "cp1251": "ая1 жЁ",
    "cp932": "a1 住所ソ表",
    "gb18030": "a1 住址é",
    "mac_roman": "aé1 ß€’",
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], str]:
    """Rows of cells, and an encoding that has all their letters."""
    encoding = draw(st.sampled_from(sorted(LETTERS)))
    letters = LETTERS[encoding]
    text = cells if letters is None else st.text(st.sampled_from(letters + ',;"\n'), max_size=12)
    return draw(st.lists(st.lists(text, min_size=1, max_size=4), min_size=1, max_size=6)), encoding


def records_of(content: bytes, sheet: Delimited) -> list[list[str]]:
    """The rows of a file by the reader of Python, blank lines aside."""
    text = content[len(sheet.dialect.mark) :].decode(sheet.dialect.encoding)
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sheet.dialect.separator) if row]


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables(),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
    size=st.integers(1, 3),
    told=st.booleans(),
    headed=st.booleans(),
)
@example(table=([["a", "b"], ["x\r", "y\n"]], "utf-8"), separator=",", end="\n", size=1, told=True, headed=True)
def test_any_table_comes_out_as_it_went_in_or_is_refused(table, separator, end, size, told, headed, tmp_path):
    rows, encoding = table
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    content = out.getvalue().encode(encoding)
    try:
        sheet = scan(
            written(tmp_path, content),
            separator=separator if told else None,
            encoding=encoding if told else None,
            header=int(headed),
        )
    except SettingsError:
        return  # a clear error, and nothing was asked

    new = widened(sheet, size=size)

    again, old = records_of(new, sheet), records_of(content, sheet)
    width = max(map(len, old))
    assert [row[:-2] for row in again] == [row + [""] * (width - len(row)) for row in old]
    number = "1,5" if sheet.dialect.decimal == "," else "1.5"
    assert [row[-2:] for row in again] == [["lat", "name"]] * headed + [[number, "'=x;,"]] * (len(old) - headed)
    if told:
        assert old == [row for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator) if row]
    assert sheet.rows == len(old) - headed
    shown = [row for chunk in sheet.chunks(["#1"], size) for row in chunk.rows]
    assert shown == [(row[0],) for row in old[headed:]]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text("a\"'\r\n,; é", max_size=60).map(str.encode))
def test_any_bytes_come_out_as_they_went_in_or_are_refused(content, tmp_path):
    try:
        sheet = scan(written(tmp_path, content))
    except SettingsError:
        return
    widener = Widener(sheet, [])

    out = widener.head() + b"".join(
        widener.rows(chunk, widener.cells(pd.DataFrame(index=range(len(chunk.rows)))))
        for chunk in sheet.chunks(["#1"], 2)
    )

    if len(sheet.notes) == 1:  # where rows are shorter than others, separators are put to their ends
        assert out == content


def test_a_portion_is_all_that_is_in_memory(tmp_path):
    row = "1234567890,Some Street 12,Some Town\n"
    file = written(tmp_path, ("id,street,town\n" + row * 150_000).encode())
    tracemalloc.start()

    sheet = scan(file)
    rows = sum(len(chunk.rows) for chunk in sheet.chunks(["street"], 1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert rows == 150_000
    assert peak < 4e6 < file.stat().st_size


def test_missing_numbers_are_blank(tmp_path):
    sheet = scan(written(tmp_path, b"a\nx\n"))

    assert widened(sheet, lat=math.nan).decode().splitlines()[1] == 'x,,"\'=x;,"'


def test_a_packed_file_is_said_to_be_one(tmp_path):
    with pytest.raises(SettingsError, match="packed by gzip"):
        scan(written(tmp_path, gzip.compress(TEXT.encode())))
