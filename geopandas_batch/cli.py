"""The command line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from geopandas_batch.errors import GeocodingError, KeyRefused, MissingKeyError, QuotaExhausted, SettingsError
from geopandas_batch.places import PARTS, STATUSES

# By kind, so that a script can tell what to do.
SOME_FAILED, USAGE, KEY, QUOTA = 1, 2, 3, 4
SHOWN_ROWS = 20


class _Group(click.Group):
    """Turns our errors into one clear line and an exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except GeocodingError as error:
            click.echo(f"Error: {error}", err=True)
            code = KEY if isinstance(error, KeyRefused | MissingKeyError) else SOME_FAILED
            code = QUOTA if isinstance(error, QuotaExhausted) else code
            code = USAGE if isinstance(error, SettingsError) and not isinstance(error, MissingKeyError) else code
            sys.exit(code)
        except KeyboardInterrupt:
            click.echo("Stopped. What was answered is kept: the same line goes on from there.", err=True)
            sys.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="geopandas-batch", prog_name="geopandas-batch")
def main() -> None:
    """Coordinates for the addresses of a table.

    Without a key, an embedded gazetteer answers, at place level. For houses, set GEOAPIFY_API_KEY.
    """
    logging.basicConfig(format="%(message)s", stream=sys.stderr)


def _part_options(command: Callable[..., None]) -> Callable[..., None]:
    for part in reversed(PARTS):
        command = click.option(f"--{part}", metavar="COLUMN", help=f"Column with the {part}.")(command)
    return command


@main.command()
@click.argument("source", metavar="IN")
@click.option("--address", metavar="COLUMN|TEMPLATE", help='Column, or a template such as "{street}, {city}".')
@_part_options
@click.option("-o", "--output", metavar="OUT", help="CSV or TSV file, - for a pipe. Default: a table to read.")
@click.option("--service", default="auto", show_default=True, help="See `geopandas-batch services`.")
@click.option("--details", is_flag=True, help="Also match level, confidence, status, reason and more.")
@click.option("--prefix", default="", help="Before the names of the new columns.")
@click.option("--overwrite", is_flag=True, help="Replace columns of these names, and OUT if it is there.")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Weaker matches count as not found.")
@click.option("--separator", help="Between the cells of IN and OUT. Default: comma, or tab for .tsv.")
@click.option("--encoding", default="utf-8-sig", help="Of IN. Default: UTF-8 with or without a mark.")
@click.option("--no-cache", is_flag=True, help="Read and keep no answers.")
@click.option("--no-progress", is_flag=True, help="No bar.")
def locate(
    source: str,
    address: str | None,
    output: str | None,
    *,
    service: str,
    details: bool,
    prefix: str,
    overwrite: bool,
    min_confidence: float | None,
    separator: str | None,
    encoding: str,
    no_cache: bool,
    no_progress: bool,
    **parts: str | None,
) -> None:
    r"""Add lat and lon to the rows of IN (CSV or TSV; - reads a pipe).

    \b
    geopandas-batch locate customers.csv --address Address -o located.csv
    geopandas-batch locate customers.csv --address "{Street}, {City}" --details
    geopandas-batch locate customers.tsv --city Town --postcode ZIP -o -

    Exit codes: 0 all rows answered, 1 some failed, 2 usage or input, 3 key missing or refused, 4 quota used up.
    """
    from geopandas_batch import frames, loop, sheets

    if output and output != sheets.PIPE and not overwrite and Path(output).exists():
        raise SettingsError(f"{output} is there already. Pass --overwrite, or another name.")
    frame = sheets.read(source, separator=separator, encoding=encoding)
    located = loop.run(
        frames.locate(
            frame,
            address,
            parts,
            service=service,
            details=details,
            prefix=prefix,
            overwrite=overwrite,
            min_confidence=min_confidence,
            progress=False if no_progress else None,
            cache=not no_cache,
        )
    )
    report = frames.report_of(located)
    assert report is not None  # noqa: S101 - each run has one
    if output:
        new = [name for name in located.columns if name not in frame.columns or overwrite]
        sheets.write(located, output, [name for name in new if located[name].dtype.kind == "O"], separator=separator)
    else:
        click.echo(located.to_string(max_rows=SHOWN_ROWS, max_colwidth=60, show_dimensions=len(located) > SHOWN_ROWS))
    click.echo(str(report), err=True)
    if report.statuses[STATUSES[3]]:
        sys.exit(SOME_FAILED)


@main.command()
def services() -> None:
    """Who can answer, and who does now."""
    from geopandas_batch.services import NAMED, resolve

    chosen = resolve().name
    for name, maker in NAMED.items():
        mark = "*" if name == chosen else " "
        click.echo(f"{mark} {name:10} {(maker.__doc__ or '').splitlines()[0]}")
    click.echo("* answers when no --service is given")


@main.group()
def cache() -> None:
    """The answers that are kept on this computer."""


@cache.command()
def info() -> None:
    """Where they are, and how many."""
    from geopandas_batch import settings
    from geopandas_batch.store import Store

    file = settings.cache_file(True)
    click.echo(file or "no file: GEOPANDAS_BATCH_CACHE says :memory:")
    for name, count in Store(file).info().items():
        click.echo(f"{count:10,} {name}")


@cache.command()
@click.confirmation_option(prompt="Forget all answers? What was paid for will be paid again.")
def clear() -> None:
    """Forget them all. Jobs under way stay on record."""
    _forget(expired_only=False)


@cache.command()
def prune() -> None:
    """Forget those that may not be kept any longer."""
    _forget(expired_only=True)


def _forget(*, expired_only: bool) -> None:
    from geopandas_batch import settings
    from geopandas_batch.store import Store

    count = Store(settings.cache_file(True)).clear(expired_only=expired_only)
    click.echo(f"{count:,} answers forgotten")
