"""The options that several commands have."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from geopandas_batch import settings
from geopandas_batch.cli.task import Answer, Target, Task
from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.markup import rows
from geopandas_batch.places import PARTS
from geopandas_batch.services.protocol import AnyService
from geopandas_batch.sheets import KINDS, PIPE, Sheet, kind_of, opened

F = TypeVar("F", bound=Callable[..., Any])
# Letters. csv's own limit is 131,072, and the outline of a country as text is longer. A quote that is never closed is
# found at the end of the file, or here.
_LONGEST_CELL = 1 << 24
_ALL_KINDS = sorted(set(KINDS.values()))


def _letter(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """One letter; a tab may be written as \\t or by its name."""
    if value is None:
        return None
    letter = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "bar": "|"}.get(value.lower(), value)
    if len(letter) != 1 or letter in '"\r\n':
        raise click.BadParameter(f"{value!r} is not one letter, such as , ; | or tab")
    return letter


def _settings(context: click.Context, option: click.Parameter, values: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE, settings of the service."""
    found: dict[str, Any] = {}
    for value in values:
        name, equals, text = value.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name.isidentifier():
            raise click.BadParameter("write NAME=VALUE, such as lang=fr")
        if "key" in name:
            # Every user of the computer can read the command lines of all.
            raise click.BadParameter("a key does not belong on a command line: set GEOAPIFY_API_KEY")
        found[name] = _value(text)
    return found


def _value(text: str) -> Any:
    """What is meant by the text of a setting: yes or no, a number, or the text itself, such as a code with zeros."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    return text


def _services(context: click.Context, option: click.Parameter, values: Sequence[str]) -> str | list[str]:
    """One name, or several with commas between or by several options."""
    names = [name.strip() for value in values for name in value.split(",")]
    return names[0] if len(names) == 1 else names


def stacked(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Options in the order in which the help shows them."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


addresses: Callable[[F], F] = stacked(
    click.option(
        "--address",
        multiple=True,
        metavar="COLUMN|TEMPLATE",
        help='Column (given twice: joined), or a template: "{street}, {city}". #3 is the third column. Default: '
        "the likely ones are proposed.",
    ),
    *(
        click.option(f"--{part}", metavar="COLUMN|=TEXT", help=f"Column with the {named}, or =TEXT for all rows.")
        for part, named in zip(PARTS, ("house number", *PARTS[1:]), strict=True)
    ),
)

reading: Callable[[F], F] = stacked(
    click.option("--from", "kind", type=click.Choice(_ALL_KINDS), help="What IN is. Default: by its ending; - is CSV."),
    click.option(
        "--header-row",
        type=click.IntRange(min=1),
        metavar="N",
        help="Row with the names of the columns, from 1; what is above it stays. Default: the first that is not blank.",
    ),
    click.option("--no-header", is_flag=True, help="The first row is data; columns are #1, #2, …"),
    click.option(
        "--separator", callback=_letter, metavar="LETTER", help="Between the cells of IN. Default: found out."
    ),
    click.option("--encoding", metavar="NAME", help="Of IN. Default: found out."),
    click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark in IN and OUT. Default: found out."),
    click.option("--no-quotes", is_flag=True, help="Quotes in IN are letters."),
    click.option("--sheet", metavar="NAME", help="Of a workbook. Default: the one that is shown first."),
)

asking: Callable[[F], F] = stacked(
    click.option(
        "--service",
        callback=_services,
        multiple=True,
        default=["auto"],
        show_default=True,
        metavar="NAME[,NAME…]",
        help="See `geopandas-batch services`. What the first does not find well enough goes to the next.",
    ),
    click.option(
        "--option",
        "settings",
        callback=_settings,
        multiple=True,
        metavar="NAME=VALUE",
        help="Setting of the service, such as lang=fr.",
    ),
    click.option("--no-cache", is_flag=True, help="Use no answers of earlier runs, and keep none."),
)

budgeted: Callable[[F], F] = click.option(
    "--budget", type=click.FloatRange(min=0), metavar="CREDITS", help="Stop before more is spent; exit code 4 then."
)

demanding: Callable[[F], F] = click.option(
    "--min-confidence", type=click.FloatRange(0, 1), help="Weaker matches count as not found."
)

writing: Callable[[F], F] = stacked(
    click.option("-o", "--output", metavar="OUT", help="File by its ending, - for a pipe. Default: a table to read."),
    click.option("--to", type=click.Choice(_ALL_KINDS), help="What OUT is. Default: by its ending; - is as IN."),
    click.option("--details", is_flag=True, help="Also match level, confidence, status, reason and more."),
    click.option("--prefix", default="", help="Before the names of the new columns."),
    click.option("--overwrite", is_flag=True, help="Replace columns of these names, and OUT if it is there."),
    click.option("--failures", metavar="FILE", help="CSV of the rows without an answer, with status and reason."),
    click.option(
        "--keep-going",
        is_flag=True,
        help="A batch that fails leaves its rows blank; else the run stops there. No key or no credits always stop it.",
    ),
    click.option("--json", "as_json", is_flag=True, help="The summary as JSON (on stderr if the table is on stdout)."),
    click.option("--no-progress", is_flag=True, help="No bar."),
    click.option("--quiet", is_flag=True, help="No bar and no notes: errors only."),
)


def asked_parts(parts: dict[str, str | None]) -> tuple[dict[str, Any], Sequence[str]]:
    """The parts as ``frames.locate`` takes them, and the columns among them."""
    from geopandas_batch.frames.columns import constant

    given = {name: constant(value[1:]) if value and value.startswith("=") else value for name, value in parts.items()}
    return given, [value for value in given.values() if isinstance(value, str)]


def keeps(said: dict[str, Any]) -> bool:
    """Whether answers are kept for later runs."""
    return not said["no_cache"] and settings.cache_file(True) is not None


def target(said: dict[str, Any]) -> Target:
    """Where it goes, as the options of ``writing`` say; checked."""
    names = ("output", "to", "failures", "overwrite", "as_json", "quiet")
    made = Target(**{name: said[name] for name in names}, progress=not (said["no_progress"] or said["quiet"]))
    made.check()
    if made.quiet:  # what the services tell, too
        logging.getLogger("geopandas_batch").setLevel(logging.ERROR)
    return made


def task(
    label: str, service: AnyService, columns: Sequence[str], answer: Answer, names: Sequence[str], says: Any,
    said: dict[str, Any],
) -> Task:  # fmt: skip
    """What a command does, as its options say; ``names``: of new columns; ``says``: all that it asks by."""
    prefix = said["prefix"]
    return Task(
        label, service, columns, answer, [prefix + name for name in names], prefix,
        cached=keeps(said), says=says, budget=said["budget"], again=said["keep_going"],
    )  # fmt: skip


def read(file: Path, source: str, said: dict[str, Any]) -> Sheet:
    """The table in a file, as the options of ``reading`` say; what was found out of it is told."""
    kind = kind_of(source, said["kind"])
    if said["no_header"] and said["header_row"]:
        raise SettingsError("give --header-row or --no-header, not both")
    csv.field_size_limit(_LONGEST_CELL)
    sheet = opened(
        file,
        kind,
        sheet=said["sheet"],
        header=0 if said["no_header"] else said["header_row"] or 1,
        separator=said["separator"],
        encoding=said["encoding"],
        decimal=said["decimal"],
        quotes=not said["no_quotes"],
    )
    if not said["quiet"]:
        name = "standard input" if source == PIPE else source
        click.echo(f"{name}: {rows(sheet.rows)}; " + "; ".join(sheet.notes), err=True)
    return sheet
