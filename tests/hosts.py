"""The README's table of hosts: what was tried in each of them, by which Python, from tests that ran.

``python tests/hosts.py PYTHON [PYTHON ...]``, each an interpreter (a command, if need be) with ``.[test]`` installed.
One that has ``ipykernel<7``, or Colab's package ``google.colab``, adds a line for that kernel alone.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

CASES = ("without await", "with await", "Stop, Ctrl-C", "Run All", "widget bar")
VERSIONS = """
import sys
from importlib.util import find_spec
try:
    from ipykernel import version_info as kernel
except ImportError:
    kernel = (0, 0)
colab = find_spec("google") and find_spec("google.colab")
print(f"{sys.version_info[0]}.{sys.version_info[1]}", *kernel[:2], "colab" if colab else "jupyter")
"""
KERNEL = ("test_hosts", "test_loop_kernel")
PROGRAM = ("test_hosts", "test_loop_interrupt")
LAB, MARIMO = ("test_loop_jupyterlab",), ("test_loop_marimo",)
JUPYTER = (
    ["test_in_a_cell_of_jupyter[without await]", "test_a_cell_without_await_gets_the_result"],
    ["test_in_a_cell_of_jupyter[with await]", "test_a_cell_with_await_gets_the_result"],
)
RUN_ALL = ["test_cells_queued_behind_a_call_run_after_it_in_order"]
WIDGET = ["test_a_widget_in_jupyter_moves_while_the_cell_runs"]
IN_LAB = ["test_run_all_runs_all_and_the_bar_moves_meanwhile"]
IN_MARIMO = ["test_cells_of_an_app_get_the_results"]
# For each host the files, and for each case in it the tests that show it, as they begin.
SHOWN_BY: dict[str, tuple[tuple[str, ...], tuple[list[str], ...]]] = {
    "{kernel}": (KERNEL, (*JUPYTER, ["test_stop_"], RUN_ALL, WIDGET)),
    "the same, Stop sent as a message (VS Code)": (
        KERNEL,
        (*JUPYTER, ["test_stop_that_comes_as_a_message"], RUN_ALL, WIDGET),
    ),
    "JupyterLab in Chromium": (LAB, (IN_LAB, IN_LAB, ["test_stop_"], IN_LAB, IN_LAB)),
    "marimo": (
        MARIMO,
        (
            ["test_cells_get_the_results", *IN_MARIMO],
            ["test_cells_get_the_results", *IN_MARIMO],
            ["test_stop_"],
            IN_MARIMO,
            ["test_the_bar_moves_while_the_cell_runs"],
        ),
    ),
    "IPython's prompt": (
        PROGRAM,
        (*[["test_both_calls_at_the_prompt_of_ipython"]] * 2, ["test_ctrl_c_at_the_prompt_of_ipython"]),
    ),
    "pytest with a loop (anyio, pytest-asyncio)": (
        PROGRAM,
        (*[["test_both_calls_under_pytest_with_a_loop"]] * 2, ["test_ctrl_c_under_pytest_with_a_loop"]),
    ),
    "a worker thread": (PROGRAM, (["test_both_calls_in_a_program[worker thread]"],) * 2),
} | {
    name: (
        PROGRAM,
        (
            *[[f"test_both_calls_in_a_program[{program}]"]] * 2,
            [f"test_an_interrupt_is_obeyed_within_half_a_second[{loop}]"],
        ),
    )
    for name, program, loop in (
        ("a script", "script", "script"),
        ("inside a coroutine", "coroutine", "asyncio"),
        ("asyncio's debug mode", "debug mode", "debug mode"),
        ("uvloop", "uvloop", "uvloop"),
    )
}


def results(command: list[str], files: Iterable[str]) -> dict[tuple[str, str], str]:
    """By file and test: passed, skipped or failed."""
    tests = [str(Path(__file__).with_name(f"{name}.py")) for name in files]
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        subprocess.run([*command, "-m", "pytest", "-q", f"--junitxml={report.name}", *tests], check=False)
        cases = ElementTree.parse(report.name).iter("testcase")
    found = {}
    for case in cases:
        end = {child.tag for child in case} & {"failure", "error", "skipped"}
        found[case.attrib["classname"].rpartition(".")[2], case.attrib["name"]] = min(end, default="passed")
    return found


def cell(files: tuple[str, ...], beginnings: list[str], found: dict[tuple[str, str], str]) -> str:
    """What the tests of one cell say together."""
    ends = {end for (file, name), end in found.items() if file in files and name.startswith(tuple(beginnings))}
    if not ends or ends == {"skipped"}:
        return "–"
    return "yes" if ends <= {"passed", "skipped"} else "**fails**"


def main(commands: list[str]) -> None:
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text in commands:
        command = shlex.split(text)
        told = subprocess.run([*command, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout
        python, major, minor, whose = told.split()
        kernel = f"Colab's kernel (ipykernel {major}.{minor})" if whose == "colab" else f"Jupyter (ipykernel {major})"
        alone = int(major) < 7 or whose == "colab"
        hosts = {host: shown for host, shown in SHOWN_BY.items() if host == "{kernel}" or not alone}
        found = results(command, dict.fromkeys(file for files, _ in hosts.values() for file in files))
        for host, (files, cases) in hosts.items():
            row = [cell(files, beginnings, found) for beginnings in cases] + ["–"] * (len(CASES) - len(cases))
            if set(row) != {"–"}:
                lines[host.format(kernel=kernel), " | ".join(row)].append(python)
    print(f"| host | Python | {' | '.join(CASES)} |\n|---|---|{'---|' * len(CASES)}")
    for (host, row), pythons in lines.items():
        print(f"| {host} | {', '.join(pythons)} | {row} |")


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
