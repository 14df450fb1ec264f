"""The README's table of hosts: what was tried in each of them, by which Python, from tests that ran.

``python tests/hosts.py PYTHON [PYTHON ...]``, each an interpreter (a command, if need be) with ``.[test]`` installed.
One that has ``ipykernel<7`` adds a line for Jupyter alone.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

CASES = ("without await", "with await", "Stop, Ctrl-C", "Run All", "widget bar")
FILES = ("test_hosts.py", "test_loop_kernel.py", "test_loop_interrupt.py", "test_loop_marimo.py")
VERSIONS = """
import sys
try:
    from ipykernel import version_info as kernel
except ImportError:
    kernel = (0,)
print(f"{sys.version_info[0]}.{sys.version_info[1]}", kernel[0])
"""
# For each host and case, the tests that show it, as they begin.
SHOWN_BY = {
    "Jupyter (ipykernel)": (
        ["test_in_a_cell_of_jupyter[without await]", "test_a_cell_without_await_gets_the_result"],
        ["test_in_a_cell_of_jupyter[with await]", "test_a_cell_with_await_gets_the_result"],
        ["test_stop_"],
        ["test_cells_queued_behind_a_call_run_after_it_in_order"],
        ["test_a_widget_in_jupyter_moves_while_the_cell_runs"],
    ),
    "marimo": (
        ["test_cells_get_the_results", "test_cells_of_an_app_get_the_results"],
        ["test_cells_get_the_results", "test_cells_of_an_app_get_the_results"],
        ["test_stop_"],
        ["test_cells_of_an_app_get_the_results"],
        [],
    ),
    "IPython's prompt": (
        ["test_both_calls_at_the_prompt_of_ipython"],
        ["test_both_calls_at_the_prompt_of_ipython"],
        ["test_ctrl_c_at_the_prompt_of_ipython"],
    ),
    "a script": (
        ["test_both_calls_in_a_program[script]"],
        ["test_both_calls_in_a_program[script]"],
        ["test_an_interrupt_is_obeyed_within_half_a_second[script]"],
    ),
    "inside a coroutine": (
        ["test_both_calls_in_a_program[coroutine]"],
        ["test_both_calls_in_a_program[coroutine]"],
        ["test_an_interrupt_is_obeyed_within_half_a_second[asyncio]"],
    ),
    "uvloop": (
        ["test_both_calls_in_a_program[uvloop]"],
        ["test_both_calls_in_a_program[uvloop]"],
        ["test_an_interrupt_is_obeyed_within_half_a_second[uvloop]"],
    ),
    "a worker thread": (["test_both_calls_in_a_program[worker thread]"],) * 2,
    "pytest with a loop": (["test_both_calls_under_pytest_with_a_loop"],) * 2,
    "asyncio's debug mode": (["test_both_calls_in_a_program[debug mode]"],) * 2,
}
IN_FILE = {"Jupyter (ipykernel)": ("test_hosts", "test_loop_kernel"), "marimo": ("test_loop_marimo",)}
ELSEWHERE = ("test_hosts", "test_loop_interrupt")


def results(command: list[str]) -> dict[tuple[str, str], str]:
    """By file and test: passed, skipped or failed."""
    tests = [str(Path(__file__).with_name(name)) for name in FILES]
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        subprocess.run([*command, "-m", "pytest", "-q", f"--junitxml={report.name}", *tests], check=False)
        cases = ElementTree.parse(report.name).iter("testcase")
    found = {}
    for case in cases:
        end = {child.tag for child in case} & {"failure", "error", "skipped"}
        found[case.attrib["classname"].rpartition(".")[2], case.attrib["name"]] = min(end, default="passed")
    return found


def cell(host: str, beginnings: list[str], found: dict[tuple[str, str], str]) -> str:
    """What the tests of one cell say together."""
    files = IN_FILE.get(host, ELSEWHERE)
    ends = {end for (file, name), end in found.items() if file in files and name.startswith(tuple(beginnings))}
    if not beginnings or not ends or ends == {"skipped"}:
        return "–"
    return "yes" if ends <= {"passed", "skipped"} else "**fails**"


def main(commands: list[str]) -> None:
    lines: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for text in commands:
        command = shlex.split(text)
        python, kernel = subprocess.run(
            [*command, "-c", VERSIONS], capture_output=True, text=True, check=True
        ).stdout.split()
        found = results(command)
        for host, cases in SHOWN_BY.items():
            if host.startswith("Jupyter"):
                host_name = f"Jupyter (ipykernel {kernel})"
            elif kernel != "7":
                continue  # of the older kernel's line alone
            else:
                host_name = host
            row = tuple(cell(host, beginnings, found) for beginnings in cases) + ("–",) * (len(CASES) - len(cases))
            lines[host_name, " | ".join(row)]["pythons"].append(python)
    print(f"| host | Python | {' | '.join(CASES)} |\n|---|---|{'---|' * len(CASES)}")
    for (host, row), told in lines.items():
        print(f"| {host} | {', '.join(told['pythons'])} | {row} |")


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
