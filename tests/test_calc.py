"""The add-in in a real LibreOffice: installed, calculated, saved and opened again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from geopandas_batch.calc import write_extension
from geopandas_batch.cli import main
from geopandas_batch.testing import FakeGeoapify

# Run by a Python that has UNO, which drives an office over a pipe; each part is followed by END.
BEGIN = '''
import json, sys, time
import uno, unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.task import XInteractionHandler
from com.sun.star.ucb import XCommandEnvironment

class Environment(unohelper.Base, XCommandEnvironment):
    def getInteractionHandler(self): return Willing()
    def getProgressHandler(self): return None

class Willing(unohelper.Base, XInteractionHandler):
    """Says yes to the question whether the add-in shall be installed."""
    def handle(self, request):
        for choice in request.getContinuations():
            if choice.queryInterface(uno.getTypeByName("com.sun.star.task.XInteractionApprove")) is not None:
                choice.select()

PIPE, EXTENSION, SAVED, DEADLINE = sys.argv[1], sys.argv[2], sys.argv[3], time.monotonic() + 100
resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
while True:
    try:
        context = resolver.resolve(f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext")
        break
    except Exception:
        if time.monotonic() > DEADLINE:
            raise
        time.sleep(0.1)

desktop = context.ServiceManager.createInstance("com.sun.star.frame.Desktop")
'''
INSTALL = """
manager = context.getValueByName("/singletons/com.sun.star.deployment.ExtensionManager")
manager.addExtension(EXTENSION, (), "user", None, Environment())
"""
CALCULATE = """
def loaded(url):
    return desktop.loadComponentFromURL(url, "_blank", 0, (PropertyValue("Hidden", 0, True, 0),))

def until(condition):
    while not condition():
        assert time.monotonic() < DEADLINE, "the cells do not change"
        time.sleep(0.05)

def shown(cell):
    return cell.getError() or (cell.String if cell.FormulaResultType2 == 2 else cell.Value)

def column(sheet, letter, count):
    return [shown(sheet.getCellRangeByName(f"{letter}{row}")) for row in range(1, count + 1)]

document = loaded("private:factory/scalc")
sheet = document.Sheets.getByIndex(0)
said = {}

COUNT = 300
for row in range(1, COUNT + 1):
    sheet.getCellRangeByName(f"A{row}").String = f"Street {row}"
    sheet.getCellRangeByName(f"B{row}").Formula = f"=GEO.LAT(A{row})"
    sheet.getCellRangeByName(f"C{row}").Formula = f"=GEO.LON(A{row})"
document.calculateAll()
until(lambda: not any(cell == 32767 for letter in "BC" for cell in column(sheet, letter, COUNT)))
said["lat"], said["lon"] = column(sheet, "B", COUNT), column(sheet, "C", COUNT)

others = {
    "E1": '=GEO.LAT("nowhere")', "E2": '=GEO.LAT("refused")', "E3": '=GEO.STATUS("nowhere")',
    "E4": '=GEO.ADDRESS("Oslo")', "E5": "=GEO.REVERSE(52.5;13.4)", "E6": "=GEO.REVERSE(91;13.4)",
    "E7": '=GEO.STATUS("refused")', "E8": "=GEO.LAT(F1)", "E9": '=GEO.STATUS("Street 1")',
    "E10": "=GEO.REVERSE(F1;F2)", "E11": "=GEO.LAT(A1:B3)", "E12": "=GEO.STATUS(A1:B3)",
    "F3": "=NA()", "E13": "=GEO.LAT(F3)",
}
for name, formula in others.items():
    sheet.getCellRangeByName(name).Formula = formula
sheet.getCellRangeByName("G1:H1").setArrayFormula('=GEO.LOCATE("Oslo")')
document.calculateAll()
waiting = ("E2", "E3", "E4", "E5", "E6", "E7", "E9", "E11", "E12", "G1")
until(lambda: not any(shown(sheet.getCellRangeByName(name)) == 32767 for name in waiting))
said["others"] = {name: shown(sheet.getCellRangeByName(name)) for name in (*others, "G1", "H1")}

document.storeToURL(SAVED, ())
document.close(True)
document = loaded(SAVED)
document.calculateAll()
sheet = document.Sheets.getByIndex(0)
until(lambda: not any(cell == 32767 for cell in column(sheet, "B", COUNT)))
said["opened again"] = column(sheet, "B", COUNT)
document.close(True)
print(json.dumps(said))
"""
END = """
try:
    desktop.terminate()
except Exception:  # the office is gone before it answers
    pass
"""


def python_with_uno() -> str | None:
    for name in (
        "/usr/bin/python3",
        "/Applications/LibreOffice.app/Contents/Resources/python",
        shutil.which("python3"),
    ):
        has_uno = [name or "", "-c", "import uno"]
        if name and Path(name).exists() and subprocess.run(has_uno, capture_output=True, check=False).returncode == 0:
            return name
    return None


@pytest.fixture(scope="module")
def office() -> str:
    return shutil.which("soffice") or pytest.skip("LibreOffice is not installed")


@pytest.fixture
def said(office: str, tmp_path: Path, fake: FakeGeoapify, cache_file: Path) -> dict[str, Any]:
    """What the cells show, in an office in which the add-in was installed."""
    driver = python_with_uno() or pytest.skip("no Python with UNO is installed")
    extension = write_extension(tmp_path / "geo.oxt")
    # An office that is started inside a virtual environment looks there for the library of its own Python.
    theirs = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    theirs["PATH"] = os.defpath
    ours = {"GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url, "GEOPANDAS_BATCH_CACHE": str(cache_file)}
    printed = ""
    for number, part in enumerate([INSTALL, CALCULATE]):  # an office knows new functions when it is started again
        pipe = f"geopandas-batch-{os.getpid()}-{number}"
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [office, "--headless", "--norestore", profile, f"--accept=pipe,name={pipe};urp;"]
        arguments = [BEGIN + part + END, pipe, extension.as_uri(), (tmp_path / "saved.ods").as_uri()]
        environment = theirs | ours | {"HOME": str(tmp_path)}
        with subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL) as running:
            try:
                driven = subprocess.run(
                    [driver, "-c", *arguments], capture_output=True, text=True, timeout=110, check=False, env=theirs
                )
                assert driven.returncode == 0, driven.stderr
                printed += driven.stdout
                running.wait(timeout=60)
            finally:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)
    return dict(json.loads(printed))


@pytest.mark.timeout(280)
def test_cells_of_calc_share_requests_and_show_what_they_found(said: dict[str, Any], fake: FakeGeoapify) -> None:
    streets = [fake.expected(f"Street {row}") for row in range(1, 301)]
    others = said["others"]

    assert said["lat"] == [lat for lat, _ in streets]
    assert said["lon"] == [lon for _, lon in streets]
    assert said["opened again"] == said["lat"]
    assert len(fake.inputs) == len(set(fake.inputs))  # nothing twice, though GEO.LAT and GEO.LON ask the same
    assert len(fake.submits) <= 3
    assert (others["E1"], others["E2"], others["E6"]) == (32767, 519, 519)  # #N/A, #VALUE!
    assert others["E3"] == "not found"
    assert others["E4"] == "Oslo"
    assert others["E5"] == fake.expected_address(52.5, 13.4)
    assert "refused this address" in others["E7"]
    assert (others["E8"], others["E10"]) == ("", "")  # of empty cells
    assert others["E9"].startswith("located by building")
    assert (others["E11"], others["E13"]) == (519, 32767)  # of several cells, of one with an error
    assert others["E12"] == "not asked: one cell, not a range: fill the formula down"
    assert not any("[" in str(asked) for asked in fake.inputs)
    assert (others["G1"], others["H1"]) == fake.expected("Oslo")


def test_the_process_answers_and_ends_with_its_input(fake: FakeGeoapify, cache_file: Path) -> None:
    questions = [
        {"id": 1, "name": "lat", "arguments": ["Oslo"]},
        {"id": 2, "name": "lat", "arguments": ["nowhere"]},
        {"id": 3, "name": "locate", "arguments": ["nowhere"]},
    ]
    environment = os.environ | {"GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url}
    process = subprocess.Popen(
        [sys.executable, "-m", "geopandas_batch.calc"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.writelines(json.dumps(question) + "\n" for question in questions)
        process.stdin.flush()
        replies = [json.loads(process.stdout.readline()) for _ in questions]
        process.stdin.close()

        assert process.wait(timeout=30) == 0
    assert sorted(replies, key=lambda reply: reply["id"]) == [
        {"id": 1, "value": fake.expected("Oslo")[0]},
        {"id": 2, "error": 32767},
        {"id": 3, "error": 32767},
    ]


def test_the_command_writes_the_add_in(tmp_path: Path) -> None:
    ended = CliRunner().invoke(main, ["calc", str(tmp_path / "geo.oxt")])
    refused = CliRunner().invoke(main, ["calc", str(tmp_path / "geo.zip")])
    nowhere = CliRunner().invoke(main, ["calc", str(tmp_path / "no folder" / "geo.oxt")])

    assert (ended.exit_code, refused.exit_code, nowhere.exit_code) == (0, 2, 2)
    assert json.loads(ZipFile(tmp_path / "geo.oxt").read("settings.json"))["command"][0] == sys.executable
    assert "ends in .oxt" in refused.output
    assert "cannot be written" in nowhere.output
