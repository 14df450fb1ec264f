"""The command that writes the add-in for LibreOffice Calc."""

from __future__ import annotations

from pathlib import Path

import click

from geopandas_batch.errors import SettingsError


@click.command()
@click.argument("out", metavar="OUT.oxt", type=click.Path(dir_okay=False, path_type=Path))
def calc(out: Path) -> None:
    """Write the add-in for LibreOffice Calc: =GEO.LAT(A2) and its kin.

    \b
    geopandas-batch calc geo.oxt
    unopkg add geo.oxt            (or a double click on it)

    Its cells are answered by the Python that writes it, on this computer. The key is read from GEOAPIFY_API_KEY in
    the environment in which the office was started.
    """
    from geopandas_batch.calc import write_extension

    if out.suffix.lower() != ".oxt":
        raise click.UsageError(f"the name of an add-in ends in .oxt, not {out.suffix or out.name!r}")
    try:
        write_extension(out)
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"{out}: install it with a double click or `unopkg add {out}`, then use =GEO.LAT(A2).", err=True)
