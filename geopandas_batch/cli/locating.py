"""The command ``locate``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from string import Formatter
from typing import Any

import click
import pandas as pd

from geopandas_batch.cli import options
from geopandas_batch.cli.proposal import propose
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import COORDINATES, DETAILS, PARTS
from geopandas_batch.progress import ProgressLike


@click.command()
@click.argument("source", metavar="IN")
@options.addresses
@options.asking
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Weaker matches count as not found.")
@options.writing
@options.reading
def locate(
    source: str,
    address: Sequence[str],
    *,
    service: str,
    settings: dict[str, Any],
    no_cache: bool,
    min_confidence: float | None,
    details: bool,
    prefix: str,
    failures: str | None,
    keep_going: bool,
    output: str | None,
    to: str | None,
    overwrite: bool,
    as_json: bool,
    no_progress: bool,
    quiet: bool,
    **rest: Any,
) -> None:
    """Add lat and lon to the rows of IN (- reads a pipe).

    \b
    geopandas-batch locate customers.csv --address Address -o located.csv
    geopandas-batch locate customers.csv --address "{Street}, {City}" --details
    geopandas-batch locate customers.tsv --city Town --postcode ZIP --country "=France" -o -

    What is in IN stays as it is, byte for byte; new columns come after it. A run that was stopped goes on when the
    same line is run again; what was paid for is not paid again.
    """
    from geopandas_batch import frames, sheets
    from geopandas_batch.cli.task import Target, Task
    from geopandas_batch.cli.work import carry_out
    from geopandas_batch.services import resolve

    parts = {name: rest.pop(name) for name in PARTS}
    target = Target(output, to, failures, overwrite, as_json, not (no_progress or quiet), quiet)
    target.check()
    asked = resolve(service, settings)
    with sheets.on_disk(source) as file:
        sheet = options.read(file, source, rest)
        if not quiet:
            options.tell(source, sheet)
        where, columns = where_asked(sheet.names, address, parts, from_pipe=source == sheets.PIPE)

        async def answer(frame: pd.DataFrame, progress: ProgressLike, cache: Any) -> pd.DataFrame:
            return await frames.locate(
                frame,
                *where,
                service=asked,
                details=True,
                prefix=prefix,
                overwrite=True,  # the frame holds the asked columns alone; the file's own names are checked before
                min_confidence=min_confidence,
                errors="coerce" if keep_going else "raise",
                progress=progress,
                cache=cache,
            )

        shown = [prefix + name for name in (COORDINATES + DETAILS if details else COORDINATES)]
        says = (str(where), repr(asked), min_confidence)
        task = Task("locate", asked, columns, answer, shown, prefix, not no_cache, says)
        code = carry_out(task, sheet, sheets.kind_of(source, rest["kind"]), target)
    sys.exit(code)


def where_asked(
    names: Sequence[str], address: Sequence[str], parts: dict[str, str | None], *, from_pipe: bool
) -> tuple[tuple[Any, dict[str, Any]], list[str]]:
    """Where the address is, as ``frames`` takes it, and the columns that it is made of; asks who can be asked."""
    from geopandas_batch.sheets.naming import place_of

    given, named = options.asked_parts(parts)
    columns = list(named)
    if not address and not columns:
        address = [_chosen(names, from_pipe=from_pipe)]
    if address and columns:
        raise SettingsError("give --address, or parts such as --street and --city, not both")
    if len(address) == 1 and "{" in address[0] and address[0] not in names:
        try:
            columns = list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(address[0]) if name is not None))
        except ValueError as error:
            raise SettingsError(f"the template {address[0]!r} is not well formed: {error}") from error
    elif address:
        columns = list(address)
    for name in columns:
        place_of(names, name)
    if not address:
        return (None, given), columns
    return (address[0] if len(address) == 1 else list(address), {}), columns


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
