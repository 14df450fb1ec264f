"""The command ``locate``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from string import Formatter
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

from geopandas_batch.cli import options
from geopandas_batch.cli.proposal import propose
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import COORDINATES, DETAILS, PARTS, Query
from geopandas_batch.progress import ProgressLike

if TYPE_CHECKING:
    from geopandas_batch.sheets import Sheet

_SHOWN = 3  # addresses that are shown as they would be asked


@click.command()
@click.argument("source", metavar="IN")
@options.addresses
@options.asking
@options.budgeted
@options.demanding
@options.writing
@click.option("--dry-run", is_flag=True, help="Say what would be asked and what it costs; ask and write nothing.")
@options.reading
def locate(source: str, address: Sequence[str], **said: Any) -> None:
    """Add lat and lon to the rows of IN (- reads a pipe).

    \b
    geopandas-batch locate customers.xlsx --address Address -o located.xlsx
    geopandas-batch locate customers.csv --address "{Street}, {City}" --details
    geopandas-batch locate customers.tsv --city Town --postcode ZIP --country "=France" -o -

    What is in IN stays as it is, byte for byte; new columns come after it. A run that was stopped goes on when the
    same line is run again; what was paid for is not paid again.
    """
    from geopandas_batch import frames, sheets
    from geopandas_batch.cli.context import in_file
    from geopandas_batch.cli.task import watched
    from geopandas_batch.cli.work import carry_out
    from geopandas_batch.services import resolve
    from geopandas_batch.services.traits import shown_of

    target = options.target(said)
    service = resolve(said["service"], said["settings"])
    least, prefix = said["min_confidence"], said["prefix"]
    with sheets.on_disk(source) as file:
        unchanged = watched(file)
        sheet = options.read(file, source, said)
        where, columns = where_asked(sheet.names, address, said, from_pipe=source == sheets.PIPE)
        asked = in_file(service, sheet, where, columns)
        if said["dry_run"]:
            tell_price(sheet, where, columns, asked, said)
            return

        async def answer(frame: pd.DataFrame, progress: ProgressLike, cache: Any, left: float | None) -> pd.DataFrame:
            return await frames.locate(
                frame,
                *where,
                service=asked,
                details=True,
                prefix=prefix,
                overwrite=True,  # the frame holds the asked columns alone; the file's own names are checked before
                min_confidence=least,
                budget=left,
                errors="coerce" if said["keep_going"] else "raise",
                progress=progress,
                cache=cache,
            )

        extras = [name for name in shown_of(asked, details=said["details"]) if name != "distance"]
        names = [*COORDINATES, *(DETAILS if said["details"] else ()), *extras]
        says = (str(where), repr(asked), least)
        task = options.task("locate", asked, columns, answer, names, says, said)
        code = carry_out(task, sheet, sheets.kind_of(source, said["kind"]), target, unchanged)
    sys.exit(code)


@click.command()
@click.argument("source", metavar="IN")
@options.addresses
@options.asking
@options.budgeted
@options.demanding
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--quiet", is_flag=True, help="No notes on the file.")
@options.reading
def estimate(source: str, address: Sequence[str], **said: Any) -> None:
    """Say what locating the rows of IN would ask and cost. Nothing is sent.

    \b
    geopandas-batch estimate customers.csv --address "{Street}, {City}"
    geopandas-batch estimate customers.xlsx --address Address --budget 3000
    """
    from geopandas_batch import sheets
    from geopandas_batch.cli.context import in_file
    from geopandas_batch.services import resolve

    service = resolve(said["service"], said["settings"])
    with sheets.on_disk(source) as file:
        sheet = options.read(file, source, said)
        where, columns = where_asked(sheet.names, address, said, from_pipe=source == sheets.PIPE)
        tell_price(sheet, where, columns, in_file(service, sheet, where, columns), said)


def tell_price(sheet: Sheet, where: tuple[Any, dict[str, Any]], columns: list[str], asked: Any, said: Any) -> None:
    """What a run would ask and cost, with the first addresses as they would be asked."""
    from dataclasses import asdict, replace

    from geopandas_batch.frames import prospects
    from geopandas_batch.frames.questions import questions

    frame, rows_of = _different(sheet, columns)
    price = prospects.estimate(
        frame,
        *where,
        service=asked,
        min_confidence=said["min_confidence"],
        budget=said["budget"],
        cache=not said["no_cache"],
    )
    asks = questions(frame, *where)
    blank = sum(rows for rows, code in zip(rows_of, asks.codes.tolist(), strict=True) if code < 0)
    price = replace(price, rows=sheet.rows, blank=blank)
    first = [query.line for query in asks.distinct[:_SHOWN] if isinstance(query, Query)]
    if said["as_json"]:
        click.echo(json.dumps({**asdict(price), "first": first}))
    else:
        click.echo("first: " + "; ".join(first) if first else "no addresses")
        click.echo(str(price))


def _different(sheet: Sheet, columns: list[str]) -> tuple[pd.DataFrame, list[int]]:
    """The different rows of some columns, and how many each of them stands for."""
    from geopandas_batch.sheets.delimited import Delimited, frame_of

    if not isinstance(sheet, Delimited):
        frame = sheet.frame(columns)
        return frame, [1] * len(frame)
    counts: Counter[tuple[str, ...]] = Counter()
    for chunk in sheet.chunks(columns):  # a file of millions of rows often has few addresses
        counts.update(chunk.rows)
    return frame_of(columns, list(counts)), list(counts.values())


def where_asked(
    names: Sequence[str], address: Sequence[str], said: dict[str, Any], *, from_pipe: bool
) -> tuple[tuple[Any, dict[str, Any]], list[str]]:
    """Where the address is, as ``frames`` takes it, and the columns that it is made of; asks who can be asked."""
    from geopandas_batch.sheets.naming import place_of

    given, named = options.asked_parts({name: said[name] for name in PARTS})
    columns = list(named)
    if not address and not columns:
        address = [_chosen(names, from_pipe=from_pipe)]
    if address and any(given[name] for name in PARTS if name != "country"):
        raise SettingsError(
            "give --address, or parts such as --street and --city, not both; only --country goes with --address"
        )
    beside = columns if address else []
    if len(address) == 1 and "{" in address[0] and address[0] not in names:
        try:
            columns = list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(address[0]) if name is not None))
        except ValueError as error:
            raise SettingsError(f"the template {address[0]!r} is not well formed: {error}") from error
    elif address:
        columns = list(address)
    if not columns:
        raise SettingsError("at least one part must be a column: constants alone are the same address in every row")
    columns += beside
    parts = {source: part for part, source in given.items() if isinstance(source, str)}
    title = "It has one column: where the names of columns are below a title, pass --header-row."
    lone = title if len(names) == 1 else ""
    for name in columns:
        place_of(names, name, f'The same for all rows: --{parts[name]} "={name}".' if name in parts else lone)
    if not address:
        return (None, given), columns
    return (address[0] if len(address) == 1 else list(address), given), columns


def _chosen(names: Sequence[str], *, from_pipe: bool) -> str:
    """The proposal, where somebody at the terminal takes it or gives another."""
    from geopandas_batch.sheets.naming import listed

    found = propose(names)
    if not from_pipe and sys.stdin.isatty() and sys.stderr.isatty():
        click.echo(f"The columns are {listed(names)}.", err=True)
        chosen: str = click.prompt(
            "Where is the address? A column or a template", default=next(iter(found), None), err=True
        )
        return chosen
    if found:
        said = " or ".join(f'--address "{proposal}"' for proposal in found)
        raise SettingsError(f"say where the address is. It looks like {said}. The columns are {listed(names)}.")
    raise SettingsError(f"say where the address is, with --address. The columns are {listed(names)}.")
