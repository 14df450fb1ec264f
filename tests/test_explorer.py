"""The map to drag, zoom and click: one page, all in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import SettingsError


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "name": ["a", "b</script><b>", None, "d"],
            "lat": [59.91, 48.86, np.nan, 48.86],
            "lon": [10.75, 2.35, 3.0, 2.35],
            "match": ["city", "street", "none", "street"],
        },
        index=["w", "x", "y", "z"],
    )


def data_of(explorer):
    (text,) = re.findall(r"^const data = (.*);$", explorer.page, flags=re.MULTILINE)
    return json.loads(text)


def test_points_cells_and_colours_are_in_the_page(frame):
    frame.attrs["attribution"] = ["© Somebody"]
    data = data_of(frame.geo.explore())

    assert list(zip(data["lat"], data["lon"], strict=True)) == [(59.91, 10.75), (48.86, 2.35), (48.86, 2.35)]
    assert [[name, count] for name, _, count in data["groups"]] == [["street", 2], ["city", 1]]
    assert data["group"] == [1, 0, 0] and data["missing"] == 1 and data["labels"] == ["w", "x", "z"]
    assert dict(zip(data["columns"], data["cells"], strict=True)) == {
        "name": ["a", "b</script><b>", "d"],
        "match": ["city", "street", "street"],
    }
    assert data["credits"] == "© Somebody · Natural Earth"


def test_the_page_asks_nobody_until_a_link_is_clicked(frame):
    page = frame.geo.explore().page

    assert page.count("</script>") == 1
    assert set(re.findall(r"https?://[^/\"`]+", page)) == {"https://www.openstreetmap.org"}
    assert not re.search(r"(src|import|fetch|XMLHttp)\W*[=(]", page)


def test_numbers_are_put_into_classes(frame):
    data = data_of(frame.assign(sure=[0.0, 0.5, 0.7, 1.0]).geo.explore(color_by="sure", popup=["sure"]))

    assert [name for name, _, _ in data["groups"]] == ["0 to 0.2", "0.4 to 0.6", "0.8 to 1"]
    assert data["group"] == [0, 1, 2] and data["cells"] == [["0", "0.5", "1"]]


def test_a_notebook_gets_a_frame_of_its_own_and_a_prompt_says_what_to_do(frame, tmp_path):
    explorer = frame.geo.explore(height=300)

    html = explorer._repr_html_()
    assert "height:300px" in html and 'sandbox="allow-scripts' in html and "<script" not in html
    assert ".save('map.html')" in repr(explorer)
    explorer.save(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_text(encoding="utf-8") == explorer.page


def test_what_cannot_be_shown_is_refused(frame):
    with pytest.raises(SettingsError, match="no column 'town'"):
        frame.geo.explore(popup=["town"])
    with pytest.raises(SettingsError, match=r"popup must be a list of columns, such as \['name'\]"):
        frame.geo.explore(popup="name")
    with pytest.raises(SettingsError, match="height must be a whole number of 1 or more, not '50%'"):
        frame.geo.explore(height="50%")
    with pytest.raises(SettingsError, match="title must be text, not 5"):
        frame.geo.explore(title=5)
    many = pd.DataFrame({"lat": np.zeros(50_001), "lon": np.zeros(50_001)})
    with pytest.raises(SettingsError, match=r"sample|\.plot"):
        many.geo.explore()
    assert data_of(frame.iloc[:0].geo.explore())["groups"] == []


def seen_in_chromium(page: str, folder: Path) -> str:
    """The page after its scripts, in a browser that finds no network."""
    (folder / "map.html").write_text(page, encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    offline = ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000"]
    page_file = (folder / "map.html").as_uri()
    return subprocess.run(
        [*command, *offline, "--dump-dom", page_file], capture_output=True, text=True, timeout=60, check=True
    ).stdout


needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")


@needs_chromium
def test_a_browser_without_a_network_draws_it(tmp_path):
    located = geopandas_batch.locate(["Oslo, Norway", "Bergen, Norway"], service="gazetteer", details=True)
    located.geo.explore().save(tmp_path / "saved.html")
    # When the outlines are read, the page says in its title how many there are.
    page = (tmp_path / "saved.html").read_text(encoding="utf-8")
    counted = "readOutlines().then(() => { document.title = rings.length; });</script>"

    seen = seen_in_chromium(page.replace("readOutlines();\n</script>", counted), tmp_path)

    assert re.search(r"<title>\d{4}</title>", seen)
    assert "<span>city (2)</span>" in seen and "GeoNames" in seen
    assert re.search(r'id="scale"[^>]*>\d+ k?m<', seen)


@needs_chromium
def test_no_point_is_shown_twice_where_one_world_holds_them_all(tmp_path):
    frame = pd.DataFrame({"lat": [60.0, -37.0, 43.0], "lon": [25.0, 174.8, -123.0]})
    drawn = "turns().flatMap(turn => [...xs].filter((x, n) => "
    drawn += "px(x, turn) > 0 && px(x, turn) < width && py(ys[n]) > 0 && py(ys[n]) < height)).length"
    page = frame.geo.explore().page.replace("position: relative; height: 100%;", "width: 1000px; height: 400px;")
    page = page.replace("  paintScale();\n", f"  paintScale(); document.title = 'drawn: ' + {drawn};\n")

    seen = seen_in_chromium(page, tmp_path)

    assert "<title>drawn: 3</title>" in seen
