"""What becomes of towns that the gazetteer does not know: pytest -s tests/benchmarks/test_gazetteer_honesty.py.

Towns are taken out of its data (names, postcodes, and what is guessed at), and asked for in the forms that tables have;
others are made up. The tables are in per cent; behind "another town" and "abroad", of those with at least a confidence.
"""

from __future__ import annotations

from pathlib import Path

import gazetteer_hidden as hidden
import pytest

from geopandas_batch.gazetteer import load
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.geocoder import Gazetteer

SAID = {"street, town, country", "street, town, region, country", "TOWN, COUNTRY", "columns of town, country"}


@pytest.mark.parametrize(("kind", "most"), [("only", 9.0), ("shared", 45.0), ("village", 25.0)])
def test_hidden_towns_are_seldom_sure_to_be_another(kind: str, most: float, tmp_path: Path) -> None:
    """One whose name other towns have is as often another one as the file lacks it: nothing else tells."""
    whole = Atlas()
    places = hidden.draw(whole, 1_500, kind)
    found = hidden.run(Gazetteer(hidden.hide(places, tmp_path)), whole, [*hidden.ask_for_hidden(whole, places)])
    table = hidden.table(found)
    print(f"\n{len(places)} of kind {kind}\n{table.to_string()}")

    said = table.loc[[*SAID]]
    assert (said["abroad, 0.5"] <= 0.1).all()
    assert (said["another town, 0.6"] <= most).all()
    if kind == "only":
        assert table.loc["all", "abroad, 0.5"] <= 1


def test_names_that_are_made_up_are_seldom_sure_to_be_a_town() -> None:
    whole = Atlas()
    found = hidden.run(load(), whole, [*hidden.make_up(whole, 40)])
    table = hidden.table(found)
    print(f"\n{table.to_string()}")

    villages = table[[form.startswith(("village", "street, village")) for form in table.index]]
    assert (villages["another town, 0.6"] <= 10).all()
    assert (table.loc[[form for form in table.index if form.endswith("country")], "abroad"] <= 0.1).all()
