"""Where the time of a million rows goes, as a flame graph.

Run: ``GEOPANDAS_BATCH_FLAME=flame.png pytest tests/benchmarks/test_flame.py -s``, with the extra ``bench``: a million
rows, once all known (four rows an address), once all new and different. GEOPANDAS_BATCH_ROWS makes it another number.

py-spy looks at the process 250 times a second from outside, so that calls cost what they cost without it. Under
cProfile, each call is dear; pyinstrument looks from within, and its pages are half a megabyte. py-spy's own SVG of
these deep stacks is as large: here the same samples become a small picture.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROWS = int(os.environ.get("GEOPANDAS_BATCH_ROWS", 10**6))
PICTURE = os.environ.get("GEOPANDAS_BATCH_FLAME")
RUN = Path(__file__).with_name("scale_run.py")
FRAME = re.compile(r"(?P<name>.+) \((?P<file>.+?)(:\d+)?\)$")
# Between a door and its work, a loop is run, with the same frames each time.
PLUMBING = re.compile(r"asyncio/|nest_asyncio|geopandas_batch/loop/|contextlib\.py|selectors\.py|threading\.py")
COLORS = {"geopandas_batch": "#fdae6b", "pandas": "#9ecae1", "numpy": "#9ecae1", "aiohttp": "#a1d99b"}
LEAST = 0.004  # of the width; what is narrower is not drawn

Stack = tuple[str, ...]


def sampled(work: str, served: tuple[str, str], distinct: int, file: Path) -> Counter[Stack]:
    """How often each stack was seen, in the call that is measured."""
    raw, environment = file.with_suffix(".raw"), {**os.environ, "GEOPANDAS_BATCH_CACHE": str(file)}
    command = [sys.executable, str(RUN), work, *served, str(distinct), str(ROWS), str(file)]
    spy = ["py-spy", "record", "--format", "raw", "--function", "--rate", "250", "--output", str(raw), "--"]
    subprocess.run([*spy, *command], env=environment, check=True, capture_output=True)
    stacks: Counter[Stack] = Counter()
    for line in raw.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        starts = [n for n, frame in enumerate(frames) if "geopandas_batch/accessor/" in frame]
        if starts and any(frame.startswith("timed ") for frame in frames):
            stacks[tuple(frame for frame in frames[starts[0] :] if not PLUMBING.search(frame))] += int(count)
    return stacks


def room(frame: str) -> str:
    """``geopandas_batch/store/answers`` of a frame, or ``pandas/core``: the library and the room that it is of."""
    file = Path(FRAME.match(frame)["file"]).with_suffix("")
    for library, depth in (("geopandas_batch", 3), *((name, 2) for name in COLORS)):
        if library in file.parts:
            parts = file.parts[file.parts.index(library) :][:depth]
            return "/".join(part for part in parts if part != "__init__")
    return file.stem


def told(title: str, stacks: Counter[Stack]) -> None:
    own: Counter[str] = Counter()
    for stack, count in stacks.items():
        own[room(stack[-1]).removeprefix("geopandas_batch/")] += count
    print(f"\n{title}: % of {stacks.total():,} samples, by the room of the innermost frame")
    for name, count in own.most_common(14):
        share = 100 * count / stacks.total()
        print(f"{name:34}{share:6.1f} " + "█" * round(share))


def draw(ax: Any, stacks: Counter[Stack], title: str) -> None:
    """The outermost frame at the bottom; of two beside each other, the wider one is on the left."""
    whole, depth = stacks.total(), 0
    boxes = [((), 0.0)]
    for path, left in boxes:  # it grows meanwhile
        inner: Counter[str] = Counter()
        for stack, count in stacks.items():
            if stack[: len(path)] == path and len(stack) > len(path):
                inner[stack[len(path)]] += count
        for frame, count in inner.most_common():
            width = count / whole
            if width < LEAST:
                break
            name, of = FRAME.match(frame)["name"].removesuffix("<locals>"), room(frame)
            color = COLORS.get(of.split("/")[0], "#d9d9d9")
            ax.barh(len(path), width, 0.94, left, align="edge", color=color, edgecolor="white", linewidth=0.4)
            text = f"{of.removeprefix('geopandas_batch/')} {name.split('.')[-1]}"[: int(width * 170)]
            if len(text) > 5:
                ax.text(left + 0.002, len(path) + 0.45, text, va="center", fontsize=5, clip_on=True)
            boxes.append(((*path, frame), left))
            left, depth = left + width, max(depth, len(path) + 1)
    ax.set(xlim=(0, 1), ylim=(0, depth), xticks=[], yticks=[])
    ax.set_title(title, fontsize=8, loc="left")
    ax.spines[:].set_visible(False)


@pytest.mark.timeout(3600)
def test_flame(served, tmp_path):
    file, distinct = tmp_path / "known.sqlite", ROWS // 4
    subprocess.run([sys.executable, str(RUN), "stages", *served, *map(str, (distinct, ROWS, file))], check=True)
    known = sampled("run", served, distinct, file)
    new = sampled("run", served, ROWS, tmp_path / "new.sqlite")
    titles = f"{ROWS:,} rows, {distinct:,} addresses, all known", f"{ROWS:,} rows, all new and different"
    for title, stacks in zip(titles, (known, new), strict=True):
        told(title, stacks)
        assert stacks.total() > 100
    if PICTURE:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 6), layout="constrained")
        for ax, title, stacks in zip(figure.subplots(2), titles, (known, new), strict=True):
            draw(ax, stacks, title)
        figure.savefig(PICTURE, dpi=110)
