"""A file is one table: the countries of most of its rows settle the others, on the command line as in a notebook."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import geopandas_batch  # noqa: F401 - registers df.geo
from geopandas_batch import sheets
from geopandas_batch.cli.context import in_file
from geopandas_batch.cli.portions import PORTION
from geopandas_batch.services import Cascade, Census, Gazetteer, Geoapify

COMMAND = [sys.executable, "-m", "geopandas_batch.cli"]
AMBIGUOUS = ["Cambridge", "Naples", "Georgia"]
AMERICAN = ["Austin, TX", "Boston, MA 02110", "Chicago IL", "Portland, OR 97201", "Denver, CO"]


def run(*arguments: str, folder: Path, given: str | None = None) -> str:
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": paths, "GEOPANDAS_BATCH_CACHE": str(folder / "cache.sqlite")}
    done = subprocess.run(
        [*COMMAND, *arguments], env=env, cwd=folder, input=given, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "-"])
def test_every_kind_of_file_is_answered_as_the_frame_is(kind: str, tmp_path: Path) -> None:
    addresses = [*AMBIGUOUS, "", *AMERICAN]
    rows = pd.DataFrame({"nr": range(len(addresses)), "address": addresses})
    file = tmp_path / f"in.{kind}"
    if kind == "xlsx":
        rows.to_excel(file, index=False)
    elif kind == "parquet":
        rows.to_parquet(file)
    elif kind == "csv":
        rows.to_csv(file, index=False)
    asked = ["locate", "-" if kind == "-" else file.name, "--address", "address", "--service", "gazetteer", "--details"]

    written = run(
        *asked, "-o", "-", "--to", "csv", folder=tmp_path, given=rows.to_csv(index=False) if kind == "-" else None
    )

    located = rows.geo.locate("address", service="gazetteer", details=True, cache=False)
    assert located["formatted"].iloc[0] == "Cambridge, Massachusetts, United States"
    found = [row["formatted"] for row in csv.DictReader(io.StringIO(written))]
    assert found == located["formatted"].fillna("").tolist()


def test_what_is_clear_may_be_in_another_portion(tmp_path: Path) -> None:
    streets = ["Cambridge"] * PORTION
    pd.DataFrame({"address": [*AMBIGUOUS, *streets, *AMERICAN]}).to_csv(tmp_path / "in.csv", index=False)

    written = run(
        "locate", "in.csv", "--address", "address", "--service", "gazetteer", "--details", "-o", "-", folder=tmp_path
    )

    found = [row["formatted"] for row in csv.DictReader(io.StringIO(written))]
    assert found[:3] == [
        "Cambridge, Massachusetts, United States",
        "Naples, Florida, United States",
        "Georgia, United States",
    ]


def test_it_can_be_turned_off_or_said(tmp_path: Path) -> None:
    pd.DataFrame({"address": [*AMBIGUOUS, *AMERICAN]}).to_csv(tmp_path / "in.csv", index=False)

    def naples(context: str) -> str:
        option = ["--option", f"context={context}"]
        asked = ["locate", "in.csv", "--address", "address", "--service", "gazetteer", "--details", "-o", "-", *option]
        return [row["formatted"] for row in csv.DictReader(io.StringIO(run(*asked, folder=tmp_path)))][1]

    assert naples("false") == naples("IT") == naples("DE,IT") == "Naples, Italy"
    assert naples("US") == "Naples, Florida, United States"


def test_an_estimate_knows_the_answers_of_the_same_file(tmp_path: Path) -> None:
    pd.DataFrame({"address": [*AMBIGUOUS, *AMERICAN]}).to_csv(tmp_path / "in.csv", index=False)
    asked = ["in.csv", "--address", "address", "--service", "gazetteer"]
    run("locate", *asked, "-o", "out.csv", folder=tmp_path)

    assert json.loads(run("estimate", *asked, "--json", folder=tmp_path))["to_ask"] == 0


def test_a_frame_in_the_same_cache_is_told_the_same(tmp_path: Path) -> None:
    rows = pd.DataFrame({"address": [*AMBIGUOUS, *AMERICAN]})
    rows.to_csv(tmp_path / "in.csv", index=False)
    run("locate", "in.csv", "--address", "address", "--service", "gazetteer", "-o", "out.csv", folder=tmp_path)

    price = rows.geo.estimate("address", service="gazetteer", cache=tmp_path / "cache.sqlite")
    assert price.to_ask == 0


@pytest.mark.parametrize(
    ("service", "read"),
    [
        (Gazetteer(), True),
        (Cascade([Census(), Gazetteer()]), True),
        (Gazetteer(context="US"), False),
        (Gazetteer(context=False), False),
        (Cascade([Census(), Gazetteer(context="US/Texas")]), False),
        (Cascade([Census(), Geoapify("key")]), False),
        (Census(), False),
    ],
)
def test_a_file_is_read_for_its_context_only_where_that_may_change_an_answer(
    service: Any, read: bool, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_text("address\nCambridge\n", encoding="utf-8")
    sheet = sheets.opened(file, "csv")
    file.unlink()

    with pytest.raises(FileNotFoundError) if read else nullcontext():
        assert in_file(service, sheet, ("address", {}), ["address"]) is service
