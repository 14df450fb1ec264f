"""The commands about the answers that are kept."""

from __future__ import annotations

import click


@click.group()
def cache() -> None:
    """The answers that are kept on this computer."""


@cache.command()
def info() -> None:
    """Where they are, and how many."""
    from geopandas_batch import settings
    from geopandas_batch.store import Store

    file = settings.cache_file(True)
    if file is None:
        click.echo("no file: GEOPANDAS_BATCH_CACHE says :memory:")
        return
    click.echo(file)
    if not file.exists():
        click.echo("nothing is kept yet")
        return
    click.echo(f"{file.stat().st_size / 1e6:10,.1f} MB")
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
