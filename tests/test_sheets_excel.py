"""Workbooks as Excel writes them, byte by byte: what it has that openpyxl never writes stays, and is read rightly."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from geopandas_batch import sheets
from geopandas_batch.errors import SettingsError

openpyxl = pytest.importorskip("openpyxl")

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

TYPES = f"""{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default \
Extension="rels" \
ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" \
ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>\
<Override PartName="/xl/worksheets/sheet2.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>\
<Override PartName="/xl/styles.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>\
<Override PartName="/xl/sharedStrings.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>\
<Override PartName="/xl/tables/table1.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"/>\
</Types>"""
ROOT = f"""{HEAD}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{LINKS}/officeDocument" \
Target="xl/workbook.xml"/></Relationships>"""
BOOK = f"""{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><workbookPr defaultThemeVersion="166925"/><bookViews>\
<workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="12225" activeTab="1"/></bookViews><sheets>\
<sheet name="Notes &amp; more" sheetId="1" r:id="rId1"/><sheet name="Kunden" sheetId="4" r:id="rId2"/></sheets>\
</workbook>"""
BOOK_LINKS = f"""{HEAD}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId2" Type="{LINKS}/worksheet" \
Target="/xl/worksheets/sheet2.xml"/><Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>\
<Relationship Id="rId3" Type="{LINKS}/styles" Target="styles.xml"/><Relationship Id="rId4" \
Type="{LINKS}/sharedStrings" \
Target="sharedStrings.xml"/></Relationships>"""
STRINGS = f"""{HEAD}<sst xmlns="{MAIN}" count="8" uniqueCount="8"><si><t>Straße</t></si><si><t>PLZ</t></si><si>\
<t>ZIP</t></si>\
<si><t>Datum</t></si><si><t>Voll</t></si><si><r><t xml:space="preserve">Weg </t></r><r><rPr><b/></rPr><t>5</t></r>\
</si>\
<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si><si><t>Allee_x000D_
1 _x005F_x</t></si></sst>"""
STYLES = f"""{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="00000"/><numFmt \
numFmtId="165" formatCode="00000\\-0000"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/>\
</font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>\
</fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf \
numFmtId="0" \
fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" \
borderId="0" \
xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" \
fontId="0" \
fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" \
xfId="0" \
applyNumberFormat="1"/></cellXfs></styleSheet>"""
NOTES = f"""{HEAD}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>"""
# Rows with gaps, spans and heights; a formula that gives an empty text, and one that is shared.
CELLS = f"""{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}" \
xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"><dimension ref="A1:E7"/><sheetViews>\
<sheetView \
workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>\
</sheetViews>\
<sheetFormatPr defaultRowHeight="15" x14ac:dyDescent="0.25"/><cols><col min="1" max="5" width="17.28515625" \
customWidth="1"/></cols><sheetData><row r="1" spans="1:5" x14ac:dyDescent="0.25"><c r="A1" t="s"><v>0</v></c><c \
r="B1" \
t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c></row>\
<row r="2" spans="1:5" ht="30" customHeight="1"><c r="A2" t="s"><v>5</v></c><c r="B2" s="1"><v>1067</v></c><c r="C2" \
s="2">\
<v>21390001</v></c><c r="D2" s="3"><v>45292</v></c><c r="E2" t="str"><f t="shared" ref="E2:E4" si="0">A2&amp;""</f>\
<v>Weg 5</v></c></row><row r="3" spans="1:5"><c r="A3" t="s"><v>6</v></c><c r="B3"><v>1.0</v></c><c r="D3" s="3">\
<v>45292.5</v>\
</c><c r="E3" t="str"><f t="shared" si="0"/><v></v></c></row><row r="4" spans="1:5"/><row r="6" spans="1:5"><c \
r="A6" t="s">\
<v>7</v></c><c r="B6" t="b"><v>1</v></c><c r="C6" t="e"><v>#N/A</v></c><c r="D6" s="3"/></row><row r="7" spans="1:5">\
<c r="A7" s="1"/></row></sheetData><autoFilter ref="A1:E6"/><mergeCells count="1"><mergeCell ref="A7:C7"/>\
</mergeCells>\
<conditionalFormatting sqref="B2:B6"><cfRule type="duplicateValues" priority="1"/></conditionalFormatting>\
<pageMargins left="0.7" \
right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/><extLst><ext uri="{{x}}"/></extLst></worksheet>"""

# openpyxl tells what it would lose.
pytestmark = pytest.mark.filterwarnings("ignore:.*(default style|extension is not supported)")
NEW = pd.DataFrame({"lat": [51.5, float("nan"), 0.25], "formatted": ["=1+1", None, "a<b & _x0041_"]})


def written(file: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return file


@pytest.fixture
def parts() -> dict[str, str]:
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": BOOK_LINKS,
        "xl/worksheets/sheet1.xml": NOTES,
        "xl/worksheets/sheet2.xml": CELLS,
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": STRINGS,
        "xl/pivotTables/pivotTable1.xml": "<what/>",
        "xl/media/image1.png": "\x89PNG",
        "customXml/item1.xml": "<own/>",
    }


@pytest.fixture
def book(parts: dict[str, str], tmp_path: Path) -> Path:
    return written(tmp_path / "in.xlsx", parts)


def located(file: Path) -> Path:
    target = file.with_name("out.xlsx")
    sheets.opened(file, "xlsx").write(target, NEW, {})
    return target


def test_cells_are_read_as_excel_shows_them(book):
    sheet = sheets.opened(book, "xlsx")

    assert sheet.frame(["Straße"])["Straße"].tolist() == ["Weg 5", "東京", "Allee\r\n1 _x"]
    assert sheet.frame(["PLZ"])["PLZ"].tolist() == ["01067", "1", "TRUE"]
    assert sheet.frame(["ZIP"])["ZIP"].tolist() == ["02139-0001", "", "#N/A"]
    assert sheet.frame(["Datum"])["Datum"].tolist() == ["2024-01-01", "2024-01-01 12:00:00", ""]
    assert sheet.frame(["Voll"])["Voll"].tolist() == ["Weg 5", "", ""]  # an empty text was computed, too


def test_the_sheet_that_was_open_is_meant(book):
    assert "sheet 'Kunden'" in sheets.opened(book, "xlsx").notes
    with pytest.raises(
        SettingsError,
        match="'Notes & more' of in.xlsx is empty. Its sheets are 'Notes & more', \
'Kun",
    ):
        sheets.opened(book, "xlsx", sheet="Notes & more")


def test_without_the_new_cells_the_sheet_is_the_same_byte_for_byte(book, parts):
    with zipfile.ZipFile(located(book)) as out:
        new = {name: out.read(name).decode() for name in out.namelist()}

    assert set(new) == set(parts)
    changed = {name for name in parts if new[name] != parts[name]}
    assert changed == {"xl/worksheets/sheet2.xml", "xl/styles.xml"}
    cells = new["xl/worksheets/sheet2.xml"]
    added = re.findall(r'<c r="[FG]\d"[^>]*?(?:/>|>.*?</c>)', cells)
    assert len(added) == 2 * 4
    for cell in added:
        cells = cells.replace(cell, "")
    cells = cells.replace('<dimension ref="A1:G7"/>', '<dimension ref="A1:E7"/>')
    cells = re.sub(r'<row r="(\d)"([^>]*?) spans="1:7">', r'<row r="\1" spans="1:5"\2>', cells)
    cells = cells.replace('<col min="6" max="7" width="12.7109375" customWidth="1"/>', "")
    assert cells == parts["xl/worksheets/sheet2.xml"]


def test_openpyxl_finds_the_new_cells_and_no_formula_among_them(book):
    sheet = openpyxl.load_workbook(located(book))["Kunden"]

    assert [sheet[name].value for name in ("F1", "F2", "F3", "F6")] == ["lat", 51.5, None, 0.25]
    assert (sheet["G2"].value, sheet["G2"].data_type) == ("=1+1", "s")
    assert sheet["F2"].number_format == "General"  # beside a text, and not like the date


def test_a_strict_workbook_with_prefixes_and_cells_without_names_is_read_and_written(parts, tmp_path):
    main = re.sub(r"<(/?)(?=[a-z])", r"<\1x:", CELLS).replace(f'xmlns="{MAIN}"', f'xmlns:x="{STRICT}"')
    main = re.sub(r' r="[A-E]?\d"(?=[ >/])', "", main).replace("<x:row", '<x:row x:own=""')
    texts = {name: parts[name].replace(MAIN, STRICT).replace(LINKS, STRICT_LINKS) for name in parts}
    file = written(tmp_path / "in.xlsx", {**texts, "xl/worksheets/sheet2.xml": main})

    sheet = sheets.opened(file, "xlsx")

    assert sheet.frame(["Straße"])["Straße"].tolist() == ["Weg 5", "東京", "Allee\r\n1 _x"]
    again = sheets.opened(located(file), "xlsx")
    assert again.frame(["lat"])["lat"].tolist() == ["51.5", "", "0.25"]
    assert again.frame(["formatted"])["formatted"].tolist() == ["=1+1", "", "a<b & _x0041_"]


def test_days_may_be_counted_from_1904(parts, tmp_path):
    book = parts["xl/workbook.xml"].replace("<workbookPr ", '<workbookPr date1904="1" ')
    file = written(tmp_path / "in.xlsx", {**parts, "xl/workbook.xml": book})

    assert sheets.opened(file, "xlsx").frame(["Datum"])["Datum"].tolist()[0] == "2028-01-02"


@pytest.mark.parametrize("cut", [1000, -100, -10])
def test_a_damaged_sheet_is_said_before_anything_is_asked(cut, parts, tmp_path):
    file = written(tmp_path / "in.xlsx", {**parts, "xl/worksheets/sheet2.xml": CELLS[:cut]})

    with pytest.raises(SettingsError, match="in.xlsx is damaged"):
        sheets.opened(file, "xlsx")
