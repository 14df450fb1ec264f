"""What is written is true: docstring examples, and the code of the README."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re
import shutil
from pathlib import Path

import pytest

import geopandas_batch
from geopandas_batch.cli import main
from geopandas_batch.services import Geoapify

README = Path(__file__).parents[1] / "README.md"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# Builders are run by hand and need the network; PyXLL is there only beside Excel.
LEFT_OUT = re.compile(r"\.build$|\.sources$|\.excel$|__main__")

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(geopandas_batch.__path__, "geopandas_batch.")
    if not LEFT_OUT.search(module.name)
)
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", ["geopandas_batch", *MODULES])
def test_the_examples_in_docstrings_are_true(name, capsys):
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)

    assert failed == 0, capsys.readouterr().out


def test_the_examples_were_found():
    tried = [len([t for t in doctest.DocTestFinder().find(importlib.import_module(n)) if t.examples]) for n in MODULES]

    assert sum(tried) > 15


def test_the_code_in_the_readme_runs_from_the_top(tmp_path, monkeypatch, fake):
    """One block after the other, as cells of one notebook in a checkout, by a reader who has a key."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(README.parent / "notebooks" / "customers.csv", tmp_path / "notebooks")
    monkeypatch.setenv("GEOAPIFY_BASE_URL", fake.url)
    monkeypatch.setenv("THE_KEY", fake.key)
    monkeypatch.setenv("GEOAPIFY_API_KEY", "")  # so that what a block sets is taken back
    names = {"__name__": "readme"}
    for number, block in enumerate(BLOCKS):
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, names, f"README block {number}", None, 0)
            assert doctest.DocTestRunner(optionflags=FLAGS).run(test, clear_globs=False).failed == 0
            names |= test.globs  # which are a copy
        else:
            code = compile(block, f"README block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            done = eval(code, names)
            if done is not None:
                asyncio.run(done)


def test_every_option_is_in_the_readme_by_example():
    options = set(inspect.signature(geopandas_batch.locate).parameters) - {"addresses", "address", "service_options"}
    options |= {field.name for field in dataclasses.fields(Geoapify)}

    assert {"details", "country", "mode"} < options
    assert sorted(name for name in options if f"{name}=" not in "".join(BLOCKS)) == []


def test_the_commands_and_options_that_the_readme_names_are_there():
    text = README.read_text(encoding="utf-8")
    commands = {**main.commands, **main.commands["cache"].commands}
    options = {name for command in commands.values() for option in command.params for name in option.opts}
    ours = re.sub(r"^.*(?:pytest|python -m |nbconvert).*$", "", text, flags=re.MULTILINE)

    named = set(re.findall(r"geopandas-batch (?:cache )?([a-z]+)", text))
    assert len(named) > 5
    assert named - set(commands) == set()
    assert set(re.findall(r"(?<=[ `])--[a-z-]+", ours)) - options == {"--help"}


def test_the_links_within_the_readme_lead_to_its_parts():
    text = README.read_text(encoding="utf-8")
    heads = re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), flags=re.MULTILINE
    )
    parts = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}  # as code hosts name them
    named = set(re.findall(r"\]\(#([^)]+)\)", text))

    assert len(named) > 15
    assert named - parts == set()


def test_the_pictures_are_there_and_small():
    named = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README.read_text(encoding="utf-8"))

    assert {"notebooks/pictures/report.png", "notebooks/pictures/map.png"} <= set(named)
    assert [name for name in named if not 0 < (README.parent / name).stat().st_size < 200_000] == []


def test_the_tests_that_the_readme_names_are_there():
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"test_\w+\.py", text))
    files = [next(Path(__file__).parent.rglob(name)).read_text(encoding="utf-8") for name in named]
    claims = re.findall(r"`(?:test_\w+\.py|…)::(test_\w+)", text)

    assert len(claims) > 15
    assert [claim for claim in claims if not any(f"def {claim}(" in code for code in files)] == []
