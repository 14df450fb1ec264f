"""The commands that show what there is."""

from __future__ import annotations

import click

_SAMPLE = (
    "10 Downing Street, London SW1A 2AA, UK",
    "Tour Eiffel, Paris",
    "350 Fifth Avenue, New York, NY 10118",
    "Unter den Linden 77, 10117 Berlin",
    "",
    "10 Downing Street, London SW1A 2AA, UK",
    "1 Nowhere Lane, Nowhere",
)


@click.command()
def services() -> None:
    """Who can answer, and who does now."""
    from geopandas_batch.services import NAMED, resolve

    chosen = resolve().name
    for name, maker in NAMED.items():
        mark = "*" if name == chosen else " "
        click.echo(f"{mark} {name:14} {(maker.__doc__ or '').splitlines()[0].replace('``', '')}")
    click.echo("* answers when no --service is given")
    click.echo("census,geoapify: several, where what one does not find well enough goes to the next")


@click.command()
def demo() -> None:
    """Locate a few addresses offline: no key, no network, no file."""
    import pandas as pd

    from geopandas_batch import frames, loop
    from geopandas_batch.frames import notes

    frame = pd.DataFrame({"address": _SAMPLE})
    located = loop.run(
        frames.locate(frame, "address", {}, service="gazetteer", details=True, cache=False, progress=False)
    )
    shown = located[["address", "lat", "lon", "match", "confidence", "status"]]
    click.echo(shown.to_string(na_rep="", float_format=lambda number: f"{number:.4g}"))
    click.echo(str(notes.report_of(located)), err=True)
    click.echo("\nNow with a table of yours:  geopandas-batch locate customers.csv -o located.csv", err=True)
