"""Workbooks and other files, made by openpyxl, pandas and LibreOffice: new columns only; all else as it was."""

from __future__ import annotations

import csv
import datetime
import itertools
import json
import math
import os
import shutil
import sqlite3
import subprocess
import tracemalloc
import zipfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geopandas_batch import sheets
from geopandas_batch.cli.task import Target
from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.questions import different
from geopandas_batch.sheets.geofiles.geojson import with_properties

openpyxl = pytest.importorskip("openpyxl")
SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")

NEW = pd.DataFrame(
    {"lat": [51.5, math.nan, -0.25], "lon": [-0.125, math.nan, 13.5], "formatted": ["=1+1", None, "a<b&c"]}
)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """What a person makes of a sheet: formats, formulas, comments, a picture of it all."""
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Kunden"
    sheet.append(["id", "Adresse", "PLZ", "Datum", "Umsatz"])
    for number in range(3):
        sheet.append(
            [f"{number:03}", f"Weg {number}", 1067 + number, datetime.date(2024, 1, 1 + number), f"=C{number + 2}*2"]
        )
    side = Side(style="thin")
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFFF00")
    for row in sheet["A2:E4"]:
        for cell in row:
            cell.border, cell.alignment = Border(left=side), Alignment(vertical="top")
        row[2].number_format, row[4].number_format = "00000", "#,##0.00 €"
    sheet.freeze_panes, sheet.auto_filter.ref = "A2", "A1:E4"
    sheet.column_dimensions["B"].width = 31.5
    sheet["B2"].comment = Comment("Bitte prüfen", "ich")
    sheet.merge_cells("A7:C7")
    sheet.add_data_validation(DataValidation(type="list", formula1='"a,b"', sqref="A2:A4"))
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=3, min_row=1, max_row=4))
    sheet.add_chart(chart, "K2")
    other = book.create_sheet("Andere")
    other["A1"], other["A2"], other["B2"] = "Straße", "Allee 1", "=Kunden!C2"
    file = tmp_path / "book.xlsx"
    book.save(file)
    return file


def cells_of(sheet: Any, width: int) -> list[tuple[Any, ...]]:
    """All that can be seen of the first columns."""
    return [
        (
            cell.coordinate,
            cell.value,
            cell.number_format,
            cell.font,
            cell.fill,
            cell.border,
            cell.alignment,
            cell.comment,
        )
        for row in sheet.iter_rows(max_col=width)
        for cell in row
    ]


def located(file: Path, new: pd.DataFrame = NEW, *, sheet: str | None = None, **replaced: int) -> Path:
    kind = sheets.kind_of(file.name)
    target = file.with_name(f"out{file.suffix}")
    sheets.opened(file, kind, sheet=sheet).write(target, new, replaced)
    return target


def test_a_workbook_keeps_every_part_but_the_sheet_and_the_list_of_styles(workbook):
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(located(workbook)) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}

        assert sorted(old.namelist()) == sorted(new.namelist())
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}


def test_all_cells_look_as_before(workbook):
    old, new = (openpyxl.load_workbook(file) for file in (workbook, located(workbook)))

    for name in old.sheetnames:
        before, after = cells_of(old[name], 5), cells_of(new[name], 5)
        assert [str(cell) for cell in after] == [str(cell) for cell in before]
        assert new[name].freeze_panes == old[name].freeze_panes
        assert new[name].auto_filter.ref == old[name].auto_filter.ref
        assert new[name].merged_cells.ranges == old[name].merged_cells.ranges
    assert new["Kunden"].column_dimensions["B"].width == 31.5
    assert len(new["Kunden"]._charts) == 1


def test_new_columns_stand_beside_and_look_like_their_neighbours(workbook):
    sheet = openpyxl.load_workbook(located(workbook))["Kunden"]

    assert [cell.value for cell in sheet[1]][5:] == ["lat", "lon", "formatted"]
    assert [cell.value for cell in sheet[2]][5:] == [51.5, -0.125, "=1+1"]
    assert [cell.value for cell in sheet[3]][5:] == [None, None, None]
    assert sheet["F1"].font.bold
    assert sheet["F2"].border.left.style == "thin"
    assert sheet["F2"].number_format == "General"


def hide_all_beside(workbook: Path) -> None:
    """The columns that the table does not need, as people do."""
    book = openpyxl.load_workbook(workbook)
    beside = book["Kunden"].column_dimensions["F"]
    beside.min, beside.max, beside.hidden = 6, 16384, True
    book.save(workbook)


def test_new_columns_are_seen_where_all_beside_the_table_are_hidden(workbook):
    hide_all_beside(workbook)

    columns = openpyxl.load_workbook(located(workbook))["Kunden"].column_dimensions

    assert [(each.min, each.max) for each in columns.values() if each.hidden] == [(9, 16384)]
    assert [(each.min, each.max) for each in columns.values() if not each.hidden][-1] == (6, 8)


def test_merged_cells_hide_no_new_column_and_others_stay(workbook):
    book = openpyxl.load_workbook(workbook)
    sheet = book["Kunden"]
    sheet.merge_cells("E2:G2")  # its last column, and two that are new
    sheet.merge_cells("F3:H3")  # nothing but what is new, but nothing is found
    sheet.merge_cells("B4:I5")
    sheet.merge_cells("F1:H1")
    sheet.merge_cells("I2:J2")  # behind them
    book.save(workbook)

    file = workbook.with_name("out.xlsx")
    notes = sheets.opened(workbook, "xlsx").write(file, NEW, {})

    assert notes == ["3 merged cells lay over new columns: now they end before them"]
    seen = openpyxl.load_workbook(file)["Kunden"]
    assert {str(each) for each in seen.merged_cells.ranges} == {"A7:C7", "F3:H3", "B4:E5", "I2:J2"}
    assert [cell.value for cell in seen[4][5:8]] == [-0.25, 13.5, "a<b&c"]
    assert [cell.value for cell in seen[1][5:8]] == ["lat", "lon", "formatted"]
    assert b'<mergeCells count="4">' in zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml")


@needs_libreoffice
def test_merged_cells_of_opendocument_hide_no_new_column(workbook, home):
    book = openpyxl.load_workbook(workbook)
    for merged in ("E2:G2", "B4:I5", "D6:J6"):
        book["Kunden"].merge_cells(merged)
    book["Kunden"]["D6"] = "Summe"
    book.save(workbook)
    file, new = libreoffice(workbook, "ods", home), NEW.reindex(range(4))

    notes = sheets.opened(file, "ods").write(file.with_name("out.ods"), new, {})

    assert notes == ["2 merged cells lay over new columns: now they end before them"]
    seen = openpyxl.load_workbook(libreoffice(file.with_name("out.ods"), "xlsx", home))["Kunden"]
    assert {str(each) for each in seen.merged_cells.ranges} == {"A7:C7", "B4:E5", "D6:J6"}
    assert [[cell.value for cell in seen[row][5:8]] for row in (2, 4)] == [
        [51.5, -0.125, "=1+1"],
        [-0.25, 13.5, "a<b&c"],
    ]


# A town in one cell beside all of its streets, as people write lists; below names of which one takes two rows.
LIST = [
    ["Town", "Street", "Note"],
    ["Oslo", "Storgata 1"],
    [None, "Storgata 2", "y"],
    [None],
    [None, "Storgata 3"],
    ["Bergen", "Storgata 1"],
    [None, "Storgata 2"],
    [None, "Alone"],
]
MERGED = {(0, 2): 2, (1, 0): 4, (5, 0): 2}  # rows of the cells that are merged, by row and column


def towns_over_streets(file: Path, above: int) -> None:
    table = [["All of them"]] * above + LIST
    if file.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in table:
            book.active.append(row)
        for (row, column), rows in MERGED.items():
            first = {"start_row": above + row + 1, "start_column": column + 1}
            book.active.merge_cells(**first, end_row=above + row + rows, end_column=column + 1)
        book.active.merge_cells(start_row=above + 8, start_column=2, end_row=above + 9, end_column=3)
        book.save(file)
        return
    covered = {(row + more, column) for (row, column), rows in MERGED.items() for more in range(1, rows)}
    content = ""
    for row, texts in enumerate(table, -above):
        content += "<table:table-row>"
        for column in range(3):
            text = texts[column] if column < len(texts) else None
            kind = "covered-table-cell" if (row, column) in covered else "table-cell"
            said = "" if text is None else f"<text:p>{text}</text:p>"
            content += f'<table:{kind} table:number-rows-spanned="{MERGED.get((row, column), 1)}">{said}</table:{kind}>'
        content += "</table:table-row>"
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("content.xml", f'<a {spaces}><table:table table:name="List">{content}</table:table></a>')


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize(("above", "header"), [(0, 1), (2, 3), (0, 0)])
def test_a_cell_that_is_merged_over_rows_is_in_each_of_them(kind, above, header, tmp_path):
    file = tmp_path / f"list.{kind}"
    towns_over_streets(file, above)

    sheet = sheets.opened(file, kind, header=header)

    assert sheet.frame(["#1", "#2", "#3"]).values.tolist()[not header :] == [
        ["Oslo", "Storgata 1", "" if header else "Note"],  # without names, that is one row of all
        ["Oslo", "Storgata 2", "y"],
        ["Oslo", "Storgata 3", ""],
        ["Bergen", "Storgata 1", ""],
        ["Bergen", "Storgata 2", ""],
        ["", "Alone", ""],
    ]
    assert any("merged over several rows: each of these has what it shows" in note for note in sheet.notes)


def test_where_no_merged_cell_is_left_there_is_no_list_of_them(tmp_path):
    book = openpyxl.Workbook()
    for row in (["a"], ["b"]):
        book.active.append(row)
    book.active.merge_cells("A1:B1")
    book.save(tmp_path / "in.xlsx")

    seen = openpyxl.load_workbook(located(tmp_path / "in.xlsx", NEW.head(1))).active

    assert not seen.merged_cells.ranges
    assert [cell.value for cell in seen[1]] == ["a", "lat", "lon", "formatted"]
    assert b"mergeCells" not in zipfile.ZipFile(tmp_path / "out.xlsx").read("xl/worksheets/sheet1.xml")


def test_a_text_of_a_service_is_never_a_formula_in_a_workbook(workbook):
    sheet = openpyxl.load_workbook(located(workbook))["Kunden"]

    assert (sheet["H2"].value, sheet["H2"].data_type) == ("=1+1", "s")
    assert sheet["H2"].quotePrefix  # nor when somebody edits the cell
    assert not sheet["H4"].quotePrefix


def test_zeros_before_a_postcode_are_asked(workbook):
    frame = sheets.opened(workbook, "xlsx").frame(["plz", "ID"])

    assert frame["plz"].tolist() == ["01067", "01068", "01069"]
    assert frame["ID"].tolist() == ["000", "001", "002"]


def test_another_sheet_can_be_meant_and_a_wrong_name_lists_them(workbook):
    assert sheets.opened(workbook, "xlsx", sheet="Andere").rows == 1
    with pytest.raises(SettingsError, match="Its sheets are 'Kunden', 'Andere'"):
        sheets.opened(workbook, "xlsx", sheet="Nope")


@pytest.mark.parametrize("kind", ["xlsx", pytest.param("ods", marks=needs_libreoffice)])
def test_what_is_above_the_header_stays(kind, tmp_path, request):
    book = openpyxl.Workbook()
    for row in (
        ["Customers, 2024", None, None, "x"],
        [None],
        ["id", "place"],
        [None],
        [1, "Oslo"],
        [2, "Bergen"],
        [3, "x"],
    ):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    file = tmp_path / "in.xlsx"
    file = file if kind == "xlsx" else libreoffice(file, kind, request.getfixturevalue("home"))
    old = sheets.opened(file, kind, header=0).frame(["#1", "#2"])

    sheet = sheets.opened(file, kind, header=3)
    sheet.write(tmp_path / f"out.{kind}", NEW, {})

    assert sheet.frame(["place"])["place"].tolist() == ["Oslo", "Bergen", "x"]
    new = sheets.opened(tmp_path / f"out.{kind}", kind, header=0)
    assert new.frame(["#1", "#2"]).equals(old)
    assert new.frame(["#3"])["#3"].tolist() == ["", "lat", "51.5", "", "-0.25"]


def test_a_column_is_replaced_where_it_stands(workbook):
    sheet = openpyxl.load_workbook(located(workbook, NEW[["lat"]].rename(columns={"lat": "PLZ"}), PLZ=2))["Kunden"]

    assert [sheet[f"C{row}"].value for row in (1, 2, 3, 4)] == ["PLZ", 51.5, None, -0.25]
    assert sheet["D2"].value == datetime.datetime(2024, 1, 1)
    assert sheet.max_column == 5


def test_formulas_are_not_replaced(workbook):
    with pytest.raises(SettingsError, match="'Umsatz' in book.xlsx has formulas: they are not replaced"):
        sheets.opened(workbook, "xlsx").check(["Umsatz"], {"Umsatz": 4})


@needs_libreoffice
def test_new_columns_are_seen_in_libreoffice_too_where_all_others_are_hidden(workbook, home):
    hide_all_beside(workbook)

    new = libreoffice(located(libreoffice(workbook, "ods", home)), "xlsx", home)

    columns = openpyxl.load_workbook(new)["Kunden"].column_dimensions
    assert min(each.min for each in columns.values() if each.hidden) == 9


@needs_libreoffice
def test_formulas_of_libreoffice_are_not_replaced(workbook, home):
    with pytest.raises(SettingsError, match="'Umsatz' in book.ods has formulas: they are not replaced"):
        sheets.opened(libreoffice(workbook, "ods", home), "ods").check(["Umsatz"], {"Umsatz": 4})


def test_a_formula_that_was_never_computed_is_no_blank_address(workbook):
    with pytest.raises(SettingsError, match="'Umsatz' in book.xlsx has formulas that no program has computed"):
        sheets.opened(workbook, "xlsx").frame(["Umsatz"])


@needs_libreoffice
def test_a_formula_that_failed_is_no_address(workbook):
    book = openpyxl.load_workbook(workbook)
    for row, failed in ((2, "#N/A"), (3, "#DIV/0!")):
        cell = book["Kunden"][f"B{row}"]
        cell.value, cell.data_type = failed, "e"
    book.save(workbook)

    asked = different(sheets.opened(workbook, "xlsx").frame(["Adresse", "PLZ"]), ["Adresse", "PLZ"], {})

    assert asked.texts["text"] == ["01067", "01068", "Weg 2, 01069"]


def test_a_computed_formula_can_be_the_address(workbook, home):
    frame = sheets.opened(libreoffice(workbook, "xlsx", home), "xlsx").frame(["Umsatz"])

    assert frame["Umsatz"].tolist() == ["2134", "2136", "2138"]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "empty zip"])
@pytest.mark.parametrize("kind", ["xlsx", "ods", "parquet"])
def test_what_is_no_workbook_is_said(kind, content, tmp_path):
    file = tmp_path / f"in.{kind}"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=r"in\.\w+ is not a"):
        sheets.opened(file, kind)


def test_a_big_sheet_goes_through_in_portions(tmp_path):
    """A sheet of 12,000 rows, 8 MB of XML when unpacked, without more than a few MB of it in memory."""
    import io
    import tracemalloc

    from geopandas_batch.sheets.xlsx.rows import RowWriter
    from geopandas_batch.sheets.xlsx.styles import Styles

    row = "".join(f'<c r="{letter}%d" t="inlineStr"><is><t>{letter * 60}</t></is></c>' for letter in "ABCDEFG")
    body = "".join(f'<row r="{n}">{row % ((n,) * 7)}</row>' for n in range(1, 12_001))
    source = io.BytesIO(f"<worksheet><sheetData>{body}</sheetData></worksheet>".encode())
    values = ((number, (1.5,)) for number in range(1, 12_001))
    with (tmp_path / "sheet.xml").open("wb") as sink:
        tracemalloc.start()
        RowWriter(values, [8], 1, Styles(b""), 7, range(1, 12_001)).run(source, sink)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 4e6 < len(body)
    assert (tmp_path / "sheet.xml").read_bytes().count(b"<v>1.5</v>") == 12_000


def test_parquet_keeps_types_and_metadata(tmp_path):
    pytest.importorskip("pyarrow")
    table = pd.DataFrame({"id": ["007", "x", "y"], "n": pd.array([1, None, 3], dtype="Int64"), "adr": list("abc")})
    table["when"] = pd.to_datetime(["2024-01-01", None, "2024-01-03"])
    table.to_parquet(tmp_path / "in.parquet")

    again = pd.read_parquet(located(tmp_path / "in.parquet"))

    pd.testing.assert_frame_equal(again[list(table.columns)], table)
    assert again["lat"].tolist()[::2] == [51.5, -0.25]


@pytest.mark.parametrize("kind", ["geojson", "gpkg"])
def test_a_table_becomes_points(kind, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    (tmp_path / "in.csv").write_text("id,adr\n007,a\n008,b\n009,c\n")
    target = tmp_path / f"out.{kind}"

    sheets.convert(sheets.opened(tmp_path / "in.csv", "csv"), NEW, target, kind, {})

    points = geopandas.read_file(target)
    assert points.crs == "EPSG:4326"
    assert points["id"].tolist() == ["007", "008", "009"]
    assert (points.geometry[0].y, points.geometry[0].x) == (51.5, -0.125)
    assert points.geometry[1] is None


def test_of_a_geopackage_the_other_layers_stay_and_numbers_are_what_they_were(tmp_path):
    geopandas = pytest.importorskip("geopandas")
    numbers = pd.array([12345678901234567, None, 3], dtype="Int64")
    shapes = geopandas.points_from_xy([1, 2, 3], [4, 5, 6])
    table = geopandas.GeoDataFrame({"adr": ["a", "b", "c"], "id": numbers}, geometry=shapes, crs="EPSG:3857")
    for layer in ("towns", "streets"):
        table.to_file(tmp_path / "in.gpkg", layer=layer)

    located(tmp_path / "in.gpkg", sheet="streets")

    assert set(geopandas.list_layers(tmp_path / "out.gpkg")["name"]) == {"towns", "streets"}
    new = sheets.opened(tmp_path / "out.gpkg", "gpkg", sheet="streets")
    assert new.frame(["id"])["id"].tolist() == numbers.tolist()
    assert new.frame(["lat"])["lat"].tolist()[::2] == [51.5, -0.25]
    pd.testing.assert_frame_equal(
        geopandas.read_file(tmp_path / "out.gpkg", layer="streets")[["geometry"]], table[["geometry"]]
    )


THEIRS = """
    CREATE TABLE visits (place INTEGER REFERENCES streets (fid), day TEXT);
    INSERT INTO visits VALUES (70, '2024-01-02');
    CREATE INDEX by_address ON streets (adr);
    CREATE VIEW addresses AS SELECT adr FROM streets;
    CREATE TRIGGER visited AFTER UPDATE ON streets BEGIN UPDATE visits SET day = 'never'; END;
    UPDATE gpkg_contents SET description = 'ours' WHERE table_name = 'streets';
"""


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """A GeoPackage as somebody has it at work, with numbers of its features to which another table points."""
    geopandas = pytest.importorskip("geopandas")
    table = {"fid": [50, 60, 70], "adr": ["a", "b", "c"], "day": datetime.date(2024, 1, 2), "no": ["1", "2", "3"]}
    shapes = geopandas.points_from_xy([1, 2, 3], [4, 5, 6])
    geopandas.GeoDataFrame(table, geometry=shapes, crs="EPSG:3857").to_file(tmp_path / "in.gpkg", layer="streets")
    with closing(sqlite3.connect(tmp_path / "in.gpkg")) as base:
        base.executescript(THEIRS)
    return tmp_path / "in.gpkg"


def asked(file: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as base:
        return base.execute(statement).fetchall()


def test_a_geopackage_keeps_the_numbers_of_its_features_and_all_that_is_in_it(streets):
    after = located(streets)

    for statement in (
        "SELECT fid, geom, adr, day FROM streets",
        "SELECT * FROM visits",
        "SELECT description FROM gpkg_contents",
        "SELECT * FROM gpkg_geometry_columns",
        "SELECT type, name, tbl_name FROM sqlite_master ORDER BY name",
        "SELECT sql FROM sqlite_master WHERE name <> 'streets' ORDER BY name",
    ):
        assert asked(after, statement) == asked(streets, statement)
    assert asked(after, "SELECT fid, lat, lon, formatted FROM streets") == [
        (50, 51.5, -0.125, "=1+1"),
        (60, None, None, None),
        (70, -0.25, 13.5, "a<b&c"),
    ]
    assert asked(after, "PRAGMA integrity_check") == [("ok",)]
    again = sheets.opened(after, "gpkg").write(streets, NEW, {"lat": 3, "lon": 4, "formatted": 5})
    assert (again, asked(streets, "SELECT * FROM streets")) == ((), asked(after, "SELECT * FROM streets"))


def test_a_column_of_another_kind_is_replaced_and_all_else_stays(streets):
    new = pd.DataFrame({"no": NEW["lat"], "formatted": NEW["formatted"]})
    with closing(sqlite3.connect(streets)) as base:
        base.execute("CREATE INDEX by_number ON streets (no)")
        base.execute("CREATE TRIGGER counted UPDATE OF no ON streets BEGIN UPDATE visits SET day = NEW.no; END")
    geopandas = pytest.importorskip("geopandas")
    geopandas.read_file(streets, layer="streets").to_file(streets, layer="towns")  # with triggers of GDAL, too
    after = streets.with_name("out.gpkg")

    notes = sheets.opened(streets, "gpkg", sheet="streets").write(after, new, {"no": 2})

    assert notes == ["'no' had another kind of value: now among the last columns"]
    for statement in (
        "SELECT fid, geom, adr, day FROM streets ORDER BY fid",
        "SELECT * FROM towns",
        "SELECT * FROM visits",
        "SELECT type, name, tbl_name FROM sqlite_master ORDER BY name",
        "SELECT sql FROM sqlite_master WHERE name <> 'streets' ORDER BY name",
    ):
        assert asked(after, statement) == asked(streets, statement)
    assert asked(after, "SELECT no, typeof(no) FROM streets ORDER BY fid")[0] == (51.5, "real")
    assert asked(after, "PRAGMA integrity_check") == [("ok",)]
    assert geopandas.read_file(after, layer="streets")["no"].tolist()[::2] == [51.5, -0.25]


def test_a_column_of_another_kind_that_is_needed_is_replaced_in_a_new_layer_and_that_is_said(streets):
    new = pd.DataFrame({"no": NEW["lat"]})
    with closing(sqlite3.connect(streets)) as base:
        base.execute("DROP TABLE visits")  # which keeps GDAL from it
        base.execute("CREATE VIEW numbers AS SELECT no FROM streets")

    notes = sheets.opened(streets, "gpkg").write(streets.with_name("out.gpkg"), new, {"no": 2})

    assert len(notes) == 1 and notes[0].startswith("layer 'streets' was made anew: its features have new numbers")
    assert asked(streets.with_name("out.gpkg"), "SELECT no, typeof(no) FROM streets")[0] == (51.5, "real")


def test_a_view_is_refused_before_anything_is_asked(streets):
    with closing(sqlite3.connect(streets)) as base:
        base.executescript(
            """
            CREATE VIEW shown AS SELECT fid AS OGC_FID, geom, adr FROM streets;
            INSERT INTO gpkg_contents (table_name, identifier, data_type, srs_id)
            VALUES ('shown', 'shown', 'features', 3857);
            INSERT INTO gpkg_geometry_columns VALUES ('shown', 'geom', 'POINT', 3857, 0, 0);
            """
        )

    sheet = sheets.opened(streets, "gpkg", sheet="shown")

    assert sheet.frame(["adr"])["adr"].tolist() == ["a", "b", "c"]
    with pytest.raises(SettingsError, match="layer 'shown' is a view.* choose the table behind it"):
        sheet.check(["lat", "lon"], {})


def test_names_that_are_one_to_a_geopackage_are_refused(streets):
    with pytest.raises(SettingsError, match="the columns 'adr' and 'ADR' are one to a GeoPackage: pass --prefix"):
        sheets.opened(streets, "gpkg").check(["ADR"], {})
    with pytest.raises(SettingsError, match="the columns 'Lat' and 'lat' are one to a GeoPackage"):
        sheets.check_names("gpkg", ["Lat", "lat", "lon"])


@pytest.mark.parametrize("name", ["fid", "FID", "geom", "geometry"])
def test_a_geopackage_has_columns_of_any_name(name, tmp_path):
    pytest.importorskip("geopandas")
    (tmp_path / "in.csv").write_text(f"{name},adr\n007,a\n=1,b\nx,c\n")

    sheets.convert(sheets.opened(tmp_path / "in.csv", "csv"), NEW, tmp_path / "out.gpkg", "gpkg", {})

    assert asked(tmp_path / "out.gpkg", f"SELECT {name}, adr FROM located") == [("007", "a"), ("=1", "b"), ("x", "c")]


@pytest.mark.parametrize("kind", ["csv", "geojson"])
def test_points_are_those_of_the_new_columns_though_others_follow(kind, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    columns = ["adr", "lat", "lon", "station_lat", "station_lon"]
    rows = [dict(zip(columns, (name, 1, 2, 3, 4), strict=True)) for name in "abc"]
    file, target = tmp_path / f"in.{kind}", tmp_path / "out.geojson"
    if kind == "csv":
        pd.DataFrame(rows).to_csv(file, index=False)
    else:
        features = [{"type": "Feature", "properties": row, "geometry": None} for row in rows]
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    sheet, replaced = sheets.opened(file, kind), {"lat": 1, "lon": 2}

    if kind == "csv":
        sheets.convert(sheet, NEW, target, "geojson", replaced)
    else:
        sheet.write(target, NEW, replaced)

    point = geopandas.read_file(target).geometry[0]
    assert (point.y, point.x) == (51.5, -0.125)


def test_a_geopackage_that_is_open_elsewhere_is_refused_as_long_as_a_part_of_it_is_in_a_log(tmp_path):
    geopandas = pytest.importorskip("geopandas")
    file = tmp_path / "in.gpkg"
    geopandas.GeoDataFrame({"adr": ["a"]}, geometry=geopandas.points_from_xy([1], [2]), crs=4326).to_file(file)
    with closing(sqlite3.connect(file)) as qgis:
        qgis.execute("PRAGMA journal_mode=WAL")
        qgis.execute("CREATE TABLE mine (a)")
        qgis.commit()

        with pytest.raises(SettingsError, match=r"in.gpkg is open in another program.* in.gpkg-wal holds a part"):
            sheets.opened(file, "gpkg")
        with pytest.raises(SettingsError, match="is open in another program"):
            Target(str(file), None, None, overwrite=True, as_json=False, progress=False, quiet=True).check()

    assert sheets.opened(file, "gpkg").rows == 1


@pytest.mark.parametrize("shape", [None, {"type": "Point", "coordinates": [1, 2, 3]}], ids=["bare", "shaped"])
def test_of_geojson_all_stays_as_it_was(shape, tmp_path):
    pytest.importorskip("geopandas")
    one = {
        "adr": "Köln",
        "id": 12345678901234567,
        "day": "2024-01-02",
        "new": True,
        "tags": ["x", 1],
        "in": {"a": None},
    }
    features = [
        {"type": "Feature", "id": "abc", "properties": properties, "geometry": shape, "more": 1}
        for properties in (one, {"adr": "b"}, {"adr": None, "id": None})
    ]
    before = {"type": "FeatureCollection", "source": "the town", "features": features}
    (tmp_path / "in.geojson").write_text(json.dumps(before), "utf-8")

    after = json.loads(located(tmp_path / "in.geojson").read_text("utf-8"))

    assert [feature["properties"].pop("lat") for feature in after["features"]] == [51.5, None, -0.25]
    assert [feature["properties"].pop("lon") for feature in after["features"]] == [-0.125, None, 13.5]
    assert [feature["properties"].pop("formatted") for feature in after["features"]] == ["=1+1", None, "a<b&c"]
    if shape is None:
        assert after["features"][0]["geometry"] == {"type": "Point", "coordinates": [-0.125, 51.5]}
        after["features"][0]["geometry"] = after["features"][2]["geometry"] = None
    assert after == before


@pytest.mark.parametrize(
    ("mark", "end", "count", "indent"),
    [
        ("", "", 1, 1),
        *itertools.product([""], ["\n", "\r\n", "\n\n"], [1, 3], [None]),
        *itertools.product(["\x1e"], ["\n"], [1, 3], [None, 1]),
    ],
)
def test_features_that_are_in_no_collection_stay_what_they_are(mark, end, count, indent, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    names = ("Köln", "b", None)[:count]
    shapes = (None, {"type": "Point", "coordinates": [1, 2, 3]})
    before = [
        {"type": "Feature", "id": f"x{number}", "properties": {"adr": name}, "geometry": shapes[number % 2], "more": 1}
        for number, name in enumerate(names)
    ]
    written = (mark + json.dumps(feature, indent=indent) + end for feature in before)
    (tmp_path / "in.geojson").write_bytes("".join(written).encode())

    after = located(tmp_path / "in.geojson", NEW.head(count)).read_text("utf-8")

    lines = after.removesuffix("\n").split("\n")
    assert [line[: len(mark)] for line in lines] == [mark] * count
    features = [json.loads(line.removeprefix(mark)) for line in lines]
    assert [feature["properties"].pop("lat") for feature in features] == [51.5, None, -0.25][:count]
    for feature in features:
        del feature["properties"]["lon"], feature["properties"]["formatted"]
    if count == 1:  # there is no shape at all, so there are points
        assert features[0]["geometry"] == {"type": "Point", "coordinates": [-0.125, 51.5]}
        features[0]["geometry"] = None
    assert features == before
    assert len(geopandas.read_file(tmp_path / "out.geojson")) == count


def test_a_large_geojson_is_never_in_memory_as_objects():
    feature = {"type": "Feature", "properties": {str(number): number for number in range(100)}, "geometry": None}
    content = json.dumps({"type": "FeatureCollection", "features": [feature] * 2000}).encode()
    new = pd.DataFrame({"lat": [51.5], "lon": [0.25]}).take([0] * 2000)
    tracemalloc.start()

    written = sum(map(len, with_properties(content, new, lambda: ["lon", "lat"]) or ()))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written > len(content) > 1_000_000
    assert peak < len(content)


def test_what_cannot_become_points_is_refused_before_anything_is_asked(tmp_path):
    pytest.importorskip("geopandas")
    feature = {"type": "Feature", "properties": {"x": 1, "y": 2}, "geometry": None}
    (tmp_path / "in.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))

    with pytest.raises(SettingsError, match="there is no column 'lon' to make points of"):
        sheets.opened(tmp_path / "in.geojson", "geojson").check(["formatted"], {})


def test_properties_that_are_none_spoil_no_others(tmp_path):
    pytest.importorskip("geopandas")
    features = [{"type": "Feature", "properties": {"adr": "a"}, "geometry": None} for _ in range(3)]
    features[1]["properties"] = [1]
    (tmp_path / "in.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    after = json.loads(located(tmp_path / "in.geojson").read_text())

    assert [feature["properties"]["lat"] for feature in after["features"]] == [51.5, None, -0.25]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv", "tsv"])
def test_text_stays_text_in_another_kind_of_file(kind, tmp_path):
    (tmp_path / "in.csv").write_text("id;date;code\n007;1.2.2024;1e5\n=1;2024-01-02;00\n-3;TRUE;x\n")
    target = tmp_path / f"out.{kind}"

    sheets.convert(sheets.opened(tmp_path / "in.csv", "csv"), NEW, target, kind, {})

    again = sheets.opened(target, kind).frame(["id", "date", "code", "lat"])
    assert [text.lstrip("'") for text in again["id"]] == ["007", "=1", "-3"]
    assert again["code"].tolist() == ["1e5", "00", "x"]
    assert again["lat"].tolist() == ["51.5", "", "-0.25"]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv", "geojson", "gpkg"])
def test_cells_of_any_type_become_what_the_other_kind_of_file_can_hold(kind, tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("geopandas")
    day = datetime.datetime(2024, 1, 2, 3, 4, 5)
    columns = {
        "id": [12345678901234567, 2, None],
        "zone": [day.replace(tzinfo=datetime.UTC), None, None],
        "when": [day, None, day.replace(year=1815)],
        "lasts": [datetime.timedelta(hours=1), None, datetime.timedelta(hours=-1)],
        "list": [list(range(2000)), [], None],
        "parts": [{"a": list(range(2000))}, None, None],
        "decimal": [Decimal("12345678901234567890"), Decimal("-1.50"), None],
        "bytes": [b"=1+1", b"Oslo", b"\xff\x00"],
        "endless": [math.inf, -math.inf, math.nan],
        "dirty": ["a\0b", None, ""],
        "half": pa.array(np.array([1.5, 2, 3], "float16")),
        "large": pa.array([2**64 - 1, None, 1], pa.uint64()),
        "small": pa.array([1, None, 3], pa.uint64()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    target = tmp_path / f"out.{kind}"

    sheets.convert(sheets.opened(tmp_path / "in.parquet", "parquet"), NEW, target, kind, {})

    again = sheets.opened(target, kind).frame([*columns, "lat"]).astype(object)
    again = again.where(again.notna(), "")
    assert again["lat"].astype(str).tolist() == ["51.5", "", "-0.25"]
    if kind in ("geojson", "gpkg"):
        assert again["large"].tolist() == ["18446744073709551615", "", "1"]
        assert again["small"].tolist() == [1, "", 3]
        assert again["half"].tolist() == [1.5, 2.0, 3.0]
        if kind == "gpkg":
            assert again["list"].tolist() == [str(columns["list"][0]), "[]", ""]
        else:  # which has lists
            features = json.loads(target.read_text("utf-8"))["features"]
            assert [feature["properties"]["list"] for feature in features] == columns["list"]
        assert again["bytes"].tolist() == ["=1+1", "Oslo", "ff00"]
        assert again["dirty"].tolist() == ["ab", "", ""]
        return
    assert again["id"].tolist() == ["12345678901234567", "2", ""]
    assert [text[:19] for text in again["zone"]] == ["2024-01-02 03:04:05", "", ""]
    assert [text[:10] for text in again["when"]] == ["2024-01-02", "", "1815-01-02"]
    assert [text.lstrip("'") for text in again["bytes"]] == ["=1+1", "Oslo", "ff00"]
    assert again["list"].tolist() == [str(columns["list"][0]), "[]", ""]
    assert again["parts"].tolist() == [str(columns["parts"][0]), "", ""]
    assert again["decimal"].tolist() == ["12345678901234567890.00", "-1.50" if kind == "csv" else "-1.5", ""]
    assert again["endless"].tolist() == ["inf", "-inf", ""]


def test_text_that_is_too_long_for_excel_is_cut_and_told_of(tmp_path):
    (tmp_path / "in.csv").write_text(f"adr,more\n{'a' * 32_767},x\nb,{'y' * 32_768}\nc,\n")

    notes = sheets.convert(sheets.opened(tmp_path / "in.csv", "csv"), NEW, tmp_path / "out.xlsx", "xlsx", {})

    assert notes == ["1 cell was longer than the 32,767 letters that Excel holds, and cut"]


def libreoffice(file: Path, kind: str, home: Path) -> Path:
    """The file as LibreOffice saves it in another kind."""
    env = {**os.environ, "HOME": str(home)}
    command = [str(SOFFICE), "--headless", "--convert-to", kind, "--outdir", str(file.parent / "lo"), str(file)]
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=120)
    return file.parent / "lo" / f"{file.stem}.{kind.partition(':')[0]}"


def shown(file: Path, home: Path) -> list[list[str]]:
    """The first sheet as LibreOffice shows it."""
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1"  # comma, quote, UTF-8, from line 1
    with libreoffice(file, options, home).open(encoding="utf-8") as stream:
        return list(csv.reader(stream))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@needs_libreoffice
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_libreoffice_shows_its_own_files_as_before_with_new_columns(kind, workbook, home):
    file = libreoffice(workbook, kind, home)
    before = shown(file, home)

    after = shown(located(file), home)

    width = len(before[0])
    assert [row[:width] for row in after] == before
    assert [row[width:] for row in after][:4] == [
        ["lat", "lon", "formatted"],
        ["51.5", "-0.125", "=1+1"],
        ["", "", ""],
        ["-0.25", "13.5", "a<b&c"],
    ]


def test_a_table_of_pandas_keeps_all_its_cells(tmp_path):
    table = pd.DataFrame({"id": ["007", "=x", "-3"], "n": [1, -2, 3], "x": [0.5, math.nan, 1e-9]})
    table["when"] = pd.to_datetime(["2024-01-01 10:30", None, "1999-12-31 00:00"])
    table["yes"] = [True, False, None]
    table.to_excel(tmp_path / "in.xlsx", index=False, sheet_name="Daten", startrow=2, freeze_panes=(3, 1))

    old, new = (openpyxl.load_workbook(file)["Daten"] for file in (tmp_path / "in.xlsx", located(tmp_path / "in.xlsx")))

    assert [str(cell) for cell in cells_of(new, 5)] == [str(cell) for cell in cells_of(old, 5)]
    assert new.freeze_panes == old.freeze_panes
    assert [cell.value for cell in new[3]] == ["id", "n", "x", "when", "yes", "lat", "lon", "formatted"]
    assert [row[5].value for row in new.iter_rows(min_row=4)] == [51.5, None, -0.25]


# Between cells, around text, encoding (1 is cp1252, 76 UTF-8, 65535 UTF-16) and first line, as its dialog has them.
@needs_libreoffice
@pytest.mark.parametrize(
    ("options", "told"),
    [("59,34,1,1", "cp1252, semicolon"), ("9,34,65535,1", "utf-16-le with mark, tab"), ("44,34,76,1", "utf-8, comma")],
)
def test_exports_of_libreoffice_keep_each_byte(options, told, tmp_path, home):
    book = openpyxl.Workbook()
    for row in (["id", "Straße", "Preis"], ["007", 'Weg 5, "Hof"\nhinten', 1.5], ["008", "Allée; é", 2.25], [None] * 3):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    file = libreoffice(tmp_path / "in.xlsx", f"csv:Text - txt - csv (StarCalc):{options}", home)

    sheet = sheets.opened(file, "csv")
    widener = sheet.widener(["lat"], replaced={})
    out = widener.head() + b"".join(
        widener.rows(chunk, widener.cells(pd.DataFrame({"lat": [0.5] * len(chunk.rows)})))
        for chunk in sheet.chunks(["straße"], 2)
    )

    assert told in sheet.notes[0]
    assert sheet.frame(["Straße"])["Straße"].tolist() == ['Weg 5, "Hof"\nhinten', "Allée; é"]
    name, mark, separator = sheet.dialect.encoding, sheet.dialect.mark, sheet.dialect.separator
    text = out.removeprefix(mark).decode(name)
    without = text.replace(f"{separator}lat", "", 1).replace(f"{separator}0.5", "").replace(f"{separator}0,5", "")
    assert mark + without.encode(name) == file.read_bytes()
    assert text.count(f"{separator}0") == 2


@needs_libreoffice
def test_an_ods_file_keeps_every_part_but_its_content(workbook, home):
    file = libreoffice(workbook, "ods", home)

    with zipfile.ZipFile(file) as old, zipfile.ZipFile(located(file)) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        first = new.infolist()[0]

    assert changed == {"content.xml"}
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
