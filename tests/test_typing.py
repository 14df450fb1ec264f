"""Type checkers see the types of items, answers and arguments."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import geopandas_batch

CASES = sorted(map(str, Path(__file__).parent.glob("typing_*.py")))
PACKAGE = Path(geopandas_batch.__file__).parent.parent


def check(*command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, check=False)


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_sees_the_types(tmp_path):
    # mypy refuses a path that it looks at anyway.
    path = "" if PACKAGE.name == "site-packages" else f"mypy_path = {PACKAGE}\n"
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nstrict = true\nfollow_imports = silent\n{path}")

    mypy = check(sys.executable, "-m", "mypy", *CASES, folder=tmp_path)

    assert mypy.returncode == 0, mypy.stdout + mypy.stderr


PYRIGHT = shutil.which("basedpyright", path=Path(sys.executable).parent) or shutil.which("pyright")


@pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed (pip install basedpyright)")
def test_pyright_sees_the_types(tmp_path):
    config = {
        "include": CASES,
        "extraPaths": [str(PACKAGE)],
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": False,  # those are for mypy
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))

    pyright = check(PYRIGHT, "--project", str(tmp_path), "--pythonpath", sys.executable, folder=tmp_path)

    assert pyright.returncode == 0, pyright.stdout + pyright.stderr
