"""Frames as maps: GeoDataFrames that equal GeoPandas' own, and pictures that are rendered and looked at."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import geopandas
import matplotlib
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from geopandas_batch.errors import SettingsError
from geopandas_batch.maps import plot, to_geodataframe
from geopandas_batch.maps.outlines import STEP, basemap, build, decode, read
from geopandas_batch.maps.outlines.colours import COLOURS, PLAIN

OSLO, PARIS, ATLANTIC = (59.91, 10.75), (48.86, 2.35), (40.0, -40.0)


@pytest.fixture
def frame():
    located = pd.DataFrame({"name": ["a", "b", "c"], "lat": [59.91, np.nan, 48.86], "lon": [10.75, 3.0, 2.35]})
    return located.assign(match=["city", "none", "street"])


@pytest.fixture
def ax():
    return Figure(figsize=(6, 4), dpi=100).subplots()


def pixels(ax):
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255


def colour_at(ax, lat, lon):
    image = pixels(ax)
    x, y = ax.transData.transform((lon, lat))
    return image[len(image) - 1 - int(y), int(x)]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def run(code):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([7, 7, 7]),
        pd.Index(["z", None, "a"]),
        pd.MultiIndex.from_tuples([("x", 1), ("x", 1), ("y", 0)], names=["p", "q"]),
    ],
    ids=["equal labels", "unordered with a blank", "MultiIndex"],
)
def test_rows_columns_and_index_are_those_geopandas_keeps(index):
    frame = pd.DataFrame({"lat": [1.0, 2.0, 3.0], "lon": [4.0, 5.0, 6.0], "note": list("abc")}, index=index)
    expected = geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(frame.lon, frame.lat), crs=4326)
    assert_geodataframe_equal(to_geodataframe(frame), expected)


def test_row_with_half_a_coordinate_gets_an_empty_point(frame):
    assert to_geodataframe(frame).geometry.is_empty.to_list() == [False, True, False]


def test_frame_stays_as_it_is(frame):
    before = frame.copy(deep=True)
    located = to_geodataframe(frame)
    located.loc[:, "name"] = "changed"
    pd.testing.assert_frame_equal(frame, before)


def test_another_geometry_stays_and_the_points_become_the_active_one():
    shapes = geopandas.GeoSeries.from_xy([500000.0], [0.0], crs=32631)
    frame = geopandas.GeoDataFrame({"lat": [0.0], "lon": [3.0]}, geometry=shapes).rename_geometry("shape")
    located = to_geodataframe(frame)
    assert located["shape"].crs.to_epsg() == 32631
    assert located.geometry.geom_equals_exact(located["shape"].to_crs(4326), 1e-6).all()


def test_credits_of_the_answers_travel_with_the_points(frame):
    frame.attrs["attribution"] = ["GeoNames"]
    assert to_geodataframe(frame).attrs == {"attribution": ["GeoNames"]}


@pytest.mark.parametrize("dtype", ["Float64", "float32", "object", "category", "str", "Int64"])
def test_coordinates_of_any_numeric_kind_give_the_same_points(dtype):
    frame = pd.DataFrame({"lat": [1, 2], "lon": [3, 4]})
    points = to_geodataframe(frame.astype(dtype)).geometry
    assert points.geom_equals(to_geodataframe(frame).geometry).all()


@pytest.mark.parametrize("blank", [None, np.nan, pd.NA, "", "  "])
def test_blank_of_any_kind_is_no_coordinate(blank):
    frame = pd.DataFrame({"lat": pd.Series([blank, 1.5], dtype=object), "lon": [2.0, 3.0]})
    assert to_geodataframe(frame).geometry.is_empty.to_list() == [True, False]


@pytest.mark.parametrize("wrong", ["north", "59,91", True, 1j, pd.Timestamp(0), [1.0]])
def test_what_is_no_number_is_named_by_position(wrong):
    frame = pd.DataFrame({"lat": pd.Series([1.0, wrong, None, wrong], dtype=object), "lon": 0.0}).set_axis([9] * 4)
    with pytest.raises(SettingsError, match=r"'lat' is not a number in 2 of 4 rows \(positions for iloc: 1, 3\)"):
        to_geodataframe(frame)


@pytest.mark.parametrize(("lat", "lon", "named"), [(90.01, 0, "lat"), (np.inf, 0, "lat"), (0, -180.01, "lon")])
def test_what_is_not_on_earth_is_named_by_position(lat, lon, named):
    frame = pd.DataFrame({"lat": [0, lat], "lon": [0, lon]})
    with pytest.raises(SettingsError, match=rf"'{named}' is not within .* in 1 of 2 rows \(positions for iloc: 1\)"):
        to_geodataframe(frame)


def test_ends_of_the_earth_are_on_it():
    corners = pd.DataFrame({"lat": [90, -90], "lon": [-180, 180]})
    assert not to_geodataframe(corners).geometry.is_empty.any()


@pytest.mark.parametrize("act", [to_geodataframe, plot])
def test_missing_column_is_answered_with_those_that_are_there(frame, act):
    with pytest.raises(
        SettingsError, match=r"no column 'latitude'\. Do you mean 'lat'\? The columns are 'name', 'lat', 'lon', 'match'"
    ):
        act(frame, lat="latitude")


def test_column_that_is_there_twice_is_refused(frame):
    with pytest.raises(SettingsError, match="2 columns named 'lat'; rename"):
        to_geodataframe(pd.concat([frame, frame[["lat"]]], axis=1))


def test_geometry_that_is_there_is_never_replaced(frame):
    with pytest.raises(SettingsError, match="'geometry'"):
        to_geodataframe(frame.assign(geometry="mine"))


@pytest.mark.parametrize(("act", "library"), [(to_geodataframe, "geopandas"), (plot, "matplotlib.pyplot")])
def test_missing_library_is_named_with_the_way_to_get_it(frame, act, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SettingsError, match=rf'{library}.*pip install "geopandas-batch\[maps\]"'):
        act(frame)


def test_import_loads_neither_geopandas_nor_matplotlib():
    run("import sys, geopandas_batch.maps; assert not {'geopandas', 'shapely', 'matplotlib'} & set(sys.modules)")


def test_axes_of_the_user_leave_pyplot_alone():
    run(
        "import sys, pandas as pd; from matplotlib.figure import Figure; from geopandas_batch.maps import plot\n"
        "plot(pd.DataFrame({'lat': [1.0], 'lon': [2.0], 'x': [3]}), color_by='x', ax=Figure().subplots())\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )


def test_new_figure_has_the_size_that_was_asked_for(frame):
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    ax = plot(frame, figsize=(5, 3), title="Customers")
    plt.close(ax.figure)
    assert (ax.figure.get_size_inches().tolist(), ax.get_title(loc="left")) == ([5, 3], "Customers")


def test_new_figure_without_a_size_is_filled_by_the_map(frame):
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    ax = plot(frame)
    pixels(ax)
    plt.close(ax.figure)
    assert ax.get_position().width * ax.get_position().height > 0.8


def test_land_and_sea_have_their_colours(ax):
    plot(pd.DataFrame({"lat": [], "lon": []}), ax=ax)
    found = [colour_at(ax, *place) for place in (PARIS, ATLANTIC)]
    assert np.allclose(found, [to_rgb(basemap.LAND), to_rgb(basemap.SEA)], atol=0.02)


def test_points_are_drawn_where_they_are_in_the_colour_of_their_match(frame, ax):
    plot(frame, ax=ax)
    found = [colour_at(ax, *place) for place in (OSLO, PARIS)]
    assert np.allclose(found, [to_rgb(COLOURS["city"]), to_rgb(COLOURS["street"])], atol=0.02)


def test_points_without_a_match_column_have_one_colour(frame, ax):
    plot(frame.drop(columns="match"), ax=ax)
    assert np.allclose(colour_at(ax, *OSLO), to_rgb(PLAIN), atol=0.02)


def test_legend_counts_from_fine_to_coarse_and_what_is_not_shown(frame, ax):
    assert labels(plot(frame, ax=ax)) == ["street (1)", "city (1)", "not on the map (1)"]


def test_match_is_found_by_the_prefix_of_the_coordinates(frame, ax):
    plot(frame.add_prefix("home_"), "home_lat", "home_lon", ax=ax)
    assert labels(ax)[:2] == ["street (1)", "city (1)"]


def test_legend_leaves_names_as_they_are(ax):
    frame = pd.DataFrame({"lat": [1.0, 2.0], "lon": 0.0, "kind": ["_private", "$5 or $6"]})
    pixels(plot(frame, color_by="kind", ax=ax))
    assert labels(ax) == ["_private (1)", "$5 or $6 (1)"]


def test_a_dollar_in_the_name_of_a_column_or_in_the_title_is_one():
    frame = pd.DataFrame({"lat": [1.0, 2.0], "lon": 0.0, r"$\frac$": [5, 6]})

    figure = plot(frame, color_by=r"$\frac$", title=r"from $5 to $\frac").figure

    figure.savefig(io.BytesIO())  # drawn; as a formula, it would be a wrong one


def test_more_values_than_colours_share_the_last_colour(ax):
    frame = pd.DataFrame({"lat": 1.0, "lon": 2.0, "kind": [f"k{i}" for i in range(30) for _ in range(30 - i)]})
    names = labels(plot(frame, color_by="kind", ax=ax))
    assert (len(names), names[0], names[-1]) == (10, "k0 (30)", f"21 others ({sum(range(1, 22))})")


def test_numbers_give_a_scale_beside_the_map(frame, ax):
    plot(frame.assign(confidence=[0.2, 0.5, 0.9]), color_by="confidence", ax=ax)
    beside = [other for other in ax.figure.axes if other is not ax]
    assert [other.get_ylabel() for other in beside] == ["confidence"]
    assert beside[0].get_ylim() == pytest.approx((0.2, 0.9))


@pytest.mark.parametrize("values", [[None, None, None], [0.5, None, None]], ids=["all", "some"])
def test_blank_numbers_are_grey(frame, ax, values):
    plot(frame.assign(score=pd.array(values, dtype="Float64")), color_by="score", ax=ax)
    assert np.allclose(colour_at(ax, *PARIS), to_rgb(COLOURS["none"]), atol=0.02)


def test_credits_name_each_source_once_and_the_outlines(frame, ax):
    frame.attrs["attribution"] = ["© OpenStreetMap contributors", "GeoNames", "GeoNames"]
    plot(frame, ax=ax)
    (credits_,) = ax.texts
    assert " ".join(credits_.get_text().split()) == "© OpenStreetMap contributors · GeoNames · Natural Earth"


def test_credit_that_is_one_text_is_not_taken_apart(frame, ax):
    frame.attrs["attribution"] = "GeoNames"
    plot(frame, ax=ax)
    assert ax.texts[0].get_text() == "GeoNames · Natural Earth"


def test_one_point_is_shown_with_its_surroundings(ax):
    """So many that there is a coast or a border: by itself, a point on land says nothing."""
    plot(pd.DataFrame({"lat": [PARIS[0]] * 2, "lon": [PARIS[1]] * 2}), ax=ax)
    assert np.ptp(ax.get_ylim()) == pytest.approx(basemap.ALONE)
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    seen = shapely.box(west, south, east, north)
    assert any(shapely.LineString(ring).intersects(seen) for ring in read()[0] if len(ring) > 1)


def test_points_of_one_town_are_told_apart(ax):
    plot(pd.DataFrame({"lat": [PARIS[0], PARIS[0] + 0.02], "lon": [PARIS[1]] * 2}), ax=ax)
    assert np.ptp(ax.get_ylim()) == pytest.approx(basemap.LEAST)


def test_kilometre_is_as_long_east_as_north(frame, ax):
    plot(frame, ax=ax)
    pixels(ax)
    middle = np.mean(ax.get_ylim())
    (x0, y0), (x1, y1) = ax.transData.transform([(5, middle), (5 + 1 / np.cos(np.radians(middle)), middle + 1)])
    assert x1 - x0 == pytest.approx(y1 - y0, rel=1e-3)


def test_no_points_show_the_world(frame, ax):
    plot(frame.assign(lat=np.nan), ax=ax)
    assert (ax.get_xlim(), labels(ax)) == ((-180, 180), ["not on the map (3)"])


def test_points_on_both_sides_of_the_antimeridian_are_shown_together(ax):
    plot(pd.DataFrame({"lat": [-17.8, -13.8], "lon": [178.0, -171.8]}), ax=ax)
    assert np.ptp(ax.get_xlim()) < 20
    assert np.allclose(colour_at(ax, -13.8, 188.2), to_rgb(PLAIN), atol=0.02)


def test_land_goes_on_beyond_the_antimeridian(ax):
    plot(pd.DataFrame({"lat": [60.0, 72.0], "lon": [170.0, -165.0]}), ax=ax)
    assert np.allclose(colour_at(ax, 67.0, 183.0), to_rgb(basemap.LAND), atol=0.02)


def test_picture_saves_as_png_svg_and_pdf(frame, ax):
    plot(frame, ax=ax)
    starts = []
    for kind in ("png", "svg", "pdf"):
        file = io.BytesIO()
        ax.figure.savefig(file, format=kind)
        starts.append(file.getvalue()[:5])
    assert starts == [b"\x89PNG\r", b"<?xml", b"%PDF-"]


@pytest.mark.parametrize("margin", [-0.1, np.nan, np.inf, "wide"])
def test_margin_that_is_none_is_refused(frame, ax, margin):
    with pytest.raises(SettingsError, match="margin"):
        plot(frame, ax=ax, margin=margin)


def test_size_for_a_figure_that_is_there_is_refused(frame, ax):
    with pytest.raises(SettingsError, match="figsize"):
        plot(frame, ax=ax, figsize=(4, 4))


def test_many_axes_are_refused(frame):
    with pytest.raises(SettingsError, match="one Axes"):
        plot(frame, ax=Figure().subplots(2))


latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=5), st.floats(0, 3))
def test_view_holds_every_point_and_stays_on_earth(places, margin):
    lat, lon = np.array(places).T
    lon = basemap.unite(lon)
    west, east, south, north = view = basemap.choose_view(lat, lon, margin)
    slack = 1e-9
    assert south - slack <= lat.min() <= lat.max() <= north + slack
    assert west - slack <= lon.min() <= lon.max() <= east + slack
    assert -90 <= south < north <= 90 + slack
    assert 0 < east - west <= 360 + slack
    assert 0.1 < view.ratio < 5


def test_outlines_know_land_from_sea():
    land = shapely.union_all(shapely.make_valid([shapely.Polygon(ring) for ring in read()[0] if len(ring) > 50]))
    places = [(48.86, 2.35), (-1.29, 36.82), (-33.45, -70.67), (67.0, -177.0), (-85.0, 0.0), ATLANTIC, (0.0, -140.0)]
    inside = [land.contains(shapely.Point(lon, lat)) for lat, lon in places]
    assert inside == [True, True, True, True, True, False, False]


def test_neighbours_share_a_border():
    borders = shapely.MultiLineString(read()[1])
    line = shapely.LineString([(2.35, 48.86), (13.4, 52.52)])  # Paris to Berlin
    assert line.intersects(borders)


steps = st.integers(-30000, 30000)


@given(st.lists(st.lists(st.tuples(steps, steps), min_size=4, max_size=8, unique=True), min_size=1, max_size=4))
def test_written_outlines_are_read_as_they_were(lines):
    file = io.BytesIO()
    build.encode(file, [np.array(line) * STEP for line in lines])
    file.seek(0)
    for line, read_back in zip(lines, decode(file), strict=True):
        path = shapely.LineString(np.array(line) * STEP)
        assert shapely.hausdorff_distance(shapely.LineString(read_back), path) <= STEP


def test_another_package_is_not_built_from(tmp_path):
    package = tmp_path / "world-atlas-9.9.9.tgz"
    package.write_bytes(b"something else")
    with pytest.raises(SystemExit, match=r"not world-atlas 2\.0\.2"):
        build.build(package, tmp_path / "outlines.npy")
